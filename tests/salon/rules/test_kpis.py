"""The store's figures (KPI), each with the people behind it."""

from __future__ import annotations

import pytest

from salon.records import BenefitUse, SopTick, Survey, Voucher
from salon.rules import kpis
from salon.rules.editions import Editions
from salon.rules.history import gather
from salon.rules.times import later


def people(figure):
    return {person.member for person in figure.people}


def test_repurchase_keeps_new_and_regulars_apart_kpi_01(came, policy, now):
    visits = []
    for n in range(10):  # first visit 120 days ago; six came again within the quarter
        visits.append(came(120, member=f"m-new-{n}"))
        if n < 6:
            visits.append(came(60, member=f"m-new-{n}"))
    for n in range(10):  # regulars: two earlier visits; three came again
        visits += [came(300, member=f"m-reg-{n}"), came(130, member=f"m-reg-{n}")]
        if n < 3:
            visits.append(came(50, member=f"m-reg-{n}"))
    found = kpis.repurchase(visits, policy, now)
    assert (found["new"].value, found["new"].n, found["new"].met) == (0.6, 10, True)
    assert (found["regular"].value, found["regular"].met) == (0.3, False)
    assert found["all"].value == 0.45
    assert people(found["new"]) == {f"m-new-{n}" for n in range(6, 10)}


def test_a_first_visit_of_last_week_has_not_had_its_quarter_kpi_01(came, policy, now):
    assert kpis.repurchase([came(7)], policy, now)["all"].n == 0


def test_small_numbers_say_so_instead_of_a_percentage_kpi_13(came, policy, now):
    figure = kpis.repurchase([came(120), came(60)], policy, now)["new"]
    assert figure.value == 1.0
    assert not figure.enough
    assert figure.met is None
    assert figure.text("en") == "Too few to say"
    assert figure.text("zh") == "人数太少，暂不显示"
    assert "fewer than 10" in figure.explain.said.en
    assert kpis.ticket([], policy, now).text("en") == "Too few to say"


def test_average_ticket_against_the_quarter_before_kpi_02(came, policy, now):
    visits = [came(100, 100, member=f"m-{n:03}") for n in range(10)]
    visits += [came(10, 130, member=f"m-{n:03}") for n in range(10)]
    visits.append(came(5, 0, member="m-made-good", original="v-x-1"))
    figure = kpis.ticket(visits, policy, now)
    assert (figure.value, figure.target, figure.met, figure.n) == (130, 120, True, 10)
    assert figure.text("zh") == "¥130"


def test_satisfaction_lists_those_who_were_not_content_kpi_04(policy, now):
    answers = [
        Survey(rid=f"s-{n:02}", member=f"m-{n:02}", visit="v-001", at="2026-11-01T00:00:00Z", satisfaction=80 + n)
        for n in range(20)
    ]  # fmt: skip
    figure = kpis.satisfaction(answers, policy, now)
    assert figure.value == 0.5
    assert people(figure) == {f"m-{n:02}" for n in range(10)}


def test_sop_counts_steps_done_and_those_a_sensor_proved_kpi_05_cmp_15(came, services, policy, now):
    visits = [came(n, member=f"m-{n:03}") for n in range(1, 11)]

    def tick(visit, step, **fields):
        return SopTick(
            rid=f"t-{visit.rid}-{step}", visit=visit.rid, member=visit.member, service="svc-soothe", step=step,
            at=visit.treatment_at, by="e-chen", **fields,
        )  # fmt: skip

    ticks = [tick(v, step) for v in visits for step in ("disinfect", "cleanse")]
    ticks += [tick(v, "mask", source="sensor") for v in visits[:7]]
    undone = tick(visits[0], "mask").model_copy(update={"rid": "t-undone", "undone": True, "at": now})
    figure = kpis.sop(visits, [*ticks, undone], Editions(services), policy, now)
    assert figure.value == pytest.approx(26 / 30)
    assert figure.explain.said.en == "26 of 30 steps in 10 visits, 6 of them proved by a sensor"
    assert len(figure.people) == 4


def test_a_step_that_was_written_later_is_missing_from_no_earlier_visit_kpi_05(came, services, policy, now):
    before = services[0].model_copy(update={"steps": services[0].steps[:1]})
    asked = Editions([services[0]], {services[0].rid: [(later(now, days=-5), before)]})
    for days_ago, owed in ((9, "1 步"), (2, "3 步")):
        figure = kpis.sop([came(days_ago)], [], asked, policy, now)
        assert f"应做 {owed}" in figure.explain.said.zh


def test_an_express_visit_owes_its_core_only_apt_12(came, services, policy, now):
    core = services[0].model_copy(
        update={"steps": [s.model_copy(update={"core": s.key != "mask"}) for s in services[0].steps]}
    )
    visit = came(2, express=True)
    figure = kpis.sop([visit], [], Editions([core]), policy, now)
    assert "2 步" in figure.explain.said.zh


def test_win_back_counts_returns_after_dormancy_kpi_06(came, policy, now):
    visits = [came(200, member=f"m-{n:03}") for n in range(10)]
    visits += [came(20, member=f"m-{n:03}") for n in range(3)]
    figure = kpis.win_back(visits, policy, now)
    assert (figure.value, figure.n, figure.met) == (0.3, 10, True)
    assert people(figure) == {"m-000", "m-001", "m-002"}


def test_penetration_per_treatment_kpi_07(came, services, policy, now):
    visits = [came(5, member=f"m-{n:03}") for n in range(8)]
    visits += [came(4, what="svc-nails", member=f"m-{n:03}") for n in range(6, 10)]
    found = kpis.penetration(visits, services, policy, now)
    assert (found["svc-soothe"].value, found["svc-nails"].value) == (0.8, 0.4)
    assert found["svc-scalp"].value == 0


def test_use_of_benefits_kpi_07_loy_22(policy, now):
    vouchers = [
        Voucher(rid=f"vo-{n:02}", member=f"m-{n:02}", store="s001", type="birthday", value_fen=5000,
                issued_at="2026-08-01T00:00:00Z", valid_from="2026-08-01", valid_until="2026-10-01")
        for n in range(10)
    ]  # fmt: skip
    use = BenefitUse(rid="b-001", member="m-01", store="s001", benefit="events", at="2026-11-01T00:00:00Z")
    figure = kpis.benefit_use(vouchers, {"vo-00", "vo-01"}, [use], policy, now)
    assert figure.value == 0.2
    assert len(figure.people) == 8


def test_rankings_and_dormant_list_kpi_08(member, came, services, policy, now):
    visits = [came(5), came(15), came(6, what="svc-nails", member="m-zhou")]
    assert [f.people[0].member for f in kpis.ranking(visits, policy, now)] == ["m-wang-li", "m-zhou"]
    assert [(s, f.n) for s, f in kpis.popular(visits, policy, now)] == [("svc-soothe", 2), ("svc-nails", 1)]
    figure = kpis.dormant(gather([member], [came(200)], services), policy, now)
    assert (figure.value, people(figure)) == (1, {"m-wang-li"})
    assert figure.text("en") == "1"  # a count is true however small


def test_heat_line_and_pie_are_on_the_stores_own_clock_kpi_10(came, now):
    visits = [came(0), came(1), came(1, member="m-b")]  # Sunday 13 h, Saturday 13 h in Shanghai
    cells = kpis.heat(visits, "Asia/Shanghai", now)
    assert (cells[6][13], cells[5][13], sum(map(sum, cells))) == (1, 2, 3)
    assert kpis.by_day(visits, "Asia/Shanghai", now, days=2) == [("2026-11-21", 2), ("2026-11-22", 1)]
    assert kpis.parts(visits, lambda v: v.payment, now) == [("wechat", 3)]


def test_time_to_identify_is_a_median_with_the_slowest_named_first_kpi_17_svc_02(came, policy, now):
    visits = [came(n, member=f"m-{n:02}", identify_ms=9000) for n in range(1, 11)]
    visits.append(came(11, member="m-slow", identify_ms=95_000))
    figure = kpis.identify(visits, policy, now)
    assert (figure.value, figure.target, figure.met) == (9, 30, True)
    assert (figure.people[0].member, len(figure.people)) == ("m-slow", 11)
    assert "1 over 30 s" in figure.explain.said.en
    assert figure.text("en") == "9.0 s"


def test_waiting_time_kpi_17(came, policy, now):
    visits = [came(n, member=f"m-{n:02}") for n in range(1, 12)]
    figure = kpis.waiting(visits, policy, now)
    assert (figure.value, len(figure.people), figure.met) == (8, 11, True)
    assert "0 over 10 min" in figure.explain.said.en


@pytest.mark.parametrize(("ago", "counts"), [(90, 1), (91, 0), (-1, 0)])
def test_benefits_and_identifying_are_counted_for_a_quarter_kpi_07_kpi_17(came, policy, now, ago, counts):
    at = later(now, days=-ago)
    use = BenefitUse(rid="b-001", member="m-01", store="s001", benefit="events", at=at)
    assert f"benefits used {counts} times" in kpis.benefit_use([], set(), [use], policy, now).explain.said.en
    timed = kpis.identify([came(0, arrived_at=at, identify_ms=9000)], policy, now)
    assert (timed.n, timed.value) == ((1, 9) if counts else (0, None))


def test_a_visit_of_today_that_nobody_timed_is_not_counted_as_fast_kpi_17(came, policy, now):
    assert kpis.identify([came(0), came(0, rid="v-timed", identify_ms=9000)], policy, now).n == 1


def test_a_visit_that_has_just_ended_is_among_the_popular_kpi_08(came, policy, now):
    found = kpis.popular([came(0), came(91), came(90, what="svc-nails")], policy, now)
    assert {key: figure.n for key, figure in found} == {"svc-soothe": 1, "svc-nails": 1}
