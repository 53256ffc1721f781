"""Follow-up tasks as a worklist (FUP-09): what is due, what is late, what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from tinydb import where

from edge.store import iso, now
from salon.rules import followups, names, phones

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy

AHEAD = timedelta(days=2)
"""Tasks due within this time are shown: today's work and tomorrow's."""


@dataclass(frozen=True)
class Task:
    """One task in the language of the page."""

    rid: str
    member: str
    address: str
    phone: str
    about: str
    due_at: str
    late: bool
    channel: str


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
                member=member.rid,
                address=names.address(member, language),
                phone=phones.mask(member.phone),
                about=followups.label(item.rule, policy).in_(language),
                due_at=item.due_at,
                late=item.due_at < moment,
                channel=item.channel,
            )
        )
    return tasks


def close(store: Store, actor: str, task: str, state: Literal["done", "skipped"], result: str) -> None:
    """What came of a task. Raises NoSuchRecord."""
    with store.acting(actor), store.transaction():
        if store.follow_ups.load(task).state == "open":
            store.follow_ups.edit(task, state=state, result=result.strip()[:1000], done_at=now())
