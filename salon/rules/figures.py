"""A figure of the manager's page: its value, how many it rests on, the people behind it, and whether it may be shown (KPI-13)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from salon.policies import Policy
from salon.rules.said import Explain, Said

Unit = Literal["share", "yuan", "points", "count", "seconds", "minutes"]
TOO_FEW = Said("人数太少，暂不显示", "Too few to say")


@dataclass(frozen=True)
class Person:
    """One customer behind a figure, and what she has to do with it."""

    member: str
    why: Said
    visit: str = ""


@dataclass(frozen=True)
class Figure:
    """One figure. `value` is None when there is nothing, `enough` False when it rests on too few."""

    key: str
    id: str
    """Of the inventory."""
    value: float | None
    n: int
    """How many it rests on."""
    unit: Unit
    target: float | None
    people: tuple[Person, ...]
    enough: bool
    explain: Explain

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None when it cannot be said."""
        if self.value is None or self.target is None or not self.enough:
            return None
        return self.value <= self.target if self.unit in {"seconds", "minutes"} else self.value >= self.target

    def text(self, language: str) -> str:
        """As the page shows it: a value with its unit, or that there are too few."""
        if self.value is None or not self.enough:
            return TOO_FEW.in_(language)
        if self.unit == "share":
            return f"{self.value:.0%}"
        if self.unit == "yuan":
            return f"¥{self.value:,.0f}"
        suffix = {"seconds": Said(" 秒", " s"), "minutes": Said(" 分钟", " min")}.get(self.unit, Said("", ""))
        shown = f"{self.value:,.0f}" if self.unit == "count" else f"{self.value:,.1f}"
        return shown + suffix.in_(language)


def measure(
    key: str,
    inventory_id: str,
    value: float | None,
    n: int,
    unit: Unit,
    target: float | None,
    people: Iterable[Person],
    said: Said,
    policy: Policy,
) -> Figure:
    """A figure with its reason. A count is true however small; a share or a mean needs enough behind it."""
    few = policy.targets.few
    enough = unit == "count" or n >= few
    if not enough:
        said = Said(
            f"{said.zh}；样本 {n}，少于 {few}，不显示百分比", f"{said.en}; {n} is fewer than {few}: not shown"
        )
    figures = {"value": value, "n": n, "target": target, "few": few}
    explain = Explain(f"{key} ({inventory_id})", said, figures, policy.version)
    return Figure(key, inventory_id, value, n, unit, target, tuple(people), enough, explain)


def share(
    key: str,
    inventory_id: str,
    part: int,
    whole: int,
    target: float | None,
    people: Iterable[Person],
    said: Said,
    policy: Policy,
) -> Figure:
    """`part` of `whole`."""
    value = part / whole if whole else None
    return measure(key, inventory_id, value, whole, "share", target, people, said, policy)
