"""A store's history under another policy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from salon import policies
from salon.records import Complaint, Interaction, LedgerEntry, Store
from salon.rules import replay

HOUSE = Store(rid="s001", name="店")


@pytest.fixture
def outcome(history, came, now):
    told = Complaint(rid="c-1", member="m-wang-li", opened_at="2026-11-20T04:00:00Z", topic="price", story="x",
                     responded_at="2026-11-20T04:40:00Z")  # fmt: skip

    def make(toml=""):
        h = history(came(160, 300), came(70, 300), came(40, 300), complaints=[told])
        return replay.replay([h], HOUSE, policies.load(toml), now)

    return make


def changes(before, after):
    return {c.what: (c.before, c.after) for c in replay.difference(before, after)}


def test_the_same_policy_changes_nothing(outcome):
    assert replay.difference(outcome(), outcome("# the same\n")) == []


def test_tiers_and_points_differ_with_their_figures_loy_01_loy_07(outcome):
    assert changes(outcome(), outcome("[points]\nper_yuan = 2")) == {"points": (900, 1800)}
    richer = outcome('[tiers]\nvariant = "cards"')
    assert changes(outcome(), richer) == {"tier": ("member", "")}


def test_alerts_are_replayed_week_by_week_chn_01_cmp_01(outcome):
    found = changes(outcome(), outcome('[dormant_after]\nvariant = "thirty_days"'))
    assert found["stage"] == ("potential", "dormant") or found["stage"] == ("regular", "dormant")
    assert found["alert.churn.dormant"] == (1, 2)  # the gap of 90 days, and now of 40
    slower = changes(outcome(), outcome("[complaint_clock]\nrespond_min = 60"))
    assert slower == {"alert.complaint.respond": (1, 0)}


def test_messages_differ_with_the_contacts_fup_04(outcome):
    assert changes(outcome(), outcome('[followups]\nvariant = "apart"')) == {
        "message.contact.experience": (0, 1)
    }


# --- marketing messages, points for bringing somebody, stored value


@pytest.fixture
def mailed(history, came, now):
    """Outcome of one who agreed to marketing, or of one who did not."""

    def make(toml="", *, agreed=True, **fields):
        h = history(came(160, 300), came(100, 300), came(70, 300), **fields)
        known = replay.Known({h.member.rid} if agreed else ())
        (outcome,) = replay.replay([h], HOUSE, policies.load(toml), now, known).values()
        return outcome.messages

    return make


def marketing(found):
    return {key.removeprefix("marketing."): n for key, n in found.items() if key.startswith("marketing.")}


def test_marketing_is_counted_by_kind_and_the_cap_holds_the_rest_back_fup_11(mailed):
    usual, less, none = (marketing(mailed(f"[marketing_cap]\nper_week = {n}")) for n in (2, 1, 0))
    assert usual["tip"] > 20
    assert usual["calendar"] > 0
    assert less["held"] > 0
    assert usual.get("held", 0) < less["held"] < none["held"]
    assert set(none) == {"held"}
    assert sum(usual.values()) == sum(less.values()) == sum(none.values()), "each is sent or held"


def test_who_did_not_agree_gets_none_and_her_service_messages_stay(mailed):
    yes, no = mailed(), mailed(agreed=False)
    assert marketing(no) == {}
    assert {k: n for k, n in yes.items() if k.startswith("contact.")} == no


def test_a_tip_that_the_house_gave_up_is_missed(mailed):
    weekly = mailed()["marketing.tip"]
    assert mailed("[occasions]\nweekly_tip = false\nsolar_terms = true\nall_terms = false\nfestivals = true\nahead_days = 3\nmonthly_recommendation = true")["marketing.tip"] < weekly / 4  # fmt: skip


def test_points_for_bringing_somebody_and_for_sharing_follow_the_policy_loy_08_loy_10(history, came, now):
    old, new = history(came(90, 300)), history(came(20, 300))
    friend = replace(
        new, member=new.member.model_copy(update={"rid": "m-friend", "referred_by": old.member.rid})
    )
    shared = [
        Interaction(rid=f"i-{n}", member=old.member.rid, type="share", at=f"2026-11-0{n}T04:00:00.000Z") for n in (1, 2, 3)
    ]  # fmt: skip
    known = replay.Known(interactions={old.member.rid: shared})

    def points(toml=""):
        found = replay.replay([old, friend], HOUSE, policies.load(toml), now, known)
        return {rid: outcome.points for rid, outcome in found.items()}

    usual = points()
    assert usual["m-friend"] == 300 + 200
    assert usual[old.member.rid] == 300 + 200 + 3 * 20
    less = points("[referral]\npoints_each = 50\n[rewards]\na_month = 1")
    assert less["m-friend"] == 300 + 50
    assert less[old.member.rid] == 300 + 50 + 20


def test_little_stored_value_is_an_alert_once_a_top_up_loy_21(history, came, now):
    ledger = [
        LedgerEntry(rid="l-1", store="s001", member="m-wang-li", unit="fen", amount=100_000, reason="top_up", at="2026-09-01T04:00:00.000Z"),
        LedgerEntry(rid="l-2", store="s001", member="m-wang-li", unit="fen", amount=-60_000, reason="spend", at="2026-10-01T04:00:00.000Z"),
    ]  # fmt: skip
    h = replace(history(came(160, 300)), ledger=tuple(ledger))

    def alerts(toml=""):
        return replay.replay([h], HOUSE, policies.load(toml), now)[h.member.rid].alerts.get("renewal", 0)

    assert alerts() == 0
    assert alerts("[renewal]\nbelow_yuan = 500") == 1
