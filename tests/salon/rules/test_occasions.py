"""Solar terms, festivals, birthdays, anniversaries, weekly and monthly contacts (FUP-06..08)."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from salon import policies
from salon.records import Member
from salon.rules import occasions, seasons
from salon.rules.followups import occasion_task

ZONE = "Asia/Shanghai"
KNOWN = {  # days as published for China
    (2026, "立春"): "02-04", (2026, "清明"): "04-05", (2026, "夏至"): "06-21", (2026, "冬至"): "12-22",
    (2025, "立春"): "02-03", (2024, "清明"): "04-04", (2024, "冬至"): "12-21", (2023, "立夏"): "05-06",
    (2021, "冬至"): "12-21", (2020, "清明"): "04-04", (2000, "春分"): "03-20",
}  # fmt: skip


@pytest.mark.parametrize(("key", "day"), KNOWN.items())
def test_solar_terms_fall_on_their_published_days_fup_08(key, day):
    year, name = key
    found = next(term for term in seasons.terms(year) if term.label.zh == name)
    assert found.day.strftime("%m-%d") == day


def test_the_24_terms_of_any_year_are_in_order_and_a_fortnight_apart_fup_08():
    for year in range(1990, 2061):
        days = [term.day for term in seasons.terms(year)]
        assert len(days) == 24
        assert all(14 <= (b - a).days <= 16 for a, b in pairwise(days))
        assert {day.year for day in days} == {year}


def new_moon(k):
    """Day of a new moon in China, after Meeus, Astronomical Algorithms, chapter 49 (the larger terms)."""
    t = k / 1236.85
    m, mm = math.radians(2.5534 + 29.10535670 * k), math.radians(201.5643 + 385.81693528 * k)
    f, e = math.radians(160.7108 + 390.67050284 * k), 1 - 0.002516 * t
    days = 2451550.09766 + 29.530588861 * k + 0.00015437 * t * t - 2451545
    days += -0.40720 * math.sin(mm) + 0.17241 * e * math.sin(m) + 0.01608 * math.sin(2 * mm)
    days += 0.01039 * math.sin(2 * f) + 0.00739 * e * math.sin(mm - m) - 0.00514 * e * math.sin(mm + m)
    days += 0.00208 * e * e * math.sin(2 * m) - 0.00111 * math.sin(mm - 2 * f)
    return (datetime(2000, 1, 1, 12, tzinfo=UTC) + timedelta(days=days, seconds=-69, hours=8)).date()


def month_begins(spring, number):
    """The day of the `number`-th new moon after that of the Spring Festival."""
    k = round((spring.year - 2000 + spring.timetuple().tm_yday / 365.25) * 12.3685)
    first = min((abs((new_moon(n) - spring).days), n) for n in range(k - 2, k + 3))[1]
    return new_moon(first + number)


@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_festivals_of_the_chinese_calendar_are_counted_from_new_moons_fup_08(year):
    days = {f.key.removeprefix("festival."): f.day for f in seasons.festivals(year)}
    spring = days["spring_festival"]
    leap = 1 if year == 2028 else 0  # a leap month stands behind the fifth of 2028
    assert month_begins(spring, 0) == spring
    assert days["lantern"] == spring + timedelta(days=14)
    assert days["dragon_boat"] == month_begins(spring, 4) + timedelta(days=4)
    assert days["qixi"] == month_begins(spring, 6 + leap) + timedelta(days=6)
    assert days["mid_autumn"] == month_begins(spring, 7 + leap) + timedelta(days=14)
    assert days["double_ninth"] == month_begins(spring, 8 + leap) + timedelta(days=8)
    assert days["mothers"].weekday() == 6
    assert len(days) == 11


def test_seasons_begin_with_their_terms_fup_08():
    def key(text):
        return seasons.season(date.fromisoformat(text)).key

    assert [key(d) for d in ("2026-01-10", "2026-02-03", "2026-02-04", "2026-05-05", "2026-08-06")] == [
        "winter", "winter", "spring", "summer", "summer",
    ]  # fmt: skip
    assert (key("2026-08-07"), key("2026-11-07")) == ("autumn", "winter")


def due(history, policy, day, last=None):
    first = date.fromisoformat(day)
    return occasions.within(history, policy, first, date.fromisoformat(last or day), ZONE)


@pytest.fixture
def born(member):
    return member.model_copy(update={"birthday": "1991-12-30"})


def test_birthday_refresh_30_staff_15_greeting_on_the_day_fup_07_prf_16(history, born, policy):
    h = history(who=born)
    (refresh,) = due(h, policy, "2026-11-30")
    (staff,) = due(h, policy, "2026-12-15")
    (greeting,) = due(h, policy, "2026-12-30")
    assert [(d.key, d.way) for d in (refresh, staff, greeting)] == [
        ("birthday.refresh", "task"), ("birthday.staff", "alert"), ("birthday.greeting", "message"),
    ]  # fmt: skip
    assert staff.until == date(2026, 12, 30)
    assert greeting.until == date(2026, 12, 31)
    assert "12月30日" in staff.explain.said.zh


def test_who_was_born_on_29_february_has_a_birthday_every_year_fup_07():
    assert occasions.is_birthday("1992-02-29", date(2028, 2, 29))
    assert not occasions.is_birthday("1992-02-29", date(2028, 2, 28))
    assert occasions.is_birthday("1992-02-29", date(2027, 2, 28))


def test_the_task_before_a_birthday_is_made_once_prf_16(history, born, policy, now):
    (refresh,) = due(history(who=born), policy, "2026-11-30")
    task = occasion_task(born, refresh, now, policy, now)
    assert task.rid == "m-wang-li-birthday.refresh-20261230"
    assert (task.owner, task.role, task.what) == ("", "desk", "生日前核对：喜好还对吗？")


def test_anniversary_of_the_first_visit_loy_16(history, came, policy):
    h = history(came(365))  # 22 November 2025
    found = [d for d in due(h, policy, "2026-11-22") if d.key == "anniversary"]
    assert found[0].explain.figures == {"years": 1}
    assert not [d for d in due(h, policy, "2025-11-22") if d.key == "anniversary"]


def test_seasons_and_festivals_some_days_ahead_fup_08(history, came, policy):
    h = history(came(400))
    assert "festival.mid_autumn" in {d.key for d in due(h, policy, "2026-09-22")}
    assert "term.225" in {d.key for d in due(h, policy, "2026-11-04")}
    assert "term.270" not in {d.key for d in due(h, policy, "2026-12-19")}  # the solstice begins no season
    every = policies.load("[occasions]\nall_terms = true")
    assert "term.270" in {d.key for d in due(h, every, "2026-12-19")}


def test_weekly_tip_and_monthly_recommendation_fup_06(history, came, policy):
    h = history(came(30))  # Friday, 23 October 2026
    found = due(h, policy, "2026-10-24", "2026-11-23")
    # On 30 October the tip after her visit goes to her (FUP-05): one tip a week, not two on one day.
    assert [d.day.isoformat() for d in found if d.key == "tip"] == ["2026-11-06", "2026-11-13", "2026-11-20"]
    assert [d.day.isoformat() for d in found if d.key == "recommendation"] == ["2026-11-23"]


def test_where_no_tip_follows_a_visit_the_weekly_ones_begin_a_week_after_it_fup_06(history, came, policy):
    h = history(came(30))
    contacts = tuple(c for c in policy.followups.contacts if c.key != "tip")
    other = policy.model_copy(
        update={"followups": policy.followups.model_copy(update={"contacts": contacts})}
    )
    found = due(h, other, "2026-10-24", "2026-11-06")
    assert [d.day.isoformat() for d in found if d.key == "tip"] == ["2026-10-30", "2026-11-06"]


def test_who_never_came_hears_only_of_her_birthday_fup_06(policy, history):
    stranger = Member(rid="m-new", surname="李", birthday="1990-05-05")
    found = due(history(who=stranger), policy, "2026-01-01", "2026-12-31")
    assert {d.key.split(".")[0] for d in found} == {"birthday"}
