"""A member's records for a person to read: kinds and fields by their names, days and money as her language writes them.

What follows from a field's declaration is done by it; nothing here names a kind, so that a new one reads well by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edge.kiosk import i18n
from edge.store.holdings import GAVE_WAY
from salon.records import Member, Record, kinds
from salon.rules import answers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.kiosk.services.herfile import Holdings
    from edge.store import Store

_WHEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
Value = str | list["Value"] | dict[str, "Value"]
Line = tuple[str, Value]


@dataclass(frozen=True)
class Section:
    """All records of a kind."""

    title: str
    records: list[list[Line]]


def sections(store: Store, found: Holdings) -> list[Section]:
    """In the language of the request; who she is comes first, then the other kinds, what is empty is left out."""
    names = _names(store)
    ordered = sorted(found, key=lambda kind: (kind != Member.kind, kind == GAVE_WAY, kind))
    return [
        Section(_title(kind), [list(_lines(kind, one, names)) for one in found[kind]]) for kind in ordered
    ]


def _title(kind: str) -> str:
    if kind == GAVE_WAY:
        return i18n.word("合并时未采用的值", "Values that gave way in a merge")
    cls = kinds()[kind]
    return i18n.word(cls.zh, cls.en)


def _names(store: Store) -> dict[str, str]:
    """What records are called that hers point to: staff, services, products, stores. No other customer's."""
    out: dict[str, str] = {}
    for kind, cls in kinds().items():
        if kind != Member.kind and "name" in cls.model_fields and "member" not in cls.model_fields:
            for one in store.table(kind).select():
                out[one.rid] = i18n.word(one.name, getattr(one, "name_en", ""))
    return out


def _lines(kind: str, document: dict[str, Any], names: dict[str, str]) -> Iterator[Line]:
    cls = kinds().get(kind)
    for name, value in document.items():
        if value in ("", [], {}, None):
            continue
        known = cls is not None and name in cls.model_fields
        label = cls.about(name).label(i18n.language()) if cls is not None and known else _key(name)
        yield label, _value(cls, name, value, document, names)


def _key(name: str) -> str:
    return name.replace("_", " ")


def _value(
    cls: type[Record] | None, name: str, value: Any, document: dict[str, Any], names: dict[str, str]
) -> Value:
    if isinstance(value, dict):
        return {_key(str(key)): _value(cls, str(key), one, value, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_value(cls, name, one, document, names) for one in value]
    if isinstance(value, bool):
        return i18n.word("是", "yes") if value else i18n.word("否", "no")
    if isinstance(value, int | float):
        return _number(cls, name, value, document)
    return _text(cls, name, str(value), names)


def _number(cls: type[Record] | None, name: str, value: float, document: dict[str, Any]) -> str:
    unit = cls.about(name).unit if cls is not None and name in cls.model_fields else ""
    if (
        unit == "fen"
        or name.endswith("_fen")
        or (name in {"amount", "fen"} and document.get("unit", "fen") == "fen")
    ):
        return i18n.money(int(value))
    return f"{value:g} {unit}".strip() if isinstance(value, float) else f"{value} {unit}".strip()


def _text(cls: type[Record] | None, name: str, value: str, names: dict[str, str]) -> str:
    if _WHEN.fullmatch(value):
        return f"{i18n.full_date(value)} {i18n.clock(value)}"
    if _DAY.fullmatch(value):
        return i18n.full_date(value)
    said = answers.word(cls, name, value) if cls is not None else None
    return said.in_(i18n.language()) if said is not None else names.get(value, value)
