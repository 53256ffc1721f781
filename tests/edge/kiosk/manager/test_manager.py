"""The manager: figures with the people behind them, who may be lost, a leaver, exports (KPI, CHN, SEC-03, SEC-09, PRF-22)."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from edge.kiosk.services import days, figures, returning
from edge.store import now
from salon import policies, records
from salon.rules.times import later

# --- the board


def test_small_numbers_say_so_instead_of_a_percentage(manager, came):
    """KPI-13"""
    came(100)
    page = manager.get("/manager/part/board").text
    assert "Too few to say" in page
    assert not re.search(r"\b100%", page)


def test_a_figure_opens_the_people_behind_it_with_its_rule_and_policy(manager, came):
    """KPI-08: the dormant, by name; and how it comes about."""
    came(200)
    page = manager.get("/manager/figure/dormant").text
    assert "王丽" in page
    assert 'href="/desk/people/m-wang"' in page
    assert policies.default().version in page
    assert "KPI-08" in page


def test_every_figure_of_the_board_has_its_page(manager, came):
    for back in (3, 40, 120):
        came(back)
    board = manager.get("/manager").text
    links = set(re.findall(r'href="(/manager/(?:figure|hour|day|kind|today)[^"]*)"', board))
    assert len(links) >= len(figures.OF_QUARTER) + len(figures.OF_TODAY)
    for link in links:
        assert manager.get(link).status_code == 200, link


def test_the_time_to_identify_is_shown_against_its_target(manager, store, came):
    """KPI-17, SVC-02"""
    for back in range(1, 13):
        came(back, identify_ms=12_000)
    page = manager.get("/manager/figure/identify").text
    assert "12.0 s" in page


def test_a_cell_of_the_heat_map_opens_who_came_then(manager, came):
    """KPI-10"""
    visit = came(7)
    weekday = datetime.fromisoformat(visit.arrived_at).weekday()
    page = manager.get(f"/manager/hour/{weekday}/10").text
    assert "王丽" in page
    assert "王丽" not in manager.get(f"/manager/hour/{weekday}/11").text
    assert manager.get("/manager/hour/7/10").status_code == 404


def test_each_count_of_visits_opens_who_came(manager, came):
    """KPI-07, KPI-10: today's takings, a point of the line, a part of the pie."""
    visit = came(0, arrived_at=now(), paid=39800)
    came(7, member="m-li")
    page = manager.get("/manager/part/board").text
    day = days.day_of(visit.arrived_at, days.DEFAULT_ZONE)
    for address in ("/manager/today", "/manager/kind/skin", f"/manager/day/{day}"):
        assert f'href="{address}"' in page
        assert "王丽" in manager.get(address).text
    assert "¥398.00" in manager.get("/manager/today").text
    assert "李丽" not in manager.get("/manager/today").text
    assert "李丽" in manager.get("/manager/kind/skin").text
    for nothing in ("/manager/kind/magic", "/manager/day/yesterday"):
        assert manager.get(nothing).status_code == 404


def test_a_pie_of_few_visits_has_counts_and_no_percentages(manager, came):
    """KPI-13"""
    came(1)
    shares = (
        manager.get("/manager/part/board").text.split("What guests came for", 1)[1].split("Most wanted")[0]
    )
    assert "Too few for percentages" in shares
    assert "%" not in shares


def test_enough_visits_have_their_shares(store, came):
    for back in range(1, policies.default().targets.few + 1):
        came(back)
    (part,) = figures.build(store, policies.default()).kinds
    assert part.enough
    assert part.share == 100


# --- who may be lost


def test_the_dormant_are_listed_with_the_signs_and_a_proposed_action(manager, came):
    """CHN-01, CHN-05"""
    then = later(now(), days=-200)
    came(200, arrived_at=then, closed_at=then)
    page = manager.get("/manager/lost").text
    assert "王丽" in page
    assert "200 days since the last visit" in page
    assert "Proposed" in page


def test_a_call_keeps_the_reason_and_gives_its_remedy_once(manager, store, came):
    """CHN-06, CHN-07"""
    came(200)
    assert manager.post("/manager/lost/m-wang", data={"reason": ""}).status_code == 422
    for _ in range(2):
        assert (
            manager.post("/manager/lost/m-wang", data={"reason": "service", "words": "等太久"}).status_code
            == 302
        )
    calls = store.interactions.select()
    assert {(call.type, call.reason, call.text) for call in calls} == {("call", "service", "等太久")}
    assert [v.type for v in store.vouchers.select()] == ["compensation"]
    assert "Called on" in manager.get("/manager/lost").text
    assert returning.at_risk(store, policies.default())[0].called is not None


def test_an_alert_is_shown_with_its_action_and_closed_by_name(manager, store):
    """CHN-05"""
    store.alerts.add(
        records.Alert(
            rid="al-1", store="s001", rule="falling ticket (CHN-02)", key="churn.ticket", member="m-wang",
            zh_text="客单价下降", en_text="The ticket falls", action_zh="回顾方案", action_en="Review the plan", at=now(),
        )
    )  # fmt: skip
    page = manager.get("/manager/part/board").text
    assert "The ticket falls" in page
    assert "Review the plan" in page
    manager.post("/manager/alerts/al-1", data={"result": "spoke with her"})
    alert = store.alerts.load("al-1")
    assert (alert.state, alert.closed_by, alert.result) == ("closed", "e-shen", "spoke with her")


# --- a leaver


@pytest.fixture
def colleague(store):
    store.members.edit("m-wang", therapist="e-mei")
    return store.employees.add(
        records.Employee(rid="e-fang", login="fang", name="方", roles=["beautician"], store="s001")
    )


def test_a_leaver_loses_access_at_once_and_her_customers_get_a_colleague(
    manager, signed_in, store, colleague
):
    """SEC-09, PRF-22"""
    mei = signed_in("mei")
    assert mei.get("/station").status_code == 200
    page = manager.get("/manager/team/e-mei/leave").text
    assert "Access ends at once" in page
    assert manager.post("/manager/team/e-mei/leave", data={"pin": "000000"}).status_code == 401
    assert store.employees.load("e-mei").active
    assert manager.post("/manager/team/e-mei/leave", data={"pin": "444444"}).status_code == 302
    assert mei.get("/station").location.startswith("/staff/sign-in")
    assert store.members.load("m-wang").therapist == colleague.rid
    gone = store.employees.load("e-mei")
    assert (gone.active, gone.pin_hash, gone.badge) == (False, "", "")


def test_nobody_ends_her_own_access(manager):
    assert manager.get("/manager/team/e-shen/leave").status_code == 404
    assert manager.post("/manager/team/e-shen/leave", data={"pin": "444444"}).status_code == 404


# --- exports


def _ask(manager, store, **form):
    data = {"purpose": "会员日邀请名单", "columns": ["surname", "phone"], **form}
    answer = manager.post("/manager/exports", data=data)
    found = store.export_requests.select()
    return answer, found[-1] if found else None


def test_an_export_needs_a_purpose_a_scope_without_health_and_a_second_person(manager, store):
    """SEC-03"""
    store.members.edit("m-wang", home_store="s001")
    assert _ask(manager, store, purpose=" ")[0].status_code == 422
    assert _ask(manager, store, columns=["allergens"])[0].status_code == 422
    _, request = _ask(manager, store)
    address = f"/manager/exports/{request.rid}"
    own = manager.post(address, data={"login": "shen", "pin": "444444", "decision": "yes"})
    assert own.status_code == 422
    assert manager.post(address, data={"login": "owner", "pin": "1", "decision": "yes"}).status_code == 401
    assert manager.post(f"{address}/customers.csv").status_code == 422
    assert (
        manager.post(address, data={"login": "owner", "pin": "555555", "decision": "yes"}).status_code == 302
    )
    file = manager.post(f"{address}/customers.csv")
    assert file.mimetype == "text/csv"
    assert file.headers["Cache-Control"] == "no-store, private"
    assert file.data.decode("utf-8-sig").splitlines() == ["phone,surname", "13800010001,王"]
    assert manager.post(f"{address}/customers.csv").status_code == 422, "once"
    done = store.export_requests.load(request.rid)
    assert (done.state, done.rows, done.second_person) == ("done", 1, "e-owner")


def test_the_desk_may_not_export(desk):
    assert desk.get("/manager/exports").status_code == 403


def test_the_share_of_high_value_opens_who_they_are(manager, came):
    """SEG-05"""
    for back in range(1, 12):
        came(back, paid=90000)
    page = manager.get("/manager/figure/high_value").text
    assert "SEG-05" in page
    assert "王丽" in page


def test_files_are_classified_by_need_and_by_level_and_each_class_opens_who_is_in_it(manager, store, came):
    """PRF-23, SEG-06: by skin type and by visits; nobody files them by hand."""
    came(3)
    store.members.edit("m-wang", skin_type="sensitive")
    store.members.edit("m-li", home_store="s001", skin_type="oily")
    page = manager.get("/manager/classes").text
    assert "By need" in page
    assert "王丽" not in page
    soothing = manager.get("/manager/classes?of=Soothing").text
    assert "王丽" in soothing
    assert "李丽" not in soothing
    assert "李丽" in manager.get("/manager/classes?of=Not yet here").text
    store.members.edit("m-wang", skin_type="oily")
    assert "王丽" not in manager.get("/manager/classes?of=Shine control").text, "kept, with its time"
    assert "As of" in manager.get("/manager/classes").text
    assert "王丽" in manager.get("/manager/classes?of=Shine control&again=yes").text


def test_who_came_most_and_what_guests_came_for_are_on_the_board(manager, came):
    """KPI-08, KPI-10: the pie's parts add up."""
    for back in range(1, 6):
        came(back)
    came(7, member="m-li")
    page = manager.get("/manager/part/board").text
    most = page.split("Who came most", 1)[1]
    assert most.index("王丽") < most.index("李丽")
    parts = [float(share) for share in re.findall(r'stroke-dasharray="([\d.]+) ', page)]
    assert sum(parts) == pytest.approx(100)


def test_who_is_dormant_is_offered_what_the_house_offers_once_for_an_absence(manager, store, came):
    """CHN-08"""
    came(200)
    came(3, member="m-li")
    page = manager.get("/manager/lost").text
    assert "a return voucher of 100 yuan, a free care" in page
    for _ in range(2):
        manager.post("/manager/lost/m-wang/offer")
    manager.post("/manager/lost/m-li/offer")
    given = store.vouchers.select()
    assert sorted((v.type, v.value_fen, v.service, v.member) for v in given) == [
        ("care", 0, "svc-hand", "m-wang"), ("return", 10_000, "", "m-wang"),
    ]  # fmt: skip
    assert all(v.policy == policies.default().version for v in given)
    assert "Return offer" not in manager.get("/manager/lost").text
    assert manager.post("/manager/lost/m-none/offer").status_code == 404
