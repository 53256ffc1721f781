"""How a store becomes one of the chain: a one-time code for a key, and the key on every request after that."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlalchemy import Connection, bindparam, select, update

from cloud_sync_server import distribution, lockout, trail
from cloud_sync_server.clock import later, now
from cloud_sync_server.database import Database
from cloud_sync_server.errors import NotAllowed
from cloud_sync_server.schema import enrolment_codes, inbox_head, stores
from cloud_sync_server.statements import Prepared, put
from cloud_sync_server.vault import Vault
from salon.reconcile.protocol import EnrolAnswer, EnrolRequest

CODE_VALID_S = 86_400
"""A code is for today's installation."""
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0, 1, I and O: codes are read from a screen and typed."""
_CODE_LETTERS = 10  # x 5 bits = 50 bits: with five tries and growing delays nobody guesses it in a day
_KEY_BYTES = 32


def create_code(con: Connection, vault: Vault, store: str, by: str) -> str:
    """A new one-time code for a store, shown once: only its hash is kept. Earlier unused codes end."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LETTERS))
    unused = (enrolment_codes.c.store == store, enrolment_codes.c.used_at == "")
    con.execute(update(enrolment_codes).where(*unused).values(expires_at=now()))
    row = {
        "store": store, "code_hash": vault.token("enrolment code", letters), "created_at": now(), "created_by": by,
        "expires_at": later(CODE_VALID_S), "used_at": "",
    }  # fmt: skip
    put(con, enrolment_codes, [row])
    trail.leave(con, by, "code_created", store)
    return f"{letters[:5]}-{letters[5:]}"


def enrol(database: Database, vault: Vault, request: EnrolRequest) -> EnrolAnswer:
    """Give a store its key for a valid code. A store enrolled before gets a new key; the old one ends."""
    subject = f"enrol:{request.store_id}"
    database.read(lambda con: lockout.allow(con, subject))
    key = secrets.token_urlsafe(_KEY_BYTES)
    if not database.write(lambda con: _enrol(con, vault, request, key)):
        database.write(lambda con: lockout.failed(con, subject))
        raise NotAllowed("the code is not valid, was used, or has expired")
    database.write(lambda con: lockout.cleared(con, subject))
    return EnrolAnswer(
        store_id=request.store_id,
        key=key,
        lookup_key=vault.derive("phone").hex(),
        heads_key=vault.public_key,
    )


def _enrol(con: Connection, vault: Vault, request: EnrolRequest, key: str) -> bool:
    letters = request.code.upper().replace("-", "").replace(" ", "")
    used = (
        update(enrolment_codes)
        .where(
            enrolment_codes.c.store == request.store_id,
            enrolment_codes.c.code_hash == vault.token("enrolment code", letters),
            enrolment_codes.c.used_at == "",
            enrolment_codes.c.expires_at > now(),
        )
        .values(used_at=now())
    )
    if con.execute(used).rowcount != 1:
        return False
    distribution.hold_roster(con, to_join=True)
    row = {
        "store": request.store_id, "name": request.name, "name_en": request.name_en, "version": request.version,
        "key_hash": _hash(key), "enrolled_at": now(),
    }  # fmt: skip
    put(con, stores, [row])
    put(con, inbox_head, [{"store": request.store_id, "head": 0, "floor": 0}], keep=True)
    trail.leave(con, f"store:{request.store_id}", "enrolled", request.store_id)
    return True


_KEY_HASH = Prepared(select(stores.c.key_hash).where(stores.c.store == bindparam("of")))


def authenticate(con: Connection, header: str) -> str:
    """The store that a request comes from. Raises NotAllowed."""
    kind, _, credentials = header.partition(" ")
    store, _, key = credentials.partition(".")
    held = _KEY_HASH.run(con, of=store).scalar()
    right = hmac.compare_digest(_hash(key), held or _hash(""))
    if kind.lower() != "bearer" or not (held and key and right):
        raise NotAllowed("this store's key is not known")
    return store


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
