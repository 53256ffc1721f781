"""What a refusal's code means and what to do about it, in both languages: the words stand in refusal_words.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from salon.rules.said import Said


@cache
def _words() -> dict[str, Said]:
    text = files(__package__).joinpath("refusal_words.toml").read_text(encoding="utf-8")
    return {code: Said(*both) for code, both in tomllib.loads(text).items()}


def why(code: str, boundary: str = "") -> Said:
    """The code in words; a code that has none speaks for itself."""
    words = _words()
    return words.get(f"{boundary}.{code}") or words.get(code, Said(code, code))
