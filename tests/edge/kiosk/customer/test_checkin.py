"""From the first touch to the greeting: by phone, code and card (SVC-02..05), and what is never told (SEC)."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

import pytest

from edge.store import elsewhere, finding, iso
from salon import records
from salon.records import Appointment

KNOWN, UNKNOWN = "138 0001 0001", "13900000000"


def _until_surname(client, phone):
    client.get("/")
    client.post("/start")
    return client.post("/phone", data={"phone": phone})


def _arrive(client, phone=KNOWN, surname="王"):
    _until_surname(client, phone)
    client.post("/surname", data={"surname": surname})
    return client.post("/is-it-you", data={"answer": "yes"})


def test_a_member_is_greeted_by_surname_with_drink_plan_and_points(client, store):
    assert _arrive(client).location == "/welcome"
    page = client.get("/welcome").text
    assert "Ms Wang" in page
    assert "Jasmine tea" in page
    assert "每月一次舒缓" in page
    [visit] = store.visits.select()
    assert (visit.state, visit.identified_by, visit.member) == ("arrived", "phone", "m-wang")
    assert visit.drink == "jasmine_tea"
    assert visit.arrived_at


def test_is_this_you_shows_the_name_masked(client):
    _until_surname(client, KNOWN)
    assert client.post("/surname", data={"surname": "王"}).location == "/is-it-you"
    page = client.get("/is-it-you").text
    assert "王*" in page
    assert "138****0001" in page
    assert "丽" not in page
    assert "13800010001" not in page


def test_a_surname_in_pinyin_is_the_same_surname(client):
    _until_surname(client, KNOWN)
    assert client.post("/surname", data={"surname": "wang"}).location == "/is-it-you"


def test_typing_a_number_never_tells_whether_it_is_a_members(client):
    answers, pages = [], []
    for phone in (KNOWN, UNKNOWN):
        answers.append(_until_surname(client, phone))
        pages.append(client.get("/surname").text.replace("138****0001", "*").replace("139****0000", "*"))
    assert [a.location for a in answers] == ["/surname", "/surname"]
    assert pages[0] == pages[1]


def test_whom_only_another_store_knows_is_fetched_and_greeted(client, store, an_agent):
    """SYN-01, SYN-04: in a chain that gives each store only whom it knows."""
    asked = an_agent(
        {UNKNOWN: store.members.load("m-wang").model_copy(update={"rid": "m-far", "phone": UNKNOWN})}
    )
    _until_surname(client, UNKNOWN)
    assert client.post("/surname", data={"surname": "王"}).location == "/is-it-you"
    assert asked == [UNKNOWN]
    assert store.jobs.latest() == []  # nothing is left of her number


def test_whoever_has_the_number_here_others_are_asked_unless_it_is_she(client, store, an_agent):
    """The same way, so the same time, whether a stranger's number is a member's or nobody's."""
    asked = an_agent({})
    for phone, surname in ((KNOWN, "王"), (KNOWN, "赵"), (UNKNOWN, "赵")):
        _until_surname(client, phone)
        client.post("/surname", data={"surname": surname})
    assert asked == ["13800010001", UNKNOWN]


@pytest.mark.parametrize(
    "line", [{}, {"last_pull_at": "2026-11-22T05:26:59.123Z", "last_error": "unreachable"}]
)
def test_without_a_line_she_is_a_new_guest_at_once(client, store, line):
    """The store works a whole day without one: nobody waits for an answer that cannot come."""
    store.settings.set(elsewhere.STATUS, line)
    _until_surname(client, UNKNOWN)
    assert client.post("/surname", data={"surname": "王"}).location == "/new"
    assert store.jobs.latest() == []


def test_the_store_is_not_even_asked_whose_number_it_is_before_the_surname(client, monkeypatch):
    """The same way for everybody, so the same time: one look-up, when the surname is given."""
    asked, look_up = [], finding.with_phone

    def with_phone(store, phone):
        asked.append(phone)
        return look_up(store, phone)

    monkeypatch.setattr(finding, "with_phone", with_phone)
    for phone, surname in ((KNOWN, "赵"), (UNKNOWN, "王")):
        asked.clear()
        _until_surname(client, phone)
        client.get("/surname")
        assert asked == []
        assert client.post("/surname", data={"surname": surname}).location == "/new"
        assert len(asked) == 1


@pytest.mark.parametrize(("phone", "surname"), [(UNKNOWN, "王"), (KNOWN, "赵")])
def test_who_is_not_known_goes_on_as_a_new_guest_with_nothing_to_type_again(client, store, phone, surname):
    _until_surname(client, phone)
    assert client.post("/surname", data={"surname": surname}).location == "/new"
    assert client.get("/new").location == "/new/title"
    assert client.get("/new/surname").status_code == 404
    assert store.visits.select() == []


def test_her_second_number_finds_her_and_is_the_one_that_is_read_back_prf_15(client, store):
    store.members.edit("m-wang", phone2=UNKNOWN)
    _until_surname(client, UNKNOWN)
    assert client.post("/surname", data={"surname": "王"}).location == "/is-it-you"
    page = client.get("/is-it-you").text
    assert "139****0000" in page
    assert "138****0001" not in page
    client.post("/is-it-you", data={"answer": "yes"})
    assert [v.member for v in store.visits.select()] == ["m-wang"]


def test_a_number_is_its_owners_before_it_is_somebodys_second_prf_15(client, store):
    store.members.add(records.Member(rid="m-father", surname="王", given_name="刚", phone=UNKNOWN))
    store.members.edit("m-wang", phone2=UNKNOWN)
    _until_surname(client, UNKNOWN)
    client.post("/surname", data={"surname": "王"})
    client.post("/is-it-you", data={"answer": "yes"})
    assert [v.member for v in store.visits.select()] == ["m-father"]


def test_two_of_one_phone_are_told_apart_by_their_surnames(client, store):
    _arrive(client, surname="李")
    assert [v.member for v in store.visits.select()] == ["m-li"]


@pytest.mark.parametrize(("code", "how"), [("parlour:CODEWANG2345", "qr"), ("04:a1:b2:c3", "card")])
def test_a_member_code_or_a_card_identifies_too(client, store, code, how):
    client.post("/start")
    assert client.post("/code", data={"code": code}).location == "/is-it-you"
    client.post("/is-it-you", data={"answer": "yes"})
    assert client.get("/welcome").status_code == 200
    assert [(v.member, v.identified_by) for v in store.visits.select()] == [("m-wang", how)]


def test_the_form_that_the_camera_fills_in_identifies_with_all_its_fields(client):
    """As a browser sends it: the field of the readers on a wire goes along, empty."""
    client.post("/start")
    form = client.get("/code").text.partition('id="code-form"')[2].partition("</form>")[0]
    fields = dict.fromkeys(re.findall(r'name="(\w+)"', form), "")
    assert set(fields) == {"code", "heard"}
    answer = client.post("/code", data={**fields, "code": "parlour:CODEWANG2345"})
    assert answer.location == "/is-it-you"


def test_a_code_typed_by_a_scanner_on_the_first_page_begins_the_visit(client):
    client.get("/")
    assert client.post("/code", data={"code": "parlour:CODEWANG2345", "heard": ""}).location == "/is-it-you"
    assert client.get("/is-it-you").status_code == 200


def test_an_unknown_code_says_so_and_offers_the_phone(client):
    client.post("/start")
    answer = client.post("/code", data={"code": "https://pay.example/abc"})
    assert answer.status_code == 422
    assert "We do not know this code" in answer.text
    assert 'href="/phone"' in answer.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "Please enter a phone number"), ("1380", "Too few digits"), ("13800010001x", "digits only")],
)
def test_a_wrong_number_is_explained_and_kept(client, typed, said):
    answer = _until_surname(client, typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{typed}"' in answer.text


def test_a_surname_left_out_is_asked_for_in_words(client):
    _until_surname(client, KNOWN)
    answer = client.post("/surname", data={"surname": " "})
    assert answer.status_code == 422
    assert "Please tell us your surname" in answer.text


def test_not_me_forgets_the_candidate_and_writes_nothing(client, store):
    _until_surname(client, KNOWN)
    client.post("/surname", data={"surname": "王"})
    assert client.post("/is-it-you", data={"answer": "no"}).location == "/hello"
    assert client.get("/is-it-you").location == "/hello"
    assert store.visits.select() == []


def test_no_page_shows_a_member_before_she_is_identified(client):
    client.post("/start")
    for address in ("/", "/hello", "/phone", "/surname", "/code", "/is-it-you", "/welcome", "/new/title"):
        page = client.get(address).text
        assert "王*" not in page
        assert "Ms Wang" not in page
    client.post("/start")
    assert client.get("/welcome").location == "/hello"


def test_the_time_from_the_first_touch_is_measured(client, store, monkeypatch):
    from edge.kiosk.customer import routes

    clock = [routes.time.time()]
    monkeypatch.setattr(routes.time, "time", lambda: clock[0])
    client.post("/start")
    client.post("/phone", data={"phone": KNOWN})
    client.post("/surname", data={"surname": "王"})
    clock[0] += 12.5
    client.post("/is-it-you", data={"answer": "yes"})
    [visit] = store.visits.select()
    assert visit.identify_ms == 12_500


def test_a_booking_of_today_goes_on_as_the_visit(client, store):
    now = datetime.now(UTC)
    with store.acting("system"):
        store.add(
            Appointment(
                rid="a-1", member="m-wang", store="s001", services=["svc-calm"], starts_at=iso(now),
                ends_at=iso(now + timedelta(hours=1)), therapist="e-mei", bed="1号床",
            )
        )  # fmt: skip
    _arrive(client)
    [visit] = store.visits.select()
    assert (visit.appointment, visit.services, visit.therapist, visit.bed) == (
        "a-1",
        ["svc-calm"],
        "e-mei",
        "1号床",
    )
    booking = store.appointments.load("a-1")
    assert (booking.status, booking.visit) == ("arrived", visit.rid)
    page = client.get("/welcome").text
    assert "Cleanse" in page
    assert "Mei" in page


def test_coming_twice_is_one_visit(client, store):
    _arrive(client)
    _arrive(client)
    assert len(store.visits.select()) == 1


def test_the_drink_is_changed_with_one_tap(client, store):
    _arrive(client)
    client.post("/welcome/drink", data={"drink": "latte"})
    assert store.visits.select()[0].drink == "latte"
    assert store.members.load("m-wang").drink == "jasmine_tea"  # her favourite stays
    client.post("/welcome/drink", data={"drink": "petrol"})
    assert store.visits.select()[0].drink == "latte"


def test_leaving_clears_everything(client, store):
    _arrive(client)
    client.post("/leave")
    assert client.get("/welcome").location == "/"
    assert store.settings.get("kiosk.drafts") == {}


def test_the_first_page_forgets_whoever_was_here(client):
    _arrive(client)
    client.get("/")
    assert client.get("/welcome").location == "/"


def test_the_browser_holds_a_random_key_and_nothing_of_the_person(client):
    _arrive(client)
    payload = client.get_cookie("parlour").value.split(".")[0]
    held = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert set(held) == {"draft"}
    assert len(held["draft"]) == 32


@pytest.mark.parametrize("surname", ["😀", "<script>", "12", "王\u202e"])
def test_what_is_no_surname_is_explained_and_goes_nowhere(client, surname):
    client.get("/")
    client.post("/start")
    client.post("/phone", data={"phone": "13800010001"})
    answer = client.post("/surname", data={"surname": surname})
    assert answer.status_code == 422
    assert "A name has only letters." in answer.text
