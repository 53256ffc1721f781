"""Good rendered photos spoiled in one way each: light, colour, focus, and what people wear."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.overlay import Pictures
from edge.vision.photo import Photo
from edge.vision.render.camera import Camera, shoot
from edge.vision.render.face import Rendered
from edge.vision.results import ScanResult
from edge.vision.scan import analyse

Rgb = NDArray[np.uint8]
GOOD = Camera()
HUES = 12  # of tints, all around
# Of the three channels' logarithms: 0.8 is a blue of (0.5, 0.9, 1.6), a stage lamp; 0.5 a warm lamp beside daylight.
STRONG, WEAK = 0.8, 0.5
TINT_EXPOSURE = 0.55  # so that nothing clips, and colour is the only fault
OVEREXPOSED = 1.6  # of white: the brightest channel of the cheeks


def picture(rendered: Rendered, camera: Camera = GOOD) -> Rgb:
    return shoot(rendered.light, camera, np.random.default_rng(1))


def scan(rgb: Rgb, like: Rgb | None = None) -> ScanResult:
    """`like`: the canonical face of an earlier photo of hers."""
    return analyse(Photo.from_frame(rgb), like=like)


def face_of(result: ScanResult) -> Rgb | None:
    """The canonical face, as a store keeps it; None of a refused photo."""
    pictures = result._pictures
    return pictures.surface.canonical.rgb if isinstance(pictures, Pictures) else None


def tint(step: int, strength: float) -> Camera:
    """White balance off towards one of the hues, as far from grey in all of them."""
    angle = 2 * np.pi * step / HUES
    red_blue, green = np.array([1, 0, -1]) / 2**0.5, np.array([-1, 2, -1]) / 6**0.5
    gains = np.exp(strength * (np.cos(angle) * red_blue + np.sin(angle) * green))
    return Camera(exposure=TINT_EXPOSURE, balance=(float(gains[0]), float(gains[1]), float(gains[2])))


def overexposed(rendered: Rendered) -> Camera:
    """So much light that the cheeks themselves clip, whatever their tone."""
    (rx, ry), (lx, _) = rendered.eyes
    apart = lx - rx
    cheek = rendered.light[
        round(ry + 0.45 * apart) : round(ry + 0.6 * apart), round(rx - 0.1 * apart) : round(rx)
    ]
    return Camera(exposure=OVEREXPOSED / float(np.median(cheek.max(axis=2))))


def masked(rendered: Rendered) -> Rgb:
    """A surgical mask from below the eyes."""
    rgb, (right, left, apart) = picture(rendered), _eyes(rendered)
    top, bottom = int(right[1] + 0.35 * apart), int(right[1] + 2.0 * apart)
    rgb[top:bottom, int(right[0] - 0.55 * apart) : int(left[0] + 0.55 * apart)] = (140, 180, 205)
    return rgb


def dark_glasses(rendered: Rendered) -> Rgb:
    rgb, eyes = picture(rendered), _eyes(rendered)
    for eye in eyes[:2]:
        cv2.ellipse(rgb, _round(eye), _axes(eyes, 0.36, 0.29), 0, 0, 360, (22, 20, 20), -1, cv2.LINE_AA)
    return _bridge(rgb, eyes)


def glasses(rendered: Rendered) -> Rgb:
    """Clear glasses with a thick dark rim, which crosses the skin under the eyes."""
    rgb, eyes = picture(rendered), _eyes(rendered)
    for eye in eyes[:2]:
        wide = round(0.05 * eyes[2])
        cv2.ellipse(rgb, _round(eye), _axes(eyes, 0.36, 0.25), 0, 0, 360, (25, 22, 22), wide, cv2.LINE_AA)
    return _bridge(rgb, eyes)


def bearded(rendered: Rendered) -> Rgb:
    """A full dark beard on chin and lower cheeks."""
    rgb, (right, left, apart) = picture(rendered), _eyes(rendered)
    middle = ((right[0] + left[0]) / 2, right[1] + 1.15 * apart)
    beard = np.zeros(rgb.shape[:2], dtype=np.uint8)
    cv2.ellipse(beard, _round(middle), (round(0.95 * apart), round(0.8 * apart)), 0, 0, 360, 255, -1)
    cv2.ellipse(
        beard,
        _round((middle[0], right[1] + 0.3 * apart)),
        (round(0.85 * apart), round(0.5 * apart)),
        0,
        0,
        360,
        0,
        -1,
    )
    cv2.ellipse(
        beard,
        _round((middle[0], right[1] + 1.02 * apart)),
        (round(0.42 * apart), round(0.14 * apart)),
        0,
        0,
        360,
        0,
        -1,
    )
    share = np.asarray(cv2.GaussianBlur(beard, (0, 0), 0.03 * apart), dtype=np.float32)[..., None] / 255
    strands = np.random.default_rng(2).normal(28, 9, rgb.shape[:2])[..., None]
    return np.clip(rgb * (1 - 0.92 * share) + 0.92 * share * strands, 0, 255).astype(np.uint8)


def two(rendered: Rendered) -> Rgb:
    small = cv2.resize(picture(rendered), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.asarray(np.hstack([small, small]), dtype=np.uint8)


Eyes = tuple[tuple[float, float], tuple[float, float], float]


def _eyes(rendered: Rendered) -> Eyes:
    right, left = rendered.eyes
    return right, left, left[0] - right[0]


def _axes(eyes: Eyes, across: float, down: float) -> tuple[int, int]:
    return round(across * eyes[2]), round(down * eyes[2])


def _round(point: tuple[float, float]) -> tuple[int, int]:
    return round(point[0]), round(point[1])


def _bridge(rgb: Rgb, eyes: Eyes) -> Rgb:
    right, left, apart = eyes
    ends = _round((right[0] + 0.36 * apart, right[1])), _round((left[0] - 0.36 * apart, left[1]))
    cv2.line(rgb, *ends, (25, 22, 22), round(0.05 * apart), cv2.LINE_AA)
    return rgb
