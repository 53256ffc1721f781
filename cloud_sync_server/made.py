"""What a batch would make of records of which HQ holds nothing, made before its turn: merged, written as JSON, hashed, sealed, its search
tokens. None of that needs the database but for its word that there is nothing, so the next batch has it done while the database has the one
before.

It is a guess, and used only where it is the very thing that would be made in the transaction: of the same change (one under another stamp is
another), onto nothing, under the key that the member got now (one who has a key has records).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cloud_sync_server import finding
from cloud_sync_server.clock import iso
from cloud_sync_server.vault import CHANGE, NOBODY, RECORD, Keyring, NewKey, Vault, row_name
from salon.reconcile import BadChange, Change, Merged, State, canonical, merge, orphaned, split
from salon.reconcile.digest import of_state
from salon.records import Lane, record_class

_TIMES = ("at", "arrived_at", "starts_at", "taken_at", "opened_at", "due_at", "decided_at", "joined_at")
"""Which field places a record in time, by preference."""
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
"""A time as we write it; other ways to write one are brought into this."""


@dataclass(frozen=True)
class Written:
    """A state as its row has it, but for the seal."""

    plain: bytes
    at: str
    digest: bytes

    @classmethod
    def of(cls, kind: str, rid: str, state: State) -> Written:
        plain = canonical(state)
        return cls(plain, _when(state["v"]), of_state(record_class(kind), rid, state, plain))


@dataclass(frozen=True)
class Made:
    """What one change, the first of its record in a batch, makes of nothing."""

    change: Change
    merged: Merged
    written: Written
    key: NewKey | None = None
    """Of a member who is new in this batch; the rest is there only with it."""
    state: bytes = b""
    """Sealed."""
    said: bytes = b""
    """The change, sealed."""
    tokens: tuple[bytes, ...] = ()
    """Of a member: by what she is found."""


def owner(kind: str, rid: str, fields: dict[str, Any]) -> str:
    """Whose a record is, as far as these fields tell."""
    if kind == "member":
        return rid
    named = fields.get("member", NOBODY)
    return named if isinstance(named, str) else NOBODY


def make(vault: Vault, batch: Iterable[tuple[Change, bytes]]) -> dict[int, Made]:
    """By number, of changes and their canonical form."""
    firsts: dict[tuple[str, str], tuple[Change, bytes]] = {}
    for change, text in batch:
        firsts.setdefault((change.kind, change.rid), (change, text))
    merged = {change.n: one for change, _ in firsts.values() if (one := _merged(change)) is not None}
    able = [(change, text) for change, text in firsts.values() if change.n in merged]
    new = {change.rid: merged[change.n].state["v"] for change, _ in able if change.kind == "member"}
    keys = {rid: vault.new_key(rid) for rid in new}
    ring = Keyring({rid: key.cipher for rid, key in keys.items()})
    tokens = finding.tokens(vault, {rid: finding.search_terms(values) for rid, values in new.items()})
    return {change.n: _made(change, text, merged[change.n], ring, keys, tokens) for change, text in able}


def _merged(change: Change) -> Merged | None:
    """None where it takes more than the change: whether health data may be held, what was there before."""
    cls = record_class(change.kind)
    if change.erase or split(cls, change.fields, shares_health=False)[Lane.STORE]:
        return None
    try:
        merged = merge(cls, None, change)
    except BadChange:
        return None
    return None if orphaned(cls, merged.state) else merged


def _made(
    change: Change,
    text: bytes,
    merged: Merged,
    ring: Keyring,
    keys: Mapping[str, NewKey],
    tokens: finding.Tokens,
) -> Made:
    written = Written.of(change.kind, change.rid, merged.state)
    member = owner(change.kind, change.rid, change.fields)
    key = keys.get(member)
    if key is None:
        return Made(change, merged, written)
    return Made(
        change, merged, written, key,
        ring.seal_state(member, merged.state, written.plain, row_name(RECORD, member, change.kind, change.rid)),
        ring.seal_plain(member, text, row_name(CHANGE, change.origin.store, change.origin.epoch, change.n)),
        tokens[change.rid] if change.kind == "member" else (),
    )  # fmt: skip


def _when(values: dict[str, Any]) -> str:
    text = next((values[name] for name in _TIMES if values.get(name)), "")
    try:
        moment = datetime.fromisoformat(text)
        return text if _INSTANT.fullmatch(text) else iso(moment)
    except (TypeError, ValueError):
        return ""
