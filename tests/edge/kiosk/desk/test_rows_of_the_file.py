"""Where a customer stands, as the desk reads it on her pages: stage, tier, signs, what is due; each by the rule that has its id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge.store import iso
from salon import records

ALL, CARD = "/desk/people/m-wang/all", "/desk/people/m-wang"


@pytest.fixture
def came(store):
    """Adds closed visits, so many days ago; and makes the calm service known for its uses and its cycle."""
    store.services.edit("svc-calm", uses=["soothing"], cycle_days=28)

    def add(*days_ago, paid=39800, **fields):
        for n, days in enumerate(days_ago):
            at = iso(datetime.now(UTC) - timedelta(days=days))
            amount = paid[n] if isinstance(paid, list) else paid
            store.visits.add(
                records.Visit(
                    rid=f"v-{days}", member="m-wang", store="s001", state="closed", services=["svc-calm"], arrived_at=at,
                    treatment_at=at, aftercare_at=at, closed_at=at, paid_fen=amount, payment="wechat", therapist="e-mei",
                    **fields,
                )
            )  # fmt: skip

    return add


def test_her_stage_says_what_to_do_and_by_which_figures(desk, came):
    """SEG-01, SEG-08: two visits of a medium ticket make potential (SEG-04)."""
    came(40, 10)
    page = desk.get(ALL).text
    assert "Potential" in page
    assert "Offer the quarterly package and a home pack" in page
    for rule in ("SEG-01", "SEG-03", "LOY-01"):
        assert rule in page, rule


def test_a_customer_of_high_value_is_named_so(desk, came):
    """SEG-05"""
    came(50, 20, 3, paid=90000)
    assert "High value" in desk.get(ALL).text


def test_recency_frequency_and_ticket_are_scored(desk, came):
    """SEG-03"""
    came(3)
    page = desk.get(ALL).text
    score = page.split("RFM ", 1)[1][:5]
    assert score[0] == "5"
    assert score[1] == "-"


def test_the_two_days_after_a_first_visit_are_a_window_of_trust(desk, came):
    """SEG-02"""
    came(0)
    assert "48 hours" in desk.get(ALL).text


def test_it_is_said_when_she_is_due_again(desk, came):
    """SEG-14"""
    came(20)
    page = desk.get(ALL).text
    assert "Due again" in page


def test_need_and_level_are_tags_by_rule_beside_those_by_hand(desk, store, came):
    """PRF-23, SEG-06"""
    came(20)
    store.members.edit("m-wang", skin_type="sensitive", tags=["喜欢安静"])
    page = desk.get(ALL).text
    assert "Soothing" in page.split("What she likes", 1)[1]
    assert "喜欢安静" in page


@pytest.mark.parametrize(
    ("paid", "tier", "id_"),
    [(60000, "Member", "LOY-02"), (210000, "Silver", "LOY-03"), (520000, "Gold", "LOY-04")],
)
def test_her_tier_and_its_benefits_stand_on_the_page(desk, store, came, paid, tier, id_):
    """LOY-01, LOY-02, LOY-03, LOY-04: cumulative 500, 2,000 and 5,000 yuan."""
    came(30, paid=paid)
    page = desk.get(ALL).text
    assert tier in page.split("</header>", 2)[1]
    assert page.count('<li class="row">') >= 1, id_


def test_a_black_card_and_benefits_by_spend_follow_from_the_policy(desk, store, came):
    """LOY-05, LOY-23: document 000's three cards, set by the house."""
    toml = '[tiers]\nvariant = "cards"\n'
    store.policy_texts.add(
        records.PolicyText(rid="pt-1", scope="s001", at="2026-01-01T00:00:00Z", toml=toml, version="x")
    )
    came(20, paid=2_500_000)
    page = desk.get(ALL).text
    assert "Black" in page
    assert "A plan each quarter" in page


def test_three_whom_she_brought_make_her_diamond(desk, store, came):
    """LOY-06, LOY-11"""
    came(20)
    for n in range(3):
        store.members.add(
            records.Member(rid=f"m-new-{n}", surname="新", referred_by="m-wang", home_store="s001")
        )
        at = iso(datetime.now(UTC) - timedelta(days=5))
        store.visits.add(
            records.Visit(
                rid=f"v-new-{n}",
                member=f"m-new-{n}",
                store="s001",
                state="closed",
                arrived_at=at,
                closed_at=at,
            )
        )
    assert "Diamond" in desk.get(ALL).text


def test_every_sign_of_churn_stands_beside_the_others(desk, store, came):
    """CHN-01, CHN-02, CHN-03, CHN-04: also those that do not hold."""
    came(60, 30, 5, paid=[49800, 39800, 9800])
    for n in range(2):
        store.surveys.add(
            records.Survey(
                rid=f"s-{n}",
                member="m-wang",
                visit=f"v-{(30, 5)[n]}",
                at=f"2026-11-0{n + 1}T02:00:00Z",
                satisfaction=60,
            )
        )
    signs = desk.get(ALL).text.split("Signs that she may be lost", 1)[1]
    assert "falling 2 times is a sign" in signs
    assert "2 running below 80 is a sign" in signs
    assert "more than 3 is a sign" in signs
    assert "Proposed" in signs


def test_one_file_has_what_she_bought_when_and_how_with_the_note_for_this_visit(desk, store, came):
    """PRF-01, PRF-02, PRF-04, PRF-12, PRF-13, PRF-20"""
    came(12, result="泛红减轻", next_hint="避开眼周")
    store.members.edit("m-wang", notes="怕冷，请备毯子", birthday="1990-05-01", email="wang@example.com")
    card, whole = desk.get(CARD).text, desk.get(ALL).text
    assert "怕冷，请备毯子" in card
    assert "避开眼周" in card
    assert "¥398.00" in whole
    assert "舒缓护理" in whole or "svc-calm" in whole


def test_a_past_visit_says_what_was_used_how_it_felt_and_what_to_mind(desk, store, came):
    """PRF-13, PRF-04, SVC-08: in her whole file, and on the page of that visit."""
    came(12, result="泛红减轻", next_hint="避开眼周")
    at = {"visit": "v-12", "member": "m-wang", "at": iso(datetime.now(UTC)), "by": "e-mei"}
    store.products.add(records.Product(rid="p-1", name="舒缓乳霜", name_en="Calm cream"))
    store.product_uses.add(records.ProductUse(rid="u-1", product="p-1", batch="B77", **at))
    store.product_uses.add(records.ProductUse(rid="u-2", product="p-1", batch="B78", outcome="stopped", **at))
    store.sop_ticks.add(records.SopTick(rid="t-1", service="svc-calm", step="clean", comfort="painful", **at))
    for path in (ALL, "/desk/visit/v-12"):
        page = desk.get(path).text
        for said in ("Calm cream", "B77", "Cleanse: painful", "泛红减轻", "避开眼周", "WeChat"):
            assert said in page, (path, said)
        assert "B78" not in page, path


def test_every_field_that_is_filled_in_stands_on_the_whole_file_in_words(desk, store):
    """SEG-07, PRF-06, PRF-07, PRF-08, PRF-10"""
    store.members.edit(
        "m-wang", gender="female", birthday="1990-05-01", email="wang@example.com", nail_shape="square_oval",
        polish_brand="OPI", colours_liked=["wine"], skin_type="oily", skin_source="instrument", hair_type="oily",
        pressure="firm", odour_sensitive=True, warmth="warm", time_of_day="晚上",
    )  # fmt: skip
    page = desk.get(ALL).text
    for said in (
        "Female", "wang@example.com", "Square oval", "OPI", "Wine", "Instrument", "Firm", "Warmer", "晚上", "1 May 1990",
    ):  # fmt: skip
        assert f"<dd>{said}" in page, said
    assert "square_oval" not in page


def test_a_correction_of_the_file_is_traced_on_it(desk, store):
    """PRF-21: which field, by whom; not what it was, which the log keeps."""
    desk.post(
        "/desk/people/m-wang/file", data={"surname": "王", "given_name": "丽", "email": "wang@example.com"}
    )
    traced = desk.get(ALL).text.split("Who wrote what", 1)[1].split("</details>", 1)[0]
    assert "E-mail" in traced
    assert "Xu" in traced
    assert "wang@example.com" not in traced


def test_what_a_file_must_have_is_the_houses_choice(desk, store):
    """PRF-03, PRF-17: the longer list of document 004."""
    from salon import policies

    other = list(policies.variants("intake_required"))[1]
    toml = f'[intake_required]\nvariant = "{other}"\n'
    assert "Occupation is missing" not in _doubts(store, policies.default())
    assert "Occupation is missing" in _doubts(store, policies.load(toml))
    store.policy_texts.add(
        records.PolicyText(rid="pt-1", scope="s001", at="2026-01-01T00:00:00Z", toml=toml, version="x")
    )
    assert desk.get("/desk/people/m-wang/file").status_code == 200


def _doubts(store, policy):
    from salon.rules import doubts

    found = doubts.worklist(
        [store.members.load("m-wang")], {"m-wang"}, policy, iso(datetime.now(UTC)), "Asia/Shanghai"
    )
    return {doubt.explain.said.en for doubt in found}


def test_earlier_treatments_and_what_matters_to_the_skin_are_in_sight(desk, store):
    """PRF-09: from the questionnaire, and as noted."""
    store.screenings.add(
        records.Screening(
            rid="q-2", member="m-wang", taken_at=iso(datetime.now(UTC)), form="skin-1", allergens=["alcohol"], sensitivity="none",
            conditions=["recent_procedure", "medication"],
        )
    )  # fmt: skip
    store.members.edit("m-wang", medical_notes="去年做过光子嫩肤")
    page = desk.get(ALL).text
    assert "去年做过光子嫩肤" in page
    from salon.rules.screening import CONDITIONS

    for key in ("recent_procedure", "medication"):
        assert CONDITIONS[key].en in page
