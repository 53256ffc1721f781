"""Changes that were acknowledged but not taken in: listed for a person, tried again, or put away for good."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from cloud_sync_server import distribution
from cloud_sync_server.base import Base
from cloud_sync_server.clock import now, now_ms
from cloud_sync_server.ingest import CLOCK_AHEAD, read
from cloud_sync_server.schema import changes, quarantine
from cloud_sync_server.settings import Settings
from cloud_sync_server.vault import ASIDE, Vault, row_name
from salon.reconcile import BadChange, Origin


def count(con: Connection, store: str | None = None) -> int:
    """Changes that wait for a decision."""
    waiting = select(func.count()).select_from(quarantine).where(quarantine.c.state == "open")
    if store is not None:
        waiting = waiting.where(quarantine.c.store == store)
    return int(con.execute(waiting).scalar_one())


def replay(con: Connection, vault: Vault, settings: Settings, store: str, epoch: str, n: int, by: str) -> str:
    """Try one change again. Returns what still stands against it, or nothing when it is now taken in."""
    key = _key(store, epoch, n)
    row = con.execute(select(quarantine).where(key, quarantine.c.state == "open").with_for_update()).first()
    if row is None:
        return "not_open"
    origin = Origin(store, epoch)
    wire = vault.take_back(row.body, row_name(ASIDE, store, epoch, n))
    try:
        change = read(origin, n, wire, now_ms())
        base = Base(con, vault, [change])
        taken = base.take(change)
    except BadChange as error:
        con.execute(update(quarantine).where(key).values(reason=error.reason, detail=error.detail[:200]))
        return error.reason
    base.save()
    body = base.seal_change(taken)
    mine = and_(changes.c.store == store, changes.c.epoch == epoch, changes.c.n == n)
    con.execute(
        update(changes).where(mine).values(member=taken.member, kind=change.kind, rid=change.rid, body=body)
    )
    con.execute(update(quarantine).where(key).values(state="replayed", decided_at=now(), decided_by=by))
    distribution.deliver(con, settings, origin, [(taken, body)])
    return ""


def discard(con: Connection, store: str, epoch: str, n: int, by: str) -> None:
    """Decide that a change is not wanted. Its content is kept, with who decided."""
    decided = {"state": "discarded", "decided_at": now(), "decided_by": by}
    con.execute(update(quarantine).where(_key(store, epoch, n), quarantine.c.state == "open").values(decided))


def ripen(con: Connection, vault: Vault, settings: Settings, store: str) -> None:
    """Take in what a store's fast clock had stamped ahead of time, once that time has come."""
    early = select(quarantine.c.epoch, quarantine.c.n).where(
        quarantine.c.store == store, quarantine.c.state == "open", quarantine.c.reason == CLOCK_AHEAD
    )
    for epoch, n in con.execute(early.order_by(quarantine.c.epoch, quarantine.c.n).limit(100)).all():
        if replay(con, vault, settings, store, epoch, n, "clock") == CLOCK_AHEAD:
            return  # stamps of one origin only grow: the rest is early too


def _key(store: str, epoch: str, n: int) -> ColumnElement[bool]:
    return and_(quarantine.c.store == store, quarantine.c.epoch == epoch, quarantine.c.n == n)
