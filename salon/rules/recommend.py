"""What to recommend, when, and when not to (SEG-13, SEG-14): from plan, history, measurements and season, filtered by allergens
and contraindications, at most what the annoyance limit allows, each with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from salon.policies import Policy
from salon.records import CarePlan, Offer, Product, Scan, Service
from salon.rules import concerns, rhythm, seasons
from salon.rules.history import History
from salon.rules.said import Explain, Said
from salon.rules.times import Now, days_between, full_day, instant, later, local
from salon.rules.told import Told


@dataclass(frozen=True)
class Recommendation:
    """One thing to recommend."""

    kind: Literal["service", "product"]
    item: str
    label: Said
    score: float
    explain: Explain
    """For the staff."""
    to_her: Said
    """The same reason as it is written to the customer: spoken to, and without a figure of her skin."""


@dataclass(frozen=True)
class Held:
    """One thing that is not recommended, and why."""

    item: str
    explain: Explain


@dataclass(frozen=True)
class Proposal:
    """What to recommend now, and what was held back."""

    items: tuple[Recommendation, ...]
    held: tuple[Held, ...]
    unasked: Explain | None
    """Set while her allergies are not known in this store: then no product is among the items."""


def recommend(
    history: History,
    plan: CarePlan | None,
    scan: Scan | None,
    products: Sequence[Product],
    offers: Sequence[Offer],
    policy: Policy,
    now: Now,
    timezone: str,
    *,
    told: Told,
    occasion: str = "",
) -> Proposal:
    """Services and products, the best reasons first; never more at once than the policy allows.

    `told`: what she told this store of her health; what it speaks against is held back, and every product before she was asked.
    `occasion`: what she named in the visit that is under way (PRF-11).
    """
    member = history.member
    season = seasons.season(local(now, timezone).date())
    own = [offer for offer in offers if offer.member == member.rid]
    found: list[Recommendation] = []
    held: list[Held] = []
    candidates: list[Service | Product] = [s for s in history.services.values() if s.active]
    candidates += [p for p in products if p.admitted and "home" in p.uses]
    for item in candidates:
        reasons = _reasons(item, history, plan, scan, season, occasion)
        if not reasons:
            continue
        stop = told.against(item) or _annoyed(item.rid, own, policy, now)
        if stop is not None:
            held.append(Held(item.rid, stop))
            continue
        score = sum(reason.weight for reason in reasons)
        figures: dict[str, Any] = {"score": score}
        for reason in reasons:
            figures |= reason.figures
        kind: Literal["service", "product"] = "service" if isinstance(item, Service) else "product"
        explain = Explain("recommendation (SEG-13)", _one([r.said for r in reasons]), figures, policy.version)
        to_her = _one([r.to_her for r in reasons])
        found.append(Recommendation(kind, item.rid, Said(item.name, item.name_en), score, explain, to_her))
    found.sort(key=lambda r: (-r.score, r.item))
    return Proposal(tuple(found[: policy.recommendation.at_once]), tuple(held), told.unasked)


def _reasons(
    item: Service | Product,
    history: History,
    plan: CarePlan | None,
    scan: Scan | None,
    season: seasons.Season,
    named: str = "",
) -> list[_Reason]:
    """Why it may suit her. The season alone is no reason to sell."""
    reasons: list[_Reason] = []
    if plan is not None and item.rid in {*plan.services, *plan.products}:
        reasons.append(
            _Reason(
                3.0,
                Said("属于她的护理方案", "Part of her plan"),
                Said("属于您的护理方案", "it is part of your plan"),
                {"plan": plan.rid},
            )
        )
    for key, body in (scan.concerns if scan else {}).items():
        score = body.get("score") if concerns.measured(body) else None
        if key in item.uses and score is not None and score < 70:
            name = concerns.label(key)
            reasons.append(
                _Reason(
                    2.0,
                    Said(f"检测：{name.zh} {score:.0f} 分", f"Scan: {name.en.lower()} {score:.0f}"),
                    Said("适合您上次的检测结果", "it suits what your last scan showed"),
                    {"concern": key},
                )
            )
    times = sum(item.rid in visit.services for visit in history.visits)
    if times >= 2:
        reasons.append(
            _Reason(
                1.5,
                Said(f"她做过 {times} 次", f"She had it {times} times"),
                Said(f"您做过 {times} 次", f"you have had it {times} times"),
                {"times": times},
            )
        )
    occasion = named or (history.last.occasion if history.last else "")
    if occasion and occasion in item.uses:
        reasons.append(
            _Reason(
                1.0,
                Said("适合她提到的场合", "For the occasion she named"),
                Said("适合您提到的场合", "for the occasion you named"),
                {"occasion": occasion},
            )
        )
    if reasons and set(season.uses) & set(item.uses):
        to_her = Said(f"适合{season.label.zh}护理", f"it is right for {season.label.en.lower()}")
        reasons.append(_Reason(0.5, season.need, to_her, {"season": season.key}))
    return reasons


@dataclass(frozen=True)
class _Reason:
    """One reason for a recommendation: to the staff, and as it is written to her."""

    weight: float
    said: Said
    to_her: Said
    figures: dict[str, Any]


def _one(parts: Sequence[Said]) -> Said:
    """Several reasons, each once: two concerns of one scan are one reason to her."""
    unique = list(dict.fromkeys(parts))
    return Said("；".join(said.zh for said in unique), "; ".join(said.en for said in unique))


def _annoyed(item: str, offers: Sequence[Offer], policy: Policy, now: Now) -> Explain | None:
    """The annoyance limit of SEG-13: offered lately, or declined too often."""
    rule = policy.recommendation
    mine = [offer for offer in offers if offer.item == item]
    declined = sum(offer.answer == "declined" for offer in mine)
    if declined >= rule.declines:
        said = Said(f"她已婉拒 {declined} 次，不再推荐", f"Declined {declined} times: not again")
        return Explain("annoyance limit (SEG-13)", said, {"declined": declined}, policy.version)
    ages = [days_between(offer.at, now) for offer in mine if offer.answer != "taken"]
    if ages and min(ages) < rule.pause_days:
        said = Said(
            f"{min(ages)} 天前推荐过，{rule.pause_days} 天内不重复",
            f"Offered {min(ages)} days ago: not again within {rule.pause_days}",
        )
        return Explain("annoyance limit (SEG-13)", said, {"days": min(ages)}, policy.version)
    return None


@dataclass(frozen=True)
class Due:
    """When a service is due again (SEG-14)."""

    category: str
    at: str
    services: tuple[str, ...]
    explain: Explain


def next_due(history: History, policy: Policy, now: Now, timezone: str) -> list[Due]:
    """When each kind of service is due again: by her own rhythm from the third visit, by the service's cycle before."""
    own = {item.category: item for item in rhythm.of(history, policy, now)}
    found: list[Due] = []
    for category in rhythm.CATEGORIES:
        last = next((v for v in reversed(history.paying) if category in history.categories(v)), None)
        if last is None:
            continue
        had = [rid for rid in last.services if rid in history.services]
        cycles = [
            history.services[rid].cycle_days for rid in had if history.services[rid].category == category
        ]
        cycle = min((days for days in cycles if days), default=0)
        if category in own:
            at, why = own[category].next_at, Said("按她自己的节奏", "by her own rhythm")
        elif cycle:
            at, why = (
                later(last.arrived_at, days=cycle),
                Said(f"项目周期 {cycle} 天", f"cycle of {cycle} days"),
            )
        else:
            continue
        day = full_day(local(at, timezone).date())
        name = rhythm.CATEGORIES[category]
        said = Said(f"{name.zh}：{day.zh}前后（{why.zh}）", f"{name.en}: around {day.en} ({why.en})")
        explain = Explain("timing of need (SEG-14)", said, {"category": category, "at": at}, policy.version)
        found.append(Due(category, at, tuple(had), explain))
    return sorted(found, key=lambda due: due.at)


@dataclass(frozen=True)
class Upsell:
    """What one employee recommended (SVC-13), so that no pressure stays unseen."""

    by: str
    offered: int
    taken: int
    declined: int
    pushed: tuple[str, ...]
    """Rids of offers of a thing that the customer had declined in the same visit."""


def audit(offers: Sequence[Offer]) -> list[Upsell]:
    """Offers of each employee, and those repeated after a no in the same visit."""
    rows = sorted(offers, key=lambda offer: (instant(offer.at), offer.rid))
    refused: set[tuple[str, str, str]] = set()
    pushed: dict[str, list[str]] = {}
    for offer in rows:
        about = (offer.member, offer.visit, offer.item)
        if about in refused:
            pushed.setdefault(offer.by, []).append(offer.rid)
        if offer.answer == "declined":
            refused.add(about)
    return [
        Upsell(
            by,
            sum(o.by == by for o in rows),
            sum(o.by == by and o.answer == "taken" for o in rows),
            sum(o.by == by and o.answer == "declined" for o in rows),
            tuple(pushed.get(by, ())),
        )
        for by in sorted({o.by for o in rows})
    ]
