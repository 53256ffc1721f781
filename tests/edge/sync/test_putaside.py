"""What one side could not take in waits where a person sees it: read, tried again, mended, put away; over the real exchange (sync.md 2.6)."""

from __future__ import annotations

import json

import httpx
import pytest

from cloud_sync_server import ingest, quarantine
from edge.store import putaside, remote
from edge.store.putaside import StillRefused
from edge.sync.nightly import reconcile
from salon.reconcile import BadChange
from tests.edge.sync.conftest import member, visit


def refusing(check, kind):
    """As a version does that does not understand what another one writes."""

    def refuse(cls, change):
        if change.kind == kind:
            raise BadChange("bad_value", "drink: not in this version")
        check(cls, change)

    return refuse


@pytest.fixture
def pair(shops):
    one, two = shops("s001"), shops("s002")
    one.store.members.add(member(home_store="s001"))
    one.sync(), two.sync()
    return one, two


def waiting(store):
    return [one for refusal in store.refusals() if (one := putaside.read(store, refusal)) is not None]


def test_what_head_office_did_not_take_is_sent_again_once_it_can(pair, hq, monkeypatch):
    one, two = pair
    monkeypatch.setattr(ingest, "check", refusing(ingest.check, "member"))
    one.store.members.edit("m-0001", drink="tea", allergens=["latex"])
    one.sync()
    monkeypatch.undo()
    [aside] = waiting(one.store)
    assert (aside.own, aside.kind, aside.rid) == (True, "member", "m-0001")
    assert putaside.values(one.store, aside) == {"drink": "tea"}  # what stays in the store was never sent
    one.store.members.edit("m-0001", drink="coffee")
    putaside.again(one.store, aside.refusal.number, "e-gu")
    one.sync(), two.sync()
    assert two.store.members.load("m-0001").drink == "coffee"
    assert two.store.members.load("m-0001").allergens == []
    assert waiting(one.store) == []
    assert one.store.refusal(aside.refusal.number).by == "e-gu"
    assert reconcile(one.agent).outcome == reconcile(two.agent).outcome == "equal"
    with pytest.raises(StillRefused, match="not_open"):
        putaside.again(one.store, aside.refusal.number, "e-gu")


def test_what_head_office_did_not_take_is_mended_and_reaches_everybody(pair, hq, monkeypatch):
    one, two = pair
    monkeypatch.setattr(ingest, "check", refusing(ingest.check, "visit"))
    one.store.visits.add(visit())
    one.sync()
    monkeypatch.undo()
    one.store.visits.edit("v-0001", bed="bed-2")  # follows on what HQ does not have
    one.sync()
    aside = next(one for one in waiting(one.store) if one.refusal.code == "bad_value")
    said = putaside.values(one.store, aside) | {"drink": "water"}
    putaside.mend(one.store, aside.refusal.number, json.dumps(said), "e-gu")
    putaside.again(
        one.store, aside.refusal.number + 1, "e-gu"
    )  # the edit that had to wait for its first change
    one.sync(), two.sync()
    with pytest.raises(StillRefused, match="not_open"):
        putaside.mend(one.store, aside.refusal.number, "{}", "e-gu")


def test_what_this_store_could_not_take_is_tried_again_after_an_update(pair, monkeypatch):
    one, two = pair
    monkeypatch.setattr(remote, "check", refusing(remote.check, "visit"))
    one.store.visits.add(visit(drink="oolong"))
    one.sync(), two.sync()
    [aside] = waiting(two.store)
    assert (aside.own, aside.origin.store) == (False, "s001")
    assert putaside.values(two.store, aside)["drink"] == "oolong"
    before = len(two.store.refusals())
    with pytest.raises(StillRefused, match="bad_value"):
        putaside.again(two.store, aside.refusal.number, "e-gu")
    assert len(two.store.refusals()) == before
    monkeypatch.undo()
    putaside.again(two.store, aside.refusal.number, "e-gu")
    assert two.store.visits.load("v-0001") == one.store.visits.load("v-0001")
    assert two.sync().pushed == 0
    assert reconcile(two.agent).outcome == "equal"


def test_what_this_store_could_not_take_is_mended_as_its_own_write(pair, monkeypatch):
    one, two = pair
    monkeypatch.setattr(remote, "check", refusing(remote.check, "visit"))
    one.store.visits.add(visit(drink="dragon blood"))
    one.sync(), two.sync()
    monkeypatch.undo()
    [aside] = waiting(two.store)
    said = putaside.values(two.store, aside) | {"drink": "tea"}
    for wrong in ("no json", "[]", '{"rid": "v-0009"}', json.dumps({**said, "state": "flying"})):
        with pytest.raises(StillRefused):
            putaside.mend(two.store, aside.refusal.number, wrong, "e-gu")
    putaside.mend(two.store, aside.refusal.number, json.dumps(said), "e-gu")
    two.sync(), one.sync()
    assert one.store.visits.load("v-0001").drink == two.store.visits.load("v-0001").drink == "tea"
    assert reconcile(two.agent).outcome == "mended"  # the stamps of the change that it never took
    assert reconcile(one.agent).outcome == reconcile(two.agent).outcome == "equal"
    assert [c.actor for c in two.store.outbox.batch(after=0) if c.rid == "v-0001"] == ["e-gu"]


def test_put_away_it_stays_readable_with_who_decided(pair, monkeypatch):
    one, two = pair
    monkeypatch.setattr(remote, "check", refusing(remote.check, "visit"))
    one.store.visits.add(visit())
    one.sync(), two.sync()
    [aside] = waiting(two.store)
    putaside.put_away(two.store, aside.refusal.number, "e-gu")
    assert waiting(two.store) == []
    kept = two.store.refusal(aside.refusal.number)
    assert (kept.state, kept.by) == ("put_away", "e-gu")
    assert "v-0001" in kept.raw


def test_an_erased_members_refused_changes_go_with_her(pair, monkeypatch):
    """SEC-07."""
    one, two = pair
    monkeypatch.setattr(remote, "check", refusing(remote.check, "visit"))
    one.store.visits.add(visit(result="CANARY"))
    one.sync(), two.sync()
    assert "CANARY" in two.store.refusals()[0].raw
    two.store.erase("m-0001")
    assert not any("CANARY" in refusal.raw for refusal in two.store.refusals())


def test_what_was_told_with_a_change_that_was_taken_in_asks_for_no_decision(pair):
    one, _ = pair
    one.store.refuse("sync", "hq", "overdrawn", "change 3: l-1", putaside.envelope("s001.abcd", {"n": 3}))
    one.store.refuse("mqtt", "probe-1", "malformed", "x", "{}")
    assert waiting(one.store) == []


@pytest.mark.parametrize(
    ("verdict", "state"), [("replay", "again"), ("mend", "mended"), ("discard", "taken_out")]
)
def test_what_head_office_has_decided_on_is_not_asked_for_in_the_store_any_more(
    pair, hq, monkeypatch, verdict, state
):
    """SYN-08."""
    one, two = pair
    monkeypatch.setattr(ingest, "check", refusing(ingest.check, "visit"))
    one.store.visits.add(visit())
    one.sync()
    monkeypatch.undo()
    [aside] = waiting(one.store)
    one.agent.settling.step(now=True)
    assert len(waiting(one.store)) == 1  # nobody has decided yet
    here, key = hq.here, ("s001", aside.origin.epoch, aside.op["n"])
    text = json.dumps(aside.op["f"])

    def decide(con):
        if verdict == "replay":
            quarantine.replay(con, here.vault, here.settings, *key, "boss")
        elif verdict == "mend":
            assert quarantine.mend(con, here.vault, here.settings, *key, "boss", text) == ""
        else:
            quarantine.discard(con, *key, "boss")

    here.database.write(decide)
    two.store.refuse(
        "sync", "hq", "bad_value", "another's", putaside.envelope("s002.abcd", {"n": aside.op["n"]})
    )
    one.sync(), two.sync()
    reconcile(one.agent)
    reconcile(two.agent)
    assert waiting(one.store) == []
    kept = one.store.refusal(aside.refusal.number)
    assert (kept.state, kept.by) == (state, "hq")
    assert len(waiting(two.store)) == 1  # its own, of which head office knows nothing


def test_an_hq_of_before_is_asked_in_vain_and_holds_up_nothing(pair, hq):
    one, _ = pair
    one.store.refuse("sync", "hq", "bad_value", "x", putaside.envelope(one.store.origin.node, {"n": 1}))
    send = one.line.handle_request

    def old(request):
        return httpx.Response(404) if request.url.path == "/v1/quarantine" else send(request)

    one.line.handle_request = old
    assert one.sync().error == ""
    assert len(waiting(one.store)) == 1
