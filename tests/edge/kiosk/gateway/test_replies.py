"""What a customer answers to a message comes in signed: T stops marketing, a question reaches a person, nothing else does anything."""

from __future__ import annotations

import json
import time

import pytest

from edge import signed
from edge.kiosk.services import consents
from edge.store import allowed, now
from salon import records

SECRET = b"sixteen bytes or more of key"
WANG, NOBODY = "13800010001", "13900009999"


@pytest.fixture(autouse=True)
def key(store):
    path = store.home / "keys" / "care-webhook"
    path.write_bytes(SECRET)
    return path


@pytest.fixture(autouse=True)
def agreed(store):
    for rid in ("m-wang", "m-li"):
        store.consents.add(
            records.Consent(
                rid=f"{rid}-marketing", member=rid, purpose="marketing", granted=True, decided_at="2026-01-01T00:00:00.000Z",
                text_version="1", channel="kiosk",
            )
        )  # fmt: skip
    store.members.edit("m-li", phone="13800010002")


@pytest.fixture
def post(client):
    """Bring an answer as the gateway does; what a test names is otherwise."""

    def bring(text="T", secret=SECRET, stamp=None, signature=None, body=None, **fields):
        said = {"id": "r-1", "channel": "sms", "from": WANG, "text": text, "at": now()} | fields
        raw = json.dumps(said).encode() if body is None else body
        at = str(int(time.time())) if stamp is None else stamp
        headers = signed.headers(secret, at, raw)
        if signature is not None:
            headers[signed.SIGNATURE] = signature
        return client.post("/in/replies", data=raw, headers=headers, content_type="application/json")

    return bring


def refused(store):
    return [refusal.code for refusal in store.refusals() if refusal.boundary == "http"]


@pytest.mark.parametrize("word", ["T", " t。", "Ｔ", "TD", "退订", "stop", "回T"])
def test_an_answer_of_t_stops_marketing_at_once_and_stands_in_her_file_sec_07(post, store, word):
    assert post(word).get_json() == {"taken": "stopped"}
    assert allowed.withdrew(store, "m-wang", "marketing")
    assert allowed.allows(store, "m-li", "marketing"), "it was not her number"
    (note,) = store.interactions.select()
    assert (note.member, note.type, note.text) == ("m-wang", "reply", word.strip())
    assert store.follow_ups.select() == []


def test_the_desk_sees_that_she_said_no_and_in_what_words_sec_07(post, desk):
    post("退订")
    page = desk.get("/desk/people/m-wang/all").text
    assert "退订" in page
    assert "She no longer agrees" not in page


def test_a_second_number_and_a_merged_file_are_hers_too_prf_15(post, store):
    store.members.edit("m-wang", phone2=NOBODY)
    assert post(**{"from": f"+86 {NOBODY}"}).get_json() == {"taken": "stopped"}
    store.members.add(records.Member(rid="m-old", surname="李", phone="13700000000", merged_into="m-li"))
    assert post(id="r-2", **{"from": "13700000000"}).get_json() == {"taken": "stopped"}
    assert allowed.withdrew(store, "m-li", "marketing")


def test_a_number_that_is_no_longer_in_the_file_is_known_by_the_message_it_answers(post, store):
    store.messages.add(
        records.Message(
            rid="msg-1", member="m-wang", store="s001", purpose="marketing", template="tip", channel="sms", to=NOBODY,
            text="x", created_at=now(), expires_at=now(), state="sent", sent_at=now(),
        )
    )  # fmt: skip
    assert post(**{"from": NOBODY}).get_json() == {"taken": "stopped"}
    assert allowed.withdrew(store, "m-wang", "marketing")


def test_a_number_that_a_family_shares_is_stopped_for_all_of_it(post, store):
    store.members.edit("m-li", phone=WANG)
    post()
    assert allowed.withdrew(store, "m-wang", "marketing")
    assert allowed.withdrew(store, "m-li", "marketing")


def test_a_question_becomes_one_task_for_the_desk_and_stops_nothing_fup_10(post, store, desk):
    question = "你好，护理后可以化妆吗？"
    assert post(question).get_json() == {"taken": "handed_on"}
    assert post(question).get_json() == {"taken": "handed_on"}, "the gateway tries again after a lost answer"
    (task,) = store.follow_ups.select()
    assert (task.member, task.role, task.state) == ("m-wang", "desk", "open")
    assert task.due_at > now(), "it is not late the moment it comes"
    assert question in task.what
    assert question in desk.get("/desk/tasks").text
    assert allowed.allows(store, "m-wang", "marketing")


def test_an_answer_that_is_older_than_her_yes_takes_nothing_back(post, store):
    written = "2026-11-01T00:00:00.000Z"
    consents.decide(store, "kiosk", "m-wang", "marketing", granted=True, channel="kiosk")
    assert post(at=written).get_json() == {"taken": "nothing"}
    assert allowed.allows(store, "m-wang", "marketing")


def test_a_wrong_signature_is_refused_and_nothing_is_changed(post, store):
    assert post(secret=b"another key that is not ours").status_code == 401
    assert post(signature="sha256=").status_code == 401
    assert post(signature="sha256=ü".encode().decode("latin-1")).status_code == 401
    assert post(stamp="soon").status_code == 401
    assert allowed.allows(store, "m-wang", "marketing")
    assert set(refused(store)) == {"reply-unsigned"}


def test_what_was_listened_to_is_refused_when_it_comes_again_at_once_or_later(post, store, client):
    raw = json.dumps({"id": "r-1", "channel": "sms", "from": WANG, "text": "T", "at": now()}).encode()
    stamp = str(int(time.time()))
    assert post(body=raw, stamp=stamp).status_code == 200
    consents.decide(store, "kiosk", "m-wang", "marketing", granted=True, channel="kiosk")
    assert post(body=raw, stamp=stamp).status_code == 409
    assert post(body=raw, stamp=str(int(time.time()) - signed.OLDEST_S - 60)).status_code == 401
    assert allowed.allows(store, "m-wang", "marketing")
    assert set(refused(store)) == {"reply-again", "reply-old"}


def test_an_unknown_number_is_kept_for_the_technician_without_the_number_or_the_words(post, store):
    answer = post("我是谁", **{"from": NOBODY})
    assert (answer.status_code, answer.get_json()) == (202, {"taken": "unknown"})
    (refusal,) = store.refusals()
    assert refusal.code == "reply-unknown"
    assert "139****9999" in refusal.detail
    assert NOBODY not in refusal.detail + refusal.raw
    assert "我是谁" not in refusal.detail + refusal.raw


@pytest.mark.parametrize(
    "fields", [{"channel": "fax"}, {"more": 1}, {"at": "yesterday"}, {"text": "x" * 3000}]
)
def test_what_is_no_answer_is_refused_by_its_field_and_not_repeated(post, store, fields):
    assert post(**fields).status_code == 422
    (refusal,) = store.refusals()
    assert refusal.code == "reply-unreadable"
    assert next(iter(fields)) in refusal.detail
    assert "xxx" not in refusal.detail + refusal.raw


def test_without_a_gateways_key_there_is_nothing_here(post, key, client):
    key.unlink()
    assert post().status_code == 404
    assert client.get("/in/replies").status_code == 405
