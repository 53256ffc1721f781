"""The clocks of a complaint: pressing, breached, settled, told."""

from __future__ import annotations

from salon import policies
from salon.records import Complaint

from .conftest import NOON, alerts  # isort: skip


def complain(store, opened=NOON):
    store.add(
        Complaint(
            rid="c-001", member="m-wang", store="s001", opened_at=opened, topic="service", story="等候太久"
        )
    )


def test_a_complaint_presses_then_breaches_then_settles_cmp_01(store, time, wang, clockwork):
    complain(store)
    clock = clockwork()
    assert clock.tick().breaches == 0
    time.pass_(minutes=25)
    clock.tick()
    assert alerts(store)["complaint.pressing.respond"].level == "warn"
    time.pass_(minutes=6)
    assert clock.tick().breaches == 1
    urgent = alerts(store)["complaint.breach.respond"]
    assert (urgent.level, urgent.role, urgent.policy) == ("urgent", "manager", policies.default().version)
    assert "已超时" in urgent.zh_text
    assert store.complaints.load("c-001").breaches == ["respond"]
    assert clock.tick().breaches == 0
    store.complaints.edit("c-001", responded_at=time.now(), state="responded")
    clock.tick()
    assert alerts(store)["complaint.breach.respond"].state == "closed"


def test_a_complaint_at_closing_time_waits_for_the_morning_cmp_01(store, time, wang, clockwork):
    complain(store, "2026-11-22T12:50:00.000Z")  # 20:50; the store closes at 21:00
    time.pass_(hours=14)  # 02:00
    clockwork().tick()
    assert not alerts(store, "complaint")
    time.pass_(hours=8, minutes=25)  # 10:25: 35 open minutes later
    clockwork().tick()
    assert "complaint.breach.respond" in alerts(store)


def test_a_solved_complaint_that_nobody_told_her_about_is_shown_cmp_05(store, time, wang, clockwork):
    complain(store)
    store.complaints.edit(
        "c-001", responded_at=NOON, planned_at=NOON, solved_at=NOON, state="solved", solution="退款"
    )
    clock = clockwork()
    clock.tick()
    assert alerts(store)["complaint.untold"].state == "open"
    store.complaints.edit("c-001", told_at=NOON)
    clock.tick()
    assert alerts(store)["complaint.untold"].state == "closed"
