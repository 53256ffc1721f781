"""The staff card on arrival (PRF-20) and the completeness of a file (PRF-17)."""

from __future__ import annotations

import pytest

from salon import policies
from salon.records import Complaint, Consent, LedgerEntry
from salon.rules import completeness, staffcard
from salon.rules.times import later


@pytest.fixture
def ask(member, service, therapist, now):
    def card(visits, ledger=(), complaints=(), consents=(), lang="zh"):
        return staffcard.card(member, visits, [service], [therapist], ledger, complaints, consents, now, lang)

    return card


def test_the_card_has_frequency_last_service_and_hint_prf_20(ask, last_visit):
    earlier = last_visit.model_copy(update={"rid": "v-2", "arrived_at": "2026-09-25T06:00:00Z"})
    long_ago = last_visit.model_copy(update={"rid": "v-3", "arrived_at": "2025-09-25T06:00:00Z"})
    other = last_visit.model_copy(update={"rid": "v-4", "member": "m-other"})
    card = ask([last_visit, earlier, long_ago, other])
    assert card.visits_half_year == 2
    assert card.every_days == 30
    assert card.last == staffcard.LastService(
        day="2026-10-25", days_ago=27, services="舒缓护理", therapist="陈静", hint="脸颊减轻力度"
    )


def test_the_card_has_the_styles_and_colours_she_likes_prf_20_prf_06(ask, member, last_visit):
    member.nail_style, member.colours_liked, member.tags = "法式", ["wine", "豆沙"], ["怕痛", "法式"]
    assert ask([last_visit]).styles == ("法式", "酒红", "豆沙", "怕痛")


def test_the_card_warns_of_allergens_and_open_issues_prf_20(ask, now):
    def complaint(rid, state):
        return Complaint(
            rid=rid, member="m-wang-li", opened_at=now, topic="effect", story=f"故事{rid}", state=state
        )

    card = ask([], complaints=[complaint("c-1", "open"), complaint("c-2", "solved")])
    assert card.allergens == ("酒精",)
    assert card.open_issues == ("故事c-1",)
    assert card.styles == ("怕痛", "裸色")
    assert card.last is None
    assert card.every_days is None


def test_the_card_speaks_the_language_of_the_staff(ask, last_visit):
    card = ask([last_visit], lang="en")
    assert card.address == "Ms Wang"
    assert card.allergens == ("Alcohol",)
    assert "Drink: Jasmine tea" in card.preferences
    assert card.last is not None
    assert card.last.therapist == "Jing"


def test_the_card_has_the_balances_and_the_consents_of_this_customer_only(ask, now):
    def entry(rid, member, unit, amount):
        return LedgerEntry(
            rid=rid, member=member, unit=unit, amount=amount, reason="earn", at=now, store="s001"
        )

    def consent(purpose, granted, member="m-wang-li"):
        return Consent(
            rid=f"k-{purpose}",
            member=member,
            purpose=purpose,
            granted=granted,
            decided_at=now,
            text_version="1",
            channel="kiosk",
        )

    card = ask(
        [],
        ledger=[entry("l-1", "m-wang-li", "points", 320), entry("l-2", "m-other", "points", 9)],
        consents=[consent("photos", True), consent("marketing", False), consent("marketing", True, "m-x")],
    )
    assert card.points == 320
    assert card.may_photograph
    assert not card.may_market


def test_completeness_counts_what_the_policy_requires_prf_17(member, policy):
    assert completeness.score(member, policy).share == 1
    member.phone = ""
    scored = completeness.score(member, policy)
    assert scored.share == 0.75
    assert scored.missing == ("phone",)
    assert "手机号" in scored.explain.said.zh


def test_no_allergens_is_an_answer_once_the_questionnaire_was_filled_in_prf_17(member, policy):
    member.allergens = []
    assert completeness.score(member, policy).missing == ("allergens",)
    assert completeness.score(member, policy, screened=True).missing == ()


def test_a_house_may_require_the_longer_list_prf_03(member):
    policy = policies.load('[intake_required]\nvariant = "long"')
    assert completeness.score(member, policy).missing == ("birthday", "occupation")


def test_a_visit_half_a_year_ago_to_the_day_still_counts_prf_20(ask, last_visit, now):
    def ago(days, rid):
        return last_visit.model_copy(update={"rid": rid, "arrived_at": later(now, days=-days)})

    assert (
        ask(
            [ago(0, "v-0"), ago(staffcard.HALF_YEAR, "v-1"), ago(staffcard.HALF_YEAR + 1, "v-2")]
        ).visits_half_year
        == 2
    )
