"""Requests refused as an attack would be, where head office sees them: wrong keys, foreign names, altered or doubled histories (SEC-02).

One line an hour for each store and reason, with a count: a flood leaves a number, not a flood of lines.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from cloud_sync_server.clock import now
from cloud_sync_server.errors import HqError
from cloud_sync_server.schema import audit, stores

CODES = frozenset({"not_allowed", "not_yours", "forked", "broken_chain", "slow_down"})
"""Of the ways in which a request is refused, those that do not happen to a sound store on a bad line."""
ACTION = "request_refused"
UNKNOWN = "?"
"""Whoever says to be a store that there is not: what was said is not repeated."""


@dataclass(frozen=True)
class Refused:
    """Requests of one hour that were refused for one reason."""

    store: str
    code: str
    at: str
    """The last of them."""
    times: int
    detail: str


def note(con: Connection, said: str, path: str, error: HqError) -> None:
    """Write one refusal down. `said`: the store that the sender says to be."""
    known = con.execute(select(stores.c.store).where(stores.c.store == said)).scalar() or UNKNOWN
    count(con, known, error.code, f"{path} {error.detail}")


def count(con: Connection, store: str, code: str, detail: str) -> None:
    """Write down that a store was refused something, or given less of it."""
    at = now()
    line = audit.c.id == f"{at[:13]}.{store}.{code}"
    before = con.execute(select(audit.c.detail).where(line)).scalar()
    times = int(before.partition(" ")[0]) + 1 if before else 1
    values = {"at": at, "detail": f"{times} {detail}"[:200]}
    if before:
        con.execute(update(audit).where(line).values(values))
    else:
        names = {"id": line.right.value, "actor": store, "action": ACTION, "subject": code}
        con.execute(insert(audit).values(**names, **values))


def latest(con: Connection, limit: int = 50) -> list[Refused]:
    """The newest first."""
    found = select(audit).where(audit.c.action == ACTION).order_by(audit.c.at.desc()).limit(limit)
    out = []
    for row in con.execute(found):
        times, _, detail = row.detail.partition(" ")
        out.append(Refused(row.actor, row.subject, row.at, int(times), detail))
    return out
