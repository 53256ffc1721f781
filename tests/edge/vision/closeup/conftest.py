"""Rendered close-ups as photos, each rendered once."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from edge.vision.closeup import analyse_closeup
from edge.vision.photo import Photo
from edge.vision.render import nail, scalp
from edge.vision.render.camera import Camera, shoot

PX_PER_MM = 6.0  # about the least at which everything is measured, and the quickest to render


@cache
def _scalp(**what):
    return scalp.render(scalp.Scalp(px_per_mm=PX_PER_MM, **what))


@cache
def _finger(**what):
    return nail.render(nail.Finger(px_per_mm=PX_PER_MM, **what))


def _photo(light, camera):
    return Photo.from_frame(shoot(light, camera, np.random.default_rng(1)))


@pytest.fixture(scope="session")
def scalps():
    """What is truly there, and what is measured of it."""

    def both(camera=Camera(), models=None, **what):  # noqa: B008 - frozen
        scene = _scalp(**what)
        return scene, analyse_closeup(_photo(scene.light, camera), "scalp", models=models)

    return both


@pytest.fixture(scope="session")
def fingers():
    def both(camera=Camera(), models=None, **what):  # noqa: B008 - frozen
        hand = _finger(**what)
        return hand, analyse_closeup(_photo(hand.light, camera), "nails", models=models)

    return both
