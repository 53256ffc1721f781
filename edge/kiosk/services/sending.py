"""The messages of this store as the desk sees them (FUP-10, FUP-11): what waits, what could not go and why, what was sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services import tasks
from edge.store import now
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.store import Store
    from salon.records import FollowUp, Member, Message
    from salon.records.messages import MessageState

SHOWN = 30
"""Messages of one state on the page."""
REASONS: tuple[tuple[str, Said], ...] = (
    ("no way out for", Said("本店还没有接通这个渠道", "This store has no gateway for this channel yet")),
    ("quiet hours", Said("免打扰时段，稍后发送", "Quiet hours: it goes out later")),
    ("consent withdrawn", Said("顾客已撤回授权", "She withdrew her consent")),
    ("no longer fit to send", Said("已过时，不再发送", "Too late: it is no longer fit to send")),
    ("no longer in the file", Said("档案已不存在", "Her file is gone")),
    ("at most", Said("本周营销消息已满", "This week's marketing messages are used up")),
)
"""The sender's own words, as far as the desk meets them, and what they mean."""


@dataclass(frozen=True)
class Letter:
    """A message with whom it is for, and why it did not go."""

    message: Message
    member: Member
    why: Said | None


def of(store: Store, state: MessageState) -> list[Letter]:
    """Messages of a state that this store wrote, the latest first."""
    mine = (where("state") == state) & (where("store") == store.store_id)
    found = store.messages.select(mine, order_by="created_at", descending=True, limit=SHOWN)
    pairs = [(message, store.members.find(message.member)) for message in found]
    return [Letter(message, member, reason(message.why)) for message, member in pairs if member is not None]


def reason(why: str) -> Said | None:
    """What the sender's words mean for somebody at the desk; None where they say it best themselves."""
    return next((said for words, said in REASONS if words in why), None)


def again(store: Store, actor: str, rid: str) -> None:
    """Try one once more. Raises NoSuchRecord."""
    with store.acting(actor), store.transaction():
        if store.messages.load(rid).state == "failed":
            store.messages.edit(rid, state="waiting", attempts=0, next_try=now(), why="")


def call_instead(store: Store, actor: str, rid: str) -> FollowUp | None:
    """What could not be written is said by phone: a task for the desk. Raises NoSuchRecord."""
    message = store.messages.load(rid)
    with store.acting(actor), store.transaction():
        if message.state not in {"failed", "expired"}:
            return None
        store.messages.edit(rid, state="expired", why="called instead", next_try="")
        return tasks.hand_over(store, actor, message.member, "", "desk", f"致电 / Call: {message.text}")
