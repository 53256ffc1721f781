"""Signing in: a badge, or a login and its 6-digit PIN; five tries, then growing delays (salon.rules.lockout).

A try is counted before the PIN is looked at, in one transaction, so that many tries at once are not free ones; the count lives in
the store's settings, so that a restart forgives nothing. Every sign-in leaves a trace (SEC-02), and every request looks the
employee up again: a leaver loses access at once (SEC-09), and so does whoever has an old PIN or a copy of a cookie that was signed out.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import g, request, session
from tinydb import where

from edge.store import trail
from salon.rules import lockout
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.store import Store
    from salon.records import Employee

logger = logging.getLogger(__name__)

IDLE = 30 * 60.0
"""s: a treatment step may take 20 min without a touch; a forgotten screen must not stay open over a shift."""
SEEN_EVERY = 60.0
"""s: how often the cookie's time is written anew."""
TRIES = "signin.tries"
ENDED = "signin.ended"
"""Sessions that were signed out, each with its time (s): whoever kept a copy of the cookie has nothing."""
_SESSION = "staff"


class SignInRefused(PermissionError):
    """Raised when nobody was signed in; `.lockout` says how long to wait and how many tries are left."""

    def __init__(self, state: lockout.Lockout) -> None:
        self.lockout = state
        super().__init__("locked" if state.locked else "wrong")

    @property
    def said(self) -> Said:
        """To whoever confirms something with a PIN: that it was wrong, and how many tries are left or how long to wait."""
        left = self.lockout.said
        if self.lockout.locked:
            return left
        return Said(f"密码不正确，{left.zh}", f"This PIN does not fit. {left.en}")


def hash_pin(pin: str) -> str:
    """What is kept of a PIN."""
    return PasswordHasher().hash(pin)


@cache
def _no_ones_hash() -> str:
    """Checked when there is no such login, so that it takes as long as a wrong PIN."""
    return hash_pin("no one's PIN")


def with_pin(store: Store, login: str, pin: str, source: str) -> Employee:
    """The employee whose login and PIN these are. Raises SignInRefused."""
    # Two stores may give one login while they do not hear of each other. Whoever has a PIN is of this one.
    named = store.employees.select(where("login") == login.strip())
    employee = _only_active(sorted(named, key=lambda one: (not one.pin_hash, not one.active)))
    key = f"login:{employee.rid}" if employee else f"unknown:{source}"
    _count_try(store, key)
    if not _fits(employee.pin_hash if employee else "", pin) or employee is None:
        raise _refused(store, key, source, "wrong-pin")
    _forgive(store, key)
    return employee


def with_badge(store: Store, badge: str, source: str) -> Employee:
    """The employee whose badge was read. Raises SignInRefused."""
    key = f"badge:{source}"
    _count_try(store, key)
    code = badge.strip()
    employee = _only_active(store.employees.select(where("badge") == code, limit=1)) if code else None
    if employee is None:
        raise _refused(store, key, source, "unknown-badge")
    _forgive(store, key)
    return employee


def _only_active(found: list[Employee]) -> Employee | None:
    return found[0] if found and found[0].active else None


def _fits(pin_hash: str, pin: str) -> bool:
    try:
        return PasswordHasher().verify(pin_hash or _no_ones_hash(), pin) and bool(pin_hash)
    except (VerificationError, InvalidHashError):
        return False


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _state(tries: dict[str, Any], key: str) -> lockout.Lockout:
    row = tries.get(key, {"failures": 0, "at": ""})
    return lockout.check(row["failures"], row["at"], _now())


def _count_try(store: Store, key: str) -> None:
    with store.transaction():
        tries: dict[str, Any] = store.settings.get(TRIES, {})
        state = _state(tries, key)
        if state.locked:
            raise SignInRefused(state)
        failures = tries.get(key, {"failures": 0})["failures"] + 1
        store.settings.set(TRIES, {**tries, key: {"failures": failures, "at": _now()}})


def _refused(store: Store, key: str, source: str, code: str) -> SignInRefused:
    state = _state(store.settings.get(TRIES, {}), key)
    store.refuse("http", source, code, f"{key}: {state.said.en}")
    return SignInRefused(state)


def _forgive(store: Store, key: str) -> None:
    with store.transaction():
        tries: dict[str, Any] = store.settings.get(TRIES, {})
        if tries.pop(key, None) is not None:
            store.settings.set(TRIES, tries)


# --- the session


def begin(store: Store, employee: Employee, how: str) -> None:
    """Sign the employee in at this browser, and leave the trace."""
    session[_SESSION] = {
        "rid": employee.rid,
        "id": secrets.token_hex(8),
        "pin": _of_pin(employee),
        "seen": time.time(),
    }
    session.permanent = False
    with store.acting(employee.rid), store.transaction() as con:
        trail.signed_in(con, how, request.remote_addr or "")
    logger.info("signed in by %s: %s", how, employee.rid)


def _of_pin(employee: Employee) -> str:
    """Changes with the PIN, so that a new one ends what was opened with the old one."""
    return hashlib.blake2b(employee.pin_hash.encode(), digest_size=8).hexdigest()


def stay(employee: Employee) -> None:
    """Whoever gave herself a new PIN stays signed in where she did it."""
    sign_in = held()
    if sign_in and sign_in["rid"] == employee.rid:
        session[_SESSION] = {**sign_in, "pin": _of_pin(employee)}


def end(store: Store) -> None:
    """Sign out. The session is kept as ended for as long as a copy of its cookie would have lasted."""
    sign_in = session.pop(_SESSION, None)
    if sign_in:
        now = time.time()
        with store.transaction():
            known: dict[str, float] = store.settings.get(ENDED, {})
            living = {key: at for key, at in known.items() if now - at < IDLE}
            store.settings.set(ENDED, {**living, sign_in["id"]: now})


def held() -> dict[str, Any] | None:
    """What the browser of this request holds of a sign-in, to be asked about again (`employee_of`)."""
    found: dict[str, Any] | None = session.get(_SESSION)
    return found


def employee_of(store: Store, sign_in: dict[str, Any]) -> Employee | None:
    """Whose sign-in it is; None for a leaver, one that was signed out, or one with a new PIN."""
    employee = store.employees.find(sign_in["rid"])
    if employee is None or not employee.active:
        return None
    if sign_in.get("pin") != _of_pin(employee) or sign_in.get("id") in store.settings.get(ENDED, {}):
        return None
    return employee


def employee_of_session(store: Store) -> Employee | None:
    """Who is signed in at the browser of this request; None for nobody as well, and for one idle too long."""
    sign_in = held()
    if not sign_in or time.time() - sign_in["seen"] > IDLE:
        return None
    return employee_of(store, sign_in)


def load(store: Store) -> None:
    """Before each request: who is at this screen. A page that refreshes by itself does not count as being there."""
    g.employee = employee_of_session(store)
    if g.employee is None:
        session.pop(_SESSION, None)
    elif "X-Live" not in request.headers and time.time() - session[_SESSION]["seen"] > SEEN_EVERY:
        session[_SESSION] = {**session[_SESSION], "seen": time.time()}
