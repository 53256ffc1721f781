"""What merging promises: consent withdrawal wins, additions win, erasure wins, losers are kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from salon.reconcile import Change, Stamp, merge
from salon.records import Consent, Member
from tests.salon.reconcile.histories import RID, STORES, Replica, histories, merged


def two(kind):
    """Two stores that both know the record, made at the first one."""
    here, there = Replica(STORES[0], kind), Replica(STORES[1], kind)
    there.take(here.write({}, 1_000), 1_000)
    return here, there


def exchange(*replicas):
    for one in replicas:
        for other in replicas:
            for change in list(other.written):
                one.take(change)


@given(grant_ms=st.integers(0, 10**6), withdraw_ms=st.integers(0, 10**6))
def test_withdrawing_a_consent_wins_over_a_grant_that_did_not_know_of_it(grant_ms, withdraw_ms):
    here, there = two("consent")
    there.write({"granted": False}, withdraw_ms)
    here.write({"granted": False}, grant_ms)
    here.write({"granted": True}, grant_ms)  # knows of its own withdrawal, not of the other store's
    exchange(here, there)
    assert here.state["v"]["granted"] is False
    assert here.state == there.state


def test_a_grant_that_knows_of_the_withdrawal_stands():
    here, there = two("consent")
    there.write({"granted": False}, 2_000)
    exchange(here, there)
    here.write({"granted": True}, 3_000)
    exchange(here, there)
    assert here.state["v"]["granted"] is True
    assert there.state["v"]["granted"] is True


@given(data=st.data())
def test_a_consent_is_never_granted_while_a_withdrawal_is_unseen(data):
    changes, _ = data.draw(histories("consent"))
    state = merged("consent", changes)
    dots = state["s"].get("granted", {})
    unseen = set(dots.get("withdrawn", {"+": []})["+"]) - set(dots.get("withdrawn", {"-": []})["-"])
    assert state["v"]["granted"] is False or not unseen


def test_an_allergen_added_while_another_store_removed_it_stays():
    """SAF-04: whoever removes an element removes only the additions that were seen."""
    here, there = two("member")
    here.write({"allergens": ["latex"]}, 2_000)
    exchange(here, there)
    here.write({"allergens": []}, 3_000)
    there.write({"allergens": []}, 3_000)
    there.write({"allergens": ["latex"]}, 3_001)
    exchange(here, there)
    assert here.state["v"]["allergens"] == ["latex"]
    assert here.state == there.state


def test_an_element_removed_knowingly_is_gone_everywhere():
    here, there = two("member")
    there.write({"tags": ["vip", "new"]}, 2_000)
    exchange(here, there)
    here.write({"tags": ["vip"]}, 3_000)
    exchange(here, there)
    assert there.state["v"]["tags"] == ["vip"]


@given(data=st.data())
def test_erasure_wins_whatever_comes_before_or_after_and_leaves_no_data(data):
    """SEC-07: no order of delivery brings an erased record back."""
    changes, replicas = data.draw(histories("member"))
    erase = data.draw(st.sampled_from(replicas)).write({}, 5_000, erase=True)
    state = merged("member", data.draw(st.permutations([*changes, erase])))
    assert state == {"v": {}, "t": {}, "s": {}, "x": str(erase.stamp)}


def test_the_loser_of_two_edits_that_did_not_know_of_each_other_is_kept():
    here, there = two("member")
    first = here.write({"phone": "13800000001"}, 2_000)
    second = there.write({"phone": "13900000002"}, 3_000)
    outcome = merge(Member, here.state, second)
    assert outcome.state["v"]["phone"] == "13900000002"
    assert [(lost.field, lost.value, lost.stamp, lost.winner) for lost in outcome.losers] == [
        ("phone", "13800000001", str(first.stamp), str(second.stamp))
    ]


def test_the_loser_is_the_same_whichever_comes_first():
    here, there = two("member")
    before = here.state
    earlier = here.write({"phone": "13800000001"}, 2_000)
    later = there.write({"phone": "13900000002"}, 3_000)
    for first, second in ((earlier, later), (later, earlier)):
        outcome = merge(Member, merge(Member, before, first).state, second)
        assert [(lost.value, lost.stamp) for lost in outcome.losers] == [("13800000001", str(earlier.stamp))]


def test_ones_own_earlier_word_is_no_loser_though_hq_gave_it_another_stamp():
    first = Change(STORES[0], 1, "member", RID, {"phone": "13800000001"}, Stamp(2_000, 0, "s001.aa"))
    base = {"phone": "000000000001" + "0000-s001.aa"}
    second = Change(STORES[0], 2, "member", RID, {"phone": "13900000002"}, Stamp(3_000, 0, "s001.aa"), base)
    assert merge(Member, merge(Member, None, first).state, second).losers == []


def test_a_grant_that_a_withdrawal_beat_is_a_loser_and_one_made_before_it_is_none():
    grant = Change(STORES[0], 1, "consent", RID, {"granted": {"grant": []}}, Stamp(3_000, 0, "s001.aa"))
    for ms, lost in ((2_000, True), (4_000, False)):
        no = Change(STORES[1], 1, "consent", RID, {"granted": {"withdraw": True}}, Stamp(ms, 0, "s002.bb"))
        outcome = merge(Consent, merge(Consent, None, grant).state, no)
        assert outcome.state["v"]["granted"] is False
        assert [(one.stamp, one.winner) for one in outcome.losers] == [
            (str(grant.stamp), str(no.stamp))
        ] * lost
        assert merge(Consent, outcome.state, no).losers == []
    unseen = merge(Consent, merge(Consent, None, no).state, grant)
    assert [(one.field, one.value) for one in unseen.losers] == [("granted", True)]
    seen = Change(
        STORES[0], 1, "consent", RID, {"granted": {"grant": [str(no.stamp)]}}, Stamp(5_000, 0, "s001.aa")
    )
    assert merge(Consent, merge(Consent, None, no).state, seen).losers == []


def test_an_edit_that_knew_the_value_it_replaced_makes_no_loser():
    here, there = two("member")
    here.write({"phone": "13800000001"}, 2_000)
    exchange(here, there)
    assert merge(Member, here.state, there.write({"phone": "13900000002"}, 3_000)).losers == []


def test_what_is_set_once_keeps_its_first_value():
    early = Change(STORES[0], 1, "consent", RID, {"purpose": "photos"}, Stamp(1_000, 0, "s001.aa"))
    late = Change(STORES[1], 1, "consent", RID, {"purpose": "marketing"}, Stamp(2_000, 0, "s002.bb"))
    assert merge(Consent, merge(Consent, None, late).state, early).state["v"]["purpose"] == "photos"


def test_a_field_of_a_later_schema_is_carried():
    later = Change(
        STORES[0], 1, "member", RID, {"surname": "王", "aura": {"colour": "blue"}}, Stamp(1, 0, "s001.aa")
    )
    assert merge(Member, None, later).state["v"]["aura"] == {"colour": "blue"}
