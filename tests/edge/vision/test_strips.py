"""A graph run in strips, or only where it is asked for, gives the figures of the whole."""

from __future__ import annotations

import numpy as np
import pytest

from edge.vision.resample import shrink
from edge.vision.strips import run_in_strips, run_where

HALO = 12


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(3).integers(0, 256, (1, 300, 260, 3), dtype=np.uint8)


def test_strips_and_wanted_parts_agree_with_the_whole(models, picture):
    relief = models.get("relief")
    whole = relief.run(rgb=picture)
    wanted = np.zeros((300, 260), dtype=np.bool_)
    places = [np.zeros_like(wanted) for _ in range(3)]
    places[0][20:90, 100:180] = places[1][200:280, 5:60] = places[2][210:215, 240:260] = True
    wanted = np.logical_or.reduce(places)
    parts = run_where(relief, "rgb", picture, places, HALO, rows=40)
    strips = run_in_strips(relief, "rgb", picture, HALO, rows=64)
    for name, plane in whole.items():
        assert strips[name] == pytest.approx(plane, abs=1e-4)
        assert parts[name][0, 0][wanted] == pytest.approx(plane[0, 0][wanted], abs=1e-4)
        assert not parts[name][0, 0][120:190].any()  # rows that nobody asked for
        assert not parts[name][0, 0][200:280, 70:230].any()  # what lies between two places


def test_nothing_asked_for_runs_nothing(models, picture):
    parts = run_where(models.get("relief"), "rgb", picture, [np.zeros((300, 260), dtype=np.bool_)], HALO)
    assert all(not plane.any() for plane in parts.values())
    assert {plane.shape[2:] for plane in parts.values()} == {(300, 260)}


@pytest.mark.parametrize("size", [(130, 150), (61, 77), (200, 250)])
def test_shrinking_keeps_the_mean_and_the_place(size):
    ramp = np.repeat(np.linspace(0, 255, 521, dtype=np.float32)[None], 601, axis=0)
    image = np.repeat(np.rint(ramp)[..., None], 3, axis=2).astype(np.uint8)
    small = shrink(image, size)
    assert small.shape == (size[1], size[0], 3)
    across = small[:, :, 0].mean(axis=0)
    expected = np.interp((np.arange(size[0]) + 0.5) * 521 / size[0] - 0.5, np.arange(521), ramp[0])
    assert across == pytest.approx(expected, abs=1.5)
