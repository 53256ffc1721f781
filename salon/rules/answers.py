"""Fixed answers of records in words for a person ("no_show"): what the pages of a family say in their own words, an export says by this list."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from salon.records import Member, Record
from salon.rules import allergens, filefields, screening
from salon.rules.said import Said

_ALLERGENS = {key: entry.label for key, entry in allergens.CATALOGUE.items()}
_HEALTH = {
    "allergens": _ALLERGENS, "conditions": screening.CONDITIONS, "contraindications": screening.CONDITIONS,
}  # fmt: skip
"""Sets of keys that people choose in forms, and may write into in their own words."""
_LIST = Path(__file__).with_name("answers.toml")


def word(cls: type[Record], name: str, value: str) -> Said | None:
    """What a value of a field reads like; None where the field takes free text, or the value has no word."""
    own = filefields.OPTIONS.get(name, {}).get(value) if cls is Member else None
    return (
        own
        or _HEALTH.get(name, {}).get(value)
        or (_words().get(value) if value in choices(cls, name) else None)
    )


@cache
def choices(cls: type[Record], name: str) -> frozenset[str]:
    """The fixed answers that a field may have; none where it takes free text."""
    info = cls.model_fields.get(name)
    return frozenset(_literals(info.annotation)) - {""} if info is not None else frozenset()


def _literals(annotation: Any) -> set[str]:
    inner = get_args(annotation)
    if get_origin(annotation) is Literal:
        return {value for value in inner if isinstance(value, str)}
    return {value for one in inner for value in _literals(one)}


@cache
def _words() -> dict[str, Said]:
    raw = tomllib.loads(_LIST.read_text("utf-8"))
    return {
        key: Said(text, key.replace("_", " ")) if isinstance(text, str) else Said(*text)
        for key, text in raw.items()
    }
