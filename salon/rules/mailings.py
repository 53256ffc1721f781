"""The marketing messages of a past span under a policy: what would have gone, and what the weekly cap would have held back (FUP-11).

For `parlour policy simulate`: the same occasions and the same cap as the sender's, a day at a time instead of half a minute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain

from salon.policies import Policy
from salon.records import FollowUp
from salon.rules import messages, occasions
from salon.rules.history import History
from salon.rules.said import Said
from salon.rules.times import local

HELD = "held"
"""Not sent: the week was full until it no longer fitted."""
KINDS = {
    "birthday.greeting": Said("生日祝福", "Birthday greetings"),
    "anniversary": Said("周年祝福", "Anniversaries of the first visit"),
    "calendar": Said("节气与节日", "Solar terms and festivals"),
    "recommendation": Said("每月个人推荐", "Monthly recommendations"),
    "tip": Said("每周护理贴士", "Weekly tips"),
    HELD: Said("因每周上限未发", "Held back by the weekly cap"),
}


@dataclass(frozen=True)
class _Wanted:
    day: date
    until: date
    key: str


def replay(
    history: History, contacts: Sequence[FollowUp], policy: Policy, first: date, last: date, timezone: str
) -> Counter[str]:
    """How many of each kind went from `first` to `last` to somebody who agreed to marketing. `contacts`: those after her visits."""
    counted: Counter[str] = Counter()
    sent: list[date] = []
    wanted = chain(
        _occasions(history, policy, first, last, timezone), _contacts(contacts, first, last, timezone)
    )
    birthday = history.member.birthday
    for one in sorted(wanted, key=lambda want: (want.day, want.key != "birthday.greeting", want.key)):
        day = _goes(one, sent, birthday, policy, last)
        if day is None:
            counted[HELD] += 1
        else:
            sent.append(day)
            counted[one.key] += 1
    return counted


def _occasions(history: History, policy: Policy, first: date, last: date, timezone: str) -> Iterator[_Wanted]:
    """Those since her first visit: before it nobody knew her."""
    if history.first is None:
        return
    began = local(history.first.arrived_at, timezone).date()
    for due in occasions.within(history, policy, max(first, began), last, timezone):
        if due.way == "message":
            yield _Wanted(due.day, due.until, due.key if due.key in KINDS else "calendar")


def _contacts(contacts: Sequence[FollowUp], first: date, last: date, timezone: str) -> Iterator[_Wanted]:
    for task in contacts:
        day, until = local(task.due_at, timezone).date(), local(task.expires_at, timezone).date()
        if first <= day <= last:
            yield _Wanted(day, until, task.rule)


def _goes(one: _Wanted, sent: list[date], birthday: str, policy: Policy, last: date) -> date | None:
    """The day on which it goes: its own, or the first on which the week has a place while it still fits."""
    day = one.day
    while day <= min(one.until, last):
        kept = one.key != "birthday.greeting" and messages.kept_for_birthday(birthday, policy, day)
        week = sum(timedelta(0) <= day - other < messages.WEEK for other in sent)
        if week < policy.marketing_cap.per_week - kept:
            return day
        day += timedelta(days=1)
    return None
