"""What is due by the clock: contacts after a visit (FUP-01..05), reminders and preparation of bookings (APT-04, APT-05).

A contact that a template can say becomes a message; a call stays a task for a person. What is no longer fit is not sent: the task
is closed and says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tinydb import where

from edge.care.alerts import Alerts, Cause
from edge.care.outbox import Outbox
from edge.care.words import Words
from salon.records import FollowUp, Member
from salon.rules import booking, followups, messages
from salon.rules.said import Explain, Said
from salon.rules.times import Now, instant, later, text

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy


@dataclass(frozen=True)
class Contacted:
    """What one look did."""

    written: int = 0
    lapsed: int = 0
    prepared: int = 0


class Contacts:
    """The contacts of one store."""

    def __init__(self, store: Store, outbox: Outbox, alerts: Alerts, words: Words) -> None:
        self._store, self._outbox, self._alerts, self._words = store, outbox, alerts, words

    def look(self, policy: Policy, now: Now) -> Contacted:
        """Everything that is due now."""
        written, lapsed = self._follow_ups(policy, now)
        reminded, prepared = self._bookings(policy, now)
        return Contacted(written + reminded, lapsed, prepared)

    def _follow_ups(self, policy: Policy, now: Now) -> tuple[int, int]:
        moment = text(instant(now))
        due = self._store.follow_ups.select(
            (where("due_at") <= moment)
            & (where("state") == "open")
            & (where("store") == self._store.store_id)
        )
        written = lapsed = 0
        for task in due:
            member = self._store.members.find(task.member)
            if member is None:
                continue
            over = bool(task.expires_at) and instant(now) >= instant(task.expires_at)
            by_hand = task.rule not in messages.templates() or task.channel in {"phone", "store"}
            if over and (not by_hand or task.rule in followups.OTHERS):
                self._lapse(task, "已过时效 / no longer fit", now)
                lapsed += 1
            elif by_hand:  # a call that is late is still to be made
                self._late(task, policy, now)
            else:
                written += self._write(task, member, policy, now)
        return written, lapsed

    def _write(self, task: FollowUp, member: Member, policy: Policy, now: Now) -> int:
        """As a message, if its variables are there and she may be reached; else the task waits for a person."""
        visit = self._store.visits.find(task.visit) if task.visit else None
        if visit is None:
            return 0
        said = followups.label(task.rule, policy)
        explain = Explain(f"follow-up {task.rule} (FUP-01..05)", said, {"due_at": task.due_at}, task.policy)
        expires = task.expires_at or later(task.due_at, days=2)
        variables = self._words.of_visit(member, visit, now)
        try:
            message = self._outbox.write(
                member, task.rule, task.rid, variables, expires, explain, now, task=task.rid
            )
        except messages.MissingVariable:
            return 0  # without an address for reports there is nothing to link: staff sees the task
        return int(message is not None)

    def _lapse(self, task: FollowUp, why: str, now: Now) -> None:
        self._store.follow_ups.edit(task.rid, state="skipped", done_at=text(instant(now)), result=why)

    def _late(self, task: FollowUp, policy: Policy, now: Now) -> None:
        over = instant(now) - instant(task.due_at)
        if over < timedelta(hours=policy.followups.overdue_h):
            return
        said = followups.label(task.rule, policy)
        about = Said(task.what or said.zh, task.what_en or said.en)
        hours = int(over.total_seconds() // 3600)
        why = Said(f"跟进超时 {hours} 小时：{about.zh}", f"A follow-up is {hours} h late: {about.en}")
        explain = Explain("overdue follow-up (FUP-09)", why, {"task": task.rid, "hours": hours}, task.policy)
        self._alerts.raise_once(
            Cause("task.overdue", task.member, task.rid, task.rid), "manager", "warn", explain, now
        )

    def _bookings(self, policy: Policy, now: Now) -> tuple[int, int]:
        moment = text(instant(now))
        until = later(now, hours=max(policy.booking.remind_hours, 24))
        ahead = self._store.appointments.select(
            (where("starts_at") > moment)
            & (where("starts_at") <= until)
            & (where("status") == "booked")
            & (where("store") == self._store.store_id)
        )
        reminded = prepared = 0
        for item in ahead:
            task = booking.preparation(item, policy)
            if instant(now) >= instant(task.due_at) and not item.prepared_at:
                with self._store.transaction():
                    if self._store.follow_ups.find(task.rid) is None:
                        self._store.follow_ups.add(task)
                        prepared += 1
            reminder = booking.reminder(item, policy)
            member = self._store.members.find(item.member)
            if reminder is None or member is None or instant(now) < instant(reminder.due_at):
                continue
            variables = self._words.of_booking(member, item, reminder.early_min)
            message = self._outbox.write(
                member, "reminder", f"{item.rid} {item.starts_at}", variables, reminder.expires_at,
                reminder.explain, now,
            )  # fmt: skip
            reminded += message is not None
        return reminded, prepared
