"""The camera: linear light -> bytes, with the blur, noise, white balance and JPEG of a real one."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]


@dataclass(frozen=True)
class Camera:
    """One capture's errors; the defaults are a good camera."""

    exposure: float = 1.0
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    blur_px: float = 0.4  # SD of the point spread
    noise: float = 1.0  # SD in bytes, mid grey
    jpeg: int | None = 92


def shoot(linear: NDArray[np.float32], camera: Camera, rng: np.random.Generator) -> Rgb:
    """An 8-bit sRGB picture."""
    light = linear * (camera.exposure * np.asarray(camera.balance, dtype=np.float32))
    if camera.blur_px > 0.05:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), camera.blur_px))
    if camera.noise > 0:
        # Shot noise grows with the root of the light, read noise does not.
        strength = camera.noise / 255 * np.sqrt(0.15 + np.maximum(light, 0))
        light = light + 0.7 * strength * rng.standard_normal(light.shape, dtype=np.float32)
    rgb = to_bytes(light)
    return rgb if camera.jpeg is None else through_jpeg(rgb, camera.jpeg)


def to_bytes(light: NDArray[np.float32]) -> Rgb:
    clipped = np.clip(light, 0, 1)
    curve = np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * curve), dtype=np.uint8)


def jpeg_bytes(rgb: Rgb, quality: int) -> bytes:
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    assert done, "a picture in memory always encodes"
    return bytes(data)


def through_jpeg(rgb: Rgb, quality: int) -> Rgb:
    decoded = cv2.imdecode(np.frombuffer(jpeg_bytes(rgb, quality), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None, "what was just encoded decodes"
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)
