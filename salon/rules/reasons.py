"""Why a rule decided as it did, in words for a page: the sentence, the figures with their names, the rule's ids, the policy's version.

Rules keep their figures under short keys (`Explain.figures`); here is what each is called. A key that is no figure for people
(an id of a record, a sum for the next rule) is named in `INTERNAL`, so that a test can tell a forgotten one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from salon.rules.said import Explain, Said

LABELS: Mapping[str, Said] = {
    "ahead": Said("可提前天数", "Days ahead"),
    "allergen": Said("过敏原", "Allergen"),
    "allergens": Said("过敏原", "Allergens"),
    "asked": Said("已填问卷", "Asked here"),
    "angle": Said("肤色角（度）", "Tone angle (degrees)"),
    "batch": Said("批次", "Batch"),
    "better": Said("改善", "Better"),
    "celsius": Said("室温（°C）", "Temperature (°C)"),
    "clashes": Said("冲突", "Clashes"),
    "concern": Said("检测项", "Concern"),
    "conditions": Said("身体状况", "Conditions"),
    "customers": Said("顾客数", "Customers"),
    "cycle_days": Said("项目周期（天）", "Cycle of the service (days)"),
    "days": Said("天数", "Days"),
    "days_ahead": Said("提前天数", "Days ahead"),
    "days_since": Said("距上次（天）", "Days since the last visit"),
    "declined": Said("婉拒次数", "Times declined"),
    "deposit_from": Said("收定金起点（次）", "Deposit from (times)"),
    "discount": Said("折扣", "Share off"),
    "every_days": Said("间隔（天）", "Every (days)"),
    "falls": Said("连降次数", "Falls in a row"),
    "few": Said("样本下限", "Least that says something"),
    "free_treatments": Said("免费次数", "Free treatments"),
    "half_year_days": Said("统计天数", "Days counted"),
    "held_yuan": Said("储值余额（元）", "Stored value (yuan)"),
    "high_value": Said("高价值人数", "Of high value"),
    "hours": Said("小时", "Hours"),
    "identify_target_s": Said("识别目标（秒）", "Target to identify (s)"),
    "in_opening_hours": Said("按营业时间计", "In opening hours"),
    "ingredient": Said("成分", "Ingredient"),
    "late_after": Said("超过即为迟（天）", "Late after (days)"),
    "left": Said("剩余", "Left"),
    "limit": Said("界限", "Limit"),
    "limit_days": Said("界限（天）", "Limit (days)"),
    "limit_min": Said("时限（分钟）", "Limit (min)"),
    "limit_yuan": Said("界限（元）", "Limit (yuan)"),
    "minutes": Said("分钟", "Minutes"),
    "missed": Said("取消或未到", "Cancelled or missed"),
    "missing": Said("缺少", "Missing"),
    "month_spent_yuan": Said("近一月消费（元）", "Spent in a month (yuan)"),
    "months": Said("各月", "Months"),
    "n": Said("样本", "How many"),
    "odour_sensitive": Said("对气味敏感", "Sensitive to odours"),
    "paid_yuan": Said("实付（元）", "Paid (yuan)"),
    "people": Said("人数", "People"),
    "per_week": Said("每周上限", "Limit a week"),
    "per_year": Said("每年次数", "Times a year"),
    "per_yuan": Said("每元积分", "Points a yuan"),
    "points": Said("积分", "Points"),
    "questionnaire_days": Said("问卷有效期（天）", "Questionnaire holds (days)"),
    "ratings": Said("评分", "Ratings"),
    "referrals": Said("介绍人数", "Referrals"),
    "required": Said("必填", "Required"),
    "same": Said("不变", "The same"),
    "satisfaction": Said("满意度", "Satisfaction"),
    "scans": Said("检测次数", "Scans"),
    "score": Said("得分", "Score"),
    "sent": Said("本周已发", "Sent this week"),
    "since_last_visit": Said("上次到店后", "Since the last visit"),
    "skin_type": Said("肤质", "Skin type"),
    "spent_yuan": Said("累计消费（元）", "Spent in all (yuan)"),
    "target": Said("目标", "Target"),
    "ticket_yuan": Said("客单价（元）", "Ticket (yuan)"),
    "tickets_yuan": Said("最近客单价（元）", "Last tickets (yuan)"),
    "times": Said("次数", "Times"),
    "topped_up_yuan": Said("累计储值（元）", "Topped up (yuan)"),
    "used": Said("已用", "Used"),
    "value": Said("数值", "Value"),
    "value_yuan": Said("面值（元）", "Worth (yuan)"),
    "visits": Said("到店次数", "Visits"),
    "trained_days": Said("已培训（天）", "Days trained"),
    "training_days": Said("培训要求（天）", "Days of training asked"),
    "visits_a_year": Said("一年到店", "Visits in a year"),
    "weak_below": Said("低于即为偏弱", "Weak below"),
    "worse": Said("变差", "Worse"),
    "years": Said("周年", "Years"),
}
INTERNAL = frozenset(
    {
        "answers", "at", "category", "complaint", "day", "due_at", "ends_at", "family", "last_visit", "list_fen",
        "needs", "occasion", "off", "paid_fen", "plan", "product", "reason", "scheme", "season", "service",
        "services", "solved_at", "starts_at", "task", "tier", "topic", "unknown", "use", "voucher", "weekday",
    }
)  # fmt: skip
"""Keys that say nothing to a person beyond the sentence itself: ids, times that the page shows anyway, keys of other records."""
IDS = re.compile(r"[A-Z]{3}-\d\d")
NOTHING = "–"


@dataclass(frozen=True)
class Reason:
    """What a page shows under "how this comes about"."""

    said: str
    figures: tuple[tuple[str, str], ...]
    rule: str
    policy: str


def reason(explain: Explain, language: str) -> Reason:
    """An explanation in the language of the page."""
    return of_record(explain.rule, explain.said.in_(language), explain.figures, explain.policy, language)


def of_record(rule: str, said: str, figures: Mapping[str, Any], policy: str, language: str) -> Reason:
    """The same of a decision that was kept: an alert carries its parts."""
    named = tuple(
        (LABELS[key].in_(language), _value(value, language))
        for key, value in figures.items()
        if key in LABELS and not isinstance(value, Mapping)
    )
    ids = Said("、".join(IDS.findall(rule)), ", ".join(IDS.findall(rule)))
    return Reason(said, named, ids.in_(language) or rule, policy)


def _value(value: Any, language: str) -> str:
    if value is None or value in ("", [], ()):
        return NOTHING
    if isinstance(value, bool):
        return Said("是" if value else "否", "yes" if value else "no").in_(language)
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, list | tuple | set | frozenset):
        return Said("、", ", ").in_(language).join(_value(item, language) for item in value)
    return str(value)
