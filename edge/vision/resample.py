"""One way to draw a part of the photo at another scale and angle, without aliasing and without copying it all."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]  # 2x3


def sample(image: NDArray[np.uint8], to_photo: Matrix, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture of `size` (width, height) whose pixel p shows the photo at `to_photo` p.

    Where it shrinks, the part in question is first averaged by area; outside the photo its border goes on.
    """
    width, height = size
    step = math.sqrt(abs(float(np.linalg.det(to_photo[:, :2]))))  # photo pixels per pixel of the result
    if step <= 1:
        return _warp(image, to_photo, size, cv2.INTER_CUBIC)
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]]) @ to_photo.T
    x0, y0 = np.clip(np.floor(corners.min(axis=0)) - 2, 0, (image.shape[1] - 2, image.shape[0] - 2)).astype(
        int
    )
    x1, y1 = np.clip(
        np.ceil(corners.max(axis=0)) + 2, (x0 + 2, y0 + 2), (image.shape[1], image.shape[0])
    ).astype(int)
    part = image[y0:y1, x0:x1]
    shrunk_size = (max(1, round(part.shape[1] / step)), max(1, round(part.shape[0] / step)))
    shrunk = shrink(part, shrunk_size)
    fx, fy = shrunk_size[0] / part.shape[1], shrunk_size[1] / part.shape[0]
    to_shrunk = np.array([[fx, 0, (0.5 - x0) * fx - 0.5], [0, fy, (0.5 - y0) * fy - 0.5]])
    return _warp(shrunk, compose(to_shrunk, to_photo), size, cv2.INTER_LINEAR)


def shrink(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A smaller picture of `size` (width, height), averaged by area.

    Halves first: OpenCV halves a picture twenty times faster than it shrinks one by another factor. What a half leaves over at
    an odd border (one pixel in thousands) is shared out by the last step.
    """
    while image.shape[1] >= 2 * size[0] and image.shape[0] >= 2 * size[1]:
        half = (image.shape[1] // 2, image.shape[0] // 2)
        even = image[: 2 * half[1], : 2 * half[0]]
        image = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def compose(outer: Matrix, inner: Matrix) -> Matrix:
    """The 2x3 matrix that applies `inner` first."""
    bottom = np.array([[0.0, 0.0, 1.0]])
    return np.asarray((np.vstack([outer, bottom]) @ np.vstack([inner, bottom]))[:2], dtype=np.float64)


def _warp(image: NDArray[np.uint8], to_image: Matrix, size: tuple[int, int], how: int) -> NDArray[np.uint8]:
    flags = how | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(image, to_image, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, dtype=np.uint8)
