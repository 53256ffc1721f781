"""The report as data, every text already in the customer's language: the page and the PDF only lay it out."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from salon.rules.concerns import Verdict


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Picture(_Data):
    """A photo with what was seen drawn over it. The bytes never go into JSON: photos stay in the store."""

    phase: Literal["before", "after"]
    concern: str = ""
    """Key of the concern drawn; empty for the plain photo."""
    caption: str = ""
    jpeg: bytes = Field(exclude=True, repr=False)


class ValueRow(_Data):
    """One value before and after, and whether the difference is more than repeats differ by."""

    key: str
    label: str
    unit: str
    before: str
    after: str
    """Empty where there is none."""
    score: str
    """`41 → 55`, of 100; empty where there is no good or bad."""
    error: str
    """`± 1.4`: what two captures of the same skin differ by."""
    verdict: Verdict | None
    """None with one value only."""
    verdict_text: str
    source: Literal["camera", "probe"]


class AdviceItem(_Data):
    """One piece of home advice."""

    kind: Literal["aftercare", "product"]
    title: str
    text: str
    reason: str


class Report(_Data):
    """The whole report of one visit."""

    language: Literal["zh", "en"]
    code: str
    url: str
    """Where the page is in the store's network; the QR code's content. Empty: no code is drawn."""
    store_name: str
    store_line: str
    heading: str
    greeting: str
    day: str
    therapist: str
    services: str
    pictures: list[Picture]
    values: list[ValueRow]
    values_note: str
    not_measured: list[str]
    advice: list[AdviceItem]
    products: list[str]
    """Used today, with their batches."""
    next_visit: str
    contacts: list[str]
    """When the customer will hear from the store."""
    points_earned: int
    points_balance: int
    footer: list[str]
