"""The store's own day, as the instants that records are compared with."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from edge.store import iso

if TYPE_CHECKING:
    from edge.store import Store

DEFAULT_ZONE = "Asia/Shanghai"


def zone_name(store: Store) -> str:
    own = store.stores.find(store.store_id)
    return own.timezone if own else DEFAULT_ZONE


def bounds(day: date, zone: str) -> tuple[str, str]:
    """The first instant of a day and of the next one, as records carry them."""
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return iso(start), iso(start + timedelta(days=1))


def day_of(instant: str, zone: str) -> date:
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)).date()
