"""What is known of one customer, put together once for the rules that ask about her: visits in order, spend, ratings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import mean
from typing import Protocol, TypeVar

from salon.records import Appointment, Complaint, LedgerEntry, Member, Service, Survey, Visit
from salon.rules.times import Now, days_between, instant

YEAR = 365
MONTH = 30
"""Days, counted back from now: a calendar month would move a customer on its first day."""


@dataclass(frozen=True)
class History:
    """One customer's records. Make it with `of`, which takes hers out of anybody's."""

    member: Member
    visits: tuple[Visit, ...]
    """Hers that were finished, by arrival."""
    services: dict[str, Service]
    """The catalogue."""
    ledger: tuple[LedgerEntry, ...] = ()
    surveys: tuple[Survey, ...] = ()
    """By time."""
    appointments: tuple[Appointment, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    brought: int = 0
    """Customers she brought who came (LOY-10)."""

    @classmethod
    def of(
        cls,
        member: Member,
        visits: Iterable[Visit],
        services: Iterable[Service] = (),
        *,
        ledger: Iterable[LedgerEntry] = (),
        surveys: Iterable[Survey] = (),
        appointments: Iterable[Appointment] = (),
        complaints: Iterable[Complaint] = (),
        brought: int = 0,
    ) -> History:
        """Records may be of several members: those of this one are taken."""
        rid = member.rid
        return cls(
            member,
            tuple(finished(v for v in visits if v.member == rid)),
            {service.rid: service for service in services},
            tuple(entry for entry in ledger if entry.member == rid),
            tuple(sorted((s for s in surveys if s.member == rid), key=lambda s: instant(s.at))),
            tuple(a for a in appointments if a.member == rid),
            tuple(c for c in complaints if c.member == rid),
            brought,
        )

    @cached_property
    def paying(self) -> tuple[Visit, ...]:
        """Without compensation visits (SVC-17): nothing of them says how she likes to spend."""
        return tuple(visit for visit in self.visits if not visit.original)

    @property
    def first(self) -> Visit | None:
        return self.visits[0] if self.visits else None

    @property
    def last(self) -> Visit | None:
        return self.visits[-1] if self.visits else None

    def within(self, days: int, now: Now) -> list[Visit]:
        """Visits of the last so many days."""
        return [v for v in self.visits if 0 <= days_between(v.arrived_at, now) < days]

    def spent_fen(self, days: int | None = None, now: Now = "") -> int:
        """Paid in all, or in the last so many days."""
        return sum(v.paid_fen for v in (self.visits if days is None else self.within(days, now)))

    @property
    def ticket_yuan(self) -> float:
        """Average paid a visit; 0 without visits."""
        return mean(v.paid_fen for v in self.paying) / 100 if self.paying else 0.0

    @property
    def topped_up_fen(self) -> int:
        return sum(e.amount for e in self.ledger if e.unit == "fen" and e.reason == "top_up")

    def days_since(self, now: Now) -> int | None:
        """Since her last visit; None if there was none."""
        return days_between(self.last.arrived_at, now) if self.last else None

    def categories(self, visit: Visit) -> set[str]:
        """Kinds of service of a visit."""
        return {self.services[rid].category for rid in visit.services if rid in self.services}


def finished(visits: Iterable[Visit]) -> list[Visit]:
    """Visits that were finished, by arrival."""
    return sorted(
        (v for v in visits if v.state == "closed" and v.arrived_at), key=lambda v: instant(v.arrived_at)
    )


def by_member(visits: Sequence[Visit]) -> dict[str, list[Visit]]:
    """Finished visits of each member, by arrival."""
    found: dict[str, list[Visit]] = {}
    for visit in finished(visits):
        found.setdefault(visit.member, []).append(visit)
    return found


def gather(
    members: Iterable[Member],
    visits: Iterable[Visit],
    services: Iterable[Service],
    *,
    ledger: Iterable[LedgerEntry] = (),
    surveys: Iterable[Survey] = (),
    appointments: Iterable[Appointment] = (),
    complaints: Iterable[Complaint] = (),
) -> list[History]:
    """The history of every member, each record looked at once."""
    catalogue = list(services)
    people = list(members)
    own_visits, own_ledger = _grouped(visits), _grouped(ledger)
    own_surveys, own_bookings, own_complaints = (
        _grouped(surveys),
        _grouped(appointments),
        _grouped(complaints),
    )
    came = {member for member, own in own_visits.items() if finished(own)}
    brought = Counter(m.referred_by for m in people if m.rid in came and m.referred_by != m.rid)
    return [
        History.of(
            member,
            own_visits.get(member.rid, ()),
            catalogue,
            ledger=own_ledger.get(member.rid, ()),
            surveys=own_surveys.get(member.rid, ()),
            appointments=own_bookings.get(member.rid, ()),
            complaints=own_complaints.get(member.rid, ()),
            brought=brought[member.rid],
        )
        for member in people
    ]


class _Owned(Protocol):
    """A record of one member."""

    member: str


T = TypeVar("T", bound=_Owned)


def _grouped(records: Iterable[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for record in records:
        found.setdefault(record.member, []).append(record)
    return found
