"""Finding customers: by what they carry and know, and by what staff type."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Literal, TypeVar

from tinydb import where

from edge.store import elsewhere, finding
from salon.records import Record
from salon.records.people import TAIL
from salon.rules import names, phones

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.store import Store
    from salon.records import Member

R = TypeVar("R", bound=Record)

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


def known_by(store: Store, phone: str, surname: str) -> Member | None:
    """The one member with this (normalised) number and surname. Whose own number it is comes before whose second it is."""
    found = finding.with_phone(store, phone)
    if any(_called(member, surname) for member in found.own):
        return with_surname(found.own, surname)
    return with_surname(found.second, surname)


def known_anywhere(store: Store, phone: str, surname: str) -> Member | None:
    """`known_by`, and if that is nobody, once other stores were asked; whoever else has the number, so that the time tells nothing of it."""
    known = known_by(store, phone, surname)
    if known is None and (asked := elsewhere.ask(store, phone)):
        elsewhere.wait(store, asked)
        known = known_by(store, phone, surname)
    return known


def fetch(store: Store, text: str) -> None:
    """Before the desk looks for, or registers, somebody by a whole number that nobody here has: ask the other stores, and wait for them."""
    try:
        phone = phones.normalise(text)
    except phones.BadPhone:
        return
    found = finding.with_phone(store, phone)
    if not found.own and not found.second:
        elsewhere.wait(store, elsewhere.ask(store, phone))


def _called(member: Member, surname: str) -> bool:
    wanted = _plain(surname)
    return bool(wanted) and wanted in {
        _plain(member.surname),
        _plain(names.surnames().get(member.surname, "")),
    }


def with_surname(members: list[Member], surname: str) -> Member | None:
    """The one of these members with that surname, in characters or in pinyin. None if there is none, or more than one."""
    fitting = [member for member in members if _called(member, surname)]
    return fitting[0] if len(fitting) == 1 else None


def _plain(surname: str) -> str:
    return surname.strip().casefold()


def with_code(store: Store, code: str) -> tuple[Member, Literal["qr", "card"]] | None:
    """The member whose QR code or card this is, and which of the two it was. A card of a merged file goes on working."""
    text = code.strip().removeprefix(CODE_PREFIX)
    if not text:
        return None
    found = store.members.select(where("card_code") == text, limit=1)
    if found:
        return shown_as(store, found[0]), "qr"
    card = text.upper().replace(":", "").replace(" ", "")
    found = store.members.select(where("card_uid") == card, limit=1)
    return (shown_as(store, found[0]), "card") if found else None


def search(store: Store, text: str) -> list[Member]:
    """Members for the front desk: by phone (whole, or its last digits), surname in characters or pinyin, full name, or member code.

    A file that was merged into another leads there.
    """
    wanted = " ".join(text.split())
    if not wanted:
        return []
    if wanted.lstrip("+").replace(" ", "").isdigit():
        found = _by_digits(store, wanted.replace(" ", ""))
    else:
        found = _by_name(store, wanted)
        carried = with_code(store, wanted)
        found = [carried[0], *found] if carried else found
    return _each_once(shown_as(store, member) for member in found)[:FOUND_MOST]


def _each_once(members: Iterable[Member]) -> list[Member]:
    return list({member.rid: member for member in members}.values())


def _by_name(store: Store, wanted: str) -> list[Member]:
    surname, given = names.split(wanted)
    written = [surname, *(zh for zh, latin in names.surnames().items() if _plain(latin) == _plain(surname))]
    spelt = sorted({*written, surname.title()})
    found = store.members.select(where("surname").one_of(spelt), limit=SURNAMES_MOST)
    return [m for m in found if m.given_name.casefold().startswith(given.casefold())]


def shown_as(store: Store, member: Member) -> Member:
    """The file that this one is shown with, if it was merged; else itself."""
    return store.members.load(store.files(member.rid)[0]) if member.merged_into else member


def files(store: Store, member: Member) -> list[str]:
    """The rid that she is shown under, then those of the files that were merged into it."""
    return store.files(member.rid)


records = finding.records
"""Of one customer, out of all her files."""


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
