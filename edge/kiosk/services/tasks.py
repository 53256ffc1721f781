"""Follow-up tasks as a worklist (FUP-09): what is due, what is late, what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, cast, get_args

from tinydb import where

from edge.store import iso, new_rid, now
from salon.records import FollowUp
from salon.rules import followups, names, phones
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Member

DAY, WEEK = timedelta(days=1), timedelta(days=7)
LOOKED_BACK = timedelta(days=31)
"""How long a task may have been late and still be found among those closed today."""
Role = Literal["", "beautician", "desk", "consultant", "manager"]
ROLES = frozenset(get_args(Role)) - {""}
AHEAD = timedelta(days=2)
"""Tasks due within this time are shown: today's work and tomorrow's."""


@dataclass(frozen=True)
class Task:
    """One task in the language of the page."""

    rid: str
    rule: str
    member: str
    address: str
    phone: str
    about: str
    due_at: str
    late: bool
    channel: str
    role: str
    owner: str
    explain: str


def due(store: Store, policy: Policy, language: str) -> list[Task]:
    """Open tasks that are due by the day after tomorrow, the latest first to be late first."""
    moment = now()
    until = iso(datetime.fromisoformat(moment) + AHEAD)
    open_here = (where("due_at") < until) & (where("state") == "open") & (where("store") == store.store_id)
    found = store.follow_ups.select(open_here, order_by="due_at")
    tasks = []
    for item in found:
        member = store.members.find(item.member)
        if member is None:
            continue
        tasks.append(
            Task(
                rid=item.rid,
                rule=item.rule,
                member=member.rid,
                address=names.address(member, language),
                phone=phones.mask(member.phone),
                about=about(item, policy, language),
                due_at=item.due_at,
                late=item.due_at < moment,
                channel=item.channel,
                role=item.role,
                owner=item.owner,
                explain=followups.why(item, policy).in_(language),
            )
        )
    return tasks


def about(item: FollowUp, policy: Policy, language: str) -> str:
    """What is to be done: in the task's own words, or as the policy names the contact."""
    if item.what or item.what_en:
        return Said(item.what or item.what_en, item.what_en or item.what).in_(language)
    return followups.label(item.rule, policy).in_(language)


def close(
    store: Store, actor: str, task: str, state: Literal["done", "skipped"], result: str, next_action: str = ""
) -> None:
    """What came of a task, and what is to be done next: that is a task of its own, due tomorrow. Raises NoSuchRecord."""
    with store.acting(actor), store.transaction():
        known = store.follow_ups.load(task)
        if known.state != "open":
            return
        step = next_action.strip()[:200]
        store.follow_ups.edit(
            task, state=state, result=result.strip()[:1000], next_action=step, done_at=now(),
        )  # fmt: skip
        if known.rule == "prepare" and state == "done":
            _prepared(store, actor, known)
        if step:
            _add(store, known.member, known.visit, step, role=known.role, owner=known.owner, due=DAY)


def _prepared(store: Store, actor: str, task: FollowUp) -> None:
    """The booking that a preparation was for is ready (APT-04)."""
    booking = store.appointments.find(task.rid.removeprefix("prep-"))
    if booking is not None and not booking.prepared_at:
        store.appointments.edit(booking.rid, prepared_at=now(), prepared_by=actor)


def closed_since(store: Store, since: str) -> list[tuple[FollowUp, Member]]:
    """What was closed since then, the latest first: a slip of the finger is still there to be taken back."""
    found = store.follow_ups.select(
        (where("state").one_of(["done", "skipped"]))
        & (where("due_at") > iso(datetime.fromisoformat(since) - LOOKED_BACK))
    )
    mine = [t for t in found if t.done_at >= since and t.store == store.store_id]
    pairs = [(t, store.members.find(t.member)) for t in sorted(mine, key=lambda t: t.done_at, reverse=True)]
    return [(task, member) for task, member in pairs if member is not None]


def reopen(store: Store, actor: str, task: str) -> None:
    """It was closed by mistake. What was written stays, as a start. Raises NoSuchRecord."""
    with store.acting(actor), store.transaction():
        if store.follow_ups.load(task).state != "open":
            store.follow_ups.edit(task, state="open", done_at="")


def hand_over(store: Store, actor: str, member: str, visit: str, role: str, what: str) -> FollowUp | None:
    """One role hands something to another (SVC-16): a task, due now. None for nothing said."""
    words = " ".join(what.split())[:200]
    if not words or role not in ROLES:
        return None
    with store.acting(actor), store.transaction():
        return _add(
            store, store.members.load(member).rid, visit, words, role=role, owner="", due=timedelta(0)
        )


def _add(
    store: Store, member: str, visit: str, what: str, *, role: str, owner: str, due: timedelta
) -> FollowUp:
    moment = datetime.fromisoformat(now())
    return store.follow_ups.add(
        FollowUp(
            rid=new_rid(), member=member, visit=visit, store=store.store_id, rule="hand_over", due_at=iso(moment + due),
            expires_at=iso(moment + due + WEEK), owner=owner, role=cast("Role", role), what=what, what_en=what,
            channel="store",
        )
    )  # fmt: skip
