"""Readings of the skin probe and the body scale that belong in her report and in her history: what they are called, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from salon.rules.concerns import Better
from salon.rules.said import Said

Source = Literal["probe", "scale"]


@dataclass(frozen=True)
class Measure:
    label: Said
    better: Better
    source: Source = "probe"


MEASURES: dict[str, Measure] = {
    "skin_moisture": Measure(Said("皮肤水分", "Skin moisture"), "higher"),
    "skin_elasticity": Measure(Said("皮肤弹性", "Skin elasticity"), "higher"),
    "skin_sebum": Measure(Said("皮脂", "Skin sebum"), "neither"),
    "body_weight": Measure(Said("体重", "Body weight"), "neither", "scale"),
    "body_fat": Measure(Said("体脂率", "Body fat"), "neither", "scale"),
    "body_water": Measure(Said("体水分", "Body water"), "neither", "scale"),
    "body_muscle": Measure(Said("肌肉量", "Muscle mass"), "neither", "scale"),
}


def label(key: str) -> Said:
    """A measure in words; an unknown one by its key."""
    plain = key.replace("_", " ").capitalize()
    return MEASURES[key].label if key in MEASURES else Said(plain, plain)
