"""Times as records keep them (ISO 8601 text, UTC) and as people read them (the store's own clock)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from salon.rules.said import Said

Now = str | datetime
"""The time a rule is asked at: as records write it, or an aware datetime. Rules have no clock of their own."""


def instant(when: Now) -> datetime:
    """The aware datetime of a record's time. Raises ValueError for text without an offset."""
    moment = when if isinstance(when, datetime) else datetime.fromisoformat(when)
    if moment.tzinfo is None:
        raise ValueError(f"a time without its offset: {when!r}")
    return moment.astimezone(UTC)


def text(moment: datetime) -> str:
    """As records keep it: UTC with milliseconds."""
    return instant(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def later(when: Now, **span: float) -> str:
    """`when` plus a span given as timedelta's keywords."""
    return text(instant(when) + timedelta(**span))


def local(when: Now, timezone: str) -> datetime:
    """On the store's wall clock."""
    return instant(when).astimezone(ZoneInfo(timezone))


def days_between(earlier: Now, now: Now) -> int:
    return (instant(now) - instant(earlier)).days


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(moment: date) -> Said:
    """11月22日 / 22 Nov."""
    return Said(f"{moment.month}月{moment.day}日", f"{moment.day} {_MONTHS[moment.month - 1]}")


def full_day(moment: date) -> Said:
    """2026年11月22日 / 22 Nov 2026."""
    short = day(moment)
    return Said(f"{moment.year}年{short.zh}", f"{short.en} {moment.year}")
