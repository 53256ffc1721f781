"""A nail beside the strip: the plate, its colour, its length and width, and the form of its tip.

One finger lies on plain grey, dark enough that a white free edge stands out of it. The finger is what differs from that ground; the plate is
cut out of its last 30 mm by colour (GrabCut, Rother 2004, 10.1145/1186562.1015720), and believed only where its border really parts two colours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.closeup._picture import Mask, Picture, Plane

GROUND = (25.0, 82.0)  # L* of the ground: darker hides dark polish, lighter a white free edge
GROUND_CHROMA = 14.0
APART = 9.0  # CIELAB units of a and b between ground and finger
LIGHTER, DARKER = 9.0, 32.0  # in L*: a shadow on the ground is less dark than that
LEAST_MM2, MOST_FINGERS = 150.0, 1
SPECK_MM = 0.3  # half a width: the end of a pointed nail is no speck
GAP_MM = 1.5  # half of it: between skin and a white edge lies a shadow as grey as the ground
LEFT_OUT_MM = 1.0  # at the edge of the photo
PATCH_PX = 8.0  # px a mm of the upright patch
LONG_MM, WIDE_MM, BEYOND_MM = 34.0, 26.0, 2.0  # of the patch, and how much of it lies beyond the tip
NAIL_MM = (5.0, 30.0)
LEAST_PLATE_MM2 = 15.0
FROM_TIP_MM = 6.0  # here all nails are plate
SKIN_FROM_MM = 26.0  # behind this no nail begins
FOLD = 0.88  # of half the finger's width: skin lies beside every nail
# How much lightness, red to green and yellow to blue count: a bare plate on light skin differs by what it lacks in yellow. Of 73 rendered
# nails 66 are told right so; with 2 for the last two, and a narrower gap, 47 were, and twelve wrong by up to 4 mm.
APART_BY = (2.55, 2.5, 4.0)
SEAM_MM = 3.0
SEEN = 5.0  # CIELAB difference between plate and skin: a border that is seen
SECTORS, LEAST_PX = 24, 12
SEEN_SHARE = 0.8  # of the border with the skin
SMOOTH = 0.9  # of its convex hull that a plate fills
TIP_SHARE = 0.18  # of its length: where the form of the tip is told
SQUARE, POINTED = (
    0.87,
    0.66,
)  # of the full width left there: rendered ends had 0.92 to 0.99, 0.77 to 0.82, 0.48 to 0.54
GLOSS_PCT = 80.0  # brighter than this share of the plate is gleam and is left out of its colour


@dataclass(frozen=True, eq=False)
class Nail:
    """`why` is a key of texts.toml where no plate was found."""

    why: str | None = None
    lab: tuple[float, float, float] | None = None
    length_mm: float = 0.0
    width_mm: float = 0.0
    tip: float = 0.0  # share of the full width that is left near the end
    plate: Mask | None = None

    @property
    def form(self) -> str:
        return "square" if self.tip > SQUARE else "pointed" if self.tip < POINTED else "round"


def measure(picture: Picture) -> Nail:
    px = picture.px_per_mm
    if px is None or picture.card is None:
        return Nail("reason.no_strip")
    ground = _ground(picture, px)
    if not GROUND[0] <= ground[0] <= GROUND[1] or math.hypot(ground[1], ground[2]) > GROUND_CHROMA:
        return Nail("reason.ground")
    fingers = _fingers(picture, ground, px)
    if len(fingers) != MOST_FINGERS:
        return Nail("reason.no_finger" if not fingers else "reason.fingers")
    turn = _upright(fingers[0], px)
    if turn is None:
        return Nail("reason.no_finger")
    size = (round(WIDE_MM * PATCH_PX), round(LONG_MM * PATCH_PX))
    lab = np.stack([_turned(plane, turn, size) for plane in picture.lab], axis=-1)
    finger = _turned(fingers[0].astype(np.float32), turn, size) > 0.5
    plate = _plate(lab, finger)
    if plate is None:
        return Nail("reason.no_plate")
    length, width, tip = _shape(plate)
    if not NAIL_MM[0] <= length <= NAIL_MM[1] or not NAIL_MM[0] <= width <= NAIL_MM[1]:
        return Nail("reason.no_plate")
    inner = _eroded(plate, 1.0)
    matt = inner & (lab[..., 0] <= np.percentile(lab[..., 0][inner], GLOSS_PCT))
    colour = tuple(float(v) for v in np.median(lab[matt], axis=0))
    whole = cv2.warpAffine(plate.astype(np.uint8), turn, picture.field.shape[::-1], flags=cv2.INTER_NEAREST)
    return Nail(
        None, (colour[0], colour[1], colour[2]), length, width, tip, np.asarray(whole, dtype=np.bool_)
    )


def _ground(picture: Picture, px: float) -> NDArray[np.float32]:
    """The colour beside the strip."""
    reach = 2 * round(8 * px) + 1
    strip = (~picture.field).astype(np.uint8)
    beside = (
        np.asarray(cv2.dilate(strip, np.ones((reach, reach), dtype=np.uint8)), dtype=np.bool_) & picture.field
    )
    return np.asarray(np.median(picture.lab[:, beside], axis=1), dtype=np.float32)


def _fingers(picture: Picture, ground: NDArray[np.float32], px: float) -> list[Mask]:
    off = picture.lab - ground[:, None, None]
    unlike = (np.hypot(off[1], off[2]) > APART) | (off[0] > LIGHTER) | (off[0] < -DARKER)
    mask = (unlike & picture.field).astype(np.uint8)
    opened, closed = (
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(mm * px) + 1,) * 2)
        for mm in (SPECK_MM, GAP_MM)
    )
    mask = np.asarray(
        cv2.morphologyEx(cv2.morphologyEx(mask, cv2.MORPH_OPEN, opened), cv2.MORPH_CLOSE, closed), np.uint8
    )
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return [labels == k for k in range(1, count) if boxes[k, cv2.CC_STAT_AREA] / px**2 >= LEAST_MM2]


def _upright(finger: Mask, px: float) -> NDArray[np.float32] | None:
    """From patch to picture: the tip at the patch's upper edge, the hand below. None where no end of it lies free."""
    ys, xs = np.nonzero(finger)
    points = np.stack([xs, ys], axis=1).astype(np.float64)
    height, width = finger.shape
    edge = LEFT_OUT_MM * px
    cut = (xs < edge) | (ys < edge) | (xs > width - 1 - edge) | (ys > height - 1 - edge)
    if not cut.any():
        return None
    hand = points[cut].mean(axis=0)
    tip = points[np.argmax(((points - hand) ** 2).sum(axis=1))]
    # The last 30 mm give the direction: farther back a hand bends.
    last = points[np.hypot(*(points - tip).T) < 30 * px]
    _, _, axes = np.linalg.svd(last[:: max(1, len(last) // 4000)] - last.mean(axis=0), full_matrices=False)
    back = axes[0] if (hand - tip) @ axes[0] > 0 else -axes[0]
    middle = last.mean(axis=0)
    end = middle + back * float(np.percentile((last - middle) @ back, 0.1))
    step = px / PATCH_PX
    aside = np.array([-back[1], back[0]])
    origin = end - back * BEYOND_MM * px - aside * 0.5 * WIDE_MM * px
    return np.column_stack([aside * step, back * step, origin]).astype(np.float32)


def _turned(plane: Plane, turn: NDArray[np.float32], size: tuple[int, int]) -> Plane:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(plane, turn, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _plate(lab: NDArray[np.float32], finger: Mask) -> Mask | None:
    """The nail plate of an upright patch; None where no border parts it from the skin."""
    rows, columns = np.mgrid[: finger.shape[0], : finger.shape[1]].astype(np.float32) / PATCH_PX
    along, across = rows - BEYOND_MM, columns - WIDE_MM / 2
    marks = np.full(finger.shape, cv2.GC_PR_BGD, dtype=np.uint8)
    half = 0.5 * float(finger[along[:, 0] > 20].sum(axis=1).mean()) / PATCH_PX
    marks[finger & (along < 20) & (np.abs(across) < 0.75 * half)] = cv2.GC_PR_FGD
    marks[np.hypot(across / 2.5, (along - FROM_TIP_MM) / 3.0) < 1] = cv2.GC_FGD
    fold = (np.abs(across) > FOLD * half) & (along > FROM_TIP_MM)
    marks[~finger | (along > SKIN_FROM_MM) | fold] = cv2.GC_BGD
    bytes_ = np.clip(lab * APART_BY + (0, 128, 128), 0, 255).astype(np.uint8)
    # No colour of the ground: outside the finger lies its own skin, in all its shades.
    skin = bytes_[finger & (along > SKIN_FROM_MM)]
    bytes_[~finger] = np.resize(skin, (int((~finger).sum()), 3))
    cv2.setRNGSeed(7)  # its clusters begin at random
    cv2.grabCut(bytes_, marks, None, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    inside = ((marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD)).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(0.5 * PATCH_PX) + 1,) * 2)
    inside = np.asarray(cv2.morphologyEx(inside, cv2.MORPH_OPEN, kernel), np.uint8)
    # Where the finger turns away its skin is darker: a seam along the edge, thinner along the finger than any nail.
    seam = np.ones((round(SEAM_MM * PATCH_PX), 1), dtype=np.uint8)
    inside = np.asarray(cv2.morphologyEx(inside, cv2.MORPH_OPEN, seam), np.uint8)
    contours, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return None
    outline = max(contours, key=cv2.contourArea)
    hull = cv2.convexHull(outline)
    if (
        cv2.contourArea(outline) < SMOOTH * cv2.contourArea(hull)
        or cv2.contourArea(hull) < LEAST_PLATE_MM2 * PATCH_PX**2
    ):
        return None
    plate = np.zeros(finger.shape, dtype=np.uint8)
    cv2.drawContours(plate, [hull], -1, 1, cv2.FILLED)  # a white edge between two greys may have a gap
    found = plate.astype(np.bool_)
    return found if _border_seen(lab, found, finger) >= SEEN_SHARE else None


def _border_seen(lab: NDArray[np.float32], plate: Mask, finger: Mask) -> float:
    """The share of the border with the skin, sector by sector, across which the colour really changes."""
    outside = _eroded(~plate, 0.6) & ~_eroded(~plate, 1.8) & finger
    inside = _eroded(plate, 0.6) & ~_eroded(plate, 1.8)
    ys, xs = np.nonzero(plate)
    rows, columns = np.mgrid[: plate.shape[0], : plate.shape[1]]
    turn = np.arctan2(rows - ys.mean(), columns - xs.mean())
    sector = ((turn + np.pi) / (2 * np.pi) * SECTORS).astype(int) % SECTORS
    seen = []
    for k in range(SECTORS):
        near, far = inside & (sector == k), outside & (sector == k)
        if min(near.sum(), far.sum()) >= LEAST_PX:
            apart = np.median(lab[near], axis=0) - np.median(lab[far], axis=0)
            seen.append(float(np.linalg.norm(apart)) >= SEEN)
    return float(np.mean(seen)) if len(seen) >= SECTORS // 3 else 0.0


def _eroded(mask: Mask, mm: float) -> Mask:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(mm * PATCH_PX) + 1,) * 2)
    return np.asarray(cv2.erode(mask.astype(np.uint8), kernel), dtype=np.bool_)


def _shape(plate: Mask) -> tuple[float, float, float]:
    """Length and width in mm, and the share of the width near the end, along the plate's own rows."""
    wide = plate.sum(axis=1).astype(np.float64)
    rows = np.flatnonzero(wide > 0)
    first, length = rows[0], rows[-1] + 1 - rows[0]
    width = float(np.percentile(wide[rows], 85))
    at = first + TIP_SHARE * length
    return length / PATCH_PX, width / PATCH_PX, float(np.interp(at, np.arange(len(wide)), wide)) / width
