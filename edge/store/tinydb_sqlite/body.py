"""A document's body: JSON text that SQLite, Python and head office's PostgreSQL read alike, or a named refusal.

A single bad body would make SQLite's JSON functions fail for the whole table, so it is stopped here: NaN and
Infinity (no JSON), lone surrogates (no UTF-8), U+0000 (PostgreSQL holds none), nesting past what SQLite parses, two
keys that become one. As with TinyDB's JSON files, tuples become lists and keys that are numbers become text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any, cast

from edge.store.errors import UnstorableType, UnstorableValue

MAX_DEPTH = 100  # levels; SQLite's JSON parser stops at 1000, Python's recursion a little earlier
MAX_INT_BITS = (
    1024  # larger numbers than a float holds are never meant, and Python refuses to print the largest
)

_dump = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False
).encode
_load = json.JSONDecoder().raw_decode


def encode(document: dict[str, Any]) -> str:
    """The text of a document that came from `plain`."""
    return _dump(document)


def decode(body: str) -> dict[str, Any]:
    return cast("dict[str, Any]", _load(body)[0])


def plain(document: Mapping[Any, Any]) -> dict[str, Any]:
    """A deep copy of a document in plain JSON types; raises `UnstorableValue` naming the field that has none."""
    return _mapping(document, ())


def _mapping(value: Mapping[Any, Any], path: tuple[str, ...]) -> dict[str, Any]:
    copy = {_key(key, path): _value(item, (*path, str(key))) for key, item in value.items()}
    if len(copy) != len(value):
        raise UnstorableValue(".".join(path), "two keys become one when written as text")
    return copy


def _value(value: Any, path: tuple[str, ...]) -> Any:
    kind = type(value)
    if kind is str:
        return _text(value, path)
    if value is None or kind is bool:
        return value
    if isinstance(value, int):
        if value.bit_length() > MAX_INT_BITS:
            raise UnstorableValue(".".join(path), "the number is too large")
        return int(value)
    if isinstance(value, float):
        if not isfinite(value):
            raise UnstorableValue(".".join(path), f"{value} is no JSON number")
        return float(value)
    if len(path) > MAX_DEPTH:
        raise UnstorableValue(".".join(path[:3]) + "...", f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        return _mapping(value, path)
    if isinstance(value, list | tuple):
        return [_value(item, (*path, str(index))) for index, item in enumerate(value)]
    if isinstance(value, str):  # a StrEnum's member is stored as its text
        return _text(str.__str__(value), path)
    raise UnstorableType(".".join(path), f"{kind.__name__} is no JSON type")


def _text(value: str, path: tuple[str, ...]) -> str:
    if "\0" in value:
        raise UnstorableValue(".".join(path), "the text holds U+0000")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise UnstorableValue(
                ".".join(path), "the text holds half a character (a lone surrogate)"
            ) from error
    return value


def _key(key: Any, path: tuple[str, ...]) -> str:
    if isinstance(key, str):
        return _text(str.__str__(key), path)
    if key is None or isinstance(key, bool | int | float):
        return str(_dump(key)) if not isinstance(key, float) else repr(key)
    raise UnstorableType(".".join(path), f"a key of type {type(key).__name__}")
