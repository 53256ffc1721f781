"""The report as data, every text already in the customer's language: the page and the PDF only lay it out."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from salon.rules.concerns import Verdict


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Picture(_Data):
    """A photo with what was seen drawn over it. The bytes never go into JSON: photos stay in the store."""

    phase: Literal["before", "after", "month"]
    """`month`: as her skin was when she came in about a month before."""
    concern: str = ""
    """Key of the concern drawn, `<concern>_change` for a difference map; empty for the plain photo."""
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
    alone: str = ""
    """The only figure, of what was not measured before and after but once: a single close-up."""
    meaning: str = ""
    """What the value is and which way is better."""
    score: str
    """`41 → 55`, of 100; empty where there is no good or bad."""
    error: str
    """`± 1.4`: what two captures of the same skin differ by."""
    verdict: Verdict | None
    """None with one value only."""
    verdict_text: str
    sentence: str
    """Which way it moved, by how much, and whether that is beyond the repeat error; empty where that cannot be said."""
    source: Literal["camera", "probe", "scale"]


class TrendPoint(_Data):
    """One figure of a line over the visits."""

    day: str
    value: float
    error: float
    phase: Literal["before", "after"]
    joined: bool
    """False: other light than the newest; the line passes it by."""


class TrendLine(_Data):
    """One measure over the visits (MEA-05)."""

    key: str
    label: str
    unit: str
    first: str
    last: str
    """The figures at both ends of the line, as they are shown."""
    verdict: Verdict
    verdict_text: str
    points: list[TrendPoint]


class AdviceItem(_Data):
    """One piece of home advice."""

    kind: Literal["aftercare", "product", "unasked"]
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
    values_heading: str
    values_note: str
    obstacle: str
    """Why the photos before and after must not be compared; empty if they may."""
    not_measured: list[str]
    referral: str
    """A place that was not scored because a doctor should see it; empty if there is none."""
    trends: list[TrendLine]
    trends_note: str
    advice: list[AdviceItem]
    products: list[str]
    """Used today, with their batches."""
    next_visit: str
    contacts: list[str]
    """When the customer will hear from the store."""
    points_earned: int
    points_balance: int
    footer: list[str]
