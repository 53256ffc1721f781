"""The customer file at the desk: filled in and put right (PRF-02, PRF-06..11), who brought her, who pays for her, what she asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from edge.kiosk.services import people
from edge.kiosk.services.once import add_once
from edge.store import new_rid, now
from salon.records import BadRecord, Interaction, Member
from salon.rules import filefields, names, phones
from salon.rules.said import Said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.store import Store

SEPARATORS = re.compile(r"[,，、;；\n]+")
Note = Literal["question", "event", "reply"]
NOTES: Mapping[Note, Said] = {
    "question": Said("询问", "Asked"),
    "event": Said("参加活动", "Came to an event"),
    "reply": Said("回复", "Replied"),
}


class BadFile(ValueError):
    """Raised when what was typed does not fit the file; `.fields` maps each field to what is wrong."""

    def __init__(self, **fields: Said) -> None:
        self.fields = fields
        super().__init__(", ".join(fields))


def save(store: Store, actor: str, rid: str, posted: Mapping[str, str]) -> Member:
    """Keep what the form says; a field that it does not carry stays. Raises BadFile, NoSuchRecord."""
    changes: dict[str, Any] = {}
    problems: dict[str, Said] = {}
    for name in filefields.names():
        if name not in posted and filefields.shape(name) != "yes":
            continue
        try:
            changes[name] = _read(name, posted.get(name, ""))
        except phones.BadPhone as bad:
            problems[name] = bad.said
    if "surname" in changes and not (
        changes["surname"] and names.is_name(changes["surname"] + changes.get("given_name", ""))
    ):
        problems["surname"] = Said("姓名里只能有文字", "A name has only letters")
    if problems:
        raise BadFile(**problems)
    with store.acting(actor), store.transaction():
        try:
            return store.members.edit(rid, **changes)
        except BadRecord as bad:
            wrong = Said("这一项填得不对", "This does not fit here")
            raise BadFile(**{problem.split(".")[0]: wrong for problem in bad.problems}) from bad


def _read(name: str, text: str) -> Any:
    """A typed answer as the record keeps it. Raises BadPhone."""
    shape = filefields.shape(name)
    plain = " ".join(text.split()) if shape != "text" else text.strip()
    if shape == "yes":
        return bool(plain)
    if shape == "words":
        return [word.strip()[:80] for word in SEPARATORS.split(text) if word.strip()]
    if shape == "phone" and plain:
        return phones.normalise(plain)
    return plain[: 4000 if shape == "text" else 200]


def _other(store: Store, member: str, number: str, field: str) -> Member | None:
    """The one member with this phone who is not she. None for no number. Raises BadFile."""
    wanted = number.strip()
    if not wanted:
        return None
    found = [m for m in people.search(store, wanted) if m.rid != member]
    if len(found) != 1:
        said = (
            Said("没有找到，或不止一位", "Nobody, or more than one")
            if found
            else Said("没有找到", "Nobody found")
        )
        raise BadFile(**{field: said})
    return found[0]


def brought_by(store: Store, actor: str, rid: str, number: str) -> Member:
    """Who brought her (LOY-10): known before her first visit is paid, so that both are thanked. Raises BadFile, NoSuchRecord."""
    with store.acting(actor), store.transaction():
        by = _other(store, rid, number, "brought_by")
        if by is not None and by.referred_by == rid:
            raise BadFile(brought_by=Said("对方由她介绍而来", "It was she who brought that one"))
        return store.members.edit(rid, referred_by=by.rid if by else "")


def paid_by(store: Store, actor: str, rid: str, number: str, greeting: str) -> Member:
    """Who in the family pays for her, and what that one says to her at a visit (LOY-18). Raises BadFile, NoSuchRecord."""
    with store.acting(actor), store.transaction():
        payer = _other(store, rid, number, "family")
        if payer is not None and payer.family:
            raise BadFile(family=Said("对方的账户也由别人支付", "Somebody else pays for that one"))
        words = " ".join(greeting.split())[:200] if payer else ""
        return store.members.edit(rid, family=payer.rid if payer else "", family_greeting=words)


def note(store: Store, actor: str, rid: str, kind: Note, words: str, *, key: str = "") -> Interaction | None:
    """What she asked or did, also what did not sell (PRF-05). None for nothing said."""
    plain = " ".join(words.split())[:1000]
    if not plain:
        return None
    with store.acting(actor), store.transaction():
        made = Interaction(
            rid=f"note-{key}" if key else new_rid(), member=store.members.load(rid).rid, store=store.store_id, type=kind,
            at=now(), text=plain, by=actor,
        )  # fmt: skip
        return add_once(store.interactions, made)
