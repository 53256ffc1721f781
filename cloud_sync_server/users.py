"""People of head office: their passwords (argon2id), their roles, and guessing made slow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Connection, select

from cloud_sync_server import lockout, trail
from cloud_sync_server.clock import now
from cloud_sync_server.database import Database
from cloud_sync_server.schema import users
from cloud_sync_server.statements import put

Role = Literal["owner", "manager"]
"""The owner enrols stores and decides about what was put aside; a manager looks."""
MIN_PASSWORD = 8
_hasher = PasswordHasher()
_NOBODY = _hasher.hash("an unknown login takes as long as a wrong password")


@dataclass(frozen=True)
class User:
    login: str
    role: str
    stamp: str
    """Changes with the password: sessions of before end."""

    @property
    def decides(self) -> bool:
        return self.role == "owner"


class WeakPassword(ValueError):
    """Raised when a password is too short."""


def create(con: Connection, login: str, password: str, role: Role, by: str) -> None:
    """Make a user, or give one a new password and role. Raises WeakPassword."""
    if len(password) < MIN_PASSWORD:
        raise WeakPassword(f"at least {MIN_PASSWORD} characters")
    row = {
        "login": login, "password_hash": _hasher.hash(password), "role": role, "created_at": now(), "active": True,
    }  # fmt: skip
    put(con, users, [row])
    trail.leave(con, by, "user_set", login, role)


def find(con: Connection, login: str) -> User | None:
    row = con.execute(select(users).where(users.c.login == login, users.c.active)).first()
    return None if row is None else User(row.login, row.role, row.password_hash[-16:])


def sign_in(database: Database, login: str, password: str, *, done: str = "signed_in") -> User | None:
    """The user of a right password; `done` is what the trail calls it. Raises TooManyTries."""
    subject = f"login:{login[:80]}"
    database.read(lambda con: lockout.allow(con, subject))
    held = database.read(
        lambda con: con.execute(
            select(users.c.password_hash).where(users.c.login == login, users.c.active)
        ).scalar()
    )
    if not _matches(held or _NOBODY, password) or held is None:
        database.write(lambda con: lockout.failed(con, subject))
        database.write(lambda con: trail.leave(con, login[:80], "sign_in_failed"))
        return None
    database.write(lambda con: lockout.cleared(con, subject))
    database.write(lambda con: trail.leave(con, login, done))
    return database.read(lambda con: find(con, login))


def _matches(held: str, password: str) -> bool:
    try:
        return _hasher.verify(held, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
