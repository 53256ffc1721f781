"""The customer file and what flows into it (PRF): each requirement is a declared field with label, merge rule and privacy class."""

from __future__ import annotations

import pytest

from salon.records import Appointment, Interaction, Member, Merge, Privacy, ProductUse, Visit, kinds
from salon.rules.history import History


def test_one_file_has_name_contact_and_birthday_prf_01_prf_02():
    wanted = {"surname", "given_name", "gender", "birthday", "phone", "email", "occupation", "hobbies"}
    assert wanted <= set(Member.fields())
    for name in ("surname", "phone", "email", "birthday"):
        assert Member.about(name).privacy is Privacy.CONTACT


def test_consumption_flows_from_visits_prf_04():
    for name in ("arrived_at", "services", "paid_fen", "payment"):
        assert Visit.about(name)
    visits = [
        Visit(rid=f"v-{n:03}", member="m-001", store="s001", state="closed", arrived_at=f"2026-1{n}-01T00:00:00Z", paid_fen=n * 10_000)
        for n in (0, 1, 2)
    ]  # fmt: skip
    history = History.of(Member(rid="m-001", surname="王"), visits, [])
    assert (history.spent_fen(), history.ticket_yuan, len(history.visits)) == (30_000, 100, 3)


def test_questions_that_did_not_sell_are_kept_prf_05():
    asked = Interaction(
        rid="i-001", member="m-001", type="question", at="2026-11-22T00:00:00Z", topic="激光", text="太贵"
    )
    assert Interaction.parse(asked.document()) == asked
    assert Interaction.fact


def test_service_history_has_content_staff_products_reaction_and_hint_prf_13():
    assert {"services", "therapist", "result", "next_hint"} <= set(Visit.fields())
    assert {"product", "batch", "by", "conflicts"} <= set(ProductUse.fields())


def test_one_calendar_for_web_phone_and_desk_that_asks_for_needs_apt_01_apt_03():
    for channel in ("desk", "phone", "web", "kiosk"):
        made = Appointment(
            rid="a-001",
            member="m-001",
            store="s001",
            services=[],
            starts_at="",
            ends_at="",
            channel=channel,
            needs="怕痛",
        )
        assert made.needs == "怕痛"
    with pytest.raises(ValueError, match="channel"):
        Appointment(
            rid="a-001", member="m-001", store="s001", services=[], starts_at="", ends_at="", channel="fax"
        )


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_field_of_every_kind_has_both_labels(kind):
    cls = kinds()[kind]
    assert cls.zh
    assert cls.en
    for name, about in cls.fields().items():
        assert about.zh, name
        assert about.en, name
        if cls.fact:
            assert about.merge is Merge.FIRST, name


def test_a_message_names_its_address_as_contact_only():
    message = kinds()["message"]
    assert {n for n, a in message.fields().items() if a.privacy is Privacy.CONTACT} == {
        "to",
        "subject",
        "text",
    }


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_a_kind_names_each_of_its_indexes_once(kind):
    """Two names for one index would be a second copy on the card, written at each write."""
    indexes = kinds()[kind].indexes
    assert len(indexes) == len(set(indexes))
