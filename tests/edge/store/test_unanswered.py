"""Questionnaires kept by versions in which an empty field meant "not sensitive" (SAF-01, SAF-05)."""

from __future__ import annotations

import pytest

from edge.store import Store, changelog, told
from salon.records import Member, Screening
from salon.rules import screening

TAKEN = "2026-11-01T02:00:00.000Z"


@pytest.fixture
def old(tmp_path):
    """A store of schema 5: its own questionnaire says "none" by default, another's came without its answers."""
    with Store.create(tmp_path / "home", "s001") as store:
        for rid in ("m-own", "m-other", "m-shared"):
            store.members.add(Member(rid=rid, surname="王", phone="13800010001"))
        store.screenings.add(Screening(rid="q-own", member="m-own", taken_at=TAKEN, form="skin-1"))
        said = store.screenings.load("q-own").document() | {"sensitivity": "none"}
        store.screenings.put(said)
        store.screenings.put(said | {"rid": "q-other", "member": "m-other"})
        store.screenings.put(said | {"rid": "q-shared", "member": "m-shared", "allergens": ["latex"]})
        store.connections.get().execute("PRAGMA user_version = 5")
        yield store


def test_another_stores_questionnaire_without_answers_is_none_after_the_upgrade_saf_05(old):
    assert told.of(old, old.members.load("m-other")).asked
    with Store.open(old.home) as store:
        assert store.screenings.load("q-other").sensitivity == ""
        assert not told.of(store, store.members.load("m-other")).asked
        assert told.of(store, store.members.load("m-shared")).allergens == ("latex",)
        assert screening.latest([store.screenings.load("q-shared")]) is not None


def test_its_own_stays_answered_and_says_so_from_now_on_saf_01(old):
    with Store.open(old.home) as store:
        assert told.of(store, store.members.load("m-own")).asked
        state = changelog.load_state(store.connections.get(), "q-own")
        assert state is not None
        assert state["v"]["sensitivity"] == "none"
    with Store.open(old.home) as again:  # nothing is mended twice
        changes = [
            c for c in changelog.of_record(again.connections.get(), "q-own") if "sensitivity" in c.fields
        ]
        assert len(changes) == 1
