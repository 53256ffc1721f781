"""Who put what right in a customer's file, the newest first (PRF-21): from the log of all changes, without the values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.store import trail
from salon.records import Member
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.store import Store

READ, SHOWN = 60, 12
_BY_ITSELF = frozenset({"phone_tail", "phone2_tail", "rid"})
"""Follow from other fields: nobody writes them."""


@dataclass(frozen=True)
class Correction:
    """One writing: when, by whom, which fields."""

    at: str
    by: Said
    what: Said


def of(store: Store, member: Member) -> list[Correction]:
    """The first writing of a file counts as its opening."""
    people = {person.rid: person for person in store.employees.select()}
    lines = trail.read(store.connections.get(), rid=member.rid, kind=Member.kind, limit=READ)
    found: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for line in lines:  # one writing is a line a lane: what stays in the store, and what goes to head office
        _, known = found.setdefault((line.at[:19], line.actor), (line.at, []))
        known += [name for name in line.fields if name in Member.fields() and name not in _BY_ITSELF]
    made = []
    for (_, actor), (at, names) in found.items():
        who = people.get(actor)
        by = (
            Said(who.name, who.name_en or who.name)
            if who
            else Said("系统或顾客本人", "the store or she herself")
        )
        about = [Member.about(name) for name in dict.fromkeys(names)]
        what = Said("、".join(a.zh for a in about), ", ".join(a.en for a in about))
        if "surname" in names and "joined_at" in names:
            what = Said("建立档案", "File opened")
        if names:
            made.append(Correction(at, by, what))
    return made[:SHOWN]
