"""A change: what one write said, and the hash chain that makes a missing or altered one show.

On the wire a change is a small JSON object; its origin (store and epoch) stands once in the envelope around it. Its identity,
and the key that makes a second delivery harmless, is its number `n`: contiguous per origin and lane.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from salon.reconcile.clock import Stamp
from salon.records import SCHEMA_VERSION

CHAIN_START = bytes(16)
"""What the first change of an origin follows."""
MAX_CHANGE_BYTES = 64 * 1024
"""A larger change is refused (sync.md 2.6)."""

MAX_N = 2**53 - 1
"""Numbers stay exact in every JSON reader and fit a 64-bit column."""


class BadChange(ValueError):
    """Raised when something is not a change; `.reason` is a code, `.detail` says what is wrong."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}" if detail else reason)


@dataclass(frozen=True)
class Origin:
    """Who numbers changes: a store in one life of its database. A restored or cloned database starts a new epoch."""

    store: str
    epoch: str

    @property
    def node(self) -> str:
        return f"{self.store}.{self.epoch}"

    @classmethod
    def of_node(cls, node: str) -> Origin:
        store, _, epoch = node.rpartition(".")
        return cls(store, epoch)


@dataclass(frozen=True)
class Change:
    """One write to one record.

    `fields` maps a field to its new value; for a set to `{"add": [...], "rm": {element: [dots seen]}}`, for a consent to
    `{"grant": [dots seen]}` or `{"withdraw": true}`. `base` maps each overwritten field to the stamp of the value the writer
    saw: a value there that is not the current one means that two people wrote without knowing of each other.
    """

    origin: Origin
    n: int
    kind: str
    rid: str
    fields: dict[str, Any]
    stamp: Stamp
    base: dict[str, str] = field(default_factory=dict)
    actor: str = ""
    schema: int = SCHEMA_VERSION
    erase: bool = False
    """The record is erased: it loses its data everywhere and its rid is never used again."""

    @property
    def id(self) -> str:
        return f"{self.origin.node}.{self.n}"

    def wire(self) -> dict[str, Any]:
        """As JSON values. Empty parts are left out."""
        out: dict[str, Any] = {
            "n": self.n,
            "kind": self.kind,
            "rid": self.rid,
            "t": self.stamp.time,
            "sv": self.schema,
        }
        if self.stamp.node != self.origin.node:
            out["t"] = str(self.stamp)
        parts = {"f": self.fields, "base": self.base, "actor": self.actor}
        out |= {key: value for key, value in parts.items() if value}
        if self.erase:
            out["erase"] = True
        return out

    @classmethod
    def from_wire(cls, origin: Origin, data: Any) -> Change:
        """Read `wire()`. Raises BadChange with the field that is wrong."""
        try:
            wire = _Wire.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            raise BadChange("malformed", f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
        time = wire.t if "-" in wire.t else f"{wire.t}-{origin.node}"
        return cls(
            origin,
            wire.n,
            wire.kind,
            wire.rid,
            wire.f,
            Stamp.parse(time),
            wire.base,
            wire.actor,
            wire.sv,
            wire.erase,
        )

    @classmethod
    def of_log(cls, origin: Origin, wire: dict[str, Any]) -> Change:
        """Read `wire()` back from one's own log: it was checked when it was written, and is not checked again."""
        time: str = wire["t"]
        return cls(
            origin,
            wire["n"],
            wire["kind"],
            wire["rid"],
            wire.get("f", {}),
            Stamp.parse(time if "-" in time else f"{time}-{origin.node}"),
            wire.get("base", {}),
            wire.get("actor", ""),
            wire["sv"],
            wire.get("erase", False),
        )


_StampText = Annotated[str, StringConstraints(pattern=r"^[0-7][0-9a-f]{15}(-[0-9a-z][0-9a-z._]{0,47})?$")]


class _Wire(BaseModel):
    """The shape of a change on the wire; fields of a later schema are carried, not refused."""

    model_config = ConfigDict(extra="ignore", strict=True)

    n: Annotated[int, Field(ge=1, le=MAX_N)]
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]
    rid: Annotated[str, StringConstraints(pattern=r"^[0-9a-z][0-9a-z._-]{2,63}$")]
    t: _StampText
    sv: Annotated[int, Field(ge=1, le=0x7FFF)]
    f: Annotated[dict[str, Any], Field(default_factory=dict)]
    base: Annotated[dict[str, Annotated[str, StringConstraints(max_length=80)]], Field(default_factory=dict)]
    actor: Annotated[str, StringConstraints(max_length=80)] = ""
    erase: bool = False


_canonical = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False
).encode
"""Made once: `json.dumps` makes an encoder for each value. What is encoded here was read from JSON or is a record's document, so
it holds no circle.
"""


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: equal values are equal bytes."""
    return _canonical(value).encode()


def chain(previous: bytes, change: Change) -> bytes:
    """The hash (16 bytes) of a change and all before it: BLAKE2b-128(previous || canonical change)."""
    return chain_wire(previous, change.wire())


def chain_wire(previous: bytes, wire: Any) -> bytes:
    """`chain` over what stood on the wire, whatever it was: also what is no change, or one of a later schema, has its link."""
    return chain_text(previous, wire_text(wire))


def wire_text(wire: Any) -> bytes:
    """`canonical`, of anything that JSON can say (lone surrogates too)."""
    return _canonical(wire).encode(errors="surrogatepass")


def chain_text(previous: bytes, text: bytes) -> bytes:
    """The next link, over `wire_text`."""
    return hashlib.blake2b(previous + text, digest_size=16).digest()


GONE = re.compile(rb'\{"gone":"([0-9a-f]{32})","n":[0-9]{1,16}\}')
"""In place of a change whose content was erased since: the link after it, so that the chain goes on."""


def gone(n: int, h: bytes) -> str:
    """The text of such a place."""
    return f'{{"gone":"{h.hex()}","n":{n}}}'


def chained(previous: bytes, texts: Iterable[bytes]) -> list[bytes]:
    """The links over many."""
    out = []
    for text in texts:
        erased = GONE.fullmatch(text)
        previous = bytes.fromhex(erased[1].decode()) if erased else chain_text(previous, text)
        out.append(previous)
    return out
