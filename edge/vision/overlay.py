"""The pictures of a report: the canonical face, and on it, per concern, where it shows.

The face stays a face: it is quietly desaturated, the concern glows through in one hue that gets stronger with
the value, inside the regions only, with soft edges and a hairline around them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.concerns import Measured
from edge.vision.regions import Mask
from edge.vision.surface import Surface

QUALITY = 90  # JPEG: no visible blocks at the size of a report
STRENGTH = 0.78  # of the colour where the concern is strongest: pores stay visible below it
FEATHER_MM = 1.6  # edges fade over this
SMOOTH_MM = 0.7  # of the map, so that pixels do not sparkle
BACKDROP = 0.55  # of the face's own saturation that stays

# Two ends of one hue a concern, RGB: little, and much. Chosen to be told apart on light and on dark skin.
RAMPS: dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "tone": ((244, 214, 170), (110, 70, 48)),
    "redness": ((255, 178, 160), (208, 20, 60)),
    "pigmentation": ((244, 190, 110), (122, 58, 10)),
    "evenness": ((150, 205, 235), (40, 70, 175)),
    "dark_circles": ((196, 170, 235), (86, 40, 150)),
    "shine": ((150, 235, 255), (0, 150, 215)),
    "acne_like": ((255, 150, 150), (225, 10, 50)),
    "spots": ((235, 170, 90), (110, 45, 0)),
    "wrinkles": ((120, 190, 230), (0, 70, 190)),
    "pores": ((160, 220, 200), (0, 120, 110)),
    "texture": ((200, 225, 160), (80, 130, 20)),
}
DEFAULT_RAMP = ((190, 225, 210), (20, 120, 110))
DESCRIBES = frozenset({"tone"})  # a shade of the skin itself, not a mark on it
DARK_SKIN = 120.0  # grey of a face below which dark colours drown in it
DARK_FADES = 25.0  # grey levels over which the colours come to full strength
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
LINE = (255, 255, 255)
LINE_STRENGTH = 0.55


@dataclass(frozen=True, eq=False)
class Pictures:
    """What overlays are drawn from; kept beside a result as long as it is in memory."""

    surface: Surface
    measured: dict[str, Measured]


def draw_all(pictures: Pictures) -> dict[str, bytes]:
    """One JPEG per drawn concern, and the bare canonical face as `face`."""
    files = {"face": encode(pictures.surface.canonical.rgb)}
    for key, measured in pictures.measured.items():
        heat, drawn = measured.heat, measured.drawn
        if heat is not None and drawn is not None:
            files[key] = encode(_drawn(key, pictures.surface, heat, drawn))
    return files


def encode(rgb: NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    )
    assert done, "a picture in memory always encodes"
    return bytes(data)


def _drawn(key: str, surface: Surface, heat: NDArray[np.float32], drawn: Mask) -> NDArray[np.uint8]:
    px = surface.px_per_mm
    face = surface.canonical.rgb.astype(np.float32)
    gray = np.asarray(face @ LUMA, dtype=np.float32)
    picture = gray[..., None] + BACKDROP * (face - gray[..., None])
    smooth = np.asarray(cv2.GaussianBlur(np.where(drawn, heat, 0).astype(np.float32), (0, 0), SMOOTH_MM * px))
    share = np.asarray(cv2.GaussianBlur(drawn.astype(np.float32), (0, 0), SMOOTH_MM * px))
    value = np.clip(smooth / np.maximum(share, 0.05), 0, 1)[..., None]
    # The veil ends inside the region: blurred, then pulled in, so that it never spills onto eyes or hair.
    veil = np.asarray(cv2.GaussianBlur(drawn.astype(np.float32), (0, 0), FEATHER_MM * px))
    veil = np.clip(2 * veil - 1, 0, 1)[..., None]
    low, high = (np.array(colour, dtype=np.float32) for colour in RAMPS.get(key, DEFAULT_RAMP))
    if key not in DESCRIBES and drawn.any():
        skin = float(np.median(gray[drawn]))
        high = _clear_of(high, skin)
    colour = low + (high - low) * value
    # Multiply keeps the relief of the skin visible under the colour; little heat leaves the skin alone.
    alpha = STRENGTH * veil * (0.12 + 0.88 * value)
    tinted = 0.5 * colour + 0.5 * colour * (gray[..., None] / 255)
    picture = (picture * (1 - alpha) + tinted * alpha).astype(np.float32)
    return _outlined(picture, surface, drawn)


def _clear_of(colour: NDArray[np.float32], skin: float) -> NDArray[np.float32]:
    """The colour at its full strength, where as it is it would drown in dark skin; the hue stays.

    On light skin the ramps are darker than the skin, and stay as they are.
    """
    if skin >= DARK_SKIN:
        return colour
    share = min(1.0, (DARK_SKIN - skin) / DARK_FADES)
    bright = colour * np.float32(255 / float(colour.max()))
    return np.asarray(colour + np.float32(share) * (bright - colour), dtype=np.float32)


def _outlined(picture: NDArray[np.float32], surface: Surface, drawn: Mask) -> NDArray[np.uint8]:
    lines = np.zeros(drawn.shape, dtype=np.uint8)
    for region in surface.regions.values():
        if (region.shape & drawn).any():
            contours, _ = cv2.findContours(
                region.shape.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
            )
            cv2.drawContours(lines, contours, -1, 255, 1, cv2.LINE_AA)
    soft = np.asarray(cv2.GaussianBlur(lines, (0, 0), 0.6)).astype(np.float32)[..., None] / 255
    line = np.array(LINE, dtype=np.float32)
    alpha = np.clip(1.6 * soft, 0, 1) * LINE_STRENGTH
    return np.clip(picture * (1 - alpha) + line * alpha, 0, 255).astype(np.uint8)
