"""Staff and rights (STF-02, STF-07, STF-10, STF-11, SEC-01, SEC-03, SEC-09, PRF-22)."""

from __future__ import annotations

from datetime import date

import pytest

from salon import policies
from salon.records import Appointment, Employee, FollowUp, Member, SopTick, Suggestion, Survey
from salon.rules import rights, staff


def person(rid="e-chen", *roles, store="s001", **fields):
    return Employee(rid=rid, login=rid, name=rid, store=store, roles=list(roles or ("beautician",)), **fields)


def test_targets_of_an_employee_stf_02(came, policy, now):
    visits = [came(n, member=f"m-{n:03}") for n in range(1, 13)]
    answers = [
        Survey(rid=f"s-{v.rid}", member=v.member, visit=v.rid, at=v.closed_at, satisfaction=92)
        for v in visits
    ]
    full = {"phone": "13800010001", "allergens": ["alcohol"], "skin_type": "dry"}
    members = [Member(rid=f"m-{n:03}", surname="王", therapist="e-chen", **(full if n > 1 else {})) for n in range(1, 13)]  # fmt: skip
    rating, complete, tags = staff.targets(person(), visits, answers, members, 4, policy, now)
    assert (rating.value, rating.target, rating.met) == (92, 90, True)
    assert complete.met is False
    assert [p.member for p in complete.people] == ["m-001"]
    assert (tags.value, tags.target, tags.met) == (4, 5, False)


def test_before_the_exam_nobody_serves_where_the_house_says_so_stf_07(policy):
    started, today = date(2026, 11, 1), date(2026, 11, 5)
    assert not staff.duty(person(), started, today, policy).allowed
    assert staff.duty(person(exam_at="2026-11-04"), started, today, policy).allowed
    assert staff.duty(person(), started, date(2026, 11, 16), policy).explain.said.en.endswith(
        "the exam comes next"
    )
    assert staff.too_early(date(2026, 11, 15), started, policy) == date(2026, 11, 16)
    assert staff.too_early(date(2026, 11, 16), started, policy) is None
    assert staff.too_early(date(2026, 10, 31), started, policy) is None, "passed before she came"
    week = policies.load('[training_gate]\nvariant = "first_week"')
    assert staff.too_early(started, started, week) is None
    assert staff.duty(person(), started, today, week).allowed
    assert not staff.duty(person(), started, date(2026, 11, 9), week).allowed


def test_the_work_log_is_counted_from_records_stf_11(came, now):
    tick = SopTick(rid="t-1", visit="v-1", member="m-001", service="svc-1", step="mask", at=now, by="e-chen", source="sensor")  # fmt: skip
    undone = tick.model_copy(update={"rid": "t-2", "undone": True})
    task = FollowUp(
        rid="f-1", member="m-001", rule="call", due_at=now, owner="e-chen", state="done", done_at=now
    )
    log = staff.work_log(
        "e-chen", date(2026, 11, 22), [came(0), came(1)], [tick, undone], [task], "Asia/Shanghai"
    )
    assert (len(log.visits), log.steps, log.by_sensor, log.tasks) == (1, 1, 1, 1)


def test_a_suggestion_is_answered_with_words_stf_10(now):
    new = Suggestion(rid="su-1", store="s001", by="e-chen", at=now, problem="等候久", proposal="错峰预约")
    fields = staff.answer(new, "accepted", "下月试行")
    accepted = new.model_copy(update=fields)
    assert staff.answer(accepted, "accepted", "") == {}
    assert staff.answer(accepted, "done", "已试行")["state"] == "done"
    with pytest.raises(ValueError, match="words"):
        staff.answer(new, "declined", " ")
    with pytest.raises(ValueError, match="new -> done"):
        staff.answer(new, "done", "x")


# --- who sees whom


@pytest.mark.parametrize(
    ("roles", "sees"),
    [(("beautician",), False), (("technician",), False), (("desk",), True), (("consultant",), True), (("manager",), True), (("owner",), True)],
)  # fmt: skip
def test_who_sees_a_customer_of_the_store_sec_01(member, now, roles, sees):
    hers = member.model_copy(update={"home_store": "s001"})
    assert rights.may_see(person("e-x", *roles), hers, [], [], now).holds is sees


def test_a_beautician_sees_whom_she_serves_sec_01(member, came, now):
    chen = person()
    assert rights.may_see(chen, member, [came(100)], [], now).holds
    assert not rights.may_see(chen, member, [came(400)], [], now).holds
    assert rights.may_see(chen, member.model_copy(update={"therapist": "e-chen"}), [], [], now).holds
    coming = Appointment(
        rid="a-1",
        member="m-wang-li",
        store="s001",
        services=[],
        therapist="e-chen",
        starts_at=now,
        ends_at=now,
    )
    assert rights.may_see(chen, member, [], [coming], now).holds
    gone = coming.model_copy(update={"status": "cancelled"})
    assert not rights.may_see(chen, member, [], [gone], now).holds


def test_the_manager_sees_her_store_the_owner_all_and_a_leaver_nothing_sec_01_sec_09(member, came, now):
    elsewhere = member.model_copy(update={"home_store": "s002"})
    assert not rights.may_see(person("e-m", "manager"), elsewhere, [], [], now).holds
    assert rights.may_see(person("e-m", "manager"), elsewhere, [came(5)], [], now).holds
    assert rights.may_see(person("e-o", "owner"), elsewhere, [], [], now).holds
    assert not rights.may_see(person("e-o", "owner", active=False), elsewhere, [], [], now).holds


# --- taking data out


def ask(who, columns=("surname", "phone"), purpose="短信群发名单"):
    return rights.ask_export("x-1", who, purpose, columns, [], "2026-11-22T00:00:00Z")


@pytest.mark.parametrize(
    ("who", "columns", "purpose", "code"),
    [
        (person("e-d", "desk"), ("surname",), "for the mailing", "role"),
        (person("e-m", "manager", active=False), ("surname",), "for the mailing", "role"),
        (person("e-m", "manager"), ("surname",), "  ", "purpose"),
        (person("e-m", "manager"), ("allergens",), "for the mailing", "scope"),
        (person("e-m", "manager"), ("shoe_size",), "for the mailing", "scope"),
        (person("e-m", "manager"), (), "for the mailing", "scope"),
    ],
)
def test_an_export_needs_role_purpose_and_scope_sec_03(who, columns, purpose, code):
    with pytest.raises(rights.ExportRefused) as refused:
        ask(who, columns, purpose)
    assert refused.value.code == code


def test_a_second_person_decides_and_it_is_taken_once_sec_03(member):
    manager, owner = person("e-m", "manager"), person("e-o", "owner")
    request = ask(manager)
    with pytest.raises(rights.ExportRefused) as same:
        rights.decide_export(request, manager, True, "2026-11-22T01:00:00Z")
    assert same.value.code == "same"
    with pytest.raises(rights.ExportRefused):
        rights.export(request, [member], "2026-11-22T02:00:00Z")
    request = request.model_copy(update=rights.decide_export(request, owner, True, "2026-11-22T01:00:00Z"))
    evil = member.model_copy(update={"rid": "m-evil", "surname": "=cmd()"})
    rows, done = rights.export(request, [member, evil], "2026-11-22T02:00:00Z")
    assert rows == [["phone", "surname"], ["13812345678", "'=cmd()"], ["13812345678", "王"]]
    assert (done["state"], done["rows"], request.second_person) == ("done", 2, "e-o")
    with pytest.raises(rights.ExportRefused) as late:
        rights.export(request, [member], "2026-11-29T02:00:00Z")
    assert late.value.code == "late"


# --- leaving


def test_a_leaver_loses_access_and_her_customers_go_on_sec_09_prf_22(now):
    leaver = person("e-chen", specialities=["舒缓"], badge="B1", pin_hash="x")
    others = [person("e-lin", specialities=["舒缓"]), person("e-zhao"), person("e-off", active=False), person("e-far", store="s002"), person("e-desk", "desk")]  # fmt: skip
    members = [Member(rid=f"m-{n:03}", surname="王", therapist="e-chen") for n in range(5)]
    members.append(Member(rid="m-other", surname="李", therapist="e-zhao"))
    coming = Appointment(
        rid="a-1", member="m-000", store="s001", services=[], therapist="e-chen", starts_at="2026-12-01T00:00:00Z", ends_at="2026-12-01T01:00:00Z"
    )  # fmt: skip
    past = coming.model_copy(update={"rid": "a-2", "starts_at": "2026-01-01T00:00:00Z"})
    task = FollowUp(rid="f-1", member="m-000", rule="call", due_at=now, owner="e-chen")
    found = rights.leave(leaver, [leaver, *others], members, [coming, past], [task], now)
    assert found.employee == {"active": False, "left_at": now, "pin_hash": "", "badge": ""}
    heirs = {m.rid: m.to for m in found.moves if m.kind == "member"}
    assert len(heirs) == 5
    assert set(heirs.values()) == {"e-lin", "e-zhao"}
    assert list(heirs.values()).count("e-lin") == 3  # she shares the speciality
    assert {(m.kind, m.rid, m.to) for m in found.moves if m.kind != "member"} == {
        ("appointment", "a-1", heirs["m-000"]),
        ("follow_up", "f-1", heirs["m-000"]),
    }


def test_without_a_colleague_customers_are_left_to_the_desk_not_lost_prf_22(now):
    found = rights.leave(person(), [], [Member(rid="m-000", surname="王", therapist="e-chen")], [], [], now)
    assert [m.changes for m in found.moves] == [{"therapist": ""}]


def test_only_answers_of_her_own_visits_of_the_last_quarter_count_stf_02(came, policy, now):
    visits = [came(n, member=f"m-{n:03}") for n in range(1, 13)]
    others = came(20, member="m-x", therapist="e-lin")

    def answer(visit, points, at=""):
        return Survey(
            rid=f"s-{visit.rid}{points}",
            member=visit.member,
            visit=visit.rid,
            at=at or now,
            satisfaction=points,
        )

    hers = [answer(v, 100) for v in visits]
    rating, _, _ = staff.targets(
        person(),
        [*visits, others],
        [*hers, answer(others, 0), answer(visits[0], 10, "2026-01-01T00:00:00Z")],
        [],
        0,
        policy,
        now,
    )
    assert (rating.value, rating.n) == (100, 12)


def test_an_export_of_chosen_customers_holds_those_alone_sec_03(member):
    request = ask(person("e-m", "manager")).model_copy(update={"members": [member.rid]})
    request = request.model_copy(
        update=rights.decide_export(request, person("e-o", "owner"), True, "2026-11-22T01:00:00Z")
    )
    other = member.model_copy(update={"rid": "m-other", "surname": "李"})
    rows, done = rights.export(request, [other, member], "2026-11-22T02:00:00Z")
    assert (rows[1:], done["rows"]) == ([["13812345678", "王"]], 1)
