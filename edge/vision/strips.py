"""Run a graph strip by strip: the same figures as in one piece, for a fraction of the memory.

A graph whose every output depends on no more than `halo` rows around it may be cut; rows of the halo are computed twice and
dropped. Planes are cut along their rows, which are axis 1 of a byte picture and axis 2 of planes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.vision.models import Model

ROWS = 216  # a strip: a few tens of MB of intermediate planes
WANTED_ROWS = 120  # narrower, so that the columns that are wanted hug the regions


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
    wanted: NDArray[np.bool_],
    halo: int,
    rows: int = WANTED_ROWS,
) -> dict[str, NDArray[np.float32]]:
    """The same figures where `wanted` (H, W) is, and 0 elsewhere: of each strip only the columns that are asked for are run.

    `halo` is how far an output depends on its surroundings, in both directions.
    """
    height, width = wanted.shape
    planes: dict[str, NDArray[np.float32]] = {}
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        columns = np.flatnonzero(wanted[top:bottom].any(axis=0))
        if not columns.size:
            continue
        left, right = int(columns[0]), int(columns[-1]) + 1
        y0, y1 = max(0, top - halo), min(height, bottom + halo)
        x0, x1 = max(0, left - halo), min(width, right + halo)
        for output, plane in model.run(**{name: np.ascontiguousarray(picture[:, y0:y1, x0:x1])}).items():
            whole = planes.setdefault(output, np.zeros((1, plane.shape[1], height, width), dtype=np.float32))
            whole[:, :, top:bottom, left:right] = plane[:, :, top - y0 : bottom - y0, left - x0 : right - x0]
    empty = np.zeros((1, 1, height, width), dtype=np.float32)
    return planes or {output.name: empty for output in model.manifest.outputs}
