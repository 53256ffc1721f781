"""The canonical face -> everything the concerns look at: colour planes from the ONNX graphs, regions, skin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.align import Canonical
from edge.vision.detail import Detail, look_closer
from edge.vision.middle import median
from edge.vision.models import Registry
from edge.vision.reflection import Below, below
from edge.vision.regions import Mask, Plane, Region, regions_of, skin_mask
from edge.vision.strips import run_in_strips

LUMINANCE = np.array([0.2126729, 0.7151522, 0.0721750], dtype=np.float32)  # of linear sRGB
# Reflections above this share of white hide the skin's own colour; tone and pigment are read beside them.
GLARE = 0.25
SHINE_MM = 0.6
CLIPPED = 250  # byte: from here a channel has stopped following the light
IDENTITY = np.eye(3, dtype=np.float32)
UNITY = np.ones(3, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Surface:
    canonical: Canonical
    lin: NDArray[np.float32]  # (3, H, W), white = 1
    lab: NDArray[np.float32]  # (3, H, W), CIELAB D65
    od: NDArray[np.float32]  # (3, H, W), natural optical density
    melanin: Plane
    haemoglobin: Plane
    shine: Plane  # share of white, about 0 where nothing is reflected
    light: Plane  # linear luminance
    skin: Mask
    regions: dict[str, Region]
    models: Registry
    body: NDArray[np.float32]  # (3,), linear light of the skin: its median
    noted: dict[str, Any] = field(default_factory=dict)  # what several concerns ask for, worked out once

    @cached_property
    def detail(self) -> Detail:
        """Spots, lines and pores: looked for when a concern first asks, so never in a refused photo."""
        return look_closer(
            self.canonical, self.od, self.melanin, self.haemoglobin, self.skin, self.regions, self.models
        )

    @cached_property
    def below(self) -> Below:
        """What lies below the surface of this skin, by its median colour."""
        return below(self.body)

    @cached_property
    def glint(self) -> Plane:
        """Like `shine`, but of a white that neither more nor less of this skin's light nor of its blood makes."""
        weights = self.below.glint(self.body).astype(np.float32)
        plane = weights[0] * self.lin[0] + weights[1] * self.lin[1] + weights[2] * self.lin[2]
        return np.asarray(cv2.GaussianBlur(plane, (0, 0), SHINE_MM * self.px_per_mm), dtype=np.float32)

    @property
    def px_per_mm(self) -> float:
        return self.canonical.px_per_mm

    def usable(self, names: Iterable[str]) -> list[Region]:
        return [self.regions[name] for name in names if self.regions[name].usable]

    def bare(self, regions: Iterable[Region]) -> Mask:
        """Bare skin of these regions."""
        mask = np.zeros(self.skin.shape, dtype=np.bool_)
        for region in regions:
            mask |= region.skin
        return mask

    def matte(self, regions: Iterable[Region]) -> Mask:
        """Bare skin of these regions without reflections."""
        return self.bare(regions) & (self.shine < GLARE)

    def within(self, region: Region, *planes: NDArray[Any]) -> list[NDArray[Any]]:
        """The values of each plane on the bare skin of one region without reflections."""
        own = region.skin[region.box] & (self.shine[region.box] < GLARE)
        return [plane[region.box][own] for plane in planes]


def look(
    canonical: Canonical,
    models: Registry,
    ccm: NDArray[np.float32] = IDENTITY,
    gain: NDArray[np.float32] = UNITY,
) -> Surface:
    """Run the analytic graphs on the face. `ccm` and `gain` are the station's calibration."""
    return looked(canonical, colours(canonical, models, ccm, gain), models)


def colours(
    canonical: Canonical,
    models: Registry,
    ccm: NDArray[np.float32] = IDENTITY,
    gain: NDArray[np.float32] = UNITY,
) -> dict[str, NDArray[np.float32]]:
    """The colour planes, by the graph that keeps all cores busy."""
    return run_in_strips(models.get("color"), "rgb", canonical.rgb[None], ccm=ccm, gain=gain)


def looked(canonical: Canonical, colour: dict[str, NDArray[np.float32]], models: Registry) -> Surface:
    """What follows from the colour planes, which takes one core: skin, regions, shine."""
    lin, lab, od, mh = (colour[name][0] for name in ("lin", "lab", "od", "mh"))
    light = LUMINANCE[0] * lin[0] + LUMINANCE[1] * lin[1] + LUMINANCE[2] * lin[2]
    skin = skin_mask(canonical, lab, mh[0], light)
    body = np.array([_level(plane, skin) if skin.any() else 1 for plane in lin], dtype=np.float32)
    shine = models.get("shine").run(lin=lin[None], body=body)["shine"][0, 0]
    # Chroma is stored at half resolution by JPEG; what is smaller than this is its noise, not a reflection.
    shine = np.asarray(cv2.GaussianBlur(shine, (0, 0), SHINE_MM * canonical.px_per_mm), dtype=np.float32)
    regions = regions_of(canonical, skin)
    return Surface(canonical, lin, lab, od, mh[0], mh[1], shine, light, skin, regions, models, body)


def _level(plane: Plane, skin: Mask) -> float:
    """The median of every second pixel of skin both ways: a hundred thousand say it as exactly as four times as many."""
    coarse = skin[::2, ::2]
    return median(plane[::2, ::2][coarse] if coarse.any() else plane[skin])


def brightest(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The brightest channel of each pixel; NumPy's own maximum along so short an axis is ten times slower."""
    return np.asarray(np.maximum(np.maximum(rgb[..., 0], rgb[..., 1]), rgb[..., 2]), dtype=np.uint8)


def dimmest(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(np.minimum(np.minimum(rgb[..., 0], rgb[..., 1]), rgb[..., 2]), dtype=np.uint8)
