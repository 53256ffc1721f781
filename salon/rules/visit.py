"""The visit as a state machine of five steps (SVC-01): booking, arrival, treatment, effect feedback, after-sale."""

from __future__ import annotations

from typing import Any

from salon.records import Visit
from salon.records.visits import VisitState
from salon.rules.said import Said
from salon.rules.times import Now, instant, text

STEPS: tuple[VisitState, ...] = ("booked", "arrived", "treatment", "feedback", "aftercare")
LABELS: dict[VisitState, Said] = {
    "booked": Said("预约", "Booked"),
    "arrived": Said("到店", "Arrived"),
    "treatment": Said("护理中", "In treatment"),
    "feedback": Said("效果反馈", "Feedback"),
    "aftercare": Said("护理后", "Aftercare"),
    "closed": Said("已结束", "Closed"),
    "cancelled": Said("已取消", "Cancelled"),
    "no_show": Said("未到店", "No show"),
}
NEXT: dict[VisitState, tuple[VisitState, ...]] = {
    "booked": ("arrived", "cancelled", "no_show"),
    "arrived": ("treatment", "cancelled"),
    "treatment": ("feedback",),
    "feedback": ("aftercare", "treatment"),  # back: a service was added after the feedback (SVC-09)
    "aftercare": ("closed",),
    "closed": (),
    "cancelled": (),
    "no_show": ("arrived",),  # she came after all
}
_TIME_FIELD = {
    "arrived": "arrived_at",
    "treatment": "treatment_at",
    "feedback": "feedback_at",
    "aftercare": "aftercare_at",
    "closed": "closed_at",
    "cancelled": "closed_at",
    "no_show": "closed_at",
}


class WrongStep(ValueError):
    """Raised when a visit cannot go to a step from where it is; `.code` is `order` or `contraindications`."""

    def __init__(self, code: str, at: VisitState, to: VisitState) -> None:
        self.code = code
        self.at = at
        self.to = to
        self.allowed = NEXT[at]
        self.said = (
            Said("护理前须先确认禁忌", "Confirm the contraindications before the treatment")
            if code == "contraindications"
            else Said(
                f"不能从“{LABELS[at].zh}”转到“{LABELS[to].zh}”",
                f"Cannot go from “{LABELS[at].en}” to “{LABELS[to].en}”",
            )
        )
        super().__init__(f"{at} -> {to}: {code}")


def confirmed(visit: Visit) -> bool:
    """Whether the contraindications were confirmed in this visit, not in an earlier one (SAF-02)."""
    if not visit.contraindications_at:
        return False
    return not visit.arrived_at or instant(visit.contraindications_at) >= instant(visit.arrived_at)


def advance(visit: Visit, to: VisitState, now: Now) -> dict[str, Any]:
    """The fields to change so that `visit` is at step `to`. Raises WrongStep. Asked twice, it changes nothing."""
    if to == visit.state:
        return {}
    if to not in NEXT[visit.state]:
        raise WrongStep("order", visit.state, to)
    if to == "treatment" and not confirmed(visit):
        raise WrongStep("contraindications", visit.state, to)
    changes: dict[str, Any] = {"state": to}
    field = _TIME_FIELD[to]
    if not getattr(visit, field) or visit.state == "no_show":
        changes[field] = text(instant(now))
    if visit.state == "no_show":
        changes["closed_at"] = ""
    return changes
