"""When a customer may hear from us for an occasion (FUP-06..08, PRF-16, LOY-15, LOY-16): which day, until when it fits, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from salon.policies import Policy
from salon.records import Member
from salon.rules import names, seasons
from salon.rules.history import History
from salon.rules.said import Explain, Said
from salon.rules.times import day as said_day
from salon.rules.times import local

WEEK = 7
"""Days between two tips (FUP-06)."""


@dataclass(frozen=True)
class Due:
    """One occasion of one customer."""

    key: str
    """birthday.refresh, birthday.staff, birthday.greeting, anniversary, term.90, festival.qixi, tip, recommendation."""
    way: Literal["task", "alert", "message"]
    day: date
    until: date
    """The last day on which it still fits: later it is not sent."""
    said: Said
    explain: Explain


def within(history: History, policy: Policy, first: date, last: date, timezone: str) -> list[Due]:
    """Every occasion of a customer whose day lies from `first` to `last`, by day."""
    found: list[Due] = []
    day = first
    while day <= last:
        found += _of_day(history, policy, day, timezone)
        day += timedelta(days=1)
    return found


def _of_day(history: History, policy: Policy, day: date, timezone: str) -> Iterator[Due]:
    member = history.member
    if member.birthday:
        yield from _birthday(member, policy, day)
    if history.first is None:
        return
    yield from _anniversary(history, policy, day, timezone)
    yield from _calendar(policy, day)
    yield from _rhythm(history, policy, day, timezone)


def _birthday(member: Member, policy: Policy, day: date) -> Iterator[Due]:
    rule = policy.birthday
    for key, way, ahead, said in (
        (
            "birthday.refresh",
            "task",
            rule.refresh_days,
            Said("生日前核对：喜好还对吗？", "Before the birthday: are the preferences still right?"),
        ),
        (
            "birthday.staff",
            "alert",
            rule.staff_days,
            Said("生日将近，请准备心意", "Her birthday is near: prepare something"),
        ),
        ("birthday.greeting", "message", rule.greeting_days, Said("生日祝福", "A birthday greeting")),
    ):
        birthday = day + timedelta(days=ahead)
        if not is_birthday(member.birthday, birthday):
            continue
        when = said_day(birthday)
        who = names.full(member)
        why = Said(
            f"{who} {when.zh}生日，提前 {ahead} 天", f"{who}: birthday on {when.en}, {ahead} days ahead"
        )
        explain = Explain("birthday (FUP-07, PRF-16, LOY-15)", why, {"days_ahead": ahead}, policy.version)
        until = birthday if ahead else day + timedelta(days=1)
        if way == "task":
            yield Due(key, "task", day, until, said, explain)
        else:
            yield Due(key, "alert" if way == "alert" else "message", day, until, said, explain)


def is_birthday(birthday: str, day: date) -> bool:
    """Whether a day is her birthday. Who was born on 29 February has it on the 28th of other years."""
    born = date.fromisoformat(birthday)
    if (born.month, born.day) == (2, 29) and (day.month, day.day) == (2, 28):
        return (day + timedelta(days=1)).month == 3
    return (born.month, born.day) == (day.month, day.day)


def _anniversary(history: History, policy: Policy, day: date, timezone: str) -> Iterator[Due]:
    """LOY-16: of the first visit, each year."""
    assert history.first is not None
    began = local(history.first.arrived_at, timezone).date()
    years = day.year - began.year
    if years < 1 or not is_birthday(began.isoformat(), day):
        return
    said = Said(f"首次到店 {years} 周年", f"{years} years since her first visit")
    explain = Explain("anniversary (LOY-16, FUP-08)", said, {"years": years}, policy.version)
    yield Due("anniversary", "message", day, day + timedelta(days=2), said, explain)


def _calendar(policy: Policy, day: date) -> Iterator[Due]:
    """FUP-08: solar terms and festivals, some days ahead."""
    rule = policy.occasions
    target = day + timedelta(days=rule.ahead_days)
    term = seasons.term_on(target)
    if term is not None and rule.solar_terms:
        begins_season = int(term.key.split(".")[1]) in seasons.SEASON_STARTS
        if begins_season or rule.all_terms:
            yield _greet(term, policy, day)
    if rule.festivals:
        for festival in seasons.festivals(target.year):
            if festival.day == target:
                yield _greet(festival, policy, day)


def _greet(occasion: seasons.Occasion, policy: Policy, day: date) -> Due:
    when = said_day(occasion.day)
    said = Said(f"{occasion.label.zh}（{when.zh}）", f"{occasion.label.en} ({when.en})")
    explain = Explain("occasion (FUP-08)", said, {"day": occasion.day.isoformat()}, policy.version)
    return Due(occasion.key, "message", day, occasion.day, occasion.label, explain)


def _rhythm(history: History, policy: Policy, day: date, timezone: str) -> Iterator[Due]:
    """FUP-06: the weekly tip on the weekday of her first visit, the monthly recommendation on its day of the month.

    The seventh day after a first visit is that weekday as well: the tip that follows a visit (FUP-05) is then the tip of its week.
    """
    assert history.first is not None
    began = local(history.first.arrived_at, timezone).date()
    if day <= began:
        return
    weekly = Said("每周护理贴士", "Weekly tip")
    monthly = Said("每月个人推荐", "Monthly recommendation")
    if policy.occasions.monthly_recommendation and day.day == min(began.day, 28):
        explain = Explain("monthly recommendation (FUP-06)", monthly, {"day": day.day}, policy.version)
        yield Due("recommendation", "message", day, day + timedelta(days=5), monthly, explain)
    elif (
        policy.occasions.weekly_tip
        and day.weekday() == began.weekday()
        and not _told_by_her_visit(history, policy, day, timezone)
    ):
        explain = Explain("weekly tip (FUP-06)", weekly, {"weekday": day.isoweekday()}, policy.version)
        yield Due("tip", "message", day, day + timedelta(days=2), weekly, explain)


def _told_by_her_visit(history: History, policy: Policy, day: date, timezone: str) -> bool:
    """Whether the tip after her last visit is still to come, or came less than a week ago."""
    after_h = next((c.after_h for c in policy.followups.contacts if c.key == "tip" and c.who == "all"), None)
    if after_h is None or history.last is None:
        return False
    visited = local(history.last.arrived_at, timezone).date()
    return visited <= day < visited + timedelta(hours=after_h) + timedelta(days=WEEK)
