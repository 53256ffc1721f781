"""Dark circles: how much darker the skin under an eye is than the cheek below it, in CIELAB units.

A difference within one photo: more or less light on the whole face hardly moves it, which makes it the most
robust colour figure of the scan. dL* and dE against the cheek follow expert grades (r = .99, PMC7898348). The
hollow under the eye casts a shadow of its own, which is part of what people see and of this figure.
"""

from __future__ import annotations

import math

import numpy as np

from edge.vision.concerns._base import Anchors, Concern, Measured, median
from edge.vision.surface import Surface

SIDES = (("left_under_eye", "left_cheek"), ("right_under_eye", "right_cheek"))
REGIONS = ("left_under_eye", "right_under_eye")
ANCHORS = Anchors(clear=1.0, severe=12.0)


def measure(surface: Surface) -> Measured | None:
    by_region: dict[str, float] = {}
    details: dict[str, float] = {}
    heat = np.zeros(surface.skin.shape, dtype=np.float32)
    drawn = np.zeros(surface.skin.shape, dtype=np.bool_)
    for under_name, cheek_name in SIDES:
        under, cheek = surface.regions[under_name], surface.regions[cheek_name]
        if not (under.usable and cheek.usable):
            continue
        here, there = under.skin, cheek.skin
        if not (here.any() and there.any()):
            continue
        cheek_lab = [median(plane, there) for plane in surface.lab]
        differences = [median(plane, here) - c for plane, c in zip(surface.lab, cheek_lab, strict=True)]
        by_region[under_name] = -differences[0]
        details[f"{under_name}_dE"] = math.hypot(*differences)
        details[f"{under_name}_melanin"] = median(surface.melanin, here) - median(surface.melanin, there)
        details[f"{under_name}_haemoglobin"] = median(surface.haemoglobin, here) - median(
            surface.haemoglobin, there
        )
        darker = np.clip((cheek_lab[0] - surface.lab[0]) / ANCHORS.severe, 0, 1)
        heat[here], drawn[here] = darker[here], True
    if not by_region:
        return None
    return Measured(sum(by_region.values()) / len(by_region), by_region, details, heat, drawn)


CONCERNS = [
    Concern(
        key="dark_circles",
        order=50,
        unit="dL*",
        measure=measure,
        anchors=ANCHORS,
        regions=REGIONS,
        decimals=1,
        spoiled_by=("side_light",),
        indicative="reason.provisional_anchors",
    )
]
