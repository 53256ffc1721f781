"""The sentences of the scan in Simplified Chinese and English, read once from `texts.toml`.

Figures are filled in with `str.format`; a key without a sentence is a programming error and says so.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict


class Text(BaseModel):
    """One sentence in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        return self.zh if language.lower().startswith("zh") else self.en


@cache
def all_texts() -> dict[str, Text]:
    raw = tomllib.loads(files(__package__).joinpath("texts.toml").read_text("utf-8"))
    return {key: Text(**value) for key, value in raw.items()}


def say(key: str, **figures: Text | str | float) -> Text:
    """The sentence of `key` with `figures` filled in; a `Text` among them goes in by its language."""
    text = all_texts()[key]
    zh = {name: v.zh if isinstance(v, Text) else v for name, v in figures.items()}
    en = {name: v.en if isinstance(v, Text) else v for name, v in figures.items()}
    return Text(zh=text.zh.format(**zh), en=text.en.format(**en))
