"""The heads of this store's chain as HQ signed them, and the key they are signed by (SEC-02, SEC-10).

Only HQ has the private half, so whoever writes log, head and list anew cannot sign them. The public half comes with the enrolment; a
store that was enrolled before HQ signed takes the first one that HQ names on its line. From then on another key is refused and shown:
only enrolling again brings a new one.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.store.clock import now
from edge.store.store import Store
from salon.reconcile.countersigned import fingerprint, head_text
from salon.reconcile.protocol import SignedHead

HEADS, KEYS, REFUSED = "countersigned_heads", "countersigned_by", "countersigned_refused"
"""Settings: the heads, oldest first; HQ's public keys in hex, the one in use first; why HQ's last answer was not believed."""
OTHER_KEY, FORGED = "heads_key_changed", "head_forged"
"""Why it was not believed."""
KEPT = 400
"""Heads, one a day: a year and a month. The newest of each life stays beyond that."""
_KEYS_KEPT = 5
"""What an earlier key signed is still believed after the store was enrolled with another one."""


def trust(store: Store, key: str) -> None:
    """A person enrolled the store with this HQ: its key counts from now on. An HQ of before names none, which changes nothing."""
    if not key:
        return
    known: list[str] = store.settings.get(KEYS, []) or []
    if known[:1] != [key]:
        store.settings.set(KEYS, [key, *(one for one in known if one != key)][:_KEYS_KEPT])
    if store.settings.get(REFUSED):
        store.settings.set(REFUSED, None)


def keys(store: Store) -> list[str]:
    """HQ's public keys, hex, the one in use first; empty as long as HQ has named none."""
    return list(store.settings.get(KEYS, []) or [])


def held(store: Store) -> list[SignedHead]:
    """What is kept here, oldest first, whether its signature is right or not."""
    return [SignedHead.model_validate(one) for one in store.settings.get(HEADS, []) or []]


def is_signed(store_id: str, head: SignedHead, by: Sequence[str]) -> bool:
    """Whether one of these keys signed this head of this store."""
    return any(_verifies(key, head.signature, _text(store_id, head)) for key in by)


def take(store: Store, key: str, heads: Sequence[SignedHead]) -> int:
    """Keep what of the night's heads HQ signed by the key that is known here. Returns how many heads are kept in all. What is refused is
    shown once.
    """
    if key and not keys(store):
        trust(store, key)
    known, trusted = held(store), keys(store)
    right = [head for head in heads if head in known or is_signed(store.store_id, head, trusted)]
    refused = None
    if key and key != trusted[0]:
        refused, right = (OTHER_KEY, f"{_named(key)} instead of {_named(trusted[0])}"), []
    elif wrong := [head for head in heads if head not in right]:
        refused = (FORGED, f"{wrong[0].epoch} {wrong[0].n} {wrong[0].at}")
    _show(store, refused)
    kept = _worth_keeping([*known, *right])
    if kept != known:
        store.settings.set(HEADS, [head.model_dump() for head in kept])
    return len(kept)


def _show(store: Store, refused: tuple[str, str] | None) -> None:
    before = store.settings.get(REFUSED, None)
    if refused is None:
        if before:
            store.settings.set(REFUSED, None)
    elif before is None or (before["why"], before["detail"]) != refused:
        why, detail = refused
        store.settings.set(REFUSED, {"why": why, "detail": detail, "at": now()})
        store.refuse("sync", "hq", why, detail)


def _worth_keeping(heads: Sequence[SignedHead]) -> list[SignedHead]:
    """One a day and life, the furthest: the newest of all, and of each life the newest."""
    days: dict[tuple[str, str], SignedHead] = {}
    for head in heads:
        day = (head.epoch, head.at[:10])
        if day not in days or (head.n, head.at) > (days[day].n, days[day].at):
            days[day] = head
    ordered = sorted(days.values(), key=lambda head: (head.at, head.epoch))
    last = {head.epoch: head for head in ordered}
    return [head for head in ordered[:-KEPT] if last[head.epoch] == head] + ordered[-KEPT:]


def _text(store_id: str, head: SignedHead) -> bytes:
    return head_text(store_id, head.epoch, head.n, head.h, head.at)


def _verifies(key: str, signature: str, said: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), said)
    except (InvalidSignature, ValueError):  # not signed by it, or no key, or no hex
        return False
    return True


def _named(key: str) -> str:
    try:
        return fingerprint(key)
    except ValueError:
        return "no key"
