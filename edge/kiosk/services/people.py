"""Finding customers: by what they carry and know, and by what staff type."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Literal

from tinydb import where

from salon.records.people import TAIL
from salon.rules import names, phones

if TYPE_CHECKING:
    from edge.store import Store
    from salon.records import Consent, Member

CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Of a member's code: without those that read like others (0 O, 1 I)."""
CODE_LENGTH = 12
"""60 bits: not to be found by trying."""
CODE_PREFIX = "parlour:"
"""What a member's QR code begins with, so that a payment code held up by mistake is told apart."""
FOUND_MOST = 20
SURNAMES_MOST = 2000
"""Members of one surname looked through for a given name."""


def new_code() -> str:
    """A member's code, for her card."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def with_phone(store: Store, phone: str) -> list[Member]:
    """Members with this (normalised) phone: a family may share one."""
    return store.members.select(where("phone") == phone)


def with_surname(members: list[Member], surname: str) -> Member | None:
    """The one of these members with that surname, in characters or in pinyin. None if there is none, or more than one."""
    wanted = _plain(surname)
    fitting = [
        m for m in members if wanted in {_plain(m.surname), _plain(names.surnames().get(m.surname, ""))}
    ]
    return fitting[0] if wanted and len(fitting) == 1 else None


def _plain(surname: str) -> str:
    return surname.strip().casefold()


def with_code(store: Store, code: str) -> tuple[Member, Literal["qr", "card"]] | None:
    """The member whose QR code or card this is, and which of the two it was."""
    text = code.strip().removeprefix(CODE_PREFIX)
    if not text:
        return None
    found = store.members.select(where("card_code") == text, limit=1)
    if found:
        return found[0], "qr"
    card = text.upper().replace(":", "").replace(" ", "")
    found = store.members.select(where("card_uid") == card, limit=1)
    return (found[0], "card") if found else None


def search(store: Store, text: str) -> list[Member]:
    """Members for the front desk: by phone (whole, or its last four digits), surname, or full name."""
    wanted = " ".join(text.split())
    if not wanted:
        return []
    if wanted.lstrip("+").replace(" ", "").isdigit():
        return _by_digits(store, wanted.replace(" ", ""))
    surname, given = names.split(wanted)
    found = store.members.select(where("surname") == surname, limit=SURNAMES_MOST)
    return [m for m in found if m.given_name.casefold().startswith(given.casefold())][:FOUND_MOST]


def _by_digits(store: Store, digits: str) -> list[Member]:
    try:
        phone = phones.normalise(digits)
    except phones.BadPhone:
        return _ending_in(store, digits.lstrip("+"))
    both = (where("phone") == phone) | (where("phone2") == phone)
    return store.members.select(both, limit=FOUND_MOST)


def _ending_in(store: Store, digits: str) -> list[Member]:
    """Members one of whose numbers ends so; four digits or more. Found by the index over the last four."""
    if len(digits) < TAIL:
        return []
    tail = digits[-TAIL:]
    found = store.members.select((where("phone_tail") == tail) | (where("phone2_tail") == tail))
    return [m for m in found if m.phone.endswith(digits) or m.phone2.endswith(digits)][:FOUND_MOST]


def consents_of(store: Store, member: str) -> list[Consent]:
    return store.consents.select(where("member") == member)
