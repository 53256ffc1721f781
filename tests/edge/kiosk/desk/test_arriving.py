"""Who comes in: found however the shop knows her, her file filled in, who brought her, what is near (PRF, LOY-10, LOY-15, LOY-18, SEG-07)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tinydb import where

from edge.kiosk.services import people
from edge.store import Store, iso, now
from salon import records
from salon.rules.times import later


@pytest.fixture
def old_file(store):
    """A file of the shop's old list that was merged into Ms Wang's, with a visit and points of its own."""
    store.add(
        records.Member(rid="m-old", surname="汪", given_name="莉", phone="13900001111", merged_into="m-wang")
    )
    store.add(
        records.Visit(
            rid="v-old", member="m-old", store="s001", state="closed", services=["svc-hand"], arrived_at="2026-10-01T03:00:00.000Z",
            closed_at="2026-10-01T04:00:00.000Z", paid_fen=9800,
        )
    )  # fmt: skip
    entry = {"unit": "points", "amount": 98, "reason": "earn", "at": now(), "store": "s001"}
    store.add(records.LedgerEntry(rid="l-old", member="m-old", **entry))


@pytest.mark.parametrize("q", ["wang", "Wang", "王 丽", "CODEWANG2345"])
def test_she_is_found_by_pinyin_and_by_her_code_too(desk, q):
    assert "王丽" in desk.get("/desk/people", query_string={"q": q}).text


@pytest.mark.parametrize("q", ["1111", "汪", "13900001111"])
def test_a_merged_file_leads_to_the_one_it_is_shown_with(desk, old_file, q):
    """SYN-01"""
    page = desk.get("/desk/people", query_string={"q": q}).text
    assert "/desk/people/m-wang" in page
    assert "/desk/people/m-old" not in page
    assert desk.get("/desk/people/m-old").location == "/desk/people/m-wang?merged=yes"


def test_what_the_merged_file_holds_is_shown_with_hers(desk, old_file):
    """SEG-07, PRF-20"""
    assert "svc-hand" in desk.get("/desk/people/m-wang").text
    page = desk.get("/desk/people/m-wang/all").text
    assert "汪莉" in page
    assert "1 October 2026" in page


def test_files_merged_in_a_ring_end_the_search(store, old_file):
    with store.acting("hq"):
        store.members.edit("m-wang", merged_into="m-old")
    assert people.shown_as(store, store.members.load("m-old")).rid in {"m-wang", "m-old"}


def test_a_file_written_before_its_last_digits_were_kept_is_found_after_the_upgrade(store):
    """PRF-24: what was imported long ago."""
    document = dict(store.members.load("m-li").document())
    del document["phone_tail"]
    store.members.put(document)
    store.connections.get().execute("PRAGMA user_version = 2")
    with Store.open(store.home) as upgraded:
        assert "m-li" in [m.rid for m in people.search(upgraded, "0001")]


def test_the_form_of_the_file_follows_from_the_record_and_keeps_what_is_typed(desk, store):
    """PRF-02, PRF-06, PRF-07, PRF-08, PRF-10, PRF-15, SEG-06"""
    form = {
        "surname": "王", "given_name": "丽", "occupation": "教师", "hobbies": "瑜伽、摄影", "phone": "138 0001 0001",
        "phone2": "010-12345678", "nail_shape": "oval", "colours_refused": "黑色, 荧光", "skin_tone": "偏白",
        "skin_source": "instrument", "scalp": "dandruff", "pressure": "light", "in_a_hurry": "yes", "tags": "敏感肌",
    }  # fmt: skip
    assert desk.post("/desk/people/m-wang/file", data=form).status_code == 302
    member = store.members.load("m-wang")
    assert (member.hobbies, member.phone2, member.nail_shape) == (["摄影", "瑜伽"], "01012345678", "oval")
    assert (member.colours_refused, member.in_a_hurry, member.allergens) == (
        ["荧光", "黑色"],
        True,
        ["alcohol"],
    )
    page = desk.get("/desk/people/m-wang/file").text
    assert 'value="教师"' in page
    assert desk.get("/desk/people/m-wang/file?lang=zh").text.count("甲型") == 1


def test_what_does_not_fit_the_file_is_named_and_nothing_is_kept(desk, store):
    """PRF-21"""
    answer = desk.post(
        "/desk/people/m-wang/file", data={"surname": "王", "phone": "12", "birthday": "x", "hobbies": "茶"}
    )
    assert answer.status_code == 422
    assert 'value="茶"' in answer.text
    answer = desk.post("/desk/people/m-wang/file", data={"surname": "王", "nail_shape": "star"})
    assert answer.status_code == 422
    assert store.members.load("m-wang").hobbies == []


def test_who_brought_a_new_customer_is_kept_when_she_is_registered(desk, store):
    """LOY-10"""
    form = {"name": "周婷", "phone": "13700001111", "gender": "female", "brought_by": "王丽"}
    desk.post("/desk/people", data=form)
    (new,) = store.members.select(where("phone") == "13700001111")
    assert new.referred_by == "m-wang"
    assert "王丽" in desk.get(f"/desk/people/{new.rid}").text
    nobody = {**form, "phone": "13700002222", "brought_by": "13911112222"}
    assert "Nobody found" in desk.post("/desk/people", data=nobody).text
    assert not store.members.contains(where("phone") == "13700002222")


def test_two_do_not_bring_each_other(desk, store):
    """LOY-10"""
    with store.acting("e-xu"):
        store.members.edit("m-li", referred_by="m-wang")
    answer = desk.post("/desk/people/m-wang/brought-by", data={"phone": "李丽"})
    assert "It was she who brought that one" in answer.text


def test_the_family_that_pays_is_named_by_phone_or_name(desk, store):
    """LOY-18"""
    desk.post("/desk/people/m-wang/paid-by", data={"phone": "李丽", "greeting": "好好休息"})
    member = store.members.load("m-wang")
    assert (member.family, member.family_greeting) == ("m-li", "好好休息")
    assert "好好休息" in desk.get("/desk/people/m-wang").text
    assert "王丽" in desk.get("/desk/people/m-li/account").text
    assert desk.post("/desk/people/m-li/paid-by", data={"phone": "王丽"}).status_code == 422


def test_what_is_near_is_said_as_she_comes_in(desk, store):
    """FUP-07, LOY-14, LOY-15, LOY-16"""
    today = datetime.now(UTC) + timedelta(hours=8)
    years = 4 if (today.month, today.day) == (2, 29) else 1
    first = today.replace(year=today.year - years)
    with store.acting("e-xu"):
        store.members.edit("m-wang", birthday=(today + timedelta(days=3)).date().isoformat())
    store.add(
        records.Visit(
            rid="v-1",
            member="m-wang",
            store="s001",
            state="closed",
            arrived_at=iso(first - timedelta(hours=8)),
        )
    )
    values = {"type": "birthday", "value_fen": 5000, "issued_at": now(), "valid_from": "2020-01-01"}
    store.add(records.Voucher(rid="vo-1", member="m-wang", store="s001", valid_until="2099-01-01", **values))
    page = desk.get("/desk/people/m-wang").text
    for text in (
        "Her birthday is in 3 days",
        f"{years} year{'s' * (years > 1)} since her first visit",
        "Birthday voucher, ¥50",
    ):
        assert text in page, text


def test_what_waits_for_a_gateway_promises_no_next_try_fup_11(desk, store):
    soon, ends = later(now(), hours=1), later(now(), days=9)
    for rid, next_try in (("1", soon), ("2", ends)):
        store.add(
            records.Message(
                rid=f"msg-{rid}", member="m-wang", store="s001", purpose="service", template="tip", channel="sms", text="你好",
                created_at=now(), expires_at=ends, state="waiting", why="no way out for sms", next_try=next_try,
            )
        )  # fmt: skip
    assert desk.get("/desk/messages").text.count("next try") == 1


def test_a_question_that_did_not_sell_is_noted_once(desk, store):
    """PRF-05"""
    form = {"kind": "question", "words": "问了热玛吉的价格", "key": "a" * 16}
    for _ in range(2):
        desk.post("/desk/people/m-wang/note", data=form)
    (note,) = store.interactions.select()
    assert (note.type, note.text, note.by) == ("question", "问了热玛吉的价格", "e-xu")
    assert "问了热玛吉的价格" in desk.get("/desk/people/m-wang/all").text


def test_messages_say_why_they_did_not_go_and_what_to_do(desk, store):
    """FUP-10, FUP-11"""
    for rid, state, why in (
        ("1", "failed", "gateway down"),
        ("2", "waiting", "no way out for sms"),
        ("3", "refused", "consent withdrawn"),
    ):
        store.add(
            records.Message(
                rid=f"msg-{rid}", member="m-wang", store="s001", purpose="service", template="tip", channel="sms", text="你好",
                created_at=now(), expires_at=now(), state=state, why=why, attempts=3, next_try=now(),
            )
        )  # fmt: skip
    page = desk.get("/desk/messages").text
    for text in ("gateway down", "no gateway for this channel", "withdrew her consent", "3 tries"):
        assert text in page, text
    desk.post("/desk/messages/msg-1", data={"call": "yes"})
    (task,) = store.follow_ups.select()
    assert (task.role, "你好" in task.what) == ("desk", True)
    assert store.messages.load("msg-1").state == "expired"
