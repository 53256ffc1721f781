"""Signs of churn, rhythm, remedies (CHN)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from salon import policies
from salon.records import Appointment, Survey
from salon.rules import churn, dormancy, rhythm, winback
from salon.rules.times import instant, text


def rated(now, *ratings):
    return [
        Survey(
            rid=f"s-{n}", member="m-wang-li", visit=f"v-{n}", satisfaction=rating, at=text(instant(now) - timedelta(days=50 - n))
        )
        for n, rating in enumerate(ratings)
    ]  # fmt: skip


def missed(now, count, status="cancelled"):
    at = instant(now)
    return [
        Appointment(
            rid=f"a-{n:03}", member="m-wang-li", store="s001", services=[], status=status,
            starts_at=text(at - timedelta(days=n + 1)), ends_at=text(at - timedelta(days=n + 1, hours=-1)),
        )
        for n in range(count)
    ]  # fmt: skip


def signals(found):
    return {signal.key: signal.holds for signal in found.signals}


def test_dormant_by_cycle_else_by_days_chn_01(history, came, policy, now):
    assert not dormancy.by_policy(history(came(56)), policy, now).holds  # 2 x 28 days
    assert dormancy.by_policy(history(came(57)), policy, now).holds
    scalp = history(came(89, what="svc-scalp"))
    assert not dormancy.by_policy(scalp, policy, now).holds
    assert dormancy.by_policy(history(came(91, what="svc-scalp")), policy, now).holds


@pytest.mark.parametrize(("variant", "limit"), [("thirty_days", 30), ("ninety_days", 90)])
def test_dormant_by_the_documents_days_chn_01(history, came, now, variant, limit):
    policy = policies.load(f'[dormant_after]\nvariant = "{variant}"')
    assert not dormancy.by_policy(history(came(limit)), policy, now).holds
    found = dormancy.by_policy(history(came(limit + 1)), policy, now)
    assert found.holds
    assert found.explain.figures["limit_days"] == limit


def test_her_own_rhythm_is_the_median_interval_from_the_third_visit_chn_01(history, came, policy, now):
    assert rhythm.of(history(came(10), came(20)), policy, now) == []
    (own,) = rhythm.of(history(came(10), came(20), came(30), came(100)), policy, now)
    assert (own.every_days, own.days_since, own.late) == (10, 10, False)  # the long gap of 70 does not count
    (late,) = rhythm.of(history(came(16), came(26), came(36)), policy, now)
    assert late.late


def test_rhythm_is_kept_apart_per_kind_of_service_chn_01(history, came, policy, now):
    visits = [came(n, what="svc-nails") for n in (10, 24, 38)] + [came(n) for n in (60, 90, 120)]
    found = {r.category: r for r in rhythm.of(history(*visits), policy, now)}
    assert (found["nails"].every_days, found["nails"].late) == (14, False)
    assert (found["skin"].every_days, found["skin"].late) == (30, True)
    assert not dormancy.by_rhythm(history(*visits), policy, now).holds  # she still comes for her nails


def test_rhythm_and_policy_stand_side_by_side_chn_01(history, came, policy, now):
    weekly = churn.assess(history(came(20), came(27), came(34)), policy, now)
    assert signals(weekly)["rhythm"]
    assert not signals(weekly)["dormant"]
    slow = churn.assess(history(came(80), came(160), came(240)), policy, now)
    assert signals(slow)["dormant"]
    assert not signals(slow)["rhythm"]


def test_a_ticket_that_falls_twice_tells_the_consultant_chn_02(history, came, policy, now):
    found = churn.assess(history(came(60, 500), came(30, 400), came(3, 300)), policy, now)
    (signal,) = found.raised
    assert (signal.key, signal.id, signal.tells) == ("ticket", "CHN-02", "consultant")
    assert signal.explain.figures["tickets_yuan"] == [500, 400, 300]
    assert not churn.falling_ticket(history(came(60, 500), came(30, 400), came(3, 400)), policy).holds
    assert not churn.falling_ticket(history(came(30, 500), came(3, 400)), policy).holds


def test_two_ratings_running_below_80_chn_03(history, came, policy, now):
    def holds(*ratings):
        return churn.low_ratings(history(came(3), surveys=rated(now, *ratings)), policy).holds

    assert holds(95, 79, 60)
    assert not holds(79, 80)
    assert not holds(60, 60, 95)
    assert not holds(60)


def test_more_than_three_cancellations_chn_04(history, came, policy, now):
    assert not churn.cancellations(history(came(30), appointments=missed(now, 3)), policy, now).holds
    found = churn.cancellations(history(came(30), appointments=missed(now, 4, "no_show")), policy, now)
    assert found.holds
    assert found.explain.figures["since_last_visit"] == 4


def test_each_alert_comes_with_a_proposed_action_chn_05(history, came, policy, now):
    dormant = churn.assess(history(came(200)), policy, now)
    assert dormant.at_risk
    assert "100 元回归券" in dormant.action.zh
    unhappy = churn.assess(history(came(3), surveys=rated(now, 50, 50)), policy, now)
    assert "apologises" in unhappy.action.en
    calm = churn.assess(history(came(3)), policy, now)
    assert not calm.at_risk
    assert len(calm.signals) == 5


def test_a_trigger_that_the_house_switched_off_never_holds_chn_01(history, came, now):
    policy = policies.load("[churn_triggers]\ndormant = false")
    assert not signals(churn.assess(history(came(200)), policy, now))["dormant"]


def test_reasons_have_their_codes_chn_06():
    assert set(winback.REASONS) == {"service", "product", "price", "external"}


def test_each_reason_has_its_remedy_chn_07(policy):
    service = winback.remedy("service", policy)
    assert (service.voucher, service.free_treatments) == ("compensation", 1)
    assert "成本价" in winback.remedy("product", policy).said.zh
    price = winback.remedy("price", policy)
    assert (price.discount, price.free_treatments) == (0.2, 3)
    assert winback.remedy("external", policy).value_yuan == policy.win_back.voucher_yuan
    assert price.explain.policy == policy.version


def test_the_win_back_offer_is_the_houses_choice_chn_08(policy):
    assert winback.offer(policy).value_yuan == 100
    gift = winback.offer(policies.load('[win_back]\nvariant = "gift"'))
    assert (gift.said.zh, gift.value_yuan) == ("回归礼、新项目体验券", 0)


def test_without_ratings_the_sign_says_that_there_are_none_chn_03(history, came, policy, now):
    assert "none yet" in churn.low_ratings(history(came(3)), policy).explain.said.en
    said = churn.low_ratings(history(came(3), surveys=rated(now, 95, 79)), policy).explain.said
    assert "95, 79" in said.en
    assert "95、79" in said.zh
