"""Facts that a second tap, a lost answer or a restart must not write twice."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

from salon.records import Record

if TYPE_CHECKING:
    from edge.store import RecordTable

R = TypeVar("R", bound=Record)


def fact_rid(*parts: str) -> str:
    """An id made of what the fact is about: the same question gives the same fact."""
    return "f-" + hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def add_once(table: RecordTable[R], record: R) -> R:
    """Insert a record unless one of its id is there already; returns the one that is kept. Call it in a transaction."""
    return table.find(record.rid) or table.add(record)
