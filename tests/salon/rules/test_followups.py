"""The contacts after a visit (FUP-01..05)."""

from __future__ import annotations

import pytest

from salon import policies
from salon.rules import followups

DONE = "2026-11-22T07:00:00.000Z"


@pytest.fixture
def finished(visit):
    return visit.model_copy(update={"state": "aftercare", "aftercare_at": DONE})


def test_a_first_visit_gets_report_survey_one_call_and_a_tip_fup_01_to_fup_05_mea_06(
    finished, member, policy, now
):
    tasks = followups.schedule(finished, member, True, policy, now)
    assert [(t.rule, t.due_at) for t in tasks] == [
        ("report", "2026-11-22T09:00:00.000Z"),
        ("survey", "2026-11-23T07:00:00.000Z"),
        ("call", "2026-11-25T07:00:00.000Z"),
        ("tip", "2026-11-29T07:00:00.000Z"),
    ]
    assert {t.owner for t in tasks} == {"e-chen"}
    assert {t.policy for t in tasks} == {policy.version}


def test_a_regular_gets_no_two_hour_report_fup_01(finished, member, policy, now):
    rules = [t.rule for t in followups.schedule(finished, member, False, policy, now)]
    assert rules == ["survey", "call", "tip"]


def test_nobody_is_contacted_twice_on_the_third_day_fup_04(finished, member, policy, now):
    on_third_day = [
        t for t in followups.schedule(finished, member, True, policy, now) if t.due_at[:10] == "2026-11-25"
    ]
    assert len(on_third_day) == 1
    apart = policies.load('[followups]\nvariant = "apart"')
    assert len(followups.schedule(finished, member, True, apart, now)) == 5


def test_scheduling_twice_makes_the_same_tasks(finished, member, policy, now):
    first = followups.schedule(finished, member, True, policy, now)
    again = followups.schedule(finished, member, True, policy, "2026-11-24T00:00:00Z")
    assert first == again


def test_each_task_says_channel_and_until_when_it_is_fit_fup_09_fup_10(finished, member, policy, now):
    tasks = {t.rule: t for t in followups.schedule(finished, member, True, policy, now)}
    assert tasks["call"].channel == "phone"
    assert tasks["survey"].channel == "wechat"
    assert tasks["report"].expires_at == "2026-11-23T09:00:00.000Z"
    assert followups.label("call", policy).zh in tasks["call"].explain
    assert followups.label("gone", policy).zh == "gone"


def test_without_an_end_of_treatment_the_time_is_now(visit, member, policy, now):
    assert followups.schedule(visit, member, False, policy, now)[0].due_at == "2026-11-23T05:26:59.123Z"


def test_why_a_task_is_there_is_said_in_both_languages_fup_09(finished, member, policy, now):
    for task in followups.schedule(finished, member, True, policy, now):
        said = followups.why(task, policy)
        assert said.zh == task.explain
        assert "h after" in said.en
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in said.en)
