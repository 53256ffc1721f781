"""A store's history under another policy."""

from __future__ import annotations

import pytest

from salon import policies
from salon.records import Complaint, Store
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
    assert changes(outcome(), outcome('[followups]\nvariant = "apart"')) == {"message.experience": (0, 1)}
