"""What happened at a device: kept once, handed on once, and of what was read nothing stays (MEA-13)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.store import Store, happened
from edge.store.happened import FRESH_S, Happening, Held, is_fresh, moment


def event(number: int = 1, **more) -> Happening:
    boot, up_ms = moment()
    at = "2026-11-22T03:00:00.000Z"
    made = Happening(
        f"e-{number}", "card", "card-1", "card_reader", "前台", "read", "04A1B2C3", at, at, boot, up_ms
    )
    return replace(made, **more)


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path, "s001") as made:
        yield made


def test_an_event_is_handed_on_once_and_a_repeat_is_nothing_new(store):
    assert [store.happened.add(event()), store.happened.add(event())] == [True, False]
    assert [(one.id, one.text, one.state) for one in store.happened.claim()] == [("e-1", "04A1B2C3", "told")]
    assert store.happened.add(event()) is False, "also when it was handed on long ago"
    assert store.happened.claim() == []


def test_two_that_open_the_store_never_get_the_same_event(store, tmp_path):
    with Store.open(tmp_path) as other:
        for number in range(6):
            store.happened.add(event(number))
        got = [one.id for asker in (store, other, store) for one in asker.happened.claim()]
    assert got == [f"e-{number}" for number in range(6)]


def test_of_what_was_read_nothing_stays_in_the_file(store):
    store.happened.add(event())
    store.happened.claim()
    assert store.happened.latest("card-1", 5)[0].text == ""


@pytest.mark.parametrize("more", [{"up_ms": moment()[1] - 60_000}, {"boot": "before"}, {"up_ms": 2**50}])
def test_what_is_late_is_kept_without_what_was_read(store, more):
    store.happened.add(event(**more))
    assert store.happened.latest("card-1", 5)[0].text == ""
    [one] = store.happened.claim()
    assert (one.late, one.text) == (True, "")


def test_what_nobody_asked_for_in_time_loses_what_was_read(store, monkeypatch):
    store.happened.add(event())
    store.happened.forget_texts()
    assert store.happened.latest("card-1", 5)[0].text == "04A1B2C3"
    boot, up_ms = moment()
    monkeypatch.setattr(happened, "moment", lambda: (boot, up_ms + FRESH_S * 1000 + 5000))
    store.happened.forget_texts()
    assert store.happened.latest("card-1", 5)[0].text == ""
    assert store.happened.claim()[0].late


def test_the_table_is_bounded_and_the_newest_stay(store, monkeypatch):
    monkeypatch.setattr(happened, "MOST", 5)
    for number in range(20):
        store.happened.add(event(number))
    assert [one.id for one in store.happened.latest("card-1", 50)] == [f"e-{n}" for n in range(19, 14, -1)]


def test_another_process_hears_of_an_event_by_its_feed(store, tmp_path):
    with Store.open(tmp_path) as other:
        feed = other.feed()
        store.happened.add(event())
        assert [(n.kind, n.rid, n.actor) for n in feed.wait(5)] == [("happened", "e-1", "device:card-1")]
        assert feed.poll() == []
        store.happened.claim()
        assert feed.poll() == [], "that it was handed on is no news"


def test_fresh_is_of_this_start_and_of_the_last_seconds():
    now = ("boot-1", 100_000)
    assert is_fresh("boot-1", 100_000 - FRESH_S * 1000, now)
    assert not is_fresh("boot-1", 100_000 - FRESH_S * 1000 - 1, now)
    assert not is_fresh("boot-2", 100_000, now)
    assert not is_fresh("boot-1", 102_000, now)


def test_an_outbox_outlives_its_process_is_bounded_and_forgets_what_was_taken(store, tmp_path, monkeypatch):
    monkeypatch.setattr(happened, "HELD", 3)
    for number in range(5):
        store.held.put("card-1", f"e-{number}", {"object": "card", "event": {"n": number}})
    store.held.put("scan-1", "e-9", {"object": "scan", "event": {}})
    with Store.open(tmp_path) as again:
        assert list(again.held.of("card-1")) == ["e-2", "e-3", "e-4"]
        again.held.done("e-3")
        assert [said["event"]["n"] for said in Held(again.connections).of("card-1").values()] == [2, 4]
        again.held.forget("card-1")
    assert store.held.of("card-1") == {}
    assert list(store.held.of("scan-1")) == ["e-9"]
