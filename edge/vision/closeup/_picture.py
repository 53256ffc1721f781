"""A close-up at the scale it is measured in: colour planes from `color_v1`, millimetres and colour from the grey strip.

Without the strip there is no millimetre and no white: what needs one has no figure then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.card import GAP_MM, MARK_MM, STRIP_MARKS, STRIP_MM, Correction, find_card, marks_seen
from edge.vision.models import Registry
from edge.vision.resample import shrink
from edge.vision.strips import run_in_strips
from edge.vision.surface import IDENTITY, LUMINANCE, UNITY

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]
Rgb = NDArray[np.uint8]

PX_PER_MM = 8.0  # a flake of 0.4 mm covers three pixels; finer photos are averaged down to it
SIDE_PX = 1400  # longer side without a scale
AROUND_STRIP_MM = 2.0  # its shadow


@dataclass(frozen=True, eq=False)
class Picture:
    """What a close-up's measures look at."""

    rgb: Rgb
    lin: NDArray[np.float32]  # (3, H, W)
    lab: NDArray[np.float32]
    haemoglobin: Plane
    light: Plane  # linear luminance
    field: Mask  # all but the strip
    px_per_mm: float | None
    photo_mm_per_px: float | None
    card: Correction | None
    strip: Rgb | None  # the strip as the photo shows it, to judge focus by: its edges are as sharp as any
    tilt_mm: float | None  # how far its marks lie from where they would be if the camera looked straight down


def look(rgb: Rgb, models: Registry) -> Picture:
    """Find the strip, bring the photo to its scale and run the colour graph."""
    marks = {k: v for k, v in marks_seen(rgb).items() if k in STRIP_MARKS}
    card = find_card(rgb) if len(marks) == len(STRIP_MARKS) else None
    home, tilt = home_of(marks) if len(marks) == len(STRIP_MARKS) else (None, None)
    pitch = None if home is None else float(1 / np.hypot(home[0, 0], home[1, 0]))  # mm a pixel of the photo
    longer = max(rgb.shape[:2])
    factor = min(1.0, SIDE_PX / longer if pitch is None else PX_PER_MM * pitch)
    size = (round(rgb.shape[1] * factor), round(rgb.shape[0] * factor))
    small = shrink(rgb, size) if factor < 1 else rgb
    field = np.ones(small.shape[:2], dtype=np.uint8)
    strip = None
    if home is not None:
        cv2.fillPoly(field, [np.rint(outline(home) * factor).astype(np.int32)], 0)
        x, y, w, h = cv2.boundingRect(1 - field)
        strip = small[y : y + h, x : x + w]
    ccm, gain = (IDENTITY, UNITY) if card is None else (card.ccm, card.gain)
    colour = run_in_strips(models.get("color"), "rgb", np.ascontiguousarray(small)[None], ccm=ccm, gain=gain)
    lin, lab, mh = (colour[name][0] for name in ("lin", "lab", "mh"))
    light = LUMINANCE[0] * lin[0] + LUMINANCE[1] * lin[1] + LUMINANCE[2] * lin[2]
    scale = None if pitch is None else factor / pitch
    seen = field.astype(np.bool_)
    return Picture(small, lin, lab, mh[1], light, seen, scale, pitch, card, strip, tilt)


def home_of(marks: dict[int, NDArray[np.float32]]) -> tuple[NDArray[np.float64] | None, float | None]:
    """Paper millimetres -> pixels as if the camera looked straight down, and how far the marks lie from that, mm."""
    lefts = dict(zip(STRIP_MARKS, (GAP_MM, STRIP_MM[0] - GAP_MM - MARK_MM), strict=True))
    square = np.array([(0, 0), (MARK_MM, 0), (MARK_MM, MARK_MM), (0, MARK_MM)])
    paper = np.concatenate([square + np.array((lefts[k], GAP_MM)) for k in marks])
    seen = np.concatenate(list(marks.values())).astype(np.float64)
    answer: tuple[Any, Any] = cv2.estimateAffinePartial2D(paper, seen, method=cv2.LMEDS)
    if answer[0] is None:
        return None, None
    home = np.asarray(answer[0], dtype=np.float64)
    off = np.linalg.norm(paper @ home[:, :2].T + home[:, 2] - seen, axis=1)
    return home, float(np.sqrt(np.square(off).mean()) / np.hypot(home[0, 0], home[1, 0]))


def outline(home: NDArray[np.float64]) -> NDArray[np.float64]:
    """The corners of the strip with its shadow, in pixels."""
    reach = AROUND_STRIP_MM
    right, bottom = (side + reach for side in STRIP_MM)
    corners = np.array([(-reach, -reach), (right, -reach), (right, bottom), (-reach, bottom)])
    return np.asarray(corners @ home[:, :2].T + home[:, 2])
