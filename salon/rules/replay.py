"""A store's own history under a policy: what its rules would have said. Two replays compared show what a change does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from salon.policies import Policy
from salon.records import Complaint, Store, Visit
from salon.rules import churn, complaints, followups, lifecycle, points, tiers
from salon.rules.history import History
from salon.rules.times import Now, instant, text

WEEKS = 26
"""How far back alerts are replayed, one look a week: half a year shows a season, a year takes twice as long."""


@dataclass(frozen=True)
class Outcome:
    """What the rules say of one member."""

    tier: str
    stage: str
    points: int
    """Earned by all visits."""
    alerts: Mapping[str, int]
    """Kind -> how often it would have been raised."""
    messages: Mapping[str, int]
    """Contact -> how many."""


@dataclass(frozen=True)
class Change:
    """One thing that differs for one member."""

    member: str
    what: str
    """tier, stage, points, alert.KIND, message.KEY."""
    before: str | int
    after: str | int


def replay(
    histories: Sequence[History], store: Store, policy: Policy, now: Now, *, weeks: int = WEEKS
) -> dict[str, Outcome]:
    """Each member's outcome under a policy."""
    return {history.member.rid: _one(history, store, policy, now, weeks) for history in histories}


def _one(history: History, store: Store, policy: Policy, now: Now, weeks: int) -> Outcome:
    messages: Counter[str] = Counter()
    for number, visit in enumerate(history.visits):
        contacts = followups.schedule(visit, history.member, number == 0, policy, visit.closed_at or now)
        messages.update(task.rule for task in contacts)
    alerts: Counter[str] = Counter()
    before: set[str] = set()
    for moment, then in _weekly(history, now, weeks):
        raised = {signal.key for signal in churn.assess(then, policy, moment).raised}
        alerts.update(f"churn.{key}" for key in raised - before)
        before = raised
    alerts.update(_breaches(history.complaints, store, policy, now))
    return Outcome(
        tiers.of_visits(history.visits, history.brought, policy, now).key,
        lifecycle.stage(history, policy, now).key,
        sum(points.earned(visit, policy).amount for visit in history.visits),
        dict(alerts),
        dict(messages),
    )


def _weekly(history: History, now: Now, weeks: int) -> Iterator[tuple[str, History]]:
    """What was known of her at the end of each week."""
    for back in range(weeks, -1, -1):
        moment = instant(now) - timedelta(weeks=back)
        known = partial(_known, moment)
        visits = tuple(v for v in history.visits if known(_left(v)))
        if visits:
            yield (
                text(moment),
                replace(
                    history,
                    visits=visits,
                    surveys=tuple(s for s in history.surveys if known(s.at)),
                    appointments=tuple(
                        a for a in history.appointments if known(a.cancelled_at or a.starts_at)
                    ),
                    ledger=tuple(e for e in history.ledger if known(e.at)),
                ),
            )


def _known(moment: datetime, at: str) -> bool:
    return bool(at) and instant(at) <= moment


def _left(visit: Visit) -> str:
    return visit.closed_at or visit.arrived_at


def _breaches(found: Sequence[Complaint], store: Store, policy: Policy, now: Now) -> Iterator[str]:
    for complaint in found:
        for clock in complaints.clocks(complaint, store, policy, now):
            if clock.breached:
                yield f"complaint.{clock.step}"


def difference(before: Mapping[str, Outcome], after: Mapping[str, Outcome]) -> list[Change]:
    """What differs, by member."""
    found: list[Change] = []
    for member in sorted(before):
        old, new = before[member], after[member]
        found += [
            Change(member, what, getattr(old, what), getattr(new, what))
            for what in ("tier", "stage", "points")
            if getattr(old, what) != getattr(new, what)
        ]
        for kind in ("alerts", "messages"):
            one, two = getattr(old, kind), getattr(new, kind)
            found += [
                Change(member, f"{kind.removesuffix('s')}.{key}", one.get(key, 0), two.get(key, 0))
                for key in sorted({*one, *two})
                if one.get(key, 0) != two.get(key, 0)
            ]
    return found
