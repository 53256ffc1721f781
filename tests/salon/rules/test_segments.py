"""Lifecycle, RFM, potential, value, tags (SEG)."""

from __future__ import annotations

import pytest

from salon import policies
from salon.records import LedgerEntry, Member, Scan
from salon.rules import lifecycle, rfm, tags
from salon.rules.history import History, gather

THREE = policies.load('[lifecycle]\nvariant = "three_stages"\n[high_value]\nvariant = "loyal"')


def top_up(yuan):
    return LedgerEntry(
        rid="l-1", member="m-wang-li", unit="fen", amount=yuan * 100, reason="top_up", at="2026-01-01T00:00:00Z", store="s001"
    )  # fmt: skip


def test_four_stages_of_002_seg_01(history, came, policy, now):
    def at(*visits):
        return lifecycle.stage(history(*visits), policy, now).key

    assert at() == "prospect"
    assert at(came(3, 300)) == "new"
    assert at(came(3, 300), came(40, 300)) == "potential"
    assert at(came(3, 100), came(40, 100)) == "regular"  # a low ticket is no potential
    assert at(came(3, 300), came(20, 300)) == "high_value"
    assert at(came(57, 600), came(80, 600)) == "dormant"  # two cycles of 28 days


def test_three_stages_of_000_seg_01(history, came, now):
    def at(*visits, **more):
        return lifecycle.stage(history(*visits, **more), THREE, now).key

    assert at(came(3)) == "new"
    assert at(came(3), came(40)) == "retention"
    assert at(*(came(10 * n) for n in range(1, 11))) == "retention"  # ten are not more than ten
    assert at(*(came(10 * n) for n in range(1, 12))) == "loyal"
    assert at(came(3), ledger=[top_up(10_000)]) == "new"
    assert at(came(3), ledger=[top_up(10_001)]) == "loyal"
    assert at(came(200), came(300)) == "retention"  # this scheme has no dormant stage


def test_the_stage_says_what_to_do_and_why_seg_08(history, came, policy, now):
    stage = lifecycle.stage(history(came(100)), policy, now)
    assert stage.action == lifecycle.ACTIONS["dormant"]
    assert "回归券" in stage.action.zh
    assert stage.explain.policy == policy.version
    assert stage.explain.figures["visits"] == 1
    assert set(lifecycle.ACTIONS) == set(lifecycle.STAGES)


def test_the_trust_window_is_48_hours_after_the_first_treatment_seg_02(history, came, policy, now):
    one = lifecycle.trust_window(history(came(1)), policy, now)
    assert one.open
    assert one.ends_at == "2026-11-23T06:36:59.123Z"
    assert not lifecycle.trust_window(history(came(3)), policy, now).open
    assert not lifecycle.trust_window(history(came(1), came(30)), policy, now).open


def test_rfm_scores_by_the_limits_of_the_policy_seg_03(history, came, policy, now):
    assert rfm.score(history(), policy, now).text == "0-0-0"
    best = rfm.score(history(*(came(25 * n + 5, 600) for n in range(12))), policy, now)
    assert best.text == "5-5-5"
    worst = rfm.score(history(came(300, 50)), policy, now)
    assert worst.text == "1-1-1"
    middle = rfm.score(history(came(45, 250), came(80, 250), came(120, 250), came(200, 250)), policy, now)
    assert middle.text == "3-3-3"
    assert middle.explain.figures == {"days_since": 45, "visits_a_year": 4, "ticket_yuan": 250.0}


@pytest.mark.parametrize(("visits", "yuan", "holds"), [(1, 300, False), (2, 300, True), (3, 300, True), (4, 300, False), (2, 100, False), (2, 900, False)])  # fmt: skip
def test_potential_is_two_or_three_visits_with_a_medium_ticket_seg_04(
    history, came, policy, visits, yuan, holds
):
    found = lifecycle.potential(history(*(came(20 * n + 1, yuan) for n in range(visits))), policy)
    assert found.holds is holds


def test_a_compensation_visit_does_not_lower_the_ticket_svc_17(history, came, policy):
    found = history(came(5, 0, original="v-m-wang-li-20"), came(20, 300))
    assert found.ticket_yuan == 300


def test_high_value_is_500_in_a_month_or_the_loyal_rule_seg_05(history, came, policy, now):
    assert lifecycle.high_value(history(came(1, 250), came(29, 250)), policy, now).holds
    assert not lifecycle.high_value(history(came(1, 250), came(31, 250)), policy, now).holds
    assert not lifecycle.high_value(history(came(1, 900)), THREE, now).holds


def test_the_share_of_high_value_counts_who_came_seg_05(member, services, came, policy, now):
    people = [member, *(Member(rid=f"m-{n:03}", surname="李") for n in range(5))]
    visits = [came(1, 600), *(came(1, 100, member=f"m-{n:03}") for n in range(4))]
    share = lifecycle.high_value_share(gather(people, visits, services), policy, now)
    assert (share.people, share.of, share.share, share.target) == (("m-wang-li",), 5, 0.2, 0.2)


def test_gathering_counts_who_was_brought_and_came_loy_10(member, services, came):
    people = [
        member,
        *(Member(rid=f"m-{n:03}", surname="李", referred_by="m-wang-li") for n in range(3)),
        Member(rid="m-self", surname="王", referred_by="m-self"),
    ]
    visits = [came(9, member="m-000"), came(8, member="m-001"), came(2, member="m-self")]
    found = {h.member.rid: h.brought for h in gather(people, visits, services)}
    assert found["m-wang-li"] == 2
    assert found["m-self"] == 0


def test_tags_by_rule_stand_beside_those_by_hand_seg_06_prf_23(history, came, policy, now):
    scan = Scan(
        rid="sc-1", visit="v-m-wang-li-3", member="m-wang-li", at="2026-11-19T06:00:00Z", phase="after",
        concerns={"pigmentation": {"value": 3.0, "score": 55, "unit": "dE ab"}, "pores": {"value": 1, "score": 90}},
    )  # fmt: skip
    found = tags.tags(history(came(3, occasion="wedding")), scan, policy, now, "Asia/Shanghai")
    by_group = {}
    for tag in found:
        by_group.setdefault(tag.group, []).append(tag.label.zh)
    assert by_group["need"] == ["舒缓", "美白"]
    assert by_group["allergen"] == ["酒精（乙醇）"] or "酒精" in by_group["allergen"][0]
    assert by_group["scene"] == ["婚礼"]
    assert by_group["season"] == ["冬季滋润修护"]
    assert by_group["by_hand"] == ["怕痛", "裸色"]
    assert by_group["level"] == ["新客"]


def test_records_of_others_are_left_out(member, services, came):
    own = History.of(member, [came(3), came(4, member="m-other")], services)
    assert [v.member for v in own.visits] == ["m-wang-li"]
