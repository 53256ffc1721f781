"""Mood care (SVC-10): what she said at the bed about pressure, music, scent, warmth and silence, kept as her preference from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from salon.rules import offerings
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.kiosk.services.treatment import Treatment
    from edge.store import Store
    from salon.records import Member

WISHES: dict[str, tuple[Said, dict[str, Any]]] = {
    "lighter": (Said("力度轻一些", "Lighter hands"), {"pressure": "light"}),
    "firmer": (Said("力度重一些", "Firmer hands"), {"pressure": "firm"}),
    "piano": (Said("轻钢琴", "Soft piano"), {"music": "轻钢琴"}),
    "nature": (Said("自然声", "Sounds of nature"), {"music": "自然声"}),
    "silence": (Said("不要音乐", "No music"), {"music": "安静"}),
    "no_scent": (Said("不要香氛", "No scent"), {"scent": "无香", "odour_sensitive": True}),
    "lavender": (Said("薰衣草", "Lavender"), {"scent": "薰衣草"}),
    "warmer": (Said("房间暖一些", "A warmer room"), {"warmth": "warm"}),
    "cooler": (Said("房间凉一些", "A cooler room"), {"warmth": "cool"}),
    "head": (Said("喜欢头部按摩", "Likes a head massage"), {"tag": "头部按摩"}),
    "quiet": (Said("喜欢安静", "Likes it quiet"), {"tag": "喜欢安静"}),
}
"""One touch each: nobody types with gloves."""


def standing(member: Member) -> set[str]:
    """Which of them her file says already."""
    return {key for key, (_, fields) in WISHES.items() if _holds(member, fields)}


def _holds(member: Member, fields: dict[str, Any]) -> bool:
    if "tag" in fields:
        return fields["tag"] in member.tags
    return all(getattr(member, name) == value for name, value in fields.items())


def occasion(store: Store, actor: str, treatment: Treatment, key: str) -> None:
    """What she comes for today (PRF-11), not in her file: recommendations heed it. Empty if she does not say (any more)."""
    chosen = key if key in offerings.OCCASIONS else ""
    with store.acting(actor), store.transaction():
        if store.visits.load(treatment.visit.rid).occasion != chosen:
            store.visits.edit(treatment.visit.rid, occasion=chosen)


def keep(store: Store, actor: str, treatment: Treatment, wishes: list[str]) -> Member:
    """From now on it is in her file. What is not named stays as it was."""
    with store.acting(actor), store.transaction():
        member = store.members.load(treatment.member.rid)
        changes: dict[str, Any] = {}
        tags = set(member.tags)
        for wish in wishes:
            fields = WISHES[wish][1] if wish in WISHES else {}
            if "tag" in fields:
                tags.add(fields["tag"])
            else:
                changes |= fields
        if tags != set(member.tags):
            changes["tags"] = sorted(tags)
        return store.members.edit(member.rid, **changes) if changes else member
