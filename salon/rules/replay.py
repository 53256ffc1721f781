"""A store's own history under a policy: what its rules would have said. Two replays compared show what a change does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from salon.policies import Policy
from salon.records import Complaint, FollowUp, Interaction, LedgerEntry, Store, Visit
from salon.rules import churn, complaints, followups, lifecycle, loyalty, mailings, points, tiers
from salon.rules.history import History
from salon.rules.messages import templates
from salon.rules.times import Now, instant, local, text

WEEKS = 26
"""How far back alerts are replayed, one look a week: half a year shows a season, a year takes twice as long."""


@dataclass(frozen=True)
class Outcome:
    """What the rules say of one member."""

    tier: str
    stage: str
    points: int
    """Earned by all visits, by bringing somebody or being brought, by sharing and reviewing."""
    alerts: Mapping[str, int]
    """Kind -> how often it would have been raised."""
    messages: Mapping[str, int]
    """Contact or occasion -> how many."""


@dataclass(frozen=True)
class Change:
    """One thing that differs for one member."""

    member: str
    what: str
    """tier, stage, points, alert.KIND, message.contact.KEY, message.marketing.KEY."""
    before: str | int
    after: str | int


@dataclass(frozen=True)
class Known:
    """What else the store knows, beside each history."""

    agreed: Collection[str] = ()
    """Members who agreed to marketing: nobody else gets any."""
    interactions: Mapping[str, Sequence[Interaction]] = field(default_factory=dict)
    """By member: what earns points for itself (LOY-08)."""


NOTHING = Known()


def replay(
    histories: Sequence[History],
    store: Store,
    policy: Policy,
    now: Now,
    known: Known = NOTHING,
    *,
    weeks: int = WEEKS,
) -> dict[str, Outcome]:
    """Each member's outcome under a policy."""
    given = _referrals(histories, policy)
    return {
        history.member.rid: _one(history, store, policy, now, known, given[history.member.rid], weeks)
        for history in histories
    }


def _one(
    history: History, store: Store, policy: Policy, now: Now, known: Known, brought: int, weeks: int
) -> Outcome:
    messages: Counter[str] = Counter()
    marketing: list[FollowUp] = []
    for number, visit in enumerate(history.visits):
        for task in followups.schedule(visit, history.member, number == 0, policy, visit.closed_at or now):
            template = templates().get(task.rule)
            if template is not None and template.purpose == "marketing":
                marketing.append(task)
            else:
                messages[f"contact.{task.rule}"] += 1
    if history.member.rid in known.agreed and history.member.home_store in {store.rid, ""}:
        today = local(now, store.timezone).date()
        first = today - timedelta(weeks=weeks)
        gone = mailings.replay(history, marketing, policy, first, today, store.timezone)
        messages.update({f"marketing.{key}": count for key, count in gone.items()})
    alerts: Counter[str] = Counter()
    before: set[str] = set()
    reminded: set[str] = set()
    for moment, then in _weekly(history, now, weeks):
        raised = {signal.key for signal in churn.assess(then, policy, moment).raised}
        alerts.update(f"churn.{key}" for key in raised - before)
        before = raised
        low = loyalty.renewal(then, policy)
        topped = max((e.at for e in then.ledger if e.reason == "top_up"), default="")
        if low is not None and topped not in reminded:
            reminded.add(topped)
            alerts["renewal"] += 1
    alerts.update(_breaches(history.complaints, store, policy, now))
    return Outcome(
        tiers.of_visits(history.visits, history.brought, policy, now).key,
        lifecycle.stage(history, policy, now).key,
        sum(points.earned(visit, policy).amount for visit in history.visits)
        + brought
        + _rewards(known.interactions.get(history.member.rid, ()), policy),
        dict(alerts),
        dict(messages),
    )


def _referrals(histories: Sequence[History], policy: Policy) -> Counter[str]:
    """Points of each for bringing somebody who came, and for having been brought (LOY-10)."""
    given: Counter[str] = Counter()
    for history in histories:
        by = history.member.referred_by
        if by and by != history.member.rid and history.visits:
            given[by] += policy.referral.points_each
            given[history.member.rid] += policy.referral.points_each
    return given


def _rewards(interactions: Sequence[Interaction], policy: Policy) -> int:
    """Points for sharing and reviewing, within the month's number (LOY-08)."""
    given: list[LedgerEntry] = []
    for one in sorted(interactions, key=lambda each: instant(each.at)):
        if (entry := loyalty.reward(one, given, policy)) is not None:
            given.append(entry)
    return sum(entry.amount for entry in given)


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
