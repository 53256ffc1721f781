"""Complaint clocks, playbooks, surveys, quality (CMP), scripts (STF-09)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salon import policies
from salon.records import Complaint, ProductUse, QualitySheet, SopTick, Store, Survey
from salon.rules import complaints, playbooks, quality, surveys
from salon.rules.opening import Hours
from salon.rules.said import Said
from salon.rules.times import instant

HOUSE = Store(rid="s001", name="店")  # 10:00 to 21:00, Shanghai
CALENDAR = policies.load('[complaint_clock]\nvariant = "response_in_opening_hours"')


def complaint(opened="2026-11-22T04:00:00Z", **fields):  # noon in Shanghai
    values = {"rid": "c-001", "member": "m-wang-li", "opened_at": opened, "topic": "allergy", "story": "红"}
    return Complaint(**(values | fields))


def test_the_three_clocks_run_in_opening_hours_cmp_01(policy, now):
    due = {c.step: c.due_at for c in complaints.clocks(complaint(), HOUSE, policy, now)}
    assert due == {
        "respond": "2026-11-22T04:30:00.000Z",
        "plan": "2026-11-24T06:00:00.000Z",  # 9 h today, 11 h tomorrow, 4 h on the 24th
        "solve": "2026-11-28T10:00:00.000Z",
    }


def test_a_complaint_at_night_starts_with_the_opening_cmp_01(policy, now):
    first, *_ = complaints.clocks(complaint("2026-11-21T15:00:00Z"), HOUSE, policy, now)  # 23:00
    assert first.due_at == "2026-11-22T02:30:00.000Z"  # 10:30


def test_plan_and_solution_by_the_calendar_where_the_house_says_so_cmp_01(now):
    _, plan, solve = complaints.clocks(complaint(), HOUSE, CALENDAR, now)
    assert (plan.due_at, solve.due_at) == ("2026-11-23T04:00:00.000Z", "2026-11-25T04:00:00.000Z")


def test_the_countdown_presses_and_breaches_cmp_01(policy):
    def first(at, **fields):
        return complaints.clocks(complaint(**fields), HOUSE, policy, at)[0]

    assert first("2026-11-22T04:10:00Z").minutes_left == 20
    assert not first("2026-11-22T04:10:00Z").pressing
    assert first("2026-11-22T04:25:00Z").pressing
    late = first("2026-11-22T04:45:00Z")
    assert (late.breached, late.minutes_left) == (True, -15)
    done_late = first("2026-11-22T09:00:00Z", responded_at="2026-11-22T04:31:00Z")
    assert (done_late.breached, done_late.pressing, done_late.minutes_left) == (True, False, 0)
    done = first("2026-11-22T09:00:00Z", responded_at="2026-11-22T04:29:00Z")
    assert not done.breached
    assert policy.version == done.explain.policy


def test_the_steps_come_in_order_and_need_words_cmp_01(now):
    case = complaint()
    with pytest.raises(complaints.NotYet) as early:
        complaints.advance(case, "plan", now, words="x")
    assert early.value.step == "plan"
    case = case.model_copy(update=complaints.advance(case, "respond", now, words=""))
    with pytest.raises(complaints.NotYet):
        complaints.advance(case, "plan", now, words="  ")
    case = case.model_copy(update=complaints.advance(case, "plan", now, words="检测"))
    case = case.model_copy(update=complaints.advance(case, "solve", now, words="退款"))
    assert (case.state, case.plan, case.solution) == ("solved", "检测", "退款")
    assert complaints.advance(case, "solve", "2027-01-01T00:00:00Z", words="again") == {}
    assert complaints.current(case, HOUSE, policies.default(), now) is None


def test_a_solved_complaint_has_to_be_told_cmp_05(now):
    solved = complaint(state="solved", solved_at=now)
    assert complaints.untold(solved)
    assert not complaints.untold(solved.model_copy(update={"told_at": now}))


def test_a_complaint_is_linked_to_staff_and_batches_cmp_06(visit, now):
    use = ProductUse(
        rid="u-001", visit="v-today", member="m-wang-li", product="p-1", batch="B7", at=now, by="e-lin"
    )
    stopped = use.model_copy(update={"rid": "u-002", "batch": "B8", "outcome": "stopped"})
    assert complaints.links(visit, [use, stopped]) == {"staff": ["e-chen", "e-lin"], "batches": ["p-1 B7"]}


def test_the_first_response_is_an_apology_by_name_cmp_03():
    for topic in complaints.TOPICS:
        book = playbooks.playbook(complaint(topic=topic), Said("王女士", "Ms Wang"))
        assert book.script.zh.startswith("王女士")
        assert book.script.en.startswith("Ms Wang")
        assert book.steps


def test_allergy_and_poor_effect_have_their_playbooks_cmp_04():
    allergy = playbooks.playbook(complaint(steps=["stop"]), Said("王", "Wang"))
    assert [s.key for s in allergy.steps][1:5] == ["medical-test", "trace", "repair-plan", "compensate"]
    assert [s.done for s in allergy.steps][:2] == [True, False]
    effect = playbooks.playbook(complaint(topic="effect"), Said("王", "Wang"))
    assert {"second-treatment", "expert"} <= {s.key for s in effect.steps}


def test_there_are_ten_scenes_to_practise_and_scripts_to_fill_stf_09():
    assert len(playbooks.drills()) == 10
    assert len({d.key for d in playbooks.drills()}) == 10
    line = playbooks.scripts()["call-72h"].fill(name="王女士", store="静安店", staff="陈静")
    assert "王女士" in line.zh


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)), st.integers(1, 6000), st.sampled_from([("10:00", "21:00"), ("18:00", "02:00"), ("00:00", "23:59")])
)  # fmt: skip
def test_open_time_after_and_between_are_each_others_inverse_cmp_01(start, minutes, span):
    hours = Hours.of(Store(rid="s001", name="店", opens=span[0], closes=span[1], timezone="Europe/Berlin"))
    begin = start.replace(microsecond=0, tzinfo=UTC)  # records keep milliseconds
    end = hours.after(begin, timedelta(minutes=minutes))
    assert hours.between(begin, end) == timedelta(minutes=minutes)
    assert instant(end) >= begin + timedelta(minutes=minutes)


def test_a_store_open_past_midnight_is_open_then():
    bar = Hours.of(Store(rid="s001", name="店", opens="18:00", closes="02:00"))
    assert bar.is_open("2026-11-22T17:00:00Z")  # 01:00
    assert not bar.is_open("2026-11-22T19:00:00Z")


# --- surveys


def survey(rid, satisfaction=95, nps=9, **fields):
    return Survey(
        **({"rid": rid, "member": "m-wang-li", "visit": f"v-{rid}", "at": "2026-11-20T00:00:00Z",
            "satisfaction": satisfaction, "nps": nps, "service": "svc-soothe", "therapist": "e-chen"} | fields)
    )  # fmt: skip


def test_answers_update_the_tags_at_once_fup_12(policy):
    given_ = survey("s-01", answers={"pressure": "strong", "talk": "quiet"})
    found = surveys.outcome(given_, ["力度重", "喜欢聊天", "周末"], policy)
    assert found.tags == ["力度轻", "周末", "喜欢安静"]
    assert not found.needs_call


def test_a_low_rating_or_a_discomfort_asks_for_a_call_fup_03(policy):
    assert surveys.outcome(survey("s-01", 79), [], policy).needs_call
    assert not surveys.outcome(survey("s-01", 80), [], policy).needs_call
    assert surveys.outcome(survey("s-01", 100, answers={"skin": "red"}), [], policy).needs_call


def test_one_survey_a_visit_with_service_and_technician_cmp_13(visit, now):
    made = surveys.answered(visit, now, "good", 8, {"wait": "fine"}, "")
    assert (made.satisfaction, made.service, made.therapist) == (90, "svc-soothe", "e-chen")
    assert made.rid == surveys.answered(visit, now, "bad", 0, {}, "").rid


def test_satisfaction_per_service_and_technician_cmp_13(services, policy):
    given_ = [survey(f"s-{n:02}", 90) for n in range(10)] + [survey("s-10", 50, therapist="e-lin")]
    by = surveys.by_service(given_, services, policy)
    assert round(by["svc-soothe"].value, 1) == 86.4
    assert by["svc-soothe"].enough
    assert surveys.by_therapist(given_, policy)["e-chen"].value == 90
    assert not surveys.by_therapist(given_, policy)["e-lin"].enough


def test_nps_is_promoters_less_detractors_cmp_14(policy):
    scores = [10, 9, 9, 9, 9, 9, 8, 7, 6, 0]
    found = surveys.nps([survey(f"s-{n:02}", nps=score) for n, score in enumerate(scores)], policy)
    assert found.value == 40
    assert found.met
    assert [p.visit for p in found.people] == ["v-s-08", "v-s-09"]


# --- quality


def sheet(week, score):
    return QualitySheet(
        rid=f"q-{week}", store="s001", week=week, at="2026-11-20T00:00:00Z", scores=dict.fromkeys(quality.ITEMS, score)
    )  # fmt: skip


def test_ten_items_and_retraining_after_three_weak_months_cmp_10(policy):
    assert len(quality.ITEMS) == 10
    weak = [sheet("2026-08-03", 9), sheet("2026-09-07", 7), sheet("2026-10-05", 7)]
    assert quality.total(weak[0]) == 90
    assert quality.standing(weak, policy).weak_running == 2
    found = quality.standing([*weak, sheet("2026-11-02", 8), sheet("2026-11-09", 7)], policy)
    assert found.months[-1] == ("2026-11", 75)
    assert found.retraining


def test_where_a_visit_left_the_manual_cmp_15(visit, service, now):
    def tick(step, minute, **fields):
        values = {"rid": f"t-{step}", "visit": "v-today", "member": "m-wang-li", "service": "svc-soothe"}
        return SopTick(
            **(values | {"step": step, "by": "e-chen", "at": f"2026-11-22T05:{minute:02}:00Z"} | fields)
        )

    begun = visit.model_copy(update={"treatment_at": "2026-11-22T05:30:00Z"})
    good = [tick("disinfect", 25), tick("cleanse", 35, comfort="good"), tick("mask", 45)]
    assert quality.deviations(begun, [service], good, []) == ()
    bad = [tick("mask", 31), tick("disinfect", 40)]
    keys = [d.key for d in quality.deviations(begun, [service], bad, [])]
    assert keys == ["missing", "order", "disinfection", "comfort"]
    use = ProductUse(rid="u-001", visit="v-today", member="m-wang-li", product="p-1", at=now, by="e-chen")
    assert [d.key for d in quality.deviations(begun, [service], good, [use])] == ["batch"]


def test_more_open_time_than_a_year_has_comes_to_no_end():
    closed = Hours.of(Store(rid="s001", name="店", opens="10:00", closes="21:00"))
    with pytest.raises(ValueError, match="open time within a year"):
        closed.after("2026-11-22T03:00:00Z", timedelta(days=400))


def test_a_clock_that_ends_with_the_day_ends_at_closing_not_the_next_morning_cmp_01():
    hours = Hours.of(Store(rid="s001", name="店", opens="10:00", closes="21:00"))
    assert hours.after("2026-11-22T12:00:00Z", timedelta(hours=1)) == "2026-11-22T13:00:00.000Z"


@pytest.mark.parametrize(
    ("answers", "topic"),
    [
        ({"skin": "red", "wait": "long"}, "allergy"),
        ({"skin": "tight"}, "effect"),
        ({"wait": "long"}, "service"),
        ({"pressure": "strong"}, "service"),
        ({"pressure": "weak"}, "service"),
        ({"pressure": "right", "wait": "fine"}, "other"),
        ({}, "other"),
    ],
)
def test_a_bad_answer_says_what_it_complains_of_cmp_01(answers, topic):
    assert surveys.grievance(survey("s-01", 60, answers=answers))[0] == topic


@pytest.mark.parametrize(("express", "missing"), [(False, ["Gentle cleanse", "Soothing mask"]), (True, [])])
def test_an_express_visit_misses_only_its_core_apt_12_cmp_15(visit, service, now, express, missing):
    service.steps[1:] = [step.model_copy(update={"core": False}) for step in service.steps[1:]]
    done = SopTick(
        rid="t-1", visit=visit.rid, member=visit.member, service=service.rid, step="disinfect", by="e-chen",
        at="2026-11-22T05:25:00Z", comfort="good",
    )  # fmt: skip
    short = visit.model_copy(update={"express": express})
    found = quality.deviations(short, [service], [done], [])
    assert [d.said.en for d in found] == [f"Not done: {name}" for name in missing]


def test_what_was_answered_in_time_says_so_and_what_runs_says_how_long(now):
    def said(*, minutes, done=""):
        return complaints._left(minutes, done).en

    assert said(minutes=0, done=now) == "done in time"
    assert said(minutes=-1, done=now) == "done too late"
    assert said(minutes=-1) == "run out"
    assert said(minutes=0) == "0 h 0 min left"
    assert said(minutes=61) == "1 h 1 min left"
