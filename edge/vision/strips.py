"""Run a graph strip by strip: the same figures as in one piece, for a fraction of the memory.

A graph whose every output depends on no more than `halo` rows around it may be cut; rows of the halo are computed twice and
dropped. Planes are cut along their rows, which are axis 1 of a byte picture and axis 2 of planes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.vision.models import Model

ROWS = 216  # a strip: a few tens of MB of intermediate planes
BESIDE = 2  # px: half of the square in which a pore is the deepest place


def run_in_strips(
    model: Model, name: str, picture: NDArray[Any], halo: int = 0, rows: int = ROWS, **others: NDArray[Any]
) -> dict[str, NDArray[np.float32]]:
    """All outputs of `model` for `picture`, a (1, H, W, C) input called `name`; `others` go in whole."""
    height = picture.shape[1]
    parts: dict[str, list[NDArray[np.float32]]] = {}
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        first, last = max(0, top - halo), min(height, bottom + halo)
        for output, plane in model.run(**{name: picture[:, first:last]}, **others).items():
            parts.setdefault(output, []).append(plane[:, :, top - first : bottom - first])
    return {output: np.concatenate(strips, axis=2) for output, strips in parts.items()}


def run_where(
    model: Model,
    name: str,
    picture: NDArray[Any],
    wanted: Iterable[NDArray[np.bool_]],
    halo: int,
    rows: int = ROWS,
) -> dict[str, NDArray[np.float32]]:
    """The same figures where one of `wanted` is, and 0 elsewhere: around each of these places a box of its own is run.

    `wanted` are masks of the picture, or of the same picture at a smaller scale of which its own is a whole multiple.

    `halo` is how far an output depends on its surroundings, in both directions. Boxes reach `BESIDE` px farther than the places, for
    whoever compares a pixel with its neighbours.
    """
    height, width = picture.shape[1:3]
    planes: dict[str, NDArray[np.float32]] = {}
    for place in wanted:
        zoom = height // place.shape[0]
        for small in _boxes(place, max(1, rows // zoom), -(-BESIDE // zoom)):
            top, bottom, left, right = (zoom * side for side in small)
            y0, y1 = max(0, top - halo), min(height, bottom + halo)
            x0, x1 = max(0, left - halo), min(width, right + halo)
            for output, plane in model.run(**{name: np.ascontiguousarray(picture[:, y0:y1, x0:x1])}).items():
                if output not in planes:
                    planes[output] = np.zeros((1, plane.shape[1], height, width), dtype=np.float32)
                planes[output][:, :, top:bottom, left:right] = plane[
                    :, :, top - y0 : bottom - y0, left - x0 : right - x0
                ]
    if not planes:
        nothing = np.zeros((1, 1, height, width), dtype=np.float32)
        return {output.name: nothing for output in model.manifest.outputs}
    return planes


def _boxes(place: NDArray[np.bool_], rows: int, beside: int) -> Iterator[tuple[int, int, int, int]]:
    """Top, bottom, left and right of strips that hold the place."""
    height, width = place.shape
    filled = np.flatnonzero(place.any(axis=1))
    if not filled.size:
        return
    last = min(height, int(filled[-1]) + 1 + beside)
    for top in range(max(0, int(filled[0]) - beside), last, rows):
        bottom = min(last, top + rows)
        columns = np.flatnonzero(place[max(0, top - beside) : bottom + beside].any(axis=0))
        if columns.size:
            yield top, bottom, max(0, int(columns[0]) - beside), min(width, int(columns[-1]) + 1 + beside)
