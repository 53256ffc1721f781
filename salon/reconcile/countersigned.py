"""What HQ signs under a store's chain, once a day (SEC-02, SEC-10): the same bytes on both sides, and the name of the key."""

from __future__ import annotations

from hashlib import sha256

from salon.reconcile.change import canonical

_GROUP = 4


def head_text(store: str, epoch: str, n: int, h: str, at: str) -> bytes:
    """The canonical form of a head, which Ed25519 (RFC 8032) signs. `h`: the link at number `n`, hex; `at`: HQ's time, ISO 8601, UTC."""
    return canonical(
        {"what": "parlour chain head 1", "store": store, "epoch": epoch, "n": n, "h": h, "at": at}
    )


def fingerprint(public_key: str) -> str:
    """Of a public key in hex: what two people read to each other, eight groups of four letters. Raises ValueError."""
    name = sha256(bytes.fromhex(public_key)).hexdigest()[: 8 * _GROUP]
    return " ".join(name[start : start + _GROUP] for start in range(0, len(name), _GROUP))
