"""Today's figures, and how fresh each store's data is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, and_, func, select

from cloud_sync_server.clock import iso
from cloud_sync_server.pages import reading
from cloud_sync_server.schema import origins, quarantine, records, stores
from cloud_sync_server.vault import Vault

FRESH_S = 60
"""A store heard within a minute, with nothing waiting, is up to date."""
_WENT_ELSEWHERE = frozenset({"booked", "cancelled", "no_show"})
"""States of a visit in which nobody came."""


@dataclass
class Figures:
    """One day of one store, or of all."""

    visits: int = 0
    closed: int = 0
    paid_fen: int = 0
    scans: int = 0
    new_members: int = 0


@dataclass(frozen=True)
class StoreState:
    """How a store stands with HQ."""

    store: str
    name: reading.Named
    seen_at: str
    pending: int
    oldest_at: str
    """The oldest change that HQ does not have, as the store said."""
    quarantined: int
    frozen: str
    skew_ms: int
    today: Figures

    @property
    def data_from(self) -> str:
        """How old HQ's picture of the store is: since its oldest missing change, else since it was last heard."""
        return self.oldest_at if self.pending and self.oldest_at else self.seen_at

    @property
    def fresh(self) -> bool:
        if not self.seen_at or self.pending or self.frozen:
            return False
        return datetime.now(UTC) - datetime.fromisoformat(self.seen_at) < timedelta(seconds=FRESH_S)


def day_begin(timezone: str, days_back: int = 0) -> str:
    """When today, or a day before it, began on HQ's calendar."""
    midnight = datetime.now(ZoneInfo(timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
    return iso(midnight - timedelta(days=days_back))


def today(con: Connection, vault: Vault, timezone: str) -> tuple[Figures, dict[str, Figures]]:
    """Figures of the chain, and by store."""
    by_store: dict[str, Figures] = {}
    since = day_begin(timezone)
    for visit in reading.find(con, vault, records.c.kind == "visit", records.c.at >= since):
        if visit.state in _WENT_ELSEWHERE:
            continue
        figures = by_store.setdefault(visit.store, Figures())
        figures.visits += 1
        figures.closed += visit.state == "closed"
        figures.paid_fen += visit.paid_fen or 0
    for kind, name in (("scan", "scans"), ("member", "new_members")):
        counted = (
            select(records.c.store, func.count())
            .where(records.c.kind == kind, records.c.at >= since, records.c.erased.is_(False))
            .group_by(records.c.store)
        )
        for store, count in con.execute(counted):
            setattr(by_store.setdefault(store, Figures()), name, count)
    total = Figures()
    for figures in by_store.values():
        for name, value in vars(figures).items():
            setattr(total, name, getattr(total, name) + value)
    return total, by_store


def visits_by_day(con: Connection, timezone: str, days: int = 14) -> list[tuple[str, int]]:
    """How many visits began on each of the last days: (when the day began, visits)."""
    out = []
    for back in range(days - 1, -1, -1):
        begin = day_begin(timezone, back)
        when = and_(records.c.at >= begin, records.c.at < day_begin(timezone, back - 1))
        out.append((begin, _count(con, records.c.kind == "visit", when)))
    return out


def _count(con: Connection, *which: ColumnElement[bool]) -> int:
    counted = select(func.count()).select_from(records).where(records.c.erased.is_(False), *which)
    return int(con.execute(counted).scalar_one())


def members(con: Connection) -> int:
    return _count(con, records.c.kind == "member")


def store_states(con: Connection, vault: Vault, by_store: dict[str, Figures]) -> list[StoreState]:
    """All stores of the chain, by id."""
    named = reading.names(con, vault, ["store"])
    open_by_store = (
        select(quarantine.c.store, func.count())
        .where(quarantine.c.state == "open")
        .group_by(quarantine.c.store)
    )
    waiting: dict[str, int] = dict(con.execute(open_by_store).all())
    frozen = {row.store: row.frozen for row in con.execute(select(origins).where(origins.c.frozen != ""))}
    return [
        StoreState(
            row.store, named[row.store], row.seen_at, row.pending, row.oldest_at, waiting.get(row.store, 0),
            frozen.get(row.store, ""), row.skew_ms, by_store.get(row.store, Figures()),
        )
        for row in con.execute(select(stores).order_by(stores.c.store))
    ]  # fmt: skip
