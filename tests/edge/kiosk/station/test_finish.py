"""The end at the bed: result, next visit, follow-ups, report (SVC-15, APT-13, FUP-01..05, LOY-07)."""

from __future__ import annotations

import re

from edge.store import now
from salon import records
from salon.rules.times import later

FINISH = "/station/visit/v-1/finish"


def finish(browser, **fields):
    return browser.post(
        FINISH, data={"results": ["calmer"], "result": "很舒服", "hints": ["lighter"], **fields}
    )


def test_finishing_takes_the_visit_to_after_sale_with_what_was_said(store, treated):
    assert finish(treated).location == "/station/visit/v-1/done"
    visit = store.visits.load("v-1")
    assert visit.state == "aftercare"
    assert visit.result == "Redness calmer; 很舒服"
    assert visit.next_hint == "Lighter pressure next time"
    assert visit.feedback_at
    assert visit.aftercare_at


def test_the_follow_ups_of_the_policy_are_scheduled_once(store, treated):
    """FUP-01..05: a second click or a restart makes nothing twice."""
    finish(treated)
    first = store.follow_ups.select(order_by="due_at")
    finish(treated, result="changed")
    assert store.follow_ups.select(order_by="due_at") == first
    assert [task.rule for task in first] == ["report", "survey", "call", "tip"]
    assert {task.owner for task in first} == {"e-mei"}


def test_a_regular_gets_no_second_welcome(store, treated):
    store.visits.add(
        records.Visit(
            rid="v-0", member="m-wang", store="s001", state="closed", arrived_at="2026-01-01T05:00:00Z",
            closed_at="2026-01-01T06:00:00Z",
        )
    )  # fmt: skip
    finish(treated)
    assert "report" not in {task.rule for task in store.follow_ups.select()}


def test_a_second_finish_changes_nothing(store, treated):
    finish(treated)
    first = store.visits.load("v-1")
    finish(treated, result="something else")
    assert store.visits.load("v-1") == first


def test_the_report_has_a_code_that_cannot_be_guessed(store, treated):
    finish(treated)
    code = store.visits.load("v-1").report_code
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", code)
    page = treated.get("/station/visit/v-1/done").get_data(as_text=True)
    assert f"http://192.0.2.7:8080/r/{code}" in page
    assert 'class="qr"' in page


def test_the_code_never_leaves_the_store(store, treated):
    finish(treated)
    assert store.visits.load("v-1").report_code not in str([c.fields for c in store.outbox.batch()])


def test_points_are_announced_and_not_yet_posted(store, treated):
    """LOY-07: the desk posts them at checkout."""
    finish(treated)
    page = treated.get("/station/visit/v-1/done").get_data(as_text=True)
    assert "398" in page
    assert "to be posted at checkout" in page
    assert len(store.ledger) == 0


def test_the_next_visit_is_offered_by_the_cycle_or_shown_if_booked(store, treated):
    """APT-13."""
    assert "in 28 days" in treated.get(FINISH).get_data(as_text=True)
    store.appointments.add(
        records.Appointment(
            rid="a-next", member="m-wang", store="s001", services=["svc-face"], starts_at=later(now(), days=20),
            ends_at=later(now(), days=20, hours=1),
        )
    )  # fmt: skip
    assert "Booked:" in treated.get(FINISH).get_data(as_text=True)


def test_home_advice_holds_the_aftercare_and_nothing_she_is_allergic_to(store, treated):
    """SAF-09."""
    store.products.edit("p-toner", home_care="x", home_care_en="Every evening", uses=["home", "sunscreen"])
    page = treated.get(FINISH).get_data(as_text=True)
    assert "Avoid heat" in page
    assert "Every evening" not in page


def test_what_is_open_is_named_before_the_end(treated):
    assert "4 steps are open" in treated.get(FINISH).get_data(as_text=True)


def test_a_finished_visit_is_no_longer_worked_on(store, treated):
    finish(treated)
    for page in ("care", "products", "measure/after", "finish"):
        assert treated.get(f"/station/visit/v-1/{page}").location == "/station/visit/v-1/done"
    treated.post("/station/visit/v-1/products/p-cream", data={"batch": "C1"})
    assert len(store.product_uses) == 0


def test_a_visit_that_never_began_cannot_be_finished(store, mei):
    finish(mei)
    assert store.visits.load("v-1").state == "arrived"
    assert len(store.follow_ups) == 0


def test_each_writing_carries_who_did_it(store, treated):
    """SEC-02."""
    finish(treated)
    mine = [c.actor for c in store.outbox.batch() if c.kind in {"visit", "follow_up"} and c.actor != "system"]
    assert mine
    assert set(mine) == {"e-mei"}


def test_a_visit_goes_its_five_steps_in_order_and_each_has_its_time(store, mei, app):
    """SVC-01: arrival, treatment, effect feedback, after-sale, closed; none is skipped or taken back."""
    assert mei.post(FINISH, data={}).status_code in {302, 409}
    assert store.visits.load("v-1").state == "arrived", "what has not begun cannot be finished"
    mei.post("/station/visit/v-1/safety")
    assert store.visits.load("v-1").state == "treatment"
    mei.post("/station/visit/v-1/care/end")
    assert store.visits.load("v-1").state == "feedback"
    finish(mei)
    visit = store.visits.load("v-1")
    assert visit.state == "aftercare"
    assert visit.arrived_at <= visit.treatment_at <= visit.feedback_at <= visit.aftercare_at


def test_the_points_to_come_say_by_which_rule_and_policy_they_come_about(store, treated):
    """LOY-07: every decision explains itself."""
    from salon import policies

    finish(treated)
    page = treated.get("/station/visit/v-1/done").text
    assert "How this comes about" in page
    assert "LOY-07" in page
    assert policies.default().version in page
