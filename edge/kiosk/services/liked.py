"""Her file in words for a page: every field that is filled in, in the form's own groups (PRF-02, PRF-06..10, SEG-07)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.kiosk import i18n
from salon.rules import filefields
from salon.rules.comfort import COLOURS

if TYPE_CHECKING:
    from salon.records import Member

_ELSEWHERE = frozenset({"surname", "given_name", "phone", "tags", "notes"})
"""Fields that the page shows in a place of their own."""


def lines(member: Member) -> list[tuple[str, str]]:
    """Label and value of each field that says something, in the language of the request."""
    language = i18n.language()
    shown = [name for name in filefields.names() if name not in _ELSEWHERE and getattr(member, name)]
    return [(member.about(name).label(language), _value(member, name, language)) for name in shown]


def _value(member: Member, name: str, language: str) -> str:
    value = getattr(member, name)
    if value is True:
        return i18n.word("是", "yes")
    if isinstance(value, list):
        known = [COLOURS[one].in_(language) if one in COLOURS else one for one in value]
        return i18n.word("、", ", ").join(known)
    said = filefields.OPTIONS.get(name, {}).get(value)
    if said is not None:
        return said.in_(language)
    return i18n.full_date(value) if filefields.shape(name) == "day" else str(value)
