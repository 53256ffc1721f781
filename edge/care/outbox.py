"""Messages to customers: written once, sent when they may be, kept and shown when they cannot.

A message is written with the time until which it fits. Before each attempt everything is asked again: consent, the weekly cap,
the quiet hours. What a lost line or a dead gateway holds up is tried again with growing waits.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinydb import where

from edge.care.channels import Adapter, ChannelError, Outgoing
from edge.store import allowed, finding
from salon.records import Member, Message
from salon.records.messages import Channel
from salon.rules import messages
from salon.rules.said import Explain
from salon.rules.times import Now, instant, later, text

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy

logger = logging.getLogger(__name__)

ACTOR = "care"
AT_ONCE = 50
"""Messages of one look, so that a morning's backlog does not hold up the clocks."""
NO_WAY = "no way out for"
"""Why a message waits whose channel is not set up. It is no failed attempt: trying again would write to the card, and to head office, all day long."""


@dataclass(frozen=True)
class Posted:
    """What one look did."""

    sent: int = 0
    waiting: int = 0
    expired: int = 0
    refused: int = 0
    failed: int = 0


def message_rid(member: str, template: str, cause: str) -> str:
    """An id made of what the message is about: for one cause there is one message."""
    return "msg-" + hashlib.blake2b(f"{member}\n{template}\n{cause}".encode(), digest_size=16).hexdigest()


class Outbox:
    """The messages of one store."""

    def __init__(
        self, store: Store, ways: Mapping[Channel, Adapter], timezone: str, *, replies: bool = False
    ) -> None:
        """`replies`: what customers answer comes in (edge/kiosk/gateway); else no message asks for an answer."""
        self._store = store
        self._replies = replies
        self._ways = ways
        self.timezone = timezone
        self._taken_up = False

    def write(
        self,
        member: Member,
        template: str,
        cause: str,
        variables: Mapping[str, str],
        expires_at: str,
        explain: Explain,
        now: Now,
        *,
        task: str = "",
    ) -> Message | None:
        """Put a message up, once; None when it is there already, or when she can only be called.

        A text that lacks a variable raises MissingVariable. Consent is asked now and again before sending: without it nothing
        is written at all, so that nobody sees a list of those who said no.
        """
        kind = messages.templates()[template]
        rid = message_rid(member.rid, template, cause)
        way = messages.reach(member)
        if way is None or not allowed.allows(self._store, member.rid, kind.purpose):
            return None
        lang = member.language or "zh"
        said = messages.answering(way[0], lang, variables.get("phone", ""), replies=self._replies)
        subject, body = messages.render(kind, lang, {**variables, **said})
        moment = text(instant(now))
        with self._store.acting(ACTOR), self._store.transaction():
            if self._store.messages.find(rid) is not None:
                return None
            return self._store.messages.add(
                Message(
                    rid=rid,
                    member=member.rid,
                    store=self._store.store_id,
                    purpose=kind.purpose,
                    template=template,
                    channel=way[0],
                    to=way[1],
                    subject=subject,
                    text=body,
                    task=task,
                    created_at=moment,
                    expires_at=expires_at,
                    next_try=moment,
                    explain=explain.line(),
                    policy=explain.policy,
                )
            )

    def post(self, policy: Policy, now: Now) -> Posted:
        """Try what is due. Each message is its own transaction: a stop in the middle repeats at most one."""
        moment = text(instant(now))
        self._take_up(moment)
        due = self._store.messages.select(
            (where("state") == "waiting")
            & (where("next_try") <= moment)
            & (where("store") == self._store.store_id),
            order_by="next_try",
            limit=AT_ONCE,
        )
        tally: dict[str, int] = {}
        for message in due:
            state = self._one(message, policy, now)
            tally[state] = tally.get(state, 0) + 1
        return Posted(**tally)

    def _take_up(self, moment: str) -> None:
        """At the first look after a start: what waited for a way out that is there now. Ways are set up before a start, never while it runs."""
        if self._taken_up:
            return
        for channel in self._ways:
            held = self._store.messages.select(
                (where("state") == "waiting")
                & (where("why") == f"{NO_WAY} {channel}")
                & (where("store") == self._store.store_id)
            )
            with self._store.acting(ACTOR), self._store.transaction():
                for message in held:
                    self._store.messages.edit(message.rid, next_try=moment, why="")
        self._taken_up = True

    def _one(self, message: Message, policy: Policy, now: Now) -> str:
        if instant(now) >= instant(message.expires_at):
            why = f"no longer fit to send; last: {message.why}" if message.why else "no longer fit to send"
            return self._end(message, "expired", why)
        if not allowed.allows(self._store, message.member, message.purpose):
            return self._end(message, "refused", "consent withdrawn")
        quiet = messages.quiet_until(now, policy, self.timezone)
        if quiet:
            return self._hold(message, quiet, "quiet hours")
        if message.purpose == "marketing":
            files = self._store.files(message.member)
            others = finding.records(self._store.messages, files)
            member = self._store.members.find(message.member)
            if member is None:
                return self._end(message, "refused", "no longer in the file")
            kept = messages.reserve(member, message.template, policy, now, self.timezone)
            cap = messages.cap(others, files[0], policy, now, kept)
            if cap.full:
                return self._hold(message, cap.again_at or message.expires_at, cap.explain.said.en)
        way = self._ways.get(message.channel)
        if way is None:
            # Until its end, or until a start finds a way: a page shows no next try that will not be one.
            return self._hold(message, message.expires_at, f"{NO_WAY} {message.channel}")
        outgoing = Outgoing(
            message.rid, message.channel, message.to, message.subject, message.text, message.store
        )
        try:
            way.send(outgoing)
        except ChannelError as error:
            if error.permanent:
                return self._end(message, "failed", error.why, attempts=message.attempts + 1)
            return self._try_again(message, error.why, now)
        with self._store.acting(ACTOR):
            self._store.messages.edit(
                message.rid,
                state="sent",
                sent_at=text(instant(now)),
                attempts=message.attempts + 1,
                why="",
                next_try="",
            )
            self._close_task(message, now)
        return "sent"

    def _close_task(self, message: Message, now: Now) -> None:
        task = self._store.follow_ups.find(message.task) if message.task else None
        if task is not None and task.state == "open":
            result = f"已发送（{message.channel}）"
            self._store.follow_ups.edit(task.rid, state="done", done_at=text(instant(now)), result=result)

    def _hold(self, message: Message, until: str, why: str) -> str:
        """Not an attempt: nothing failed. Held beyond its time, it ends when it is due."""
        with self._store.acting(ACTOR):
            self._store.messages.edit(
                message.rid, next_try=min(until, message.expires_at, key=instant), why=why[:200]
            )
        return "waiting"

    def _try_again(self, message: Message, why: str, now: Now) -> str:
        attempts = message.attempts + 1
        wait = messages.retry_after(attempts)
        with self._store.acting(ACTOR):
            next_try = later(now, seconds=wait.total_seconds())
            self._store.messages.edit(message.rid, attempts=attempts, next_try=next_try, why=why[:200])
        logger.info("message %s waits: %s", message.rid, why)
        return "waiting"

    def _end(self, message: Message, state: str, why: str, *, attempts: int | None = None) -> str:
        with self._store.acting(ACTOR):
            self._store.messages.edit(
                message.rid,
                state=state,
                why=why[:200],
                next_try="",
                attempts=message.attempts if attempts is None else attempts,
            )
        return state

    def again(self, rid: str, actor: str, now: Now) -> Message:
        """Somebody wants a failed message tried again. Raises NoSuchRecord."""
        with self._store.acting(actor), self._store.transaction():
            message = self._store.messages.load(rid)
            if message.state != "failed":
                return message
            return self._store.messages.edit(
                rid, state="waiting", attempts=0, next_try=text(instant(now)), why=""
            )
