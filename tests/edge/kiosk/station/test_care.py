"""The steps of the treatment: ticked by hand or proven by a device, with the comfort check (SVC-07, SVC-08, SAF-07)."""

from __future__ import annotations

import pytest

CARE = "/station/visit/v-1/care"


def tick(browser, step, touches=0, comfort="", service="svc-face"):
    data = {"service": service, "step": step, "touches": touches, "comfort": comfort}
    return browser.post(f"{CARE}/tick", data=data)


def undo(browser, step, touches):
    data = {"service": "svc-face", "step": step, "touches": touches}
    return browser.post(f"{CARE}/undo", data=data)


def ticks(store):
    return store.sop_ticks.select(order_by="at")


def text(browser, path=CARE):
    return browser.get(path).get_data(as_text=True)


def test_a_tick_by_hand_is_marked_so_with_time_and_name(store, treated):
    """SAF-07: disinfection is a step like any other."""
    assert tick(treated, "disinfect").location == CARE
    (fact,) = ticks(store)
    assert (fact.step, fact.by, fact.source, fact.evidence, fact.undone) == (
        "disinfect", "e-mei", "hand", "", False,
    )  # fmt: skip
    assert fact.at
    assert "by hand" in text(treated)


def test_a_step_that_a_device_saw_is_proven_by_it(store, treated, scanned):
    scan = scanned()
    assert "proven by a device" in text(treated, f"{CARE}?skipped=1")
    tick(treated, "scan", comfort="good")
    (fact,) = ticks(store)
    assert (fact.source, fact.evidence) == ("sensor", scan.rid)


def test_a_reading_proves_the_measuring_after_not_before(store, treated, read):
    read(40.0, phase="before")
    tick(treated, "moisture", comfort="good")
    assert ticks(store)[-1].source == "hand"
    undo(treated, "moisture", 1)
    reading = read(50.0, phase="after")
    tick(treated, "moisture", touches=2, comfort="good")
    assert (ticks(store)[-1].source, ticks(store)[-1].evidence) == ("sensor", reading.rid)


def test_what_is_no_good_measurement_proves_nothing(store, treated, read, scanned):
    read(50.0, phase="after", quality="bad")
    scanned(accepted=False)
    for step in ("scan", "moisture"):
        tick(treated, step, comfort="good")
    assert {fact.source for fact in ticks(store)} == {"hand"}


def test_the_comfort_check_comes_after_each_step_that_is_felt_and_is_kept(store, treated):
    """SVC-08."""
    page = text(treated, f"{CARE}/comfort?service=svc-face&step=cleanse")
    for word in ("Painful", "Too strong", "Too weak", "Comfortable"):
        assert word in page
    tick(treated, "cleanse", comfort="too_strong")
    assert ticks(store)[0].comfort == "too_strong"
    assert "too strong" in text(treated)


def test_at_a_manicure_a_colour_may_be_too_dark(store, treated):
    """SVC-08: still four answers."""
    store.services.edit("svc-face", category="nails")
    page = text(treated, f"{CARE}/comfort?service=svc-face&step=cleanse")
    assert "Too dark" in page
    assert "Too weak" not in page
    tick(treated, "cleanse", comfort="too_dark")
    assert ticks(store)[0].comfort == "too_dark"
    assert "too dark" in text(treated)


def test_a_step_nobody_feels_is_ticked_at_once(treated):
    assert f'action="{CARE}/tick"' in text(treated)
    assert f'action="{CARE}/tick"' not in text(treated, f"{CARE}?skipped=1")


def test_a_second_tap_ticks_once(store, treated):
    tick(treated, "disinfect")
    tick(treated, "disinfect")
    assert len(ticks(store)) == 1


def test_taking_back_is_a_second_fact(store, treated):
    tick(treated, "disinfect")
    undo(treated, "disinfect", 1)
    undo(treated, "disinfect", 1)
    first, second = ticks(store)
    assert (first.undone, second.undone) == (False, True)
    assert "Step 1 of 4" in text(treated)


def test_a_step_taken_back_can_be_done_again(store, treated):
    tick(treated, "disinfect")
    undo(treated, "disinfect", 1)
    tick(treated, "disinfect", touches=2)
    assert [fact.undone for fact in ticks(store)] == [False, True, False]
    assert "Step 2 of 4" in text(treated)


def test_a_page_shown_before_somebody_else_ticked_changes_nothing(store, treated):
    tick(treated, "disinfect")
    undo(treated, "disinfect", 1)
    tick(treated, "disinfect", touches=0)
    assert len(ticks(store)) == 2


@pytest.mark.parametrize(("step", "service"), [("fly", "svc-face"), ("disinfect", "svc-hand")])
def test_a_step_that_is_not_of_this_visit_is_not_ticked(store, treated, step, service):
    tick(treated, step, service=service)
    assert ticks(store) == []


def test_a_made_up_comfort_is_refused(store, treated):
    assert tick(treated, "cleanse", comfort="wonderful").status_code == 400
    assert ticks(store) == []


def test_steps_put_off_come_again_and_the_end_names_what_is_open(treated):
    assert "Scan first" in text(treated, f"{CARE}?skipped=1").split('<ol class="steps"')[0]
    end = text(treated, f"{CARE}?skipped=4")
    assert "4 steps are open" in end
    assert "To the open steps" in end


def test_when_all_is_done_the_care_ends_and_the_after_measuring_follows(store, treated):
    for step in ("disinfect", "scan", "cleanse", "moisture"):
        tick(treated, step, comfort="good")
    assert "All steps are done" in text(treated)
    answer = treated.post(f"{CARE}/end")
    assert answer.location == "/station/visit/v-1/measure/after"
    assert store.visits.load("v-1").state == "feedback"
    first = store.visits.load("v-1").feedback_at
    treated.post(f"{CARE}/end")
    assert store.visits.load("v-1").feedback_at == first


def test_no_screen_of_the_care_has_more_than_four_actions(treated):
    tick(treated, "disinfect")
    for path in (CARE, f"{CARE}?skipped=9", f"{CARE}/comfort?service=svc-face&step=cleanse"):
        actions = text(treated, path).split('<div class="do">')[1].split("</div>")[0]
        assert 1 <= actions.count('class="button') <= 4


def test_a_visit_without_services_leads_to_choosing_one_and_is_not_called_done(store, treated):
    store.visits.edit("v-1", services=[])
    page = text(treated)
    assert "No service has been chosen yet" in page
    assert "All steps are done" not in page
    assert 'href="/station/visit/v-1/services"' in page
    assert "care/end" not in page
