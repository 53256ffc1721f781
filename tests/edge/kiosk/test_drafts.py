"""Drafts: what a visitor is in the middle of survives a restart, and ends by itself."""

from __future__ import annotations

import pytest

from edge.kiosk.drafts import LIFE, MOST, Drafts


@pytest.fixture
def clock():
    return {"now": 1000.0}


@pytest.fixture
def drafts(store, clock):
    return Drafts(store, clock=lambda: clock["now"])


def test_a_draft_is_there_after_a_restart(store, drafts, clock):
    key = drafts.open(phone="138")
    assert Drafts(store, clock=lambda: clock["now"]).load(key) == {"phone": "138"}


def test_a_draft_ends_after_its_life_and_lives_on_when_it_is_saved(drafts, clock):
    key = drafts.open()
    clock["now"] += LIFE - 1
    drafts.save(key, {"step": 2})
    clock["now"] += LIFE - 1
    assert drafts.load(key) == {"step": 2}
    clock["now"] += 2
    assert drafts.load(key) is None


def test_a_dropped_draft_is_gone_from_the_store(store, drafts):
    key = drafts.open(phone="13800010001")
    drafts.drop(key)
    assert drafts.load(key) is None
    assert "13800010001" not in str(store.settings.get("kiosk.drafts"))


def test_no_key_is_no_draft(drafts):
    assert drafts.load("") is None
    assert drafts.load("guess") is None


def test_the_oldest_gives_way(drafts, clock):
    first = drafts.open()
    for _ in range(MOST):
        clock["now"] += 1
        drafts.open()
    assert drafts.load(first) is None
