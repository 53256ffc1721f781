"""What customers agree to: the texts with their versions, and the record of each decision (SEC-06, SEC-07)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from edge.store import now
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


class Text(BaseModel):
    """One question of consent."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    purpose: str
    version: str
    title: Said
    text: Said
    needed: bool
    """Without it the house cannot serve: it may be refused all the same."""


@cache
def texts() -> dict[str, Text]:
    """The texts by purpose, in the order they are asked."""
    raw = tomllib.loads(files(__package__).joinpath("consents.toml").read_text("utf-8"))
    entries = {purpose: _Entry.model_validate(body) for purpose, body in raw.items()}
    return {
        purpose: Text(
            purpose=purpose,
            version=entry.version,
            title=Said(entry.zh_title, entry.en_title),
            text=Said(entry.zh, entry.en),
            needed=entry.needed,
        )
        for purpose, entry in entries.items()
    }


def decide(
    store: Store, actor: str, member: str, purpose: str, *, granted: bool, channel: Channel
) -> Consent:
    """Keep a decision. One record a member and purpose, so that a withdrawal meets the grant it takes back."""
    rid = f"{member}-{purpose}"
    text = texts()[purpose]
    with store.acting(actor), store.transaction():
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
