"""The audit trail: every sign-in, code, decision and look at a member's file leaves a line (SEC-02)."""

from __future__ import annotations

from sqlalchemy import Connection, insert

from cloud_sync_server.clock import new_id, now
from cloud_sync_server.schema import audit


def leave(con: Connection, actor: str, action: str, subject: str = "", detail: str = "") -> None:
    """Write one line. Never put a secret or a person's data in it."""
    con.execute(
        insert(audit).values(
            id=new_id(), at=now(), actor=actor, action=action, subject=subject, detail=detail[:200]
        )
    )
