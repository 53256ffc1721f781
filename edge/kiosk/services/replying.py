"""What a customer answers to a message (SEC-07, FUP-10): T stops marketing at once; anything else becomes a task for a person.

A number that is hers stands for her. One that several share is stopped for all of them: it was the number that said no.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from tinydb import where

from edge import signed
from edge.kiosk.services import consents, filing
from edge.kiosk.services.once import add_once, fact_rid
from edge.store import allowed, finding, iso, now
from salon.records import FollowUp, Member
from salon.rules import messages, phones
from salon.rules.times import instant

if TYPE_CHECKING:
    from edge.store import Store

ACTOR = "gateway"
Taken = Literal["stopped", "handed_on", "nothing", "unknown"]
SEEN = "care.replies"
"""Setting: the signatures of the last minutes, each with its time, so that none is taken twice. An older one is refused for its time."""
TO_DO, KEPT = timedelta(hours=2), timedelta(days=7)
"""A person answers her within two hours; the task stays a week, and the manager hears of it when it is late (FUP-09)."""
SHOWN = 150
"""Characters of her words in the task; all of them stand in her file."""


class CameAlready(ValueError):
    """Raised when the very same signed answer comes again: somebody plays it back."""


class Reply(BaseModel):
    """One answer, as the gateway hands it on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        title="Id", description="The gateway's own, the same when it tries again"
    )
    channel: Literal["sms", "wechat"] = Field(title="Channel", description="By which she answered")
    sender: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        alias="from", title="From", description="Her number, as messages to her name it"
    )
    text: Annotated[str, StringConstraints(max_length=2000)] = Field(
        title="Text", description="What she wrote"
    )
    at: AwareDatetime = Field(title="Time", description="When she wrote it")


def take(store: Store, reply: Reply, signature: str, stamp: int) -> Taken:
    """Do what she asks for, once. Raises CameAlready."""
    with store.acting(ACTOR), store.transaction():
        _remember(store, signature, stamp)
        number = _number(reply.sender)
        hers = _whose(store, number)
        if not hers:
            store.refuse("http", ACTOR, "reply-unknown", f"{reply.channel} {phones.mask(number)}")
            return "unknown"
        if messages.is_stop(reply.text):
            stopped = [_stop(store, member, reply) for member in hers]
            return "stopped" if any(stopped) else "nothing"
        return _hand_on(store, _addressed(store, hers, number), reply)


def _remember(store: Store, signature: str, stamp: int) -> None:
    seen: list[list[str | int]] = [
        one for one in store.settings.get(SEEN, []) if abs(int(one[1]) - stamp) <= 2 * signed.OLDEST_S
    ]
    if any(one[0] == signature for one in seen):
        raise CameAlready
    store.settings.set(SEEN, [*seen, [signature, stamp]])


def _number(sender: str) -> str:
    try:
        return phones.normalise(sender)
    except phones.BadPhone:
        return sender.strip()


def _whose(store: Store, number: str) -> list[Member]:
    """Whose number it is; or whom the store wrote to at it, if her file has another by now."""
    found = finding.with_phone(store, number)
    if found.own or found.second:
        return found.own or found.second
    written = store.messages.select(where("to") == number, order_by="created_at", descending=True, limit=1)
    members = [store.members.find(store.files(one.member)[0]) for one in written]
    return [member for member in members if member is not None]


def _addressed(store: Store, hers: list[Member], number: str) -> Member:
    """The one of them to whom the last message at this number went: an answer is hers."""
    rids = {rid: member for member in hers for rid in store.files(member.rid)}
    written = store.messages.select(where("member").one_of(list(rids)), order_by="sent_at", descending=True)
    return next((rids[one.member] for one in written if one.to == number and one.sent_at), hers[0])


def _stop(store: Store, member: Member, reply: Reply) -> bool:
    """No more marketing. Not by an answer that is older than her yes: a gateway may be hours late."""
    said = next((c for c in allowed.last_words(store, member.rid) if c.purpose == "marketing"), None)
    if said is None or not said.granted or instant(said.decided_at) > reply.at:
        return False
    consents.withdraw(store, ACTOR, member.rid, "marketing", channel="phone")
    filing.note(store, ACTOR, member.rid, "reply", reply.text, key=fact_rid("reply", reply.id, member.rid))
    return True


def _hand_on(store: Store, member: Member, reply: Reply) -> Taken:
    words = " ".join(reply.text.split())
    if not words:
        return "nothing"
    key, moment = fact_rid("reply", reply.id, member.rid), now()
    filing.note(store, ACTOR, member.rid, "reply", words, key=key)
    due, until = (iso(datetime.fromisoformat(moment) + span) for span in (TO_DO, KEPT))
    add_once(
        store.follow_ups,
        FollowUp(
            rid=key, member=member.rid, store=store.store_id, rule="answer", due_at=due, expires_at=until, role="desk",
            what=f"答复她：“{words[:SHOWN]}”", what_en=f"Answer her: “{words[:SHOWN]}”", channel="phone",
        ),
    )  # fmt: skip
    return "handed_on"
