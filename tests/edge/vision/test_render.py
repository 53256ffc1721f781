"""The renderer keeps its promises: the same bytes for a seed, flat tones, and a truth that is really in the picture."""

from __future__ import annotations

import numpy as np
import pytest

from edge.vision.graphs.color import srgb_table
from edge.vision.render.camera import Camera, shoot, to_bytes
from edge.vision.render.layers import plain
from edge.vision.render.lesions import papule, spot
from edge.vision.render.light import lit
from edge.vision.render.patch import random_patch
from edge.vision.render.tone import RANGE, ita_of, melanin_for


def test_a_seed_is_one_patch():
    one, again, other = random_patch(5), random_patch(5), random_patch(6)
    assert np.array_equal(one.rgb, again.rgb)
    assert not np.array_equal(one.rgb, other.rgb)


def test_patches_have_all_tones_equally_often():
    tones = np.array([np.random.default_rng([20261122, seed]).uniform(*RANGE) for seed in range(400)])
    counts, _ = np.histogram(tones, bins=5, range=RANGE)
    assert counts.min() > 50


@pytest.mark.parametrize("ita", [-45, -10, 20, 55])
def test_the_melanin_of_a_tone_gives_that_tone(ita):
    assert ita_of(melanin_for(float(ita), 0.35), 0.35) == pytest.approx(ita, abs=0.5)


@pytest.mark.parametrize(("draw", "label"), [(spot, "spot"), (papule, "acne")])
def test_what_is_labelled_is_in_the_picture(draw, label):
    skin = plain((120, 120), 8.0, 0.5, 0.35)
    bare = lit(skin).copy()
    draw(skin, np.random.default_rng(0), 60.0, 60.0, 1.5, 0.6)
    truth = skin.labels[label] > 0.5
    assert 30 < truth.sum() < 3000
    darker = bare[..., 1] - lit(skin)[..., 1]
    assert darker[truth].mean() > 5 * abs(darker[~truth]).mean()


def test_what_nobody_could_see_is_not_labelled():
    skin = plain((120, 120), 8.0, 0.5, 0.35)
    spot(skin, np.random.default_rng(0), 60.0, 60.0, 1.5, 0.05)
    assert not skin.labels["spot"].any()


def test_bytes_and_light_are_each_others_inverse():
    rgb = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 256, 3)
    assert np.array_equal(to_bytes(srgb_table()[rgb]), rgb)


def test_a_camera_without_errors_changes_nothing():
    light = np.full((40, 40, 3), 0.3, dtype=np.float32)
    clean = shoot(light, Camera(blur_px=0, noise=0, jpeg=None), np.random.default_rng(0))
    assert np.array_equal(clean, to_bytes(light))
