"""While the store's clock is behind what was already written, what goes by a date waits; sales go on (sync.md 2.2)."""

from __future__ import annotations

import pytest
from tinydb import where

from edge.kiosk.services import (
    accounts,
    checkin,
    checkout,
    complaining,
    quoting,
    redeeming,
    returning,
    standing,
)
from edge.kiosk.services.clocklock import ClockWrong
from edge.kiosk.services.paying import BadPayment
from edge.kiosk.services.quoting import Wishes
from edge.store import clock, now
from salon import policies, records
from salon.rules.times import later

POLICY = policies.active([], "s001").policy
KEY = "c" * 16
SAID = "the clock of this store is not right yet"


class Behind(clock.Source):
    ms = 0

    def wall_ms(self):
        return super().wall_ms() - self.ms


@pytest.fixture
def behind(monkeypatch):
    """Sets the wall clock back by some minutes, after what the store has written by then; 0: it is right again."""
    source = Behind()
    monkeypatch.setattr(clock, "source", source)

    def by(minutes):
        source.ms = minutes * 60_000

    return by


@pytest.fixture
def voucher(store):
    return accounts.give_voucher(store, "e-shen", POLICY, "m-wang", 50_00, "her patience", key="v" * 16)


@pytest.fixture
def ambassador(monkeypatch):
    """Ms Wang has been one since last month."""
    real = standing.of

    def of(store, policy, member):
        found = real(store, policy, member)
        return standing.Standing(
            found.history, found.tier, found.rights, found.brought, later(now(), days=-30)
        )

    monkeypatch.setattr(quoting.standing, "of", of)
    return POLICY.model_copy(
        update={"ambassador": POLICY.ambassador.model_copy(update={"reward": "ambassador", "discount": 0.1})}
    )


def test_five_minutes_are_no_reason(store, due, voucher, behind):
    behind(4)
    assert not store.clock_suspect()
    assert redeeming.worth(store, due, voucher.rid, 39_800)[1] == 5_000


def test_a_voucher_waits_and_the_visit_is_paid_without_it(store, due, voucher, behind):
    behind(60)
    (choice,) = redeeming.choices(store, due, 39_800)
    assert (choice.state.usable, choice.state.code) == (False, "clock")
    assert SAID in choice.state.said.en
    with pytest.raises(BadPayment) as refused:
        checkout.settle(
            store, "e-xu", POLICY, due.rid, {"cash": 34_800}, Wishes(voucher=voucher.rid), key=KEY
        )
    assert SAID in refused.value.fields["voucher"].en
    done = checkout.settle(store, "e-xu", POLICY, due.rid, {"cash": 39_800}, key=KEY)
    assert (done.visit.state, done.visit.paid_fen) == ("closed", 39_800)


def test_it_is_used_as_soon_as_the_clock_is_right(store, due, voucher, behind):
    behind(60)
    with pytest.raises(redeeming.CannotRedeem, match=SAID):
        redeeming.worth(store, due, voucher.rid, 39_800)
    behind(0)
    done = checkout.settle(
        store, "e-xu", POLICY, due.rid, {"cash": 34_800}, Wishes(voucher=voucher.rid), key=KEY
    )
    assert done.visit.paid_fen == 34_800


def test_a_voucher_that_is_over_by_a_clock_that_is_behind_is_over(store, due, voucher, behind):
    store.add(
        voucher.model_copy(update={"rid": "vo-old", "valid_from": "2026-01-01", "valid_until": "2026-01-31"})
    )
    behind(60)
    with pytest.raises(redeeming.CannotRedeem, match="Expired"):
        redeeming.worth(store, due, "vo-old", 39_800)


def test_a_gift_is_not_handed_over_for_one(store, voucher, behind):
    gift = voucher.model_copy(update={"rid": "vo-gift", "value_fen": 0})
    store.add(gift)
    behind(60)
    with pytest.raises(redeeming.CannotRedeem, match=SAID):
        redeeming.hand_over(store, "e-xu", "m-wang", "vo-gift")
    behind(0)
    redeeming.hand_over(store, "e-xu", "m-wang", "vo-gift")


def test_benefits_wait_and_are_not_offered(store, due, behind):
    member = store.members.load("m-wang")
    item = next(one for one in POLICY.benefits.items if one.takes_off)
    behind(60)
    assert quoting.benefits(store, POLICY, due) == []
    with pytest.raises(redeeming.CannotRedeem, match=SAID):
        quoting.quote(store, POLICY, due, Wishes(benefit=item.key))
    with pytest.raises(BadPayment) as refused:
        accounts.use_benefit(store, "e-xu", POLICY, member, item.key, key=KEY)
    assert SAID in refused.value.fields["benefit"].en
    assert store.benefit_uses.select() == []


def test_a_discount_that_ends_on_a_day_waits_and_the_list_price_is_asked(store, due, ambassador, behind):
    assert quoting.quote(store, ambassador, due, Wishes()).total_fen == 35_820
    behind(60)
    assert quoting.quote(store, ambassador, due, Wishes()).total_fen == 39_800
    behind(0)
    assert quoting.quote(store, ambassador, due, Wishes()).total_fen == 35_820


def test_nothing_is_given_that_would_begin_on_a_wrong_day(store, behind):
    with store.acting("e-xu"):
        store.add(
            records.Complaint(
                rid="c-1", member="m-wang", store="s001", topic="service", story="too cold", opened_at=now()
            )
        )  # fmt: skip
    behind(60)
    with pytest.raises(BadPayment) as refused:
        accounts.give_voucher(store, "e-shen", POLICY, "m-wang", 50_00, "her patience", key="v" * 16)
    assert SAID in refused.value.fields["gift"].en
    with pytest.raises(BadPayment) as refused:
        accounts.reward(store, "e-xu", POLICY, "m-wang", "share", "a post", key=KEY)
    assert SAID in refused.value.fields["reward"].en
    with pytest.raises(ClockWrong, match=SAID):
        complaining.compensate(store, "e-shen", POLICY, "c-1")
    with pytest.raises(ClockWrong, match=SAID):
        returning.welcome_back(store, "e-shen", POLICY, "m-wang")
    assert store.vouchers.select() == []
    assert store.interactions.select() == []


def test_a_call_is_kept_and_its_voucher_is_told_to_the_manager(store, behind):
    behind(60)
    assert returning.called(store, "e-shen", POLICY, "m-wang", "price", "too dear") is None
    assert len(store.interactions.select()) == 1
    (alert,) = store.alerts.select(where("key") == "clock.owed")
    assert (alert.member, alert.role, alert.state) == ("m-wang", "manager", "open")


def test_what_a_checkout_brings_by_date_is_told_to_the_manager_once(store, behind):
    """LOY-10, LOY-17: points are posted at once, vouchers would count from a wrong day."""
    store.members.edit("m-li", referred_by="m-wang")
    rule = POLICY.member_day.model_copy(update={"day": 1, "spend_yuan": 100})
    brings = POLICY.referral.model_copy(update={"voucher_yuan_each": 50})
    policy = POLICY.model_copy(update={"member_day": rule, "referral": brings})
    visit = checkin.arrive(store, "kiosk", "m-li", "phone", 9000)
    with store.acting("e-mei"):
        store.visits.edit(
            visit.rid, state="aftercare", services=["svc-calm"], therapist="e-mei", aftercare_at=now()
        )
    behind(60)
    for _ in range(2):
        done = checkout.settle(store, "e-xu", policy, visit.rid, {"cash": 39_800}, key=KEY)
    assert done.visit.state == "closed"
    assert store.vouchers.select() == []
    reasons = {entry.reason for entry in store.ledger.select(where("unit") == "points")}
    assert reasons == {"earn", "referral"}
    owed = {alert.member: alert.en_text for alert in store.alerts.select(where("key") == "clock.owed")}
    assert set(owed) == {"m-wang", "m-li"}
    assert "Referral voucher" in owed["m-wang"]
    assert "members' day" in owed["m-li"]
    assert "members' day" not in owed["m-wang"]


def test_check_in_goes_on(store, behind):
    behind(60)
    assert checkin.arrive(store, "kiosk", "m-wang", "phone", 9000).state == "arrived"


def test_each_page_of_staff_says_so_in_both_languages_until_it_is_right(desk, due, voucher, behind):
    for path in ("/desk/", f"/desk/visit/{due.rid}"):
        assert SAID not in desk.get(path).text
    behind(60)
    for path in ("/desk/", f"/desk/visit/{due.rid}"):
        assert "The clock of this store is not right yet" in desk.get(path).text
    assert f"until a day, and {SAID}" in desk.get(f"/desk/visit/{due.rid}").text
    desk.set_cookie("lang", "zh")
    assert "本店时钟还不准" in desk.get("/desk/").text
    behind(0)
    assert "本店时钟还不准" not in desk.get("/desk/").text


def test_the_pages_refuse_in_words(desk, behind):
    behind(60)
    said = desk.post("/desk/people/m-wang/reward", data={"key": KEY, "what": "share", "words": "a post"})
    assert (said.status_code, said.text.count(f"by the month, and {SAID}")) == (422, 1)
