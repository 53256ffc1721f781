"""Proof that two sides hold the same: a hash a record, sums of hashes by bucket (sync.md 2.6, anti-entropy).

A record's hash is over all that both sides hold of it: its values, and the stamps and dots by which it will merge. Health data
is left out, as only some stores hold it, and what never leaves a store. A sum of hashes does not depend on the order of reading,
and one record more, less or different changes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from typing import Any

from salon.reconcile.change import canonical
from salon.reconcile.merge import State
from salon.records import Privacy, Record

BUCKETS = 256
HASH_BYTES = 16
_MODULUS = 1 << (8 * HASH_BYTES)
_KEPT_BACK = frozenset({Privacy.HEALTH, Privacy.LOCAL})


@cache
def keeps_state(cls: type[Record]) -> bool:
    """Whether a store keeps the merge state of such records: documents, and facts of which a part may be shared later."""
    return not cls.fact or any(about.privacy is Privacy.HEALTH for about in cls.fields().values())


def of_state(cls: type[Record], rid: str, state: State, plain: bytes = b"") -> bytes:
    """The hash of a record by its state; `plain` is the state's canonical form, if it is at hand already."""
    if "x" in state:
        return _hash(cls, rid, canonical({"x": state["x"]}))
    if not keeps_state(cls):
        return of_fact(cls, rid, state["v"])
    hidden = hidden_fields(cls)
    if hidden.isdisjoint(state["v"]) and hidden.isdisjoint(state["s"]):
        return _hash(cls, rid, plain or canonical(state))
    parts = {
        part: {name: value for name, value in state[part].items() if name not in hidden} for part in "vts"
    }
    return _hash(cls, rid, canonical(parts))


def of_fact(cls: type[Record], rid: str, values: dict[str, Any]) -> bytes:
    """The hash of a fact of which a store keeps no state: by its values other than the defaults."""
    defaults, hidden = cls.defaults(), hidden_fields(cls)
    said = {
        name: value
        for name, value in values.items()
        if name != "rid" and name not in hidden and (name not in defaults or defaults[name] != value)
    }
    return _hash(cls, rid, canonical(said))


def bucket_of(kind: str, rid: str) -> int:
    """Which bucket a record belongs to, whatever its content."""
    return hashlib.blake2b(f"{kind}|{rid}".encode(), digest_size=1).digest()[0]


class Buckets:
    """Sums of hashes by bucket."""

    def __init__(self) -> None:
        self.sums = [0] * BUCKETS
        self.count = 0

    def add(self, kind: str, rid: str, digest: bytes) -> None:
        where = bucket_of(kind, rid)
        self.sums[where] = (self.sums[where] + int.from_bytes(digest)) % _MODULUS
        self.count += 1

    def add_all(self, records: Iterable[tuple[str, str, bytes]]) -> Buckets:
        for record in records:
            self.add(*record)
        return self

    @property
    def root(self) -> str:
        """One hash over all buckets."""
        return hashlib.blake2b("".join(self.wire()).encode(), digest_size=HASH_BYTES).hexdigest()

    def wire(self) -> list[str]:
        return [f"{one:032x}" for one in self.sums]


@cache
def hidden_fields(cls: type[Record]) -> frozenset[str]:
    """What only some stores hold, and what never leaves one."""
    return frozenset(name for name, about in cls.fields().items() if about.privacy in _KEPT_BACK)


def _hash(cls: type[Record], rid: str, said: bytes) -> bytes:
    name = f"{cls.kind}|{rid}|".encode()
    return hashlib.blake2b(name + said, digest_size=HASH_BYTES, person=b"parlour-digest").digest()
