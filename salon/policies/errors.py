"""What can be wrong with a policy: each problem names its key and its line, so that the owner can mend it."""

from __future__ import annotations

from dataclasses import dataclass


class PolicyError(Exception):
    """The base of all errors about policies."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a policy text."""

    key: str
    """Dotted: `tiers.levels.0.amount_yuan`."""
    why: str
    line: int = 0
    """1-based line of the text; 0 if it cannot be told."""
    hint: str = ""
    """The nearest known key, when the key is unknown."""
    zh: str = ""
    """`why` in Chinese; the English stands where there is none."""

    def __str__(self) -> str:
        return self.in_("en")

    def in_(self, language: str) -> str:
        """For the owner: where it is, what is wrong, and what was probably meant."""
        if language.startswith("zh"):
            where = f"第 {self.line} 行：" if self.line else ""
            hint = f"（是否想写 {self.hint!r}？）" if self.hint else ""
            return f"{where}{self.key}：{self.zh or self.why}{hint}"
        where = f"line {self.line}: " if self.line else ""
        hint = f" (did you mean {self.hint!r}?)" if self.hint else ""
        return f"{where}{self.key}: {self.why}{hint}"


class BadPolicy(PolicyError, ValueError):
    """Raised when a policy text cannot be used; `.problems` has all that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))
