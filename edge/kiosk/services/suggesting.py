"""Suggestions of the team (STF-10): anybody makes one, the manager answers it with words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinydb import where

from edge.store import new_rid, now
from salon.records import Suggestion
from salon.rules import staff

if TYPE_CHECKING:
    from edge.store import Store

SHOWN = 40
"""Suggestions on the page: the open ones first, then the last ones answered."""


class Unfinished(ValueError):
    """Raised when a suggestion lacks its problem or its proposal, or an answer its words."""


def listed(store: Store, by: str = "") -> list[Suggestion]:
    """Suggestions of this store, what waits for an answer first; of one colleague if named."""
    wanted = where("store") == store.store_id
    if by:
        wanted &= where("by") == by
    found = store.suggestions.select(wanted, order_by="at", descending=True)
    order = {"new": 0, "accepted": 1, "done": 2, "declined": 2}
    return sorted(found, key=lambda item: order[item.state])[:SHOWN]


def make(store: Store, actor: str, *, problem: str, scene: str, impact: str, proposal: str) -> Suggestion:
    """A new one. Raises Unfinished."""
    if not (problem.strip() and proposal.strip()):
        raise Unfinished
    with store.acting(actor):
        return store.suggestions.add(
            Suggestion(
                rid=new_rid(), store=store.store_id, by=actor, at=now(), problem=problem.strip()[:1000],
                scene=scene.strip()[:1000], impact=impact.strip()[:1000], proposal=proposal.strip()[:1000],
            )
        )  # fmt: skip


def answer(store: Store, actor: str, rid: str, state: str, words: str) -> Suggestion:
    """The manager's answer. Raises Unfinished, NoSuchRecord."""
    with store.acting(actor), store.transaction():
        known = store.suggestions.load(rid)
        try:
            changes = staff.answer(known, state, words[:1000])
        except ValueError as error:
            raise Unfinished from error
        return store.suggestions.edit(rid, **changes) if changes else known
