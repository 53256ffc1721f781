"""The clockwork: on time, after a reboot, after a night without power, and with a clock that lies."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tinydb import where

from edge.care import ChannelError
from edge.care.clockwork import STATUS
from salon import policies
from salon.records import (
    Appointment,
    CarePlan,
    Complaint,
    LedgerEntry,
    PolicyText,
    Product,
    Screening,
    Voucher,
)
from salon.rules import followups
from salon.rules.times import instant, text

from .conftest import NOON, add_member, add_visit, alerts  # isort: skip


def texts(way):
    return [message.text for message in way.sent]


def finish(store, time, member, first=True):
    """A treatment ends now: its follow-ups are there, as the kiosk writes them."""
    visit = add_visit(store, 0, member.rid, time.now())
    for task in followups.schedule(visit, member, first, policies.default(), time.now()):
        store.add(task)
    return visit


@pytest.fixture
def quiet(store):
    """A house that sends no tips and greetings, so that a test sees its own messages alone."""
    toml = "[occasions]\nweekly_tip = false\nmonthly_recommendation = false\nfestivals = false\nsolar_terms = false"
    store.add(PolicyText(rid="pt-quiet", scope="s001", at="2026-01-01T00:00:00Z", toml=toml, version="x"))


# --- contacts after a visit


def test_report_and_survey_go_out_when_due_and_close_their_task_fup_01_fup_02(
    store, time, wang, way, clockwork, quiet
):
    """MEA-06: the report of a first treatment goes out two hours after it."""
    visit = finish(store, time, wang)
    clock = clockwork()
    clock.tick()
    assert way.sent == []
    time.pass_(hours=2)
    assert clock.tick().posted.sent == 1
    assert f"https://s001.example/r/{visit.report_code}" in texts(way)[0]
    assert store.follow_ups.load(f"{visit.rid}-report").state == "done"
    time.pass_(hours=22)
    clock.tick()
    assert "今晚只用清水" in texts(way)[1]
    clock.tick()
    assert len(way.sent) == 2


def test_messages_give_the_stores_number_of_now_also_from_a_unit_that_was_started_before(
    store, time, wang, way, clockwork, quiet
):
    """FUP-01: the store's own record may come from head office, or be changed there, after this unit began."""
    finish(store, time, wang)
    clock = clockwork()
    clock.tick()
    with store.acting("hq"):
        store.stores.edit("s001", phone="02155550000", timezone="Asia/Urumqi")
    time.pass_(hours=2)
    clock.tick()
    assert "02155550000" in texts(way)[0]
    assert clock._outbox.timezone == "Asia/Urumqi"


def test_a_call_stays_a_task_and_a_late_one_is_told_to_the_manager_fup_03_fup_09(
    store, time, wang, clockwork, quiet
):
    visit = finish(store, time, wang, first=False)
    time.pass_(hours=73)
    clockwork().tick()
    call = store.follow_ups.load(f"{visit.rid}-call")
    assert call.state == "open"
    assert not alerts(store, "task")
    time.pass_(hours=24)
    clockwork().tick()
    assert alerts(store, "task")["task.overdue"].subject == call.rid


def test_a_regular_gets_the_seasonal_tip_on_the_seventh_day_fup_05(store, time, wang, way, clockwork, quiet):
    finish(store, time, wang, first=False)
    clock = clockwork()
    for _ in range(8):
        time.pass_(hours=24)
        clock.tick()
    assert any("冬天洗脸水" in text_ for text_ in texts(way))


def test_the_weekly_tip_waits_for_the_one_that_follows_her_visit_fup_05_fup_06(
    store, time, wang, way, clockwork
):
    """The seventh day after a first visit is the weekday of the weekly tip: one text, once."""
    finish(store, time, wang)
    clock = clockwork()
    for _ in range(9):
        time.pass_(hours=24)
        clock.tick()
    tips = [m for m in store.messages.select() if m.template == "tip"]
    assert [message.task.rpartition("-")[2] for message in tips] == ["tip"]


def test_after_a_night_without_power_only_what_still_fits_is_sent_fup_01(
    store, time, wang, way, clockwork, quiet
):
    visit = finish(store, time, wang)
    clockwork().tick()
    time.pass_(
        hours=30
    )  # the report was due after 2 h and fits for 24; the survey was due after 24 and fits for 48
    again = clockwork()  # a reboot
    again.tick()
    states = {t.rule: t.state for t in store.follow_ups.select(where("visit") == visit.rid)}
    assert states == {"report": "skipped", "survey": "done", "call": "open", "tip": "open"}
    assert len(way.sent) == 1


def test_a_reboot_in_the_middle_sends_nothing_twice(store, time, wang, way, clockwork, lost, quiet):
    finish(store, time, wang)
    time.pass_(hours=2)
    way.error = lost
    clockwork().tick()
    way.error = None
    time.pass_(minutes=1)
    clockwork().tick()
    clockwork().tick()
    assert len(way.sent) == 1


def test_without_consent_or_address_the_task_waits_for_a_person_fup_10(store, time, clockwork, quiet):
    silent = add_member(store, "m-li", consents=())
    visit = finish(store, time, silent)
    time.pass_(hours=3)
    clockwork().tick()
    assert store.follow_ups.load(f"{visit.rid}-report").state == "open"
    assert store.messages.select() == []


# --- bookings


def book(store, starts_in_hours, member="m-wang", at=NOON):
    starts = instant(at) + timedelta(hours=starts_in_hours)
    booking = Appointment(
        rid="a-001", member=member, store="s001", services=["svc-soothe"], therapist="e-chen", starts_at=text(starts),
        ends_at=text(starts + timedelta(hours=1)),
    )  # fmt: skip
    store.add(booking)
    return booking


def test_a_reminder_the_day_before_and_preparation_an_hour_before_apt_05_apt_04(
    store, time, wang, way, clockwork
):
    book(store, 25)
    clock = clockwork()
    clock.tick()
    assert way.sent == []
    time.pass_(hours=1)
    clock.tick()
    assert "2026年11月23日 13:00" in texts(way)[0]
    assert "提前 10 分钟" in texts(way)[0]
    assert store.follow_ups.find("prep-a-001") is None
    time.pass_(hours=23)
    clock.tick()
    assert store.follow_ups.load("prep-a-001").owner == "e-chen"
    assert len(way.sent) == 1


def test_a_preparation_that_nobody_confirmed_ends_with_the_bookings_begin_apt_04(
    store, time, wang, clockwork
):
    book(store, 1)
    clock = clockwork()
    clock.tick()
    assert store.follow_ups.load("prep-a-001").state == "open"
    time.pass_(hours=1)
    assert clock.tick().contacts.lapsed == 1
    assert store.follow_ups.load("prep-a-001").state == "skipped"


def test_a_booking_that_moved_is_reminded_of_anew_apt_05(store, time, wang, way, clockwork):
    booking = book(store, 5)
    clock = clockwork()
    clock.tick()
    store.appointments.edit(booking.rid, starts_at=text(instant(booking.starts_at) + timedelta(hours=1)))
    clock.tick()
    assert ["17:00" in texts(way)[0], "18:00" in texts(way)[1]] == [True, True]


# --- churn, birthdays, vouchers


def test_a_dormant_customer_raises_one_alert_with_an_action_chn_01_chn_05(store, time, wang, clockwork):
    add_visit(store, 57)
    clockwork().tick()
    alert = alerts(store)["churn.dormant"]
    assert "57 天" in alert.zh_text
    assert "100 元回归券" in alert.action_zh
    assert alert.figures["limit_days"] == 56
    store.alerts.edit(alert.rid, state="closed", result="已致电")
    time.pass_(days=1)
    clockwork().tick()
    assert alerts(store)["churn.dormant"].state == "closed"  # closed by a person: not raised again


def test_an_alert_ends_by_itself_when_she_comes_again_chn_01(store, time, wang, clockwork):
    add_visit(store, 57)
    clockwork().tick()
    add_visit(store, 0)
    time.pass_(days=1)
    clockwork().tick()
    assert alerts(store)["churn.dormant"].state == "closed"


def test_birthday_staff_15_days_ahead_then_greeting_with_a_voucher_fup_07_loy_15(
    store, time, way, clockwork, quiet
):
    add_member(store, birthday="1991-12-07")
    clock = clockwork()
    clock.tick()
    assert "birthday.staff" in alerts(store)
    assert store.vouchers.select() == []
    time.pass_(days=15)
    clock.tick()
    (voucher,) = store.vouchers.select()
    assert (voucher.type, voucher.value_fen) == ("birthday", 5000)
    assert "生日快乐" in texts(way)[0]
    assert "¥50" in texts(way)[0]
    clockwork().tick()
    assert len(store.vouchers.select()) == 1


def test_who_has_two_files_shown_as_one_is_greeted_and_counted_once_syn_01_fup_11(
    store, time, way, clockwork, quiet
):
    add_member(store, birthday="1991-11-23")
    add_member(store, rid="m-old", phone="13900001111", birthday="1991-11-23", merged_into="m-wang")
    add_visit(store, 20, "m-old")
    time.pass_(days=1)
    clockwork().tick()
    assert sum("生日快乐" in text for text in texts(way)) == 1
    assert {voucher.member for voucher in store.vouchers.select()} == {"m-wang"}


def test_a_members_birthday_discount_is_hers_although_no_greeting_may_be_sent_loy_02(
    store, time, way, clockwork, quiet
):
    add_member(store, birthday="1991-11-23", consents=())
    add_member(store, rid="m-guest", surname="李", phone="13800010009", birthday="1991-11-23", consents=())
    add_visit(store, 50, paid_fen=60000)
    time.pass_(days=1)
    clockwork().tick()
    assert [(one.member, one.type) for one in store.vouchers.select()] == [("m-wang", "birthday")]
    assert texts(way) == []


def test_the_file_is_asked_about_a_month_before_the_birthday_prf_16(store, clockwork, quiet):
    add_member(store, birthday="1991-12-22")
    clockwork().tick()
    (task,) = store.follow_ups.select()
    assert (task.rule, task.owner, task.what_en) == (
        "birthday.refresh", "e-chen", "Before the birthday: are the preferences still right?",
    )  # fmt: skip


def test_a_birthday_in_a_powerless_weekend_is_greeted_only_while_it_fits_fup_07(
    store, time, way, clockwork, quiet
):
    add_member(store, birthday="1991-11-23")
    add_member(store, "m-li", birthday="1991-11-24", phone="13800010002")
    time.pass_(days=3)  # Wednesday: the 23rd is two days past, the 24th one day
    clockwork().tick()
    assert [m.to for m in way.sent] == ["13800010002"]


def test_anniversary_of_the_first_visit_with_its_voucher_loy_16(store, way, wang, clockwork, quiet):
    """FUP-08: an occasion of her own."""
    add_visit(store, 365)
    clockwork().tick()
    assert "1 周年" in texts(way)[0]
    assert [v.type for v in store.vouchers.select()] == ["anniversary"]


def test_a_voucher_that_ends_and_a_low_balance_are_told_loy_21(store, way, wang, clockwork, quiet):
    store.add(
        Voucher(rid="vo-1", member="m-wang", store="s001", type="trial", value_fen=5000, issued_at=NOON,
                valid_from="2026-10-01", valid_until="2026-11-27")
    )  # fmt: skip
    for rid, amount, reason in (("l-1", 100_000, "top_up"), ("l-2", -90_000, "spend")):
        store.add(LedgerEntry(rid=rid, member="m-wang", unit="fen", amount=amount, reason=reason, at=NOON, store="s001"))  # fmt: skip
    clockwork().tick()
    assert "体验券 ¥50" in texts(way)[0]
    assert alerts(store)["renewal"].role == "consultant"


def test_a_recommendation_a_month_with_its_reason_fup_06_seg_13(store, time, way, wang, clockwork):
    add_visit(store, 31)  # 22 October: the 22nd is its day of the month
    add_visit(store, 20)
    clockwork().tick()
    said = next(t for t in texts(way) if "理由" in t)
    assert "舒缓" in said
    assert "您做过" in said, "it is written to her"
    assert "她" not in said


@pytest.mark.parametrize("asked", [False, True])
def test_no_product_is_written_to_her_before_her_allergies_are_known_here_saf_05(
    store, time, way, wang, clockwork, asked
):
    """FUP-06, SEG-13: what another store knows of her is not known here."""
    add_visit(store, 31)
    store.add(Product(rid="p-1", name="舒缓乳霜", name_en="Soothing cream", uses=["home", "soothing"]))
    store.add(
        CarePlan(
            rid="plan-1",
            member="m-wang",
            template="sensitive",
            products=["p-1"],
            every_days=30,
            started_at=NOON,
        )
    )
    said = {"sensitivity": "none"} if asked else {}
    store.add(Screening(rid="q-1", member="m-wang", taken_at=NOON, form="skin-1", **said))
    clockwork().tick()
    assert any("舒缓乳霜" in message for message in texts(way)) is asked


# --- the clock and the house


def test_a_clock_behind_what_was_written_stops_everything(store, time, wang, way, clockwork, monkeypatch):
    finish(store, time, wang)
    time.pass_(hours=2)
    monkeypatch.setattr(type(store), "clock_suspect", lambda _self: True)
    clock = clockwork()
    assert clock.tick().held == "clock"
    assert way.sent == []
    monkeypatch.setattr(type(store), "clock_suspect", lambda _self: False)
    assert clock.tick().posted.sent == 1


def test_a_clock_that_was_just_set_has_to_settle_before_anything_is_ended(
    store, time, wang, way, clockwork, quiet
):
    visit = finish(store, time, wang)
    clock = clockwork()
    clock.tick()
    time.set(days=400)  # a wrong time server
    assert clock.tick().held == "clock"
    time.pass_(seconds=30)
    time.set(days=-400)  # put right
    assert clock.tick().held == "clock"
    time.pass_(seconds=119)
    assert clock.tick().held == "clock"
    time.pass_(seconds=1)
    assert clock.tick().held == ""
    assert store.follow_ups.load(f"{visit.rid}-report").state == "open"
    assert store.complaints.select() == []


def test_the_last_look_is_kept_for_the_pages(store, clockwork):
    clockwork().tick()
    status = store.settings.get(STATUS)
    assert (status["at"], status["held"], status["posted"]["sent"]) == (NOON, "", 0)


def test_the_daily_look_is_once_a_day_of_the_store(store, time, wang, clockwork):
    clock = clockwork()
    assert clock.tick().daily
    assert not clock.tick().daily
    time.pass_(hours=12)  # midnight in Shanghai
    assert clock.tick().daily


def test_a_large_store_is_looked_at_in_slices_also_across_a_restart(store, time, clockwork, monkeypatch):
    monkeypatch.setattr("edge.care.daily.SLICE", 2)
    for n in range(5):
        add_member(store, f"m-{n:03}", phone=f"1380000000{n}")
        add_visit(store, 57, f"m-{n:03}")
    looked = []
    for _ in range(4):
        looked.append(clockwork().tick().daily)
        looked.append(len(store.alerts.select()))
    assert looked == [True, 2, True, 4, True, 5, False, 5]


def test_the_stores_own_policy_is_in_force_and_a_broken_one_is_shown(store, time, wang, clockwork):
    add_visit(store, 40)
    clockwork().tick()
    assert "churn.dormant" not in alerts(store)
    toml = '[dormant_after]\nvariant = "thirty_days"'
    store.add(PolicyText(rid="pt-1", scope="s001", at="2026-11-01T00:00:00Z", toml=toml, version="x"))
    time.pass_(days=1)
    clockwork().tick()
    assert "churn.dormant" in alerts(store)
    store.add(PolicyText(rid="pt-2", scope="s001", at="2026-11-02T00:00:00Z", toml="[points", version="x"))
    clockwork().tick()
    assert [r.code for r in store.refusals()] == ["bad_policy"]


def test_a_gateway_that_refuses_for_good_is_shown_not_repeated(store, time, wang, way, clockwork, quiet):
    finish(store, time, wang)
    time.pass_(hours=2)
    way.error = ChannelError("gateway answered 422", permanent=True)
    clock = clockwork()
    assert clock.tick().posted.failed == 1
    assert clock.tick().posted.failed == 0
    assert store.messages.select()[0].why == "gateway answered 422"


# --- what it costs the card


def test_a_quiet_hour_writes_only_that_it_looked(store, time, wang, clockwork):
    """With all that can lie about in a store: a call that is late, a complaint whose time ran out, a message without a way out."""
    finish(store, time, wang)
    store.add(
        Complaint(rid="k-1", member=wang.rid, store="s001", topic="service", story="等", opened_at=NOON)
    )
    clock = clockwork({})
    time.pass_(days=6)
    finish(store, time, add_member(store, "m-li", phone="13800010002"))
    time.pass_(hours=3)
    for _ in range(10):  # the day's own look, and what follows from six days
        clock.tick()
        time.pass_(seconds=30)
    assert {"task.overdue", "complaint.breach.respond"} <= set(alerts(store))
    assert store.messages.count(where("why") == "no way out for sms")
    con = store.connections.get()
    rows, log = con.total_changes(), con.execute("SELECT count(*) FROM changes").get
    for _ in range(120):
        time.pass_(seconds=30)
        clock.tick()
    assert con.execute("SELECT count(*) FROM changes").get == log
    assert con.total_changes() - rows <= 12  # one in five minutes, that it looked
