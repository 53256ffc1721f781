"""Opening hours: how much open time lies between two instants, and when so much open time has passed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from salon.records import Store
from salon.rules.times import Now, instant, local, text

LONGEST = 366
"""Days looked ahead: a clock that does not end within a year is wrong."""


@dataclass(frozen=True)
class Hours:
    """The same hours each day, on the store's wall clock. `closes` at or before `opens` is on the next day."""

    opens: time
    closes: time
    timezone: str

    @classmethod
    def of(cls, store: Store) -> Hours:
        return cls(time.fromisoformat(store.opens), time.fromisoformat(store.closes), store.timezone)

    def day(self, day: date) -> tuple[datetime, datetime]:
        """From opening to closing of one day, as instants: a day of 23 hours has its own length."""
        zone = ZoneInfo(self.timezone)
        end = day if self.closes > self.opens else day + timedelta(days=1)
        return instant(datetime.combine(day, self.opens, zone)), instant(
            datetime.combine(end, self.closes, zone)
        )

    def is_open(self, now: Now) -> bool:
        moment = instant(now)
        return any(begin <= moment < end for begin, end in self._days(moment, 1))

    def after(self, start: Now, span: timedelta) -> str:
        """When so much open time has passed since `start`."""
        moment, left = instant(start), span
        for begin, end in self._days(moment, LONGEST):
            usable = end - max(begin, moment)
            if usable <= timedelta(0):
                continue
            if left <= usable:
                return text(max(begin, moment) + left)
            left -= usable
        raise ValueError(f"no {span} of open time within a year: {self.opens} to {self.closes}")

    def between(self, start: Now, end: Now) -> timedelta:
        """Open time from `start` to `end`; nothing if `end` is earlier."""
        first, last = instant(start), instant(end)
        spans = (
            min(close, last) - max(begin, first)
            for begin, close in self._days(first, (last - first).days + 2)
        )
        return sum((span for span in spans if span > timedelta(0)), timedelta(0))

    def _days(self, moment: datetime, count: int) -> Iterator[tuple[datetime, datetime]]:
        """Opening times from the day before `moment` (a night bar) for so many days on."""
        first = local(moment, self.timezone).date() - timedelta(days=1)
        for number in range(max(count, 1) + 2):
            yield self.day(first + timedelta(days=number))
