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
