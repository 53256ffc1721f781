"""Complaints under their clock (CMP-01): respond, plan, solve, each with a countdown; told to the customer (CMP-05)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from salon.policies import Policy
from salon.records import Complaint, ProductUse, Store, Visit
from salon.rules.opening import Hours
from salon.rules.said import Explain, Said
from salon.rules.times import Now, instant, later, text

Step = Literal["respond", "plan", "solve"]
STEPS: Mapping[Step, Said] = {
    "respond": Said("首次响应", "First response"),
    "plan": Said("给出方案", "Plan"),
    "solve": Said("解决", "Solved"),
}
TOPICS: Mapping[str, Said] = {
    "allergy": Said("过敏或不适", "Allergy or discomfort"),
    "effect": Said("效果不满意", "Poor effect"),
    "service": Said("服务态度或等候", "Service or waiting"),
    "price": Said("价格或扣费", "Price or charges"),
    "other": Said("其他", "Other"),
}
_DONE: Mapping[Step, str] = {"respond": "responded_at", "plan": "planned_at", "solve": "solved_at"}
_AFTER: Mapping[Step, str] = {"respond": "responded", "plan": "planned", "solve": "solved"}


class NotYet(ValueError):
    """Raised when a step of a complaint is asked for before the one it follows; `.said` is for the page."""

    def __init__(self, step: str, said: Said) -> None:
        self.step = step
        self.said = said
        super().__init__(f"{step}: {said.en}")


@dataclass(frozen=True)
class Clock:
    """One of the three clocks of a complaint."""

    step: Step
    label: Said
    due_at: str
    done_at: str
    minutes_left: int
    """That count: open ones only where the policy says so. Negative once it ran out; 0 when done."""
    breached: bool
    """Ran out, or was done too late."""
    pressing: bool
    explain: Explain


def clocks(complaint: Complaint, store: Store, policy: Policy, now: Now) -> tuple[Clock, ...]:
    """The three clocks, in order."""
    rule = policy.complaint_clock
    limits: dict[Step, timedelta] = {
        "respond": timedelta(minutes=rule.respond_min),
        "plan": timedelta(hours=rule.plan_h),
        "solve": timedelta(hours=rule.solve_h),
    }
    return tuple(
        _clock(complaint, step, limit, Hours.of(store), policy, now) for step, limit in limits.items()
    )


def _clock(
    complaint: Complaint, step: Step, limit: timedelta, hours: Hours, policy: Policy, now: Now
) -> Clock:
    paused = policy.complaint_clock.opening_hours
    in_hours = paused == "all" or (paused == "response" and step == "respond")
    opened = complaint.opened_at
    due = hours.after(opened, limit) if in_hours else later(opened, seconds=limit.total_seconds())
    done: str = getattr(complaint, _DONE[step])
    asked = done or now
    used = hours.between(opened, asked) if in_hours else instant(asked) - instant(opened)
    over = instant(asked) - instant(due)
    left = limit - used if over <= timedelta(0) else -over
    minutes = int(left.total_seconds() // 60)
    kind = Said("营业时间", "open hours") if in_hours else Said("自然时间", "by the calendar")
    said = Said(
        f"{STEPS[step].zh}：限 {_span(limit).zh}（{kind.zh}），{_left(minutes, done).zh}",
        f"{STEPS[step].en}: within {_span(limit).en} ({kind.en}), {_left(minutes, done).en}",
    )
    figures = {"limit_min": int(limit.total_seconds() // 60), "due_at": due, "in_opening_hours": in_hours}
    return Clock(
        step,
        STEPS[step],
        due,
        done,
        0 if done else minutes,
        over > timedelta(0),
        not done and left < limit * policy.complaint_clock.pressing,
        Explain("complaint clock (CMP-01)", said, figures, policy.version),
    )


def _span(limit: timedelta) -> Said:
    minutes = int(limit.total_seconds() // 60)
    if minutes % 60:
        return Said(f"{minutes} 分钟", f"{minutes} min")
    return Said(f"{minutes // 60} 小时", f"{minutes // 60} h")


def _left(minutes: int, done: str) -> Said:
    if done:
        return Said("按时完成", "done in time") if minutes >= 0 else Said("超时完成", "done too late")
    if minutes < 0:
        return Said("已超时", "run out")
    return Said(f"剩 {minutes // 60} 小时 {minutes % 60} 分", f"{minutes // 60} h {minutes % 60} min left")


def current(complaint: Complaint, store: Store, policy: Policy, now: Now) -> Clock | None:
    """The clock that runs now; None for a solved one."""
    return next((clock for clock in clocks(complaint, store, policy, now) if not clock.done_at), None)


def advance(complaint: Complaint, step: Step, now: Now, *, words: str) -> dict[str, Any]:
    """The fields to change when a step is done. `words`: the plan, or what solved it. Raises NotYet. Twice changes nothing."""
    if getattr(complaint, _DONE[step]):
        return {}
    if step != "respond" and not complaint.responded_at:
        raise NotYet(step, Said("请先首次响应", "The first response comes first"))
    if step == "solve" and not complaint.planned_at:
        raise NotYet(step, Said("请先给出方案", "The plan comes first"))
    if step != "respond" and not words.strip():
        raise NotYet(step, Said("请写下方案或处理结果", "Please write down what is planned or done"))
    changes: dict[str, Any] = {"state": _AFTER[step], _DONE[step]: text(instant(now))}
    if step == "plan":
        changes["plan"] = words.strip()
    if step == "solve":
        changes["solution"] = words.strip()
    return changes


def links(visit: Visit | None, uses: Iterable[ProductUse]) -> dict[str, list[str]]:
    """Staff and batches of the visit a complaint is about (CMP-06)."""
    if visit is None:
        return {"staff": [], "batches": []}
    own = [use for use in uses if use.visit == visit.rid and use.outcome != "stopped"]
    staff = {visit.therapist, *(use.by for use in own)} - {""}
    return {"staff": sorted(staff), "batches": sorted({f"{u.product} {u.batch}".strip() for u in own})}


def untold(complaint: Complaint) -> bool:
    """Solved, but the customer does not know yet (CMP-05)."""
    return complaint.state == "solved" and not complaint.told_at


def tell(complaint: Complaint) -> Explain:
    """Why somebody has to tell her (CMP-05)."""
    said = Said("投诉已解决，尚未告知顾客结果", "Settled, but the customer was not told")
    return Explain("told (CMP-05)", said, {"complaint": complaint.rid, "solved_at": complaint.solved_at})
