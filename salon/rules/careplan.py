"""Care plans: templates by need (SEG-10), a plan for one customer (SEG-11, FUP-14), and what effect and feedback change in it (MEA-08)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from salon.policies import Policy
from salon.records import CarePlan, Member, Product, Scan, Service, Survey
from salon.rules import allergens, concerns
from salon.rules.said import Explain, Said
from salon.rules.times import Now, days_between, instant, text
from salon.rules.told import Told

LEAST_DAYS, MOST_DAYS = 7, 120
"""No plan asks for care more often than weekly, nor less than three times a year."""
STEP_DAYS = 7
"""How far one feedback moves the frequency."""


@dataclass(frozen=True)
class Template:
    """A kind of plan."""

    key: str
    label: Said
    uses: tuple[str, ...]
    """Words of services' and products' `uses`, the most wanted first."""
    every_days: int
    photos_every_days: int
    """0: none. Photos only with her consent."""


TEMPLATES: tuple[Template, ...] = (
    Template(
        "sensitive",
        Said("敏感肌：舒缓护理与居家产品，每月一次", "Sensitive: soothing care and home products, monthly"),
        ("soothing", "redness", "hydrating"),
        30,
        0,
    ),
    Template(
        "anti_ageing",
        Said(
            "抗衰：仪器与院线护理，每月对比照",
            "Anti-ageing: device and salon care, comparison photos monthly",
        ),
        ("firming", "wrinkles", "elasticity", "hydrating"),
        21,
        30,
    ),
    Template(
        "brightening",
        Said("亮肤：每四周一次，居家防晒", "Brightening: every four weeks, sun care at home"),
        ("brightening", "pigmentation", "spots", "sunscreen"),
        28,
        30,
    ),
    Template(
        "hydrating",
        Said("补水：每三周一次", "Hydration: every three weeks"),
        ("hydrating", "soothing"),
        21,
        0,
    ),
    Template(
        "balance",
        Said("控油平衡：每四周一次", "Balance: every four weeks"),
        ("shine", "pores", "hydrating"),
        28,
        0,
    ),
)
_BY_SKIN = {
    "sensitive": "sensitive",
    "dry": "hydrating",
    "oily": "balance",
    "combination": "balance",
    "normal": "hydrating",
}
_BY_CONCERN = {
    "redness": "sensitive",
    "wrinkles": "anti_ageing",
    "elasticity": "anti_ageing",
    "pigmentation": "brightening",
    "spots": "brightening",
    "evenness": "brightening",
    "shine": "balance",
    "pores": "balance",
    "moisture": "hydrating",
}


def template(key: str) -> Template | None:
    """A template by its key; None for one that is no longer there."""
    return next((known for known in TEMPLATES if known.key == key), None)


def held_back(
    plan: CarePlan, told: Told, products: Iterable[Product]
) -> list[tuple[Product, allergens.Conflict]]:
    """Home products that would serve the plan's goals but hold an allergen of hers, each with the conflict."""
    found = []
    for product in products:
        if product.admitted and "home" in product.uses and set(plan.goals) & set(product.uses):
            found += [(product, clash) for clash in allergens.conflicts(product, told.allergens)[:1]]
    return found


def photo_due(plan: CarePlan, scans: Iterable[Scan], now: Now) -> bool:
    """Whether the comparison photo of the plan is due (MEA-07): as long ago as the plan says, or never taken since it began."""
    if not plan.photos_every_days:
        return False
    taken = [scan.at for scan in scans if scan.member == plan.member and scan.accepted]
    return days_between(max([*taken, plan.started_at]), now) >= plan.photos_every_days or not taken


def words(plan: CarePlan, services: Iterable[Service]) -> Said:
    """A plan in one sentence for the customer: what, and how often."""
    chosen = [service for service in services if service.rid in plan.services]
    zh, en = "、".join(s.name for s in chosen), ", ".join(s.name_en for s in chosen)
    return Said(
        f"{zh or '护理'}，每 {plan.every_days} 天一次", f"{en or 'Care'}, every {plan.every_days} days"
    )


def template_for(member: Member, scan: Scan | None) -> tuple[Template, Explain]:
    """The template her skin asks for: sensitive skin first, then the lowest score of the last scan, then the skin type."""
    by_key = {template.key: template for template in TEMPLATES}
    scores = {
        key: float(body["score"])
        for key, body in (scan.concerns if scan else {}).items()
        if key in _BY_CONCERN and concerns.measured(body) and body.get("score") is not None
    }
    worst = min(scores, key=lambda key: (scores[key], key), default="")
    if member.skin_type != "sensitive" and worst and scores[worst] < 70:
        name = concerns.label(worst)
        said = Said(
            f"检测中{name.zh}得分最低（{scores[worst]:.0f}）", f"Lowest score of the scan: {name.en.lower()}"
        )
        figures: dict[str, Any] = {"concern": worst, "score": scores[worst]}
        chosen = by_key[_BY_CONCERN[worst]]
    else:
        said = Said("依据肤质", "By skin type")
        figures = {"skin_type": member.skin_type}
        chosen = by_key[_BY_SKIN.get(member.skin_type, "hydrating")]
    return chosen, Explain("plan template (SEG-10)", said, figures)


def propose(
    member: Member,
    scan: Scan | None,
    services: Sequence[Service],
    products: Sequence[Product],
    policy: Policy,
    now: Now,
    *,
    told: Told,
    photos: bool,
    template: Template | None = None,
) -> CarePlan:
    """A plan from the file (SEG-11, FUP-14), without what she must not have. `told`: what she told this
    store of her health; before she was asked the plan holds no product. `photos`: she consented to them.

    `template`: the one to make it of, else the one that her skin asks for.
    """
    wanted, explain = template_for(member, scan)
    template = template or wanted
    fit = [s for s in services if s.active and told.against(s) is None]
    chosen = _first(template.uses, [(s.rid, s.uses) for s in fit], 1)
    home = [p for p in products if p.admitted and "home" in p.uses and told.against(p) is None]
    taken = _first(template.uses, [(p.rid, p.uses) for p in home], 2)
    cycle = next((s.cycle_days for s in fit if s.rid in chosen and s.cycle_days), template.every_days)
    return CarePlan(
        rid=f"plan-{member.rid}-{instant(now):%Y%m%d}",
        member=member.rid,
        store=member.home_store,
        template=template.key,
        goals=list(template.uses[:2]),
        services=chosen,
        products=taken,
        every_days=cycle,
        photos_every_days=template.photos_every_days if photos else 0,
        started_at=text(instant(now)),
        explain=f"{template.label.zh}；{explain.line()}"[:200],
        policy=policy.version,
    )


def _first(uses: Sequence[str], offered: Iterable[tuple[str, list[str]]], most: int) -> list[str]:
    """Up to so many things that serve the uses, the most wanted first."""
    ranked = sorted(
        (min(uses.index(use) for use in has if use in uses), rid)
        for rid, has in offered
        if set(uses) & set(has)
    )
    return [rid for _, rid in ranked[:most]]


@dataclass(frozen=True)
class Effect:
    """What came of a plan so far (SEG-11: effect analysis)."""

    better: tuple[str, ...]
    worse: tuple[str, ...]
    same: tuple[str, ...]
    """Concerns, by what repeats of a scan differ by: never a guess."""
    satisfaction: float | None
    explain: Explain


def effect(plan: CarePlan, scans: Sequence[Scan], surveys: Sequence[Survey]) -> Effect:
    """The first scan since the plan began, or was last adjusted, against the last, and the mean rating since."""
    since = instant(plan.adjusted_at or plan.started_at)
    own = sorted(
        (s for s in scans if s.member == plan.member and s.accepted and instant(s.at) >= since),
        key=lambda s: instant(s.at),
    )
    verdicts: Mapping[str, str] = {}
    if len(own) >= 2 and not concerns.obstacles(own[0], own[-1]):
        verdicts = {
            key: concerns.compare(key, own[0].concerns[key], own[-1].concerns.get(key))
            for key in own[0].concerns
        }
    ratings = [s.satisfaction for s in surveys if s.member == plan.member and instant(s.at) >= since]
    mean = sum(ratings) / len(ratings) if ratings else None
    groups = {
        name: tuple(sorted(key for key, verdict in verdicts.items() if verdict == name))
        for name in ("better", "worse", "same")
    }
    said = Said(
        f"改善 {len(groups['better'])} 项，变差 {len(groups['worse'])} 项，不变 {len(groups['same'])} 项；"
        f"满意度 {'—' if mean is None else f'{mean:.0f}'}",
        f"{len(groups['better'])} better, {len(groups['worse'])} worse, {len(groups['same'])} the same; "
        f"satisfaction {'-' if mean is None else f'{mean:.0f}'}",
    )
    figures = {**groups, "scans": len(own), "ratings": ratings}
    explain = Explain("effect of the plan (SEG-11, MEA-08)", said, figures)
    return Effect(groups["better"], groups["worse"], groups["same"], mean, explain)


@dataclass(frozen=True)
class Adjustment:
    """The fields of the plan to change; empty if it stays."""

    changes: dict[str, Any]
    explain: Explain


def adjust(plan: CarePlan, found: Effect, policy: Policy, now: Now) -> Adjustment:
    """What effect and satisfaction change (MEA-08). Somebody looks at it first: a rule proposes, a person decides."""
    content = policy.satisfaction_scale.good
    low = found.satisfaction is not None and found.satisfaction < policy.satisfaction_scale.low
    every = plan.every_days
    if low or found.worse:
        said = Said(
            "效果变差或满意度低：换用更温和的模板，由顾问面谈",
            "Worse or not content: the gentlest template, and a talk with the consultant",
        )
        changes: dict[str, Any] = {"template": "sensitive"} if found.worse else {}
        every = min(MOST_DAYS, every + STEP_DAYS)
    elif found.better and (found.satisfaction is None or found.satisfaction >= content):
        said = Said("确有改善：保持方案", "A real change: keep the plan")
        changes = {}
    elif found.same and not found.better:
        said = Said("测不出变化：间隔缩短一周", "No measurable change: a week sooner")
        changes = {}
        every = max(LEAST_DAYS, every - STEP_DAYS)
    else:
        said = Said("数据不足，暂不调整", "Not enough to adjust by")
        changes = {}
    if every != plan.every_days:
        changes["every_days"] = every
    if changes:
        changes |= {"adjusted_at": text(instant(now)), "adjusted_why": said.zh}
    figures = found.explain.figures | {"every_days": every}
    return Adjustment(changes, Explain("plan adjusted (SEG-11, MEA-08)", said, figures, policy.version))
