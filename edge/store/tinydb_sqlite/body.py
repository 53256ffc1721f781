"""A document's body: JSON text that SQLite, Python and head office's PostgreSQL read alike, or a named refusal.

A single bad body would make SQLite's JSON functions fail for the whole table, so it is stopped here: NaN and
Infinity (no JSON), lone surrogates (no UTF-8), U+0000 (PostgreSQL holds none), nesting past what SQLite parses, two
keys that become one. As with TinyDB's JSON files, tuples become lists and keys that are numbers become text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, cast

from edge.store.errors import UnstorableType, UnstorableValue

MAX_DEPTH = 100  # levels; SQLite's JSON parser stops at 1000, Python's recursion a little earlier
MAX_INT_BITS = (
    1024  # larger numbers than a float holds are never meant, and Python refuses to print the largest
)

_LONG_NUMBER = re.compile(r"[0-9]{300}")
"""Shorter than any number of more than `MAX_INT_BITS`."""

_dump = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False
).encode
_load = json.JSONDecoder().raw_decode


def encode(document: dict[str, Any]) -> str:
    """The text of a document that came from `plain`."""
    return _dump(document)


def encode_plain(document: dict[str, Any]) -> str | None:
    """The text of a document of JSON's types with text for keys, as a record gives it; None when `plain` must look closer.

    A look at the text finds what `plain` finds by walking through the document, in a tenth of the time.
    """
    try:
        text = _dump(document)
        text.encode()
    except ValueError:  # NaN, Infinity; half a character
        return None
    if "\\u0000" in text or text.count("{") + text.count("[") > MAX_DEPTH or _LONG_NUMBER.search(text):
        return None
    return text


def decode(body: str) -> dict[str, Any]:
    return cast("dict[str, Any]", _load(body)[0])


def plain(document: Mapping[Any, Any]) -> dict[str, Any]:
    """A deep copy of a document in plain JSON types; raises `UnstorableValue` naming the field that has none."""
    try:
        return _mapping(document, 0)
    except _Unfit as unfit:
        field = ".".join(reversed(unfit.steps))
        raise unfit.named(field, unfit.reason) from None


class _Unfit(Exception):
    """Carries a refusal up to `plain`; each level adds its step, so that a good document pays for no path."""

    def __init__(self, reason: str, named: type[UnstorableValue] = UnstorableValue) -> None:
        super().__init__(reason)
        self.reason = reason
        self.named = named
        self.steps: list[str] = []


def _mapping(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    copy: dict[str, Any] = {}
    for key, item in value.items():
        # Most fields are ASCII text, a truth value or nothing: told apart here, without two calls a field.
        kind = type(item)
        if type(key) is str and key.isascii() and "\0" not in key:
            if kind is bool or item is None or (kind is str and item.isascii() and "\0" not in item):
                copy[key] = item
                continue
            name = key
        else:
            name = _key(key)
        try:
            copy[name] = _value(item, depth)
        except _Unfit as unfit:
            unfit.steps.append(name)
            raise
    if len(copy) != len(value):
        raise _Unfit("two keys become one when written as text")
    return copy


def _list(value: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
    copy: list[Any] = []
    for index, item in enumerate(value):
        try:
            copy.append(_value(item, depth))
        except _Unfit as unfit:
            unfit.steps.append(str(index))
            raise
    return copy


def _value(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        return _text(value)
    if value is None or kind is bool:
        return value
    if isinstance(value, int):
        if value.bit_length() > MAX_INT_BITS:
            raise _Unfit("the number is too large")
        return int(value)
    if isinstance(value, float):
        if not isfinite(value):
            raise _Unfit(f"{value} is no JSON number")
        return float(value)
    if isinstance(value, str):  # a StrEnum's member is stored as its text
        return _text(str.__str__(value))
    if depth >= MAX_DEPTH:
        raise _Unfit(f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        return _mapping(value, depth + 1)
    if isinstance(value, list | tuple):
        return _list(value, depth + 1)
    raise _Unfit(f"{kind.__name__} is no JSON type", UnstorableType)


def _text(value: str) -> str:
    if "\0" in value:
        raise _Unfit("the text holds U+0000")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _Unfit("the text holds half a character (a lone surrogate)") from None
    return value


def _key(key: Any) -> str:
    if isinstance(key, str):
        return _text(str.__str__(key))
    if isinstance(key, float):
        return repr(key)
    if key is None or isinstance(key, int):
        return str(_dump(key))  # null, true, 7
    raise _Unfit(f"a key of type {type(key).__name__}", UnstorableType)
