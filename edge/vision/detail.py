"""Closer looks at the canonical face: scale-space blobs, the lesion network, lines and pores, each from its ONNX graph.

All planes lie in the window of `align.py`: `blob` and `lesion` at the colour frame's scale, relief at twice that. The
network is used for the concerns that its manifest names, which are those it measured better than the analytic graph on the
held-out set; without it, the analytic graph measures them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.align import FINE_PX_PER_MM, Canonical, window
from edge.vision.face import Box
from edge.vision.lesions import CHANNELS, highpass
from edge.vision.models import Registry
from edge.vision.regions import Region, bounds
from edge.vision.strips import run_where

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

EDGE_MM = 0.6  # skin nearer than this to what is no skin is not searched: borders look like lines and spots
RELIEF_HALO = 12  # rows: the radius of the largest kernel of `relief_v1`
# Where pores and texture are looked for, and where lines are by the relief alone, without a network.
RELIEF_REGIONS = ("forehead", "nose", "left_cheek", "right_cheek")
LINE_REGIONS = ("glabella", "left_crows_feet", "right_crows_feet", "left_under_eye", "right_under_eye")
HAIR = 0.5  # of the network's hair map: what is more likely hair than skin


@dataclass(frozen=True, eq=False)
class Relief:
    """At the fine scale, in units of optical density."""

    ridge: Plane
    pit: Plane
    band: Plane
    skin: Mask
    px_per_mm: float


@dataclass(frozen=True, eq=False)
class Detail:
    rows: slice
    columns: slice
    px_per_mm: float
    skin: Mask  # of the window, without its borders
    blobs: Callable[[], NDArray[np.float32]]
    lesion: dict[str, Plane]  # by channel; empty without a network
    by_network: frozenset[str]  # concerns that the network measures
    reliefs: Callable[[], Relief | None]  # None where the photo is too coarse
    noted: dict[str, Any] = field(default_factory=dict)  # what several concerns ask for, worked out once

    @cached_property
    def blob(self) -> NDArray[np.float32]:
        """(2, h, w): melanin, haemoglobin; made when a concern that no network measures first asks."""
        return self.blobs()

    @cached_property
    def relief(self) -> Relief | None:
        """Made when a concern first asks: places need none of it."""
        return self.reliefs()

    def inside(self, mask: Mask) -> Mask:
        """The window's part of a canonical mask."""
        return mask[self.rows, self.columns]

    def part(self, region: Region, like: Mask) -> tuple[tuple[slice, slice], Mask]:
        """The box of a region in the window, and its bare skin in that box, both at the scale of `like`, a whole multiple."""
        (y0, y1), (x0, x1) = (
            (max(own.start, of.start), max(own.start, of.start, min(own.stop, of.stop)))
            for own, of in zip(region.box, (self.rows, self.columns), strict=True)
        )
        zoom = like.shape[0] // self.skin.shape[0]
        fine = region.skin[y0:y1, x0:x1].repeat(zoom, axis=0).repeat(zoom, axis=1)
        top, left = zoom * (y0 - self.rows.start), zoom * (x0 - self.columns.start)
        box = (slice(top, top + fine.shape[0]), slice(left, left + fine.shape[1]))
        return box, fine & like[box]

    def back(self, plane: Plane, shape: tuple[int, int]) -> Plane:
        """A plane of the window, put back into the canonical frame."""
        if plane.shape != self.skin.shape:
            size = (self.skin.shape[1], self.skin.shape[0])
            plane = np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
        whole = np.zeros(shape, dtype=np.float32)
        whole[self.rows, self.columns] = plane
        return whole


def fine_boxes(stretch: float, models: Registry) -> list[Box]:
    """What of the fine window is looked at: boxes in mm for `align.with_fine`."""
    network = models.find("lesions")
    names = _relief_regions(frozenset() if network is None else frozenset(network.manifest.concerns))
    return bounds(stretch, names, RELIEF_HALO / FINE_PX_PER_MM + EDGE_MM)


def _relief_regions(by_network: frozenset[str]) -> tuple[str, ...]:
    return RELIEF_REGIONS if "wrinkles" in by_network else (*RELIEF_REGIONS, *LINE_REGIONS)


def look_closer(
    canonical: Canonical,
    od: NDArray[np.float32],
    melanin: Plane,
    haemoglobin: Plane,
    skin: Mask,
    regions: Mapping[str, Region],
    models: Registry,
) -> Detail:
    rows, columns = window(canonical.px_per_mm)
    bare = skin[rows, columns]
    inner = _shrunk(bare, EDGE_MM * canonical.px_per_mm)

    def blobs() -> NDArray[np.float32]:
        pigments = np.stack([_filled(plane[rows, columns], bare) for plane in (melanin, haemoglobin)])
        return np.asarray(models.get("blobs").run(mh=pigments[None])["blob"][0], dtype=np.float32)

    network = models.find("lesions")
    lesion: dict[str, Plane] = {}
    by_network: frozenset[str] = frozenset()
    if network is not None:
        # Where no skin is, the filled colour goes on: a border between skin and nothing would look like a lesion.
        y = network.run(hpod=highpass(od[:, rows, columns], bare)[None])["y"][0]
        lesion = dict(zip(CHANNELS, y, strict=True))
        by_network = frozenset(network.manifest.concerns)

    def reliefs() -> Relief | None:
        if canonical.fine is None:
            return None
        wanted = [inner & regions[name].shape[rows, columns] for name in _relief_regions(by_network)]
        return _relief(canonical, wanted, lesion.get("hair"), models)

    return Detail(rows, columns, canonical.px_per_mm, inner, blobs, lesion, by_network, reliefs)


def _relief(canonical: Canonical, wanted: list[Mask], hair: Plane | None, models: Registry) -> Relief:
    """Only where it is read: what is bare of the regions."""
    fine = canonical.fine
    assert fine is not None, "asked for only where there is one"
    planes = run_where(models.get("relief"), "rgb", fine[None], wanted, RELIEF_HALO)
    ridge, pit, band = (planes[name][0, 0] for name in ("ridge", "pit", "band"))
    skin = np.logical_or.reduce(wanted)
    bare = skin.astype(np.uint8)
    if hair is not None:
        strands = cv2.dilate((hair > HAIR).astype(np.uint8), np.ones((3, 3), dtype=np.uint8))
        bare = bare & (1 - np.asarray(strands, dtype=np.uint8))
    size = (fine.shape[1], fine.shape[0])
    return Relief(ridge, pit, band, _at(bare, size), canonical.px_per_mm * fine.shape[1] / skin.shape[1])


def _at(mask: NDArray[np.uint8], size: tuple[int, int]) -> Mask:
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST), dtype=np.bool_)


def _shrunk(mask: Mask, by_px: float) -> Mask:
    size = 2 * round(by_px) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.erode(mask.astype(np.uint8), kernel), dtype=np.bool_)


def _filled(plane: Plane, skin: Mask) -> Plane:
    """The plane with the skin's own mean around every gap, so that gaps have no edges."""
    weight = skin.astype(np.float32)
    sigma = 8.0
    mean = cv2.GaussianBlur(plane * weight, (0, 0), sigma) / np.maximum(
        cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3
    )
    return np.asarray(np.where(skin, plane, mean), dtype=np.float32)
