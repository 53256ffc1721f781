"""Who is told what: open alerts and due tasks by the people they are for (FUP-07, FUP-09, CHN-02, LOY-21).

An alert names a role. A beautician hears of her own customers, and of those who have nobody; the desk and consultants of all in the store;
the manager's board shows every one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.kiosk.services import returning, tasks

if TYPE_CHECKING:
    from edge.kiosk.services.tasks import Task
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Alert, Employee


@dataclass(frozen=True)
class Mine:
    """What waits for one colleague."""

    alerts: tuple[Alert, ...]
    tasks: tuple[Task, ...]

    @property
    def count(self) -> int:
        return len(self.alerts) + len(self.tasks)


def at_the_desk(store: Store, roles: set[str]) -> list[Alert]:
    """What the desk and consultants are told; the manager too, who may stand in for either."""
    told = {"desk", "consultant"} if roles & {"manager", "owner"} else roles & {"desk", "consultant"}
    return [alert for alert in returning.alerts(store) if alert.role in told]


def of(store: Store, policy: Policy, employee: Employee, language: str) -> Mine:
    """What a beautician is told of her customers, and what she is to do."""
    return Mine(
        tuple(alert for alert in returning.alerts(store) if _tells(store, alert, employee)),
        tuple(task for task in tasks.due(store, policy, language) if _hers(store, task, employee)),
    )


def _tells(store: Store, alert: Alert, employee: Employee) -> bool:
    return (
        alert.role == "beautician"
        and "beautician" in employee.roles
        and _serves(store, alert.member, employee)
    )


def _hers(store: Store, task: Task, employee: Employee) -> bool:
    if task.owner:
        return task.owner == employee.rid
    return (
        task.role == "beautician" and "beautician" in employee.roles and _serves(store, task.member, employee)
    )


def _serves(store: Store, rid: str, employee: Employee) -> bool:
    member = store.members.find(rid)
    return member is not None and member.therapist in {"", employee.rid}
