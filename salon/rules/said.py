"""What rules say, in both languages, and why they decided so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Said:
    """A sentence in Simplified Chinese and English."""

    zh: str
    en: str

    def in_(self, language: str) -> str:
        return self.zh if language.lower().startswith("zh") else self.en

    def fill(self, **figures: object) -> Said:
        return Said(self.zh.format(**figures), self.en.format(**figures))


@dataclass(frozen=True)
class Explain:
    """Why a rule decided as it did."""

    rule: str
    """The rule's name and the inventory ids it stands for."""
    said: Said
    figures: dict[str, Any] = field(default_factory=dict)
    policy: str = ""
    """Version of the policy the figures came from; empty if no policy takes part."""

    def line(self, language: str = "zh") -> str:
        """For a record's `explain` field (at most 200 characters)."""
        return self.said.in_(language)[:200]


def days_en(count: int) -> str:
    """1 day, 2 days: for English sentences."""
    return f"{count} day" if count == 1 else f"{count} days"


def visits_en(count: int) -> str:
    """1 visit, 2 visits."""
    return f"{count} visit" if count == 1 else f"{count} visits"
