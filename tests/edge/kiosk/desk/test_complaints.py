"""Complaints under their clock (CMP-01..06), the batch search (SAF-10), the survey at the desk (FUP-12)."""

from __future__ import annotations

import pytest

from edge.kiosk.services import checkin
from edge.store import now
from salon import records


@pytest.fixture
def visit(store):
    made = checkin.arrive(store, "kiosk", "m-wang", "phone", 9000)
    store.add(records.Product(rid="p-cream", name="面霜", name_en="Cream", batch="C1", barcode="690"))
    store.add(
        records.ProductUse(
            rid="use-1", visit=made.rid, member="m-wang", product="p-cream", batch="C1", at=now(), by="e-mei"
        )
    )
    with store.acting("e-mei"):
        return store.visits.edit(made.rid, state="closed", therapist="e-mei", closed_at=now())


@pytest.fixture
def complaint(desk, store, visit):
    desk.post(
        "/desk/people/m-wang/complaint",
        data={"topic": "allergy", "story": "脸颊发红发痒", "visit": visit.rid},
    )
    (made,) = store.complaints.select()
    return made


def test_a_complaint_is_linked_to_visit_staff_and_batch(complaint, visit):
    """CMP-06"""
    assert complaint.visit == visit.rid
    assert complaint.staff == ["e-mei"]
    assert complaint.batches == ["p-cream C1"]
    assert complaint.state == "open"


def test_a_complaint_needs_a_kind_and_her_own_words(desk, store):
    answer = desk.post("/desk/people/m-wang/complaint", data={"topic": "", "story": " "})
    assert answer.status_code == 422
    assert store.complaints.select() == []


def test_the_countdown_and_the_apology_are_on_its_page(desk, complaint):
    """CMP-01, CMP-03"""
    page = desk.get(f"/desk/complaints/{complaint.rid}").text
    for text in ("First response", "30 min", "I am very sorry", "Ms Wang", "Plan", "24 h", "72 h"):
        assert text in page, text


def test_it_is_answered_planned_solved_and_told_in_that_order(desk, store, complaint):
    """CMP-01, CMP-05"""
    address = f"/desk/complaints/{complaint.rid}"
    early = desk.post(address, data={"step": "solve", "words": "done"})
    assert early.status_code == 422
    desk.post(address, data={"step": "respond"})
    assert desk.post(address, data={"step": "plan", "words": " "}).status_code == 422
    desk.post(address, data={"step": "plan", "words": "陪同就医检测"})
    desk.post(address, data={"step": "solve", "words": "修护护理一次"})
    assert "Tell her the result" in desk.get("/desk/complaints").text
    desk.post(address, data={"told": "yes"})
    done = store.complaints.load(complaint.rid)
    assert (done.state, done.plan, done.solution) == ("solved", "陪同就医检测", "修护护理一次")
    assert done.told_at
    assert "Tell her the result" not in desk.get("/desk/complaints").text


def test_a_step_of_the_playbook_is_ticked_and_taken_back(desk, store, complaint):
    """CMP-04"""
    address = f"/desk/complaints/{complaint.rid}"
    desk.post(address, data={"tick": "medical-test"})
    assert store.complaints.load(complaint.rid).steps == ["medical-test"]
    desk.post(address, data={"tick": "medical-test"})
    assert store.complaints.load(complaint.rid).steps == []


@pytest.mark.parametrize("wanted", ["C1", "690", "Cream"])
def test_one_search_tells_who_had_a_batch(desk, complaint, wanted):
    """SAF-10"""
    page = desk.get(f"/desk/batches?q={wanted}").text
    assert "王丽" in page
    assert f'href="/desk/complaints/{complaint.rid}"' in page


def test_a_batch_that_nobody_had_says_so(desk, visit):
    assert "王丽" not in desk.get("/desk/batches?q=C2").text


def test_a_survey_changes_the_tags_at_once_and_a_low_one_calls_the_manager(desk, store, visit):
    """FUP-12, FUP-03"""
    address = f"/desk/visit/{visit.rid}/survey"
    assert desk.post(address, data={"face": ""}).status_code == 422
    desk.post(address, data={"face": "poor", "nps": "3", "pressure": "strong"})
    desk.post(address, data={"face": "very_good"})
    (kept,) = store.surveys.select()
    assert (kept.satisfaction, kept.nps) == (50, 3)
    assert "力度轻" in store.members.load("m-wang").tags
    assert [task.role for task in store.follow_ups.select() if task.rule == "hand_over"] == ["manager"]


def test_a_task_has_a_result_and_what_is_done_next_becomes_a_task(desk, store, visit):
    """FUP-09, SVC-16"""
    desk.post("/desk/people/m-wang/hand-over", data={"role": "manager", "what": "请致电确认"})
    (task,) = store.follow_ups.select()
    assert (task.role, task.what) == ("manager", "请致电确认")
    desk.post(f"/desk/tasks/{task.rid}", data={"state": "done", "result": "没接", "next_action": "明天再打"})
    done = store.follow_ups.load(task.rid)
    assert (done.state, done.result, done.next_action) == ("done", "没接", "明天再打")
    assert [t.what for t in store.follow_ups.select() if t.state == "open"] == ["明天再打"]


def test_confirming_the_preparation_marks_the_booking_as_ready(desk, store):
    """APT-04"""
    store.add(
        records.Appointment(
            rid="a-1", member="m-wang", store="s001", services=[], starts_at=now(), ends_at=now()
        )
    )
    store.add(
        records.FollowUp(
            rid="prep-a-1", member="m-wang", store="s001", rule="prepare", due_at=now(), what="准备"
        )
    )
    desk.post("/desk/tasks/prep-a-1", data={"state": "done"})
    booking = store.appointments.load("a-1")
    assert booking.prepared_at
    assert booking.prepared_by == "e-xu"


def test_a_message_that_failed_is_shown_and_tried_again(desk, store):
    """FUP-10"""
    store.add(
        records.Message(
            rid="msg-1", member="m-wang", store="s001", purpose="service", template="tip", channel="sms", text="你好",
            created_at=now(), expires_at=now(), state="failed", why="gateway down", attempts=5,
        )
    )  # fmt: skip
    assert "gateway down" in desk.get("/desk/messages").text
    desk.post("/desk/messages/msg-1")
    assert (store.messages.load("msg-1").state, store.messages.load("msg-1").attempts) == ("waiting", 0)


def test_who_answers_a_case_of_nobody_makes_it_hers(desk, store, visit):
    """CMP-01"""
    desk.post(f"/desk/visit/{visit.rid}/survey", data={"face": "bad"})
    (case,) = store.complaints.select()
    assert case.owner == ""
    desk.post(f"/desk/complaints/{case.rid}", data={"step": "respond"})
    assert store.complaints.load(case.rid).owner == "e-xu"


def test_a_compensation_is_given_once_as_a_voucher_for_the_basic_treatment(desk, store, complaint):
    """FUP-03, SVC-17, LOY-14"""
    address = f"/desk/complaints/{complaint.rid}"
    desk.post(address, data={"step": "respond"})
    for _ in range(2):
        desk.post(address, data={"compensate": "yes"})
    (voucher,) = store.vouchers.select()
    assert (voucher.type, voucher.service, voucher.member) == ("compensation", "svc-hand", "m-wang")
    assert "Compensation voucher · svc-hand" in desk.get(address).text


def test_a_task_closed_by_mistake_is_opened_again(desk, store, visit):
    """FUP-09"""
    desk.post("/desk/people/m-wang/hand-over", data={"role": "desk", "what": "请致电确认"})
    (task,) = store.follow_ups.select()
    desk.post(f"/desk/tasks/{task.rid}", data={"state": "skipped", "result": "按错了"})
    page = desk.get("/desk/tasks").text
    assert "Closed today" in page
    desk.post(f"/desk/tasks/{task.rid}", data={"state": "open"})
    assert (store.follow_ups.load(task.rid).state, store.follow_ups.load(task.rid).done_at) == ("open", "")
    assert "Closed today" not in desk.get("/desk/tasks").text
