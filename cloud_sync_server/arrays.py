"""Columns as PostgreSQL's binary arrays, made in one go: psycopg asks a dumper for each value of each row, which took longer than anything
else that was done to a row on its way there.

An array on the wire is a head (dimensions, whether a NULL is in it, the element's type, length, first index) and then each value with its
length before it.
"""

from __future__ import annotations

from itertools import chain
from struct import Struct
from typing import Any

from psycopg import Connection
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

_HEAD = Struct("!5I")
_LENGTH = Struct("!i").pack
_NULL = _LENGTH(-1)


class Texts(tuple[str, ...]):
    """A column of texts."""

    __slots__ = ()


class Bodies(tuple[bytes | None, ...]):
    """A column of bytes, or of nothing."""

    __slots__ = ()


class _Texts(Dumper):
    format = Format.BINARY
    oid = 1009  # text[]

    def dump(self, obj: Any) -> Buffer:
        values = [one.encode() for one in obj]
        head = _HEAD.pack(1, 0, 25, len(values), 1)
        return head + b"".join(chain.from_iterable(zip(map(_LENGTH, map(len, values)), values, strict=True)))


class _Bodies(Dumper):
    format = Format.BINARY
    oid = 1001  # bytea[]

    def dump(self, obj: Any) -> Buffer:
        parts = [_HEAD.pack(1, None in obj, 17, len(obj), 1)]
        for one in obj:
            parts += (_NULL,) if one is None else (_LENGTH(len(one)), one)
        return b"".join(parts)


def prepare(connection: Connection[Any]) -> None:
    """Have a connection send such columns so."""
    connection.adapters.register_dumper(Texts, _Texts)
    connection.adapters.register_dumper(Bodies, _Bodies)
