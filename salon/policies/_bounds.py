"""What a store may change of the chain's policy: bounds, as data in head office's text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from salon.policies._model import Policy


class Bound(BaseModel):
    """A limit on one figure, or on a whole section."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(title="Key", description="section.figure, or a section")
    min: float | None = Field(None, title="At least", description="Smallest value a store may choose")
    max: float | None = Field(None, title="At most", description="Largest value a store may choose")
    one_of: tuple[str, ...] = Field((), title="One of", description="Words a store may choose")
    locked: bool = Field(False, title="Locked", description="A store changes nothing")

    @field_validator("key")
    @classmethod
    def _known(cls, key: str) -> str:
        section, _, figure = key.partition(".")
        sections = Policy.sections()
        if section not in sections or (figure and figure not in sections[section].model_fields):
            raise ValueError("no such section or figure")
        return key


_BOUNDS = TypeAdapter(tuple[Bound, ...])


def bounds(raw: dict[str, Any]) -> tuple[Bound, ...]:
    """The bounds in head office's text. Raises pydantic's ValidationError."""
    return _BOUNDS.validate_python(raw.get("bounds", ()))


def outside(policy: Policy, chain: Policy, limits: Sequence[Bound]) -> Iterator[tuple[str, str, str]]:
    """Keys of a store's policy that a bound forbids, and why, in Chinese and English. What equals the chain's figure is always allowed."""
    for bound in limits:
        section, _, figure = bound.key.partition(".")
        own, given = getattr(policy, section), getattr(chain, section)
        if figure:
            own, given = getattr(own, figure), getattr(given, figure)
        if own == given:
            continue
        if bound.locked:
            yield bound.key, "总部已锁定", "head office has locked it"
        elif bound.min is not None and own < bound.min:
            yield (
                bound.key,
                f"总部规定不少于 {bound.min:g}，不能是 {own}",
                f"head office allows {bound.min:g} or more, not {own}",
            )
        elif bound.max is not None and own > bound.max:
            yield (
                bound.key,
                f"总部规定不超过 {bound.max:g}，不能是 {own}",
                f"head office allows {bound.max:g} or less, not {own}",
            )
        elif bound.one_of and own not in bound.one_of:
            allowed = ", ".join(bound.one_of)
            yield bound.key, f"总部只允许 {allowed}，不能是 {own}", f"head office allows {allowed}, not {own}"
