"""The weekly quality sheet of ten items (CMP-10) and whether service follows the manual (CMP-15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from salon.policies import Policy
from salon.records import ProductUse, QualitySheet, Service, SopTick, Visit
from salon.rules.said import Explain, Said
from salon.rules.times import instant

ITEMS: Mapping[str, Said] = {
    "greeting": Said("按姓氏问候，提到上次到店", "Greeted by surname, last visit named"),
    "file": Said("服务前看过档案", "The file was read before the service"),
    "contraindications": Said("确认禁忌与过敏", "Contraindications and allergens confirmed"),
    "disinfection": Said("消毒到位并有记录", "Disinfected, and recorded"),
    "order": Said("步骤顺序与手册一致", "Steps in the manual's order"),
    "dose": Said("产品与用量正确", "Right products and doses"),
    "comfort": Said("每步询问感受", "Comfort asked at each step"),
    "no_push": Said("不强推加项", "No forced add-ons"),
    "aftercare": Said("说明居家护理与下次预约", "Home care explained, next visit offered"),
    "record": Said("当天补全记录", "Records complete on the day"),
}
"""Ten items: together 100."""
MOST_AN_ITEM = 10
"""Points of one item at most."""


@dataclass(frozen=True)
class Quality:
    """How somebody stands on the weekly sheets."""

    months: tuple[tuple[str, float], ...]
    """(2026-11, mean of 100), oldest first."""
    weak_running: int
    """Weak months in a row up to the last."""
    retraining: bool
    worst: tuple[str, ...]
    """The items with the lowest mean, worst first."""
    explain: Explain


def total(sheet: QualitySheet) -> int:
    """Of 100. Raises KeyError when an item was not scored: a gap is no zero."""
    return sum(sheet.scores[item] for item in ITEMS)


def standing(sheets: Sequence[QualitySheet], policy: Policy) -> Quality:
    """Months by their mean; three weak ones in a row mean retraining (CMP-10)."""
    rule = policy.quality
    by_month: dict[str, list[int]] = {}
    for sheet in sorted(sheets, key=lambda s: s.week):
        by_month.setdefault(date.fromisoformat(sheet.week).strftime("%Y-%m"), []).append(total(sheet))
    months = tuple((month, sum(totals) / len(totals)) for month, totals in by_month.items())
    running = 0
    for _, mean in months:
        running = running + 1 if mean < rule.weak_below else 0
    means = {item: sum(s.scores[item] for s in sheets) / len(sheets) for item in ITEMS} if sheets else {}
    worst = tuple(sorted(means, key=lambda item: (means[item], item))[:3])
    said = Said(
        f"{len(months)} 个月，连续偏弱 {running} 个月（{rule.weak_months} 个月再培训）",
        f"{len(months)} months, {running} weak in a row (retraining from {rule.weak_months})",
    )
    figures = {"months": dict(months), "weak_below": rule.weak_below}
    explain = Explain("quality sheet (CMP-10)", said, figures, policy.version)
    return Quality(months, running, running >= rule.weak_months, worst, explain)


@dataclass(frozen=True)
class Deviation:
    """One thing in a visit that was not by the manual."""

    key: str
    said: Said


def deviations(
    visit: Visit, services: Sequence[Service], ticks: Sequence[SopTick], uses: Sequence[ProductUse]
) -> tuple[Deviation, ...]:
    """Where a visit left the manual (CMP-15): steps missing or out of order, disinfection late, no batch, no comfort asked."""
    found: list[Deviation] = []
    own = sorted((t for t in ticks if t.visit == visit.rid), key=lambda t: instant(t.at))
    last = {(t.service, t.step): t for t in own}
    done = {key: t for key, t in last.items() if not t.undone}
    for service in (s for s in services if s.rid in visit.services):
        due = [step for step in service.steps if step.core or not visit.express]
        missing = [step for step in due if (service.rid, step.key) not in done]
        found += [Deviation("missing", Said(f"未做：{step.zh}", f"Not done: {step.en}")) for step in missing]
        times = [instant(done[service.rid, s.key].at) for s in due if (service.rid, s.key) in done]
        if times != sorted(times):
            said = Said(f"“{service.name}”步骤顺序不符", f"Steps of {service.name_en} out of order")
            found.append(Deviation("order", said))
    began = visit.treatment_at
    for key, tick in done.items():
        late = key[1] == "disinfect" and began and instant(tick.at) > instant(began)
        if late:
            found.append(Deviation("disinfection", Said("开始护理后才消毒", "Disinfected after the start")))
    if own and not any(tick.comfort for tick in own):
        found.append(Deviation("comfort", Said("全程未询问感受", "Comfort was never asked")))
    found += [
        Deviation("batch", Said("产品未登记批次", "A product without its batch"))
        for use in uses
        if use.visit == visit.rid and use.outcome != "stopped" and not use.batch
    ]
    return tuple(found)
