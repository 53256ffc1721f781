"""What an employee aims at (STF-02), may do before the exam (STF-07), has done (STF-11) and suggests (STF-10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from salon.policies import Policy
from salon.records import Employee, FollowUp, Member, SopTick, Suggestion, Survey, Visit
from salon.rules import completeness, surveys
from salon.rules.figures import Figure, Person, measure
from salon.rules.said import Explain, Said
from salon.rules.times import Now, days_between, full_day, local

SUGGESTION_STATES = {
    "new": Said("待答复", "New"),
    "accepted": Said("已采纳", "Accepted"),
    "done": Said("已落实", "Done"),
    "declined": Said("未采纳", "Declined"),
}
_NEXT = {"new": {"accepted", "declined"}, "accepted": {"done", "declined"}, "done": set(), "declined": set()}


def targets(
    employee: Employee,
    visits: Sequence[Visit],
    answers: Sequence[Survey],
    members: Sequence[Member],
    tags_changed: int,
    policy: Policy,
    now: Now,
) -> tuple[Figure, Figure, Figure]:
    """Satisfaction, completeness of her customers' files, preference tags of the week (STF-02).

    `tags_changed`: how many of her tag updates the change log has for the last seven days.
    """
    rule = policy.staff_targets
    hers = {v.rid for v in visits if v.therapist == employee.rid}
    rated = [s for s in answers if s.visit in hers and 0 <= days_between(s.at, now) < 91]
    mean = surveys.average(rated, policy)
    rating = measure(
        "staff.rating",
        "STF-02",
        mean.value,
        mean.n,
        "points",
        rule.satisfaction,
        mean.people,
        mean.explain.said,
        policy,
    )
    own = [m for m in members if m.therapist == employee.rid]
    scores = [(m, completeness.score(m, policy)) for m in own]
    missing = [Person(m.rid, score.explain.said) for m, score in scores if score.missing]
    share = sum(score.share for _, score in scores) / len(scores) if scores else None
    said = Said(f"{len(own)} 份档案的平均完整度", f"Mean of {len(own)} files")
    complete = measure(
        "staff.completeness", "STF-02", share, len(own), "share", rule.completeness, missing, said, policy
    )
    said = Said("近 7 天更新的偏好标签", "Preference tags updated in 7 days")
    count = measure(
        "staff.tags", "STF-02", float(tags_changed), tags_changed, "count", rule.tags_a_week, [], said, policy
    )
    return rating, complete, count


@dataclass(frozen=True)
class Duty:
    """Whether an employee may serve customers (STF-07)."""

    allowed: bool
    explain: Explain


def duty(employee: Employee, started: date, today: date, policy: Policy) -> Duty:
    """By the training gate: the exam before duty, or within the first week."""
    rule = policy.training_gate
    passed = bool(employee.exam_at) and date.fromisoformat(employee.exam_at) <= today
    if passed:
        on = full_day(date.fromisoformat(employee.exam_at))
        said = Said(f"{on.zh}通过考试", f"Passed the exam on {on.en}")
        return Duty(True, Explain("training gate (STF-07)", said, {}, policy.version))
    if rule.exam == "first_week":
        until = started + timedelta(days=7)
        by = full_day(until)
        said = Said(f"须在{by.zh}前通过考试", f"The exam is due by {by.en}")
        return Duty(today <= until, Explain("training gate (STF-07)", said, {}, policy.version))
    done = trained(started, today)
    if not rule.training_days:
        said = Said("上岗前须通过考试", "The exam first")
    elif done < rule.training_days:
        said = Said(
            f"上岗前须培训 {rule.training_days} 天并通过考试，今天是第 {done + 1} 天",
            f"{rule.training_days} days of training and the exam first: today is day {done + 1}",
        )
    else:
        said = Said(
            f"{rule.training_days} 天培训已满，还须通过考试",
            f"The {rule.training_days} days of training are over: the exam comes next",
        )
    figures = {"trained_days": done, "training_days": rule.training_days}
    return Duty(False, Explain("training gate (STF-07)", said, figures, policy.version))


def trained(started: date, day: date) -> int:
    """Full days since her file was made here: training begins with the first of them."""
    return max(0, (day - started).days)


def too_early(on: date, started: date, policy: Policy) -> date | None:
    """The first day on which the exam may be passed, where `on` is before it; None where it is not.

    An exam of a day before her file was made is one that she brought along.
    """
    rule = policy.training_gate
    if rule.exam != "before_duty" or on < started or trained(started, on) >= rule.training_days:
        return None
    return started + timedelta(days=rule.training_days)


@dataclass(frozen=True)
class Day:
    """What an employee did on a day (STF-11)."""

    visits: tuple[str, ...]
    steps: int
    by_sensor: int
    tasks: int
    explain: Explain


def work_log(
    employee: str,
    day: date,
    visits: Sequence[Visit],
    ticks: Sequence[SopTick],
    tasks: Sequence[FollowUp],
    timezone: str,
) -> Day:
    """Counted from the records, written by nobody."""

    def on_day(moment: str) -> bool:
        return bool(moment) and local(moment, timezone).date() == day

    own = tuple(v.rid for v in visits if v.therapist == employee and on_day(v.treatment_at))
    steps = [t for t in ticks if t.by == employee and not t.undone and on_day(t.at)]
    sensed = sum(t.source == "sensor" for t in steps)
    closed = sum(t.owner == employee and t.state == "done" and on_day(t.done_at) for t in tasks)
    said = Said(
        f"到店 {len(own)}，步骤 {len(steps)}（传感器 {sensed}），跟进 {closed}",
        f"{len(own)} visits, {len(steps)} steps ({sensed} by sensor), {closed} follow-ups",
    )
    return Day(own, len(steps), sensed, closed, Explain("work log (STF-11)", said, {"day": day.isoformat()}))


def answer(suggestion: Suggestion, state: str, words: str) -> dict[str, Any]:
    """The fields to change when a suggestion is answered (STF-10). Raises ValueError for a step that is none, or without words."""
    if state == suggestion.state:
        return {}
    if state not in _NEXT[suggestion.state]:
        raise ValueError(f"{suggestion.state} -> {state}")
    if not words.strip():
        raise ValueError("an answer needs words")
    return {"state": state, "answer": words.strip()}
