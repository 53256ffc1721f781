"""A new colleague, and a PIN that was forgotten: who may sign in here, and with which rights (STF-06).

A manager is the second person of exports and overrides. So only the owner makes one, or gives one another PIN: else a manager could
agree with herself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.signin import hash_pin
from edge.store import new_rid
from salon.records import Employee
from salon.rules.said import Said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.store import Store

ROLES = ("beautician", "desk", "consultant", "technician", "manager", "owner")
BY_OWNER = frozenset({"manager", "owner"})
"""Roles that a manager neither gives nor gets into."""
LOGIN = re.compile(r"[a-z][a-z0-9]{1,19}")
PIN = re.compile(r"\d{6}")
EASY = frozenset({*(digit * 6 for digit in "0123456789"), "123456", "654321", "012345", "543210"})
"""PINs that are tried first."""


class CannotHire(ValueError):
    """Raised when a colleague or her PIN cannot be kept so; `.fields` maps each field to what is wrong."""

    def __init__(self, **fields: Said) -> None:
        self.fields = fields
        super().__init__(", ".join(fields))


def gives(roles: Sequence[str]) -> list[str]:
    """The roles that somebody with these roles may give."""
    return [role for role in ROLES if role not in BY_OWNER or "owner" in roles]


def hire(
    store: Store, actor: str, may_give: Sequence[str], *, name: str, name_en: str, login: str, roles: Sequence[str], pin: str
) -> Employee:  # fmt: skip
    """A colleague of this store, who may sign in at once; to serve she needs her exam (STF-07). Raises CannotHire."""
    wrong: dict[str, Said] = {}
    if not 0 < len(name.strip()) <= 40:
        wrong["name"] = Said("请填写姓名", "Please enter a name")
    if not LOGIN.fullmatch(login):
        wrong["login"] = Said(
            "2 到 20 个小写字母或数字，以字母开头", "2 to 20 small letters or digits, a letter first"
        )
    if not roles or not set(roles) <= set(may_give):
        wrong["roles"] = Said("请选择岗位", "Please choose what she does")
    if said := _weak(pin):
        wrong["pin"] = said
    if wrong:
        raise CannotHire(**wrong)
    hashed = hash_pin(pin)
    with store.acting(actor), store.transaction():
        if store.employees.select(where("login") == login, limit=1):
            raise CannotHire(login=Said("这个登录名已有人使用", "Somebody has this login already"))
        return store.employees.add(
            Employee(
                rid=f"e-{new_rid()}", login=login, name=name.strip(), name_en=name_en.strip()[:40], roles=list(roles),
                store=store.store_id, pin_hash=hashed,
            )
        )  # fmt: skip


def new_pin(store: Store, actor: str, may_give: Sequence[str], rid: str, pin: str) -> Employee:
    """Another PIN for a colleague. Raises CannotHire, NoSuchRecord."""
    if said := _weak(pin):
        raise CannotHire(pin=said)
    hashed = hash_pin(pin)
    with store.acting(actor), store.transaction():
        known = store.employees.load(rid)
        if known.rid != actor and not set(known.roles) <= set(may_give):
            raise CannotHire(pin=Said("店长的密码由老板更换", "A manager's PIN is changed by the owner"))
        return store.employees.edit(rid, pin_hash=hashed)


def _weak(pin: str) -> Said | None:
    if not PIN.fullmatch(pin) or not pin.isascii():
        return Said("密码是 6 位数字", "A PIN has 6 digits")
    return Said("这个密码太容易猜到", "This PIN is guessed too easily") if pin in EASY else None
