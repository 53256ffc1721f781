"""A new colleague signs in at once with the rights of her roles; a forgotten PIN gets another (STF-06, SEC-01, SEC-09)."""

from __future__ import annotations

import pytest

from edge.kiosk.services import hiring

NEW = {"name": "方雅", "name_en": "Ya", "login": "ya", "roles": ["beautician", "consultant"], "pin": "270914"}


def hire(browser, **form):
    return browser.post("/manager/team", data={**NEW, **form})


def test_a_new_colleague_signs_in_and_serves_once_her_exam_is_there(manager, app, store):
    answer = hire(manager)
    assert answer.status_code == 302
    (ya,) = [e for e in store.employees.select() if e.login == "ya"]
    assert (ya.store, ya.roles, ya.active) == ("s001", ["beautician", "consultant"], True)
    assert "270914" not in ya.pin_hash
    entered = app.test_client().post(
        "/staff/sign-in", data={"login": "ya", "pin": "270914", "next": "/station"}
    )
    assert entered.location == "/station"
    assert f'<option value="{ya.rid}"' not in manager.get("/desk/bookings?member=m-wang").text
    manager.post(f"/manager/team/{ya.rid}/exam", data={"day": "2026-01-05"})
    assert f'<option value="{ya.rid}"' in manager.get("/desk/bookings?member=m-wang").text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": " "}, "Please enter a name"),
        ({"login": "Ya Fang"}, "small letters or digits"),
        ({"login": "mei"}, "Somebody has this login already"),
        ({"roles": []}, "Please choose what she does"),
        ({"pin": "12345"}, "A PIN has 6 digits"),
        ({"pin": "１２３４５６"}, "A PIN has 6 digits"),
        ({"pin": "000000"}, "guessed too easily"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field_and_the_pin_is_not_shown_again(
    manager, store, form, said
):
    before = len(store.employees.select())
    answer = hire(manager, **form)
    assert answer.status_code == 422
    assert said in answer.text
    assert "270914" not in answer.text
    assert len(store.employees.select()) == before


def test_a_manager_makes_no_second_manager_and_changes_no_managers_pin(manager, signed_in, store):
    """SEC-03: she could agree with herself."""
    assert hire(manager, roles=["manager"]).status_code == 422
    assert 'value="owner"' not in manager.get("/manager/team").text
    assert hire(signed_in("owner"), roles=["manager"]).status_code == 302
    (other,) = [e for e in store.employees.select() if e.login == "ya"]
    answer = manager.post(f"/manager/team/{other.rid}/pin", data={"pin": "861503"})
    assert answer.status_code == 422
    assert "A manager&#39;s PIN is changed by the owner" in answer.text


def test_a_forgotten_pin_gets_another_and_the_old_one_opens_nothing(manager, app, store):
    assert manager.post("/manager/team/e-mei/pin", data={"pin": "861503"}).status_code == 302
    for pin, status in (("111111", 401), ("861503", 302)):
        assert (
            app.test_client().post("/staff/sign-in", data={"login": "mei", "pin": pin}).status_code == status
        )


def test_who_left_has_no_pin_any_more(manager, store):
    store.employees.edit("e-mei", active=False)
    assert manager.post("/manager/team/e-mei/pin", data={"pin": "861503"}).status_code == 404


def test_the_first_manager_is_written_down_by_the_technician(store):
    made = hiring.hire(store, "technician", hiring.ROLES, **{**NEW, "roles": ["manager"]})
    assert store.employees.load(made.rid).roles == ["manager"]
