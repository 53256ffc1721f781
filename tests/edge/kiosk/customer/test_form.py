"""The form of a new guest, at the kiosk and on her own phone (PRF-14, PRF-18, SAF-01, SEC-06, SEC-07)."""

from __future__ import annotations

import pytest

from edge.kiosk.services import consents
from salon.rules import screening

ANSWERS = [
    ("surname", {"surname": "赵"}),
    ("title", {"gender": "female"}),
    ("phone", {"phone": "139 1111 2222"}),
    ("birthday", {"year": "1990", "month": "2", "day": "28"}),
    ("drink", {"drink": "latte"}),
    ("allergens", {"allergens": ["alcohol", "nickel"], "other": "芒果，酒精"}),
    ("conditions", {"conditions": ["pregnant"]}),
    ("sensitivity", {"sensitivity": "mild", "remarks": "左脸"}),
]


def _begin(client):
    client.get("/")
    client.post("/start")
    return client.get("/new").location


def _fill(client, base="/new", *, skip=(), no=()):
    for step, values in ANSWERS:
        if step not in skip:
            answer = client.post(f"{base}/{step}", data=values)
            assert answer.status_code == 302, (step, answer.text)
    for purpose in consents.asked():
        key = f"consent-{purpose.replace('_', '-')}"
        answer = client.post(f"{base}/{key}", data={"decision": "no" if purpose in no else "yes"})
    return answer


def test_a_new_guest_is_kept_screened_and_arrives(client, store):
    assert _begin(client) == "/new/surname"
    _fill(client, no={"marketing"})
    assert client.post("/new/review").location == "/welcome"
    member = next(m for m in store.members.select() if m.surname == "赵")
    assert (member.phone, member.gender, member.birthday) == ("13911112222", "female", "1990-02-28")
    assert member.allergens == ["alcohol", "nickel", "芒果"]
    assert (member.source, member.language, len(member.card_code)) == ("kiosk", "en", 12)
    [answers] = [s for s in store.screenings.select() if s.member == member.rid]
    assert (answers.form, answers.sensitivity, answers.conditions) == (
        screening.FORM_VERSION,
        "mild",
        ["pregnant"],
    )
    granted = {c.purpose: c.granted for c in store.consents.select()}
    assert granted == dict.fromkeys(consents.asked(), True) | {"marketing": False}
    assert {c.text_version for c in store.consents.select()} == {t.version for t in consents.asked().values()}
    [visit] = store.visits.select()
    assert (visit.member, visit.state, visit.identified_by) == (member.rid, "arrived", "form")
    assert "Ms Zhao" in client.get("/welcome").text


def test_the_gate_is_open_after_the_questionnaire(client, store):
    """SAF-01: what the form writes is what the gate asks for."""
    from salon import policies

    _begin(client)
    _fill(client)
    client.post("/new/review")
    [visit] = store.visits.select()
    member = store.members.load(visit.member)
    gate = screening.gate(member, store.screenings.select(), None, policies.default(), visit.arrived_at)
    assert not gate.blocked


def test_a_second_tap_on_the_last_button_writes_nothing_twice(client, store):
    _begin(client)
    _fill(client)
    client.post("/new/review")
    client.post("/new/review")
    assert len([m for m in store.members.select() if m.surname == "赵"]) == 1
    assert len(store.visits.select()) == 1


@pytest.mark.parametrize(
    ("step", "values", "said"),
    [
        ("surname", {"surname": " "}, "tell us your surname"),
        ("surname", {"surname": "R2D2"}, "no digits"),
        ("title", {}, "choose one"),
        ("phone", {"phone": "139"}, "Too few digits"),
        ("birthday", {"year": "1990", "month": "2", "day": "30"}, "no such day"),
        ("birthday", {"year": "2990", "month": "1", "day": "1"}, "still to come"),
        ("birthday", {"year": "1990"}, "year, month and day, or none"),
        ("sensitivity", {"sensitivity": "very"}, "choose one"),
        ("consent-photos", {}, "choose yes or no"),
    ],
)
def test_a_mistake_is_named_at_its_field(client, step, values, said):
    _begin(client)
    answer = client.post(f"/new/{step}", data=values)
    assert answer.status_code == 422
    assert said in answer.text


def test_what_was_typed_is_still_there_after_a_mistake(client):
    _begin(client)
    assert 'value="139"' in client.post("/new/phone", data={"phone": "139"}).text
    assert 'value="139"' in client.get("/new/phone").text


def test_changing_the_language_in_the_middle_of_a_step_loses_nothing(client):
    _begin(client)
    answer = client.post("/new/phone", data={"phone": "1391111", "keep": "zh"})
    assert answer.location == "/new/phone"
    page = client.get("/new/phone").text
    assert "您的手机号" in page
    assert 'value="1391111"' in page


def test_answers_are_kept_when_going_back(client):
    _begin(client)
    client.post("/new/allergens", data={"allergens": ["nickel"]})
    assert 'value="nickel" checked' in client.get("/new/allergens").text


def test_the_last_page_cannot_be_reached_by_its_address_alone(client, store):
    _begin(client)
    assert client.get("/new/review").location == "/new/surname"
    assert client.post("/new/review").location == "/new/surname"
    assert len(store.members.select()) == 2


def test_each_consent_is_asked_alone_with_its_text_and_version(client):
    _begin(client)
    for text in consents.asked().values():
        page = client.get(f"/new/consent-{text.purpose.replace('_', '-')}").text
        assert text.text.en in page
        assert text.version in page
        assert page.count('name="decision"') == 2
        assert "checked" not in page


def test_who_wants_no_file_leaves_nothing_and_is_served_by_a_person(client, store):
    _begin(client)
    for step, values in ANSWERS:
        client.post(f"/new/{step}", data=values)
    assert client.post("/new/consent-service", data={"decision": "no"}).location == "/see-us"
    assert len(store.members.select()) == 2
    assert "13911112222" not in str(store.settings.get("kiosk.drafts"))
    assert [call["page"] for call in store.settings.get("kiosk.calls")] == ["form"]


def test_a_member_without_questionnaire_answers_only_that(client, store):
    client.post("/start")
    client.post("/phone", data={"phone": "13800010001"})
    client.post("/surname", data={"surname": "李"})
    client.post("/is-it-you", data={"answer": "yes"})
    assert "A few questions about your skin" in client.get("/welcome").text
    with store.acting("system"):
        consents.decide(store, "system", "m-li", "service", granted=True, channel="paper")
    client.post("/welcome/questionnaire")
    assert client.get("/new").location == "/new/allergens"
    for step in ("surname", "phone", "consent-service"):
        assert client.get(f"/new/{step}").status_code == 404
    for step, values in ANSWERS[5:]:
        client.post(f"/new/{step}", data=values)
    for purpose in ("photos", "marketing", "share-health"):
        client.post(f"/new/consent-{purpose}", data={"decision": "no"})
    assert client.post("/new/review").location == "/welcome"
    assert "A few questions about your skin" not in client.get("/welcome").text
    assert store.members.load("m-li").allergens == [
        "alcohol",
        "nickel",
        "芒果",
    ]  # alcohol was known and stays
    assert len(store.visits.select()) == 1


# --- on her own phone


def _token(store):
    drafts = store.settings.get("kiosk.drafts")
    return next(key for key, entry in drafts.items() if "kiosk" in entry["values"])


@pytest.fixture
def phone(app):
    browser = app.test_client()
    browser.set_cookie("lang", "en")
    return browser


def test_the_form_on_a_phone_brings_the_kiosk_to_the_greeting(client, phone, store):
    _begin(client)
    client.get("/own-phone")
    assert client.get("/own-phone/code.svg").mimetype == "image/svg+xml"
    assert "Waiting for your phone" in client.get("/own-phone/part").text
    base = f"/join/{_token(store)}"
    assert phone.get(base, environ_base={"REMOTE_ADDR": "192.168.1.77"}).location == f"{base}/surname"
    assert "has opened the form" in client.get("/own-phone/part").text
    _fill(phone, base)
    assert phone.post(f"{base}/review").location == "/joined?kept=yes"
    assert "赵" not in phone.get("/joined?kept=yes").text
    assert client.get("/own-phone/part").location == "/welcome"
    assert "Ms Zhao" in client.get("/welcome").text
    assert store.members.select()[-1].source == "phone"


def test_a_link_belongs_to_the_first_phone_and_ends_with_the_form(client, phone, app, store):
    _begin(client)
    client.get("/own-phone")
    base = f"/join/{_token(store)}"
    phone.get(base)
    other = app.test_client()
    assert other.get(base).status_code == 410
    assert other.post(f"{base}/surname", data={"surname": "王"}).status_code == 410
    _fill(phone, base)
    phone.post(f"{base}/review")
    assert phone.get(base).status_code == 410
    assert phone.post(f"{base}/review").status_code == 410
    assert len([m for m in store.members.select() if m.surname == "赵"]) == 1


def test_a_kiosks_own_draft_is_no_link(client, phone, store):
    _begin(client)
    [key] = store.settings.get("kiosk.drafts")
    assert phone.get(f"/join/{key}").status_code == 410
    assert phone.get("/join/guess/surname").status_code == 410


def test_the_form_goes_on_when_the_kiosk_was_taken_by_the_next_customer(client, phone, store):
    _begin(client)
    client.get("/own-phone")
    base = f"/join/{_token(store)}"
    phone.get(base)
    client.get("/")
    _fill(phone, base)
    assert phone.post(f"{base}/review").location == "/joined?kept=yes"
    assert len(store.visits.select()) == 1
    assert client.get("/welcome").location == "/"


def test_the_link_in_the_code_is_one_that_a_phone_can_open(make_app):
    from edge.kiosk.settings import KioskSettings

    assert KioskSettings(public_url="http://desk.store/").address_for_phones() == "http://desk.store"
    assert KioskSettings(host="192.168.1.5", port=81).address_for_phones() == "http://192.168.1.5:81"
    assert not KioskSettings(host="0.0.0.0").address_for_phones().startswith("http://0.0.0.0")


@pytest.mark.parametrize("field", ["surname", "given_name"])
def test_a_name_with_an_emoji_is_named_at_its_field(client, field):
    _begin(client)
    answer = client.post("/new/surname", data={"surname": "赵", field: "😀"})
    assert answer.status_code == 422
