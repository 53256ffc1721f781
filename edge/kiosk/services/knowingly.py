"""Taking something out of a file that protects its owner: an allergen or a condition that no longer holds.

Both stay until somebody removes them knowingly: with a reason and a name in her medical notes, and in the log of changes. The questionnaire that named
it is not rewritten; a corrected one follows it, as old as the first, so that nobody is spared the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tinydb import where

from edge.store import new_rid, now, told
from salon.rules import allergens, screening
from salon.rules.said import Said
from salon.rules.times import later

if TYPE_CHECKING:
    from edge.store import Store
    from salon.records import Member

What = Literal["allergens", "conditions"]
MOST_NOTES = 4000
SHORTEST_REASON = 4
"""Characters: enough for 医生确认, too many for a slip of the finger."""


class NoReason(ValueError):
    """Raised when nobody says why; `.said` is for the page."""

    said = Said("请写明原因", "Please write down why")


def remove(store: Store, actor: str, member_rid: str, what: What, key: str, reason: str) -> Member:
    """The allergen or condition no longer holds, in any of her files. Asked twice, it changes nothing. Raises NoReason, NoSuchRecord."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise NoReason(reason)
    with store.acting(actor), store.transaction():
        member = store.members.load(member_rid)
        files = [store.members.load(rid) for rid in store.files(member_rid)]
        answers = screening.latest(told.screenings(store, member_rid))
        field = "allergens" if what == "allergens" else "contraindications"
        if key not in {k for file in files for k in getattr(file, field)} | {
            *(getattr(answers, what) if answers else ())
        }:
            return member
        if answers is not None and key in getattr(answers, what):
            corrected: dict[str, object] = {
                "rid": new_rid(),
                "taken_at": later(answers.taken_at, milliseconds=1),
                what: sorted(set(getattr(answers, what)) - {key}),
            }
            store.screenings.add(answers.model_copy(update=corrected))
        hers = where("member").one_of([file.rid for file in files])
        for visit in store.visits.select(hers & (where("state") == "arrived")):
            if what == "conditions" and key in visit.contraindications_found:
                kept = sorted(set(visit.contraindications_found) - {key})
                store.visits.edit(visit.rid, contraindications_found=kept)
        for file in files:
            if key in getattr(file, field):
                store.members.edit(file.rid, **{field: sorted(set(getattr(file, field)) - {key})})
        return store.members.edit(member_rid, medical_notes=_noted(store, actor, member, what, key, reason))


def _noted(store: Store, actor: str, member: Member, what: What, key: str, reason: str) -> str:
    """Her medical notes with a line more: when, what, why, who. Health, as what was taken out: it stays in the store."""
    label = allergens.label(key) if what == "allergens" else screening.CONDITIONS.get(key, Said(key, key))
    by = store.employees.find(actor)
    line = f"{now()[:10]} 取消 {label.zh} / {label.en}: {reason.strip()[:400]} ({by.name if by else actor})"
    return f"{member.medical_notes}\n{line}".strip()[-MOST_NOTES:]


def held(store: Store, member: Member, language: str) -> list[tuple[What, str, str]]:
    """What the file and the questionnaire hold now: which list, its key, how it reads."""
    health = told.of(store, member)
    found: list[tuple[What, str, str]] = [
        ("allergens", key, allergens.label(key).in_(language)) for key in health.allergens
    ]
    return found + [
        ("conditions", key, screening.CONDITIONS.get(key, Said(key, key)).in_(language))
        for key in health.conditions
    ]
