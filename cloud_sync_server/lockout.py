"""Guessing made slow: wrong passwords and codes are counted in the database, so that a restart forgives nothing."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from cloud_sync_server.clock import now
from cloud_sync_server.errors import TooManyTries
from cloud_sync_server.schema import attempts
from cloud_sync_server.statements import put
from salon.rules import lockout


def allow(con: Connection, subject: str) -> None:
    """Raises TooManyTries while the subject is locked."""
    row = con.execute(select(attempts).where(attempts.c.subject == subject)).first()
    if row is None:
        return
    state = lockout.check(row.failures, row.last_at, now())
    if state.locked:
        raise TooManyTries(subject.partition(":")[0], retry_after_s=state.seconds_left)


def failed(con: Connection, subject: str) -> None:
    row = con.execute(
        select(attempts.c.failures).where(attempts.c.subject == subject).with_for_update()
    ).first()
    put(con, attempts, [{"subject": subject, "failures": (row[0] if row else 0) + 1, "last_at": now()}])


def cleared(con: Connection, subject: str) -> None:
    con.execute(delete(attempts).where(attempts.c.subject == subject))
