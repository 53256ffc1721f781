"""Keys and sealing: what HQ holds about a person is encrypted under that member's own key, wrapped by the master key file.

The whole state of a record is sealed (AES-256-GCM), not field by field: nothing about a person stands in the clear but record ids,
kinds, stores and times. The additional data names the row, so that a sealed body cannot be moved to another one. Destroying a
member's key makes every copy of it unreadable, in backups too.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, select

from cloud_sync_server.clock import now
from cloud_sync_server.schema import member_keys
from cloud_sync_server.settings import credential
from cloud_sync_server.statements import Among, Prepared, add
from salon.reconcile import State, canonical

KEY_BYTES = 32
_NONCE_BYTES = 12
LOOKUP_BYTES = 16
"""Of a keyed hash: two of a chain's values do not meet in 128 bits."""
NOBODY = ""
"""The `member` of records that are about no person: catalogue, stores, employees, devices. They are not sealed."""

_HERE = b"\x01"
"""In a sealed body: the text that it begins with."""

RECORD, CHANGE, CONFLICT, ASIDE = "records", "changes", "conflicts", "quarantine"
"""First part of a row's name: its table."""


_HELD = Prepared(
    select(member_keys.c.member, member_keys.c.wrapped).where(Among(member_keys.c.member, "members"))
)
_LOCKED = Prepared(
    select(member_keys.c.member, member_keys.c.wrapped)
    .where(Among(member_keys.c.member, "members"))
    .order_by(member_keys.c.member)
    .with_for_update()
)


def row_name(*key: object) -> str:
    """What binds a sealed body to its row: table and primary key."""
    return "|".join(map(str, key))


def read_key(folder: Path, name: str) -> bytes:
    """A key file of 32 random bytes that only HQ's user may read; made when it is not there.

    On a server systemd hands keys over as credentials; the first of two processes that make one wins.
    """
    given = credential(name)
    path = folder / name if given is None else given
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return path.read_bytes()
        finally:
            draft.unlink()
    return path.read_bytes()


class Vault:
    """All that is derived from the master key."""

    def __init__(self, master: bytes) -> None:
        self._master = master
        self._derived: dict[str, bytes] = {}
        self._keyed: dict[str, _Keyed] = {}
        self._wrap = AESGCM(self.derive("wrap"))
        self._tray = AESGCM(self.derive("quarantine"))
        self._signing = Ed25519PrivateKey.from_private_bytes(self.derive("signature of chain heads"))

    def derive(self, purpose: str) -> bytes:
        """A key for one purpose."""
        if purpose not in self._derived:
            self._derived[purpose] = self._derive(purpose)
        return self._derived[purpose]

    def _derive(self, purpose: str) -> bytes:
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"parlour hq {purpose}".encode()).derive(
            self._master
        )

    def token(self, purpose: str, value: str) -> str:
        """A keyed hash to look something up by without holding it."""
        return hmac.digest(self.derive(purpose), value.encode(), "sha256").hex()

    def lookup(self, purpose: str, value: str) -> bytes:
        """A token of the blind index."""
        keyed = self._keyed.get(purpose) or self._keyed.setdefault(purpose, _Keyed(self.derive(purpose)))
        return keyed.digest(value.encode())[:LOOKUP_BYTES]

    def sign(self, said: bytes) -> str:
        """HQ's signature, hex: whoever has `public_key` can check it, and nobody else can make it. Made of the master key, it is the same
        again once that is put back from its backup.
        """
        return self._signing.sign(said).hex()

    @property
    def public_key(self) -> str:
        """Hex."""
        return self._signing.public_key().public_bytes_raw().hex()

    def put_aside(self, wire: Any, row: str) -> bytes:
        """Seal what was quarantined: it is of nobody yet, and may be no valid text (hence ASCII)."""
        return _seal(self._tray, json.dumps(wire).encode(), row)

    def take_back(self, body: bytes, row: str) -> Any:
        return json.loads(_open(self._tray, body, row))

    def new_key(self, member: str) -> NewKey:
        """A key for a member who may have none."""
        key = secrets.token_bytes(KEY_BYTES)
        return NewKey(AESGCM(key), _seal(self._wrap, key, member))

    def keys(
        self, con: Connection, members: Iterable[str], new: Mapping[str, NewKey] | None = None
    ) -> Keyring:
        """The keys of these members, made where there are none, or taken of `new`. Inside a write they stay locked to its end, which puts
        two writes about one member one after the other.
        """
        ring = Keyring({})
        wanted = sorted(set(members) - {NOBODY})
        if not wanted:
            return ring
        for member, wrapped in _LOCKED.run(con, members=wanted):
            ring.add(member, None if wrapped is None else _open(self._wrap, wrapped, member))
        made = new or {}
        fresh = {member: made.get(member) or self.new_key(member) for member in wanted if member not in ring}
        at = now()
        add(con, member_keys, [
            {"member": member, "wrapped": key.wrapped, "created_at": at} for member, key in fresh.items()
        ])  # fmt: skip
        for member, key in fresh.items():
            ring.add_new(member, key)
        return ring

    def reading(self, con: Connection, members: Iterable[str]) -> Keyring:
        """The keys of these members, to read by."""
        ring = Keyring({})
        wanted = sorted(set(members) - {NOBODY})
        if not wanted:
            return ring
        for member, wrapped in _HELD.run(con, members=wanted):
            ring.add(member, None if wrapped is None else _open(self._wrap, wrapped, member))
        return ring


class _Keyed:
    """HMAC-SHA256 (RFC 2104) under one key whose two blocks are hashed once: a new member has five tokens of a few letters each."""

    def __init__(self, key: bytes) -> None:
        block = key.ljust(sha256().block_size, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in block))

    def digest(self, value: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(value)
        outer.update(inner.digest())
        return outer.digest()


@dataclass(frozen=True)
class NewKey:
    """A member's key, and as it is kept."""

    cipher: AESGCM
    wrapped: bytes


class Keyring:
    """Members' keys in the clear, for the length of one transaction."""

    def __init__(self, ciphers: dict[str, AESGCM | None]) -> None:
        self._ciphers = ciphers
        self.new: set[str] = set()
        """Who had no key before this transaction, so nothing that is sealed."""

    def add(self, member: str, key: bytes | None) -> None:
        self._ciphers[member] = None if key is None else AESGCM(key)

    def add_new(self, member: str, key: NewKey) -> None:
        self._ciphers[member] = key.cipher
        self.new.add(member)

    def is_under(self, member: str, key: NewKey | None) -> bool:
        """Whether this is the member's key, and not one that was made for nothing."""
        return key is not None and self._ciphers.get(member) is key.cipher

    def __contains__(self, member: str) -> bool:
        return member in self._ciphers

    def destroyed(self, member: str) -> bool:
        """Whether the member was erased: what is written of her now names no person, and stands in the clear."""
        return member != NOBODY and self._ciphers.get(member, self) is None

    def seal(self, member: str, value: Any, row: str) -> bytes:
        return self.seal_plain(member, canonical(value), row)

    def seal_plain(self, member: str, plain: bytes, row: str) -> bytes:
        """A value in its canonical form."""
        cipher = None if member == NOBODY else self._ciphers[member]
        return plain if cipher is None else _seal(cipher, plain, row)

    def seal_state(self, member: str, state: State, plain: bytes, row: str) -> bytes:
        """The merge state of a record, and its canonical form. What was written at once has the same stamp at each field, which is half of
        the state: where it is sealed, the commonest stands there once.
        """
        cipher = None if member == NOBODY else self._ciphers[member]
        return plain if cipher is None else _seal(cipher, _said_once(list(state["t"].values()), plain), row)

    def open(self, member: str, body: bytes, row: str) -> Any:
        """The value. Raises ValueError for what was sealed under a key that was destroyed since."""
        cipher = None if member == NOBODY else self._ciphers[member]
        return json.loads(bytes(body) if cipher is None else _said_in_full(_open(cipher, body, row)))


def _said_once(stamps: list[str], plain: bytes) -> bytes:
    """JSON in which a text that stands there often is one byte, with that text before it. JSON has no such bytes of its own."""
    if len(stamps) < 2:
        return plain
    first = stamps[0]
    common = first if stamps.count(first) == len(stamps) else max(set(stamps), key=stamps.count)
    text = f'"{common}"'.encode()
    return b"".join((_HERE, text, _HERE, plain.replace(text, _HERE)))


def _said_in_full(plain: bytes) -> bytes:
    if not plain.startswith(_HERE):
        return plain
    _, text, rest = plain.split(_HERE, 2)
    return rest.replace(_HERE, text)


def _seal(cipher: AESGCM, plain: bytes, row: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, row.encode())


def _open(cipher: AESGCM, body: bytes, row: str) -> bytes:
    return cipher.decrypt(bytes(body[:_NONCE_BYTES]), bytes(body[_NONCE_BYTES:]), row.encode())
