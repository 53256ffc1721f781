"""The figures of the store (KPI-01..08, KPI-17) from its records: each says how many it rests on and who is behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from statistics import mean, median

from salon.policies import Policy
from salon.records import Service, SopTick, Survey, Visit, Voucher
from salon.records.benefits import BenefitUse
from salon.rules import dormancy, loyalty
from salon.rules.editions import Editions
from salon.rules.figures import Figure, Person, measure, share
from salon.rules.history import History, by_member, finished
from salon.rules.said import Said
from salon.rules.times import Now, days_between, instant, local

QUARTER = 91
"""Days: the quarter of KPI-01, counted back from now."""


def repurchase(visits: Sequence[Visit], policy: Policy, now: Now) -> dict[str, Figure]:
    """Who came again within a quarter (KPI-01): `new` after a first visit, `regular` after a later one, and `all`.

    Asked of the visits of the quarter before the last: those of the last have not had their quarter yet. Each customer counts
    once, by her last visit of that quarter.
    """
    groups: dict[str, list[tuple[Visit, bool]]] = {"new": [], "regular": []}
    for own in by_member(visits).values():
        asked = [v for v in own if QUARTER <= days_between(v.arrived_at, now) < 2 * QUARTER]
        if not asked:
            continue
        visit = asked[-1]
        again = any(0 < _days(visit, other) <= QUARTER for other in own)
        groups["new" if visit == own[0] else "regular"].append((visit, again))
    figures = {key: _repurchase(key, rows, policy) for key, rows in groups.items()}
    figures["all"] = _repurchase("all", groups["new"] + groups["regular"], policy)
    return figures


def _days(earlier: Visit, later: Visit) -> float:
    return (instant(later.arrived_at) - instant(earlier.arrived_at)) / timedelta(days=1)


def _repurchase(key: str, rows: Sequence[tuple[Visit, bool]], policy: Policy) -> Figure:
    again = sum(came for _, came in rows)
    lost = [
        Person(v.member, Said("一个季度内未再来", "Not here again within a quarter"), v.rid)
        for v, came in rows
        if not came
    ]
    said = Said(
        f"{len(rows)} 人中 {again} 人一季内再来", f"{again} of {len(rows)} came again within a quarter"
    )
    return share(
        f"repurchase.{key}", "KPI-01", again, len(rows), policy.targets.repurchase, lost, said, policy
    )


def ticket(visits: Sequence[Visit], policy: Policy, now: Now) -> Figure:
    """Average paid a visit in the last quarter; the target is the quarter before plus the growth asked for (KPI-02)."""
    done = [v for v in finished(visits) if not v.original]
    this = [v for v in done if 0 <= days_between(v.arrived_at, now) < QUARTER]
    before = [v for v in done if QUARTER <= days_between(v.arrived_at, now) < 2 * QUARTER]
    value = mean(v.paid_fen for v in this) / 100 if this else None
    base = mean(v.paid_fen for v in before) / 100 if len(before) >= policy.targets.few else None
    target = base * (1 + policy.targets.ticket_growth) if base is not None else None
    best = sorted(this, key=lambda v: -v.paid_fen)
    people = [Person(v.member, Said(*[f"¥{v.paid_fen / 100:,.0f}"] * 2), v.rid) for v in best]
    said = Said(
        f"近 {QUARTER} 天 {len(this)} 次到店；上一季 {len(before)} 次，均 {base or 0:,.0f} 元",
        f"{len(this)} visits in {QUARTER} days; {len(before)} the quarter before, {base or 0:,.0f} yuan each",
    )
    return measure("ticket", "KPI-02", value, len(this), "yuan", target, people, said, policy)


def satisfaction(surveys: Sequence[Survey], policy: Policy, now: Now) -> Figure:
    """Share of content answers in the last quarter (KPI-04). People: those who were not."""
    asked = [s for s in surveys if 0 <= days_between(s.at, now) < QUARTER]
    good = policy.satisfaction_scale.good
    content = sum(s.satisfaction >= good for s in asked)
    people = [
        Person(s.member, Said(f"评分 {s.satisfaction}", f"Rated {s.satisfaction}"), s.visit)
        for s in asked
        if s.satisfaction < good
    ]
    said = Said(
        f"{len(asked)} 份问卷中 {content} 份不低于 {good} 分",
        f"{content} of {len(asked)} surveys at {good} or more",
    )
    return share(
        "satisfaction", "KPI-04", content, len(asked), policy.targets.satisfied, people, said, policy
    )


def sop(
    visits: Sequence[Visit], ticks: Sequence[SopTick], services: Editions, policy: Policy, now: Now
) -> Figure:
    """Share of the SOP's steps ticked in the last quarter (KPI-05, CMP-15), by the steps that a service had then. Steps by hand count;
    sensors' are told apart.
    """
    done = [v for v in finished(visits) if 0 <= days_between(v.arrived_at, now) < QUARTER]
    last: dict[tuple[str, str, str], SopTick] = {}
    for tick in sorted(ticks, key=lambda t: instant(t.at)):
        last[(tick.visit, tick.service, tick.step)] = tick
    due = ticked = sensed = 0
    people: list[Person] = []
    for visit in done:
        steps = _steps(visit, {service.rid: service for service in services.at(visit)})
        has = [last.get((visit.rid, service, step)) for service, step in steps]
        kept = [tick for tick in has if tick is not None and not tick.undone]
        due, ticked = due + len(steps), ticked + len(kept)
        sensed += sum(tick.source == "sensor" for tick in kept)
        if len(kept) < len(steps):
            missing = len(steps) - len(kept)
            people.append(
                Person(visit.member, Said(f"缺 {missing} 步", f"{missing} steps missing"), visit.rid)
            )
    said = Said(
        f"{len(done)} 次到店应做 {due} 步，完成 {ticked} 步，其中传感器证实 {sensed} 步",
        f"{ticked} of {due} steps in {len(done)} visits, {sensed} of them proved by a sensor",
    )
    value = ticked / due if due else None
    return measure("sop", "KPI-05", value, len(done), "share", policy.targets.sop, people, said, policy)


def _steps(visit: Visit, catalogue: Mapping[str, Service]) -> list[tuple[str, str]]:
    """What had to be done: in an express service its core only (APT-12)."""
    own = [catalogue[rid] for rid in visit.services if rid in catalogue]
    return [(s.rid, step.key) for s in own for step in s.steps if step.core or not visit.express]


def win_back(visits: Sequence[Visit], policy: Policy, now: Now) -> Figure:
    """Of those who had been dormant and could come back in the last quarter, who did (KPI-06)."""
    limit = policy.dormant_after.days
    back: list[Person] = []
    away: list[Person] = []
    for member, own in by_member(visits).items():
        gaps = [(a, b) for a, b in pairwise(own) if _days(a, b) > limit]
        returned = [b for _, b in gaps if 0 <= days_between(b.arrived_at, now) < QUARTER]
        if returned:
            why = Said(f"隔 {limit} 天以上后回来", f"Back after more than {limit} days")
            back.append(Person(member, why, returned[-1].rid))
        elif days_between(own[-1].arrived_at, now) > limit:
            days = days_between(own[-1].arrived_at, now)
            away.append(Person(member, Said(f"{days} 天未来", f"{days} days away"), own[-1].rid))
    total = len(back) + len(away)
    said = Said(
        f"{total} 位沉睡顾客中 {len(back)} 位回来", f"{len(back)} of {total} dormant customers came back"
    )
    return share("win_back", "KPI-06", len(back), total, policy.targets.win_back, back, said, policy)


def penetration(
    visits: Sequence[Visit], services: Sequence[Service], policy: Policy, now: Now
) -> dict[str, Figure]:
    """Of the customers of the last quarter, who had each treatment (KPI-07), by service."""
    recent = [v for v in finished(visits) if 0 <= days_between(v.arrived_at, now) < QUARTER]
    everybody = {v.member for v in recent}
    found: dict[str, Figure] = {}
    for service in services:
        had = {v.member: v for v in recent if service.rid in v.services}
        people = [Person(m, Said(service.name, service.name_en), v.rid) for m, v in had.items()]
        said = Said(
            f"{len(everybody)} 位顾客中 {len(had)} 位做过", f"{len(had)} of {len(everybody)} customers had it"
        )
        found[service.rid] = share(
            f"penetration.{service.rid}", "KPI-07", len(had), len(everybody), None, people, said, policy
        )
    return found


def benefit_use(
    vouchers: Sequence[Voucher], used: Iterable[str], uses: Sequence[BenefitUse], policy: Policy, now: Now
) -> Figure:
    """Of the vouchers that ran out or were used in the last quarter, how many were used (KPI-07, LOY-22)."""
    gone = set(used)
    ended = [v for v in vouchers if v.rid in gone or v.valid_until < local(now, "UTC").date().isoformat()]
    recent = [v for v in ended if 0 <= days_between(v.issued_at, now) < 2 * QUARTER]
    taken = sum(v.rid in gone for v in recent)
    unused = [
        Person(v.member, Said("优惠券过期未用", "Voucher ran out unused"))
        for v in recent
        if v.rid not in gone
    ]
    month = sum(0 <= days_between(u.at, now) < QUARTER for u in loyalty.in_force(uses))
    said = Said(
        f"{len(recent)} 张券中用了 {taken} 张；会员权益使用 {month} 次",
        f"{taken} of {len(recent)} vouchers used; benefits used {month} times",
    )
    return share("benefit_use", "KPI-07", taken, len(recent), None, unused, said, policy)


def ranking(visits: Sequence[Visit], policy: Policy, now: Now) -> list[Figure]:
    """Customers by visits of the last quarter, most first (KPI-08)."""
    counts = Counter(v.member for v in finished(visits) if 0 <= days_between(v.arrived_at, now) < QUARTER)
    said = Said("近一季到店次数", "Visits in the last quarter")
    return [
        measure("visits", "KPI-08", float(n), n, "count", None, [Person(member, said)], said, policy)
        for member, n in counts.most_common()
    ]


def popular(visits: Sequence[Visit], policy: Policy, now: Now) -> list[tuple[str, Figure]]:
    """Services by times done in the last quarter, most first (KPI-08)."""
    recent = [v for v in finished(visits) if 0 <= days_between(v.arrived_at, now) < QUARTER]
    counts = Counter(service for v in recent for service in v.services)
    said = Said("近一季次数", "Times in the last quarter")
    return [
        (
            service,
            measure(
                f"popular.{service}",
                "KPI-08",
                float(n),
                n,
                "count",
                None,
                [Person(v.member, said, v.rid) for v in recent if service in v.services],
                said,
                policy,
            ),
        )
        for service, n in counts.most_common()
    ]


def dormant(histories: Sequence[History], policy: Policy, now: Now) -> Figure:
    """Who is dormant now (KPI-08), the longest away first."""
    came = [h for h in histories if h.visits]
    found = [(h, dormancy.by_policy(h, policy, now)) for h in came]
    away = sorted((pair for pair in found if pair[1].holds), key=lambda pair: -(pair[0].days_since(now) or 0))
    people = [Person(h.member.rid, d.explain.said, h.last.rid if h.last else "") for h, d in away]
    said = Said(
        f"{len(came)} 位顾客中 {len(away)} 位沉睡", f"{len(away)} of {len(came)} customers are dormant"
    )
    return measure("dormant", "KPI-08", float(len(away)), len(came), "count", None, people, said, policy)


def identify(visits: Sequence[Visit], policy: Policy, now: Now) -> Figure:
    """Median time from the first touch to the greeting in the last quarter (KPI-17, SVC-02). People: the slowest first."""
    target = policy.identify_target.seconds
    timed = [v for v in visits if v.identify_ms and 0 <= days_between(v.arrived_at, now) < QUARTER]
    value = median(v.identify_ms for v in timed) / 1000 if timed else None
    slow = sum(v.identify_ms > target * 1000 for v in timed)
    people = [
        Person(v.member, Said(f"{v.identify_ms / 1000:.0f} 秒", f"{v.identify_ms / 1000:.0f} s"), v.rid)
        for v in sorted(timed, key=lambda v: -v.identify_ms)
    ]
    said = Said(
        f"{len(timed)} 次到店的中位数，{slow} 次超过 {target} 秒",
        f"Median of {len(timed)} visits, {slow} over {target} s",
    )
    return measure("identify", "KPI-17", value, len(timed), "seconds", target, people, said, policy)


def waiting(visits: Sequence[Visit], policy: Policy, now: Now) -> Figure:
    """Median wait from arrival to treatment in the last quarter (KPI-17). People: who waited longest first."""
    timed = [
        (v, instant(v.treatment_at) - instant(v.arrived_at))
        for v in visits
        if v.arrived_at and v.treatment_at and 0 <= days_between(v.arrived_at, now) < QUARTER
    ]
    value = median(wait.total_seconds() for _, wait in timed) / 60 if timed else None
    people = [
        Person(v.member, Said(f"等候 {_minutes(wait)} 分钟", f"Waited {_minutes(wait)} min"), v.rid)
        for v, wait in sorted(timed, key=lambda row: row[1], reverse=True)
    ]
    most = timedelta(minutes=policy.identify_target.waiting_min)
    late = sum(wait > most for _, wait in timed)
    said = Said(
        f"{len(timed)} 次到店的中位数，{late} 次超过 {_minutes(most)} 分钟",
        f"Median of {len(timed)} visits, {late} over {_minutes(most)} min",
    )
    target = _minutes(most)
    return measure("waiting", "KPI-17", value, len(timed), "minutes", target, people, said, policy)


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)


def heat(visits: Sequence[Visit], timezone: str, now: Now, *, days: int = QUARTER) -> list[list[int]]:
    """Arrivals by weekday (Monday first) and hour of the store's clock (KPI-10): 7 rows of 24."""
    cells = [[0] * 24 for _ in range(7)]
    for visit in visits:
        if visit.arrived_at and 0 <= days_between(visit.arrived_at, now) < days:
            moment = local(visit.arrived_at, timezone)
            cells[moment.weekday()][moment.hour] += 1
    return cells


def by_day(visits: Sequence[Visit], timezone: str, now: Now, *, days: int = 30) -> list[tuple[str, int]]:
    """Arrivals of each of the last so many days, oldest first (KPI-10): the line."""
    today = local(now, timezone).date()
    counts = Counter(local(v.arrived_at, timezone).date() for v in visits if v.arrived_at)
    span = (today - timedelta(days=back) for back in range(days - 1, -1, -1))
    return [(day.isoformat(), counts[day]) for day in span]


def parts(visits: Sequence[Visit], key: Callable[[Visit], str], now: Now) -> list[tuple[str, int]]:
    """Visits of the last quarter by any trait, most first (KPI-10): the pie."""
    recent = (v for v in finished(visits) if 0 <= days_between(v.arrived_at, now) < QUARTER)
    return Counter(key(v) for v in recent).most_common()
