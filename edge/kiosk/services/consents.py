"""What customers agree to: the texts with their versions, and the record of each decision (SEC-06, SEC-07)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict
from tinydb import where

from edge.store import now, photos
from salon.records import Consent
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.store import Store

Channel = Literal["kiosk", "phone", "desk", "paper"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: str
    zh_title: str
    en_title: str
    zh: str
    en: str
    needed: bool = False
    asked: bool = True


class Text(BaseModel):
    """One question of consent."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    purpose: str
    version: str
    title: Said
    text: Said
    needed: bool
    """Without it the house cannot serve: it may be refused all the same."""
    asked: bool
    """Whether anybody is asked for it now; a decision of earlier stays, and may be taken back."""


@cache
def texts() -> dict[str, Text]:
    """All texts by purpose, in the order they are asked."""
    raw = tomllib.loads(files(__package__).joinpath("consents.toml").read_text("utf-8"))
    entries = {purpose: _Entry.model_validate(body) for purpose, body in raw.items()}
    return {
        purpose: Text(
            purpose=purpose,
            version=entry.version,
            title=Said(entry.zh_title, entry.en_title),
            text=Said(entry.zh, entry.en),
            needed=entry.needed,
            asked=entry.asked,
        )
        for purpose, entry in entries.items()
    }


def asked() -> dict[str, Text]:
    """The texts that a new customer is asked about."""
    return {purpose: text for purpose, text in texts().items() if text.asked}


def decide(
    store: Store, actor: str, member: str, purpose: str, *, granted: bool, channel: Channel
) -> Consent:
    """Keep a decision. One record a member and purpose, so that a withdrawal meets the grant it takes back. A no covers every file of
    hers, so that each store that holds one of them hears of it; a yes is said once, for the file that is open.

    Who takes back the permission for photos has them erased, of all her files: what they were kept for is over (PIPL 47).
    """
    with store.acting(actor), store.transaction():
        made = _keep(store, member, purpose, granted=granted, channel=channel)
        if not granted:  # a record from elsewhere (an import, a merged file) says nothing else from now on
            hers = where("member").one_of(store.files(member)) & (where("purpose") == purpose)
            for other in store.consents.select(hers & (where("granted") == True)):  # noqa: E712 - a query
                store.consents.edit(other.rid, granted=False, decided_at=now(), channel=channel)
    if purpose == photos.PURPOSE and not granted:
        photos.erase(store, member)
    return made


def withdraw(store: Store, actor: str, member: str, purpose: str, *, channel: Channel = "desk") -> bool:
    """She says so at the desk, or answers a message with it: it holds at once. Only she herself agrees to anything again.

    Whether there was anything to take back, in any of her files.
    """
    hers = where("member").one_of(store.files(member))
    given = store.consents.select(hers & (where("purpose") == purpose))
    if not any(consent.granted for consent in given):
        return False
    decide(store, actor, member, purpose, granted=False, channel=channel)
    return True


def _keep(store: Store, member: str, purpose: str, *, granted: bool, channel: Channel) -> Consent:
    rid = f"{member}-{purpose}"
    text = texts()[purpose]
    known = store.consents.find(rid)
    if known is None:
        consent = Consent.parse({
            "rid": rid, "member": member, "purpose": purpose, "granted": granted,
            "decided_at": now(), "text_version": text.version, "channel": channel,
        })  # fmt: skip
        return store.consents.add(consent)
    return store.consents.edit(
        rid, granted=granted, decided_at=now(), text_version=text.version, channel=channel
    )
