"""Photo and face -> the canonical face: upright, eyes on one line, a fixed number of pixels a millimetre.

All regions, filters and areas are in millimetres of this frame. Its scale comes from the distance of the eyes,
taken as the mean of adults; what that may be wrong by is carried with every figure of length or area. The
origin is the middle between the eyes; x grows to the right of the picture, y down.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edge.vision.face import EXACT_EYES, EYE_ERROR, Box, Face, Point
from edge.vision.resample import Matrix, compose, sample

# Mean and SD of the distance between adult pupils (Dodgson 2004, 10.1117/12.529999: 63.36 and 3.83 mm).
PUPILS_MM = 63.0
PUPILS_SD_MM = 3.8

PX_PER_MM = 4.0  # 0.25 mm a pixel: all that colour needs; finer relief is looked at in a second, finer frame
LEFT_MM, TOP_MM = -80.0, -90.0  # of the frame, from the middle between the eyes
WIDTH_MM, HEIGHT_MM = 160.0, 208.0  # forehead to chin with room; multiples of 8 px for the networks to come

# Fine detail is looked at where the regions lie, at twice the scale, and only where the photo has it.
WINDOW_MM = (-60.0, -58.0, 60.0, 104.0)  # left, top, right, bottom; multiples of 8 px at both scales
FINE_PX_PER_MM = 8.0
FINE_MAX_MM_PER_PX = 0.15  # of the photo: coarser ones hold no line of 0.3 mm

# The mouth lies this far below the eyes in the mean face; landmarks, where known, stretch the regions to fit.
MOUTH_MM = 62.0
STRETCH = (0.82, 1.18)


@dataclass(frozen=True, eq=False)
class Canonical:
    """The face in the canonical frame, and the way back to the photo."""

    rgb: NDArray[np.uint8]
    to_photo: Matrix  # canonical pixel -> photo pixel
    inside: NDArray[np.bool_]  # pixels that lie within the photo
    px_per_mm: float
    photo_mm_per_px: float  # what one pixel of the photo covers on the face
    scale_error: float  # 1 SD, share: unknown eye distance of this person and how it was found
    stretch: float  # of everything below the eyes, 1 in the mean face
    eyes_exact: bool  # to a millimetre or two: seen open, or tapped
    fine: NDArray[np.uint8] | None = (
        None  # of the window at twice the scale what is looked at; None where the photo is too coarse
    )

    def pixel(self, mm: Point) -> Point:
        """Where a point in millimetres lies in the canonical picture."""
        return ((mm[0] - LEFT_MM) * self.px_per_mm, (mm[1] - TOP_MM) * self.px_per_mm)

    def photo_pixel(self, mm: Point) -> Point:
        """Where a point in millimetres lies in the photo, to a tenth of a pixel."""
        x, y = self.to_photo @ np.array([*self.pixel(mm), 1.0])
        return (round(float(x), 1), round(float(y), 1))

    def photo_place(self, pixel: Point) -> Point:
        """Where a pixel of the canonical picture lies in the photo."""
        x, y = self.to_photo @ np.array([*pixel, 1.0])
        return (round(float(x), 1), round(float(y), 1))

    def millimetres(self, photo_px: Point) -> Point:
        """Where a pixel of the photo lies on the face."""
        x, y = np.linalg.solve(self.to_photo[:, :2], np.asarray(photo_px) - self.to_photo[:, 2])
        return (float(x) / self.px_per_mm + LEFT_MM, float(y) / self.px_per_mm + TOP_MM)


def window(px_per_mm: float = PX_PER_MM) -> tuple[slice, slice]:
    """Rows and columns of the window in the canonical frame."""
    left, top, right, bottom = WINDOW_MM
    rows = slice(round((top - TOP_MM) * px_per_mm), round((bottom - TOP_MM) * px_per_mm))
    return rows, slice(round((left - LEFT_MM) * px_per_mm), round((right - LEFT_MM) * px_per_mm))


def align(
    rgb: NDArray[np.uint8],
    face: Face,
    px_per_mm: float = PX_PER_MM,
    *,
    moved: Matrix | None = None,
) -> Canonical:
    """Draw the canonical face. Roll is taken out; nothing else of the shape is changed.

    `moved` is where an earlier canonical face of this person lies in this one (`registration.py`): then the frame is the earlier one's.
    """
    size = (round(WIDTH_MM * px_per_mm), round(HEIGHT_MM * px_per_mm))
    photo_px_per_mm = face.eye_distance / PUPILS_MM
    step = photo_px_per_mm / px_per_mm
    turn = math.radians(face.roll)
    cos, sin = step * math.cos(turn), step * math.sin(turn)
    ox, oy = -LEFT_MM * px_per_mm, -TOP_MM * px_per_mm  # the origin, in canonical pixels
    mx, my = face.middle
    to_photo = np.array([[cos, -sin, mx - cos * ox + sin * oy], [sin, cos, my - sin * ox - cos * oy]])
    if moved is not None:
        to_photo = compose(to_photo, moved)
    return Canonical(
        rgb=sample(rgb, to_photo, size),
        to_photo=to_photo,
        inside=_inside(rgb.shape[1], rgb.shape[0], to_photo, size),
        px_per_mm=px_per_mm,
        photo_mm_per_px=1 / photo_px_per_mm,
        scale_error=math.hypot(PUPILS_SD_MM / PUPILS_MM, EYE_ERROR[face.source]),
        stretch=_stretch(face, to_photo, px_per_mm),
        eyes_exact=face.source in EXACT_EYES,
    )


def with_fine(canonical: Canonical, rgb: NDArray[np.uint8], boxes: Iterable[Box] = (WINDOW_MM,)) -> Canonical:
    """With the window drawn a second time at twice the scale, where the photo is fine enough; black outside of `boxes`, in millimetres."""
    if canonical.photo_mm_per_px > FINE_MAX_MM_PER_PX:
        return canonical
    return replace(canonical, fine=_fine(rgb, canonical, boxes))


def _inside(width: int, height: int, to_photo: Matrix, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Which canonical pixels lie within the photo: mostly all, and then four corners say so."""
    corners = np.array([(0, 0, 1), (size[0], 0, 1), (0, size[1], 1), (*size, 1)]) @ to_photo.T
    if (corners >= 0).all() and (corners <= (width - 1, height - 1)).all():
        return np.ones((size[1], size[0]), dtype=np.bool_)
    (a, b, c), (d, e, f) = to_photo
    columns, rows = np.arange(size[0]), np.arange(size[1])[:, None]
    x, y = a * columns + (b * rows + c), d * columns + (e * rows + f)
    return np.asarray((x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1))


def _fine(rgb: NDArray[np.uint8], canonical: Canonical, boxes: Iterable[Box]) -> NDArray[np.uint8]:
    px_per_mm = canonical.px_per_mm
    zoom = FINE_PX_PER_MM / px_per_mm
    left, top, right, bottom = WINDOW_MM
    width, height = round((right - left) * FINE_PX_PER_MM), round((bottom - top) * FINE_PX_PER_MM)
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    # A fine pixel's centre, in canonical pixels: half a pixel is half of another size here.
    half = 0.5 / zoom - 0.5
    for box in boxes:
        x0, x1 = (min(width, max(0, round((x - left) * FINE_PX_PER_MM))) for x in (box[0], box[2]))
        y0, y1 = (min(height, max(0, round((y - top) * FINE_PX_PER_MM))) for y in (box[1], box[3]))
        to_coarse = np.array(
            [
                [1 / zoom, 0, (left - LEFT_MM) * px_per_mm + half + x0 / zoom],
                [0, 1 / zoom, (top - TOP_MM) * px_per_mm + half + y0 / zoom],
            ]
        )
        if x1 > x0 and y1 > y0:
            picture[y0:y1, x0:x1] = sample(rgb, compose(canonical.to_photo, to_coarse), (x1 - x0, y1 - y0))
    return picture


def _stretch(face: Face, to_photo: Matrix, px_per_mm: float) -> float:
    if face.mouth is None:
        return 1.0
    (rx, ry), (lx, ly) = face.mouth
    middle = np.array([(rx + lx) / 2, (ry + ly) / 2])
    _, y = np.linalg.solve(to_photo[:, :2], middle - to_photo[:, 2])
    return float(np.clip((float(y) / px_per_mm + TOP_MM) / MOUTH_MM, *STRETCH))
