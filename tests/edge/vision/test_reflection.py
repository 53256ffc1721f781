"""What the surface sends back is told apart from what lies below it, on every tone."""

from __future__ import annotations

import numpy as np
import pytest

from edge.vision.graphs.color import HAEMOGLOBIN, MELANIN, SRGB_TO_XYZ, unmixing
from edge.vision.reflection import below
from edge.vision.render.camera import to_bytes
from edge.vision.render.layers import octaves, plain
from edge.vision.render.light import lit
from edge.vision.render.tone import melanin_for

TONES = (-50.0, -20.0, 10.0, 62.0)
LEVEL, REFLECTED = 0.79, 0.026


def skin(melanin, blood, level=1.0):
    """Linear light (3,) of flat skin, and the part of it that comes from below the surface."""
    body = level * LEVEL * np.exp(-melanin * np.array(MELANIN) - blood * np.array(HAEMOGLOBIN))
    return body + level * REFLECTED, body


@pytest.mark.parametrize("ita", TONES)
@pytest.mark.parametrize("blood", [0.25, 0.6])
def test_blood_and_the_share_from_below_are_found_on_every_tone(ita, blood):
    light, body = skin(melanin_for(ita, 0.35), blood)
    found = below(light)
    assert found.blood == pytest.approx(blood, abs=0.09)
    assert found.share == pytest.approx(body / light, abs=0.04)
    weights = np.array(SRGB_TO_XYZ[1])
    assert found.of_luminance(light) == pytest.approx(float(weights @ body / (weights @ light)), abs=0.03)


@pytest.mark.parametrize(("ita", "least"), [(-50.0, 0.12), (-20.0, 0.03), (62.0, 0.0)])
def test_other_light_moves_it_less_than_the_reflection_did(ita, least):
    """Of the projected density, what was wrong on dark skin."""
    melanin = melanin_for(ita, 0.35)
    projected = float(unmixing()[1] @ -np.log(skin(melanin, 0.35)[0]))
    wrong = [abs(below(skin(melanin, 0.35, level)[0]).blood - 0.35) for level in (0.8, 1.25)]
    assert max(wrong) <= max(0.03, abs(projected - 0.35) - least)


def test_blood_beside_the_fitted_colour_answers_in_full():
    light, _ = skin(melanin_for(-30.0, 0.35), 0.4)
    more, _ = skin(melanin_for(-30.0, 0.35), 0.5)
    found = below(light)
    projected = np.array([unmixing()[1] @ -np.log(lin) for lin in (light, more)], dtype=np.float32)
    here, redder = found.blood_of(projected, light)
    assert here == pytest.approx(found.blood, abs=1e-5)
    assert redder - here == pytest.approx(0.1, abs=0.015)


@pytest.mark.parametrize("ita", TONES)
def test_a_glint_is_white_and_neither_light_nor_blood(ita):
    melanin = melanin_for(ita, 0.35)
    light, _ = skin(melanin, 0.35)
    weights = below(light).glint(light)
    assert weights.sum() == pytest.approx(1, abs=1e-3)
    assert weights @ light == pytest.approx(0, abs=1e-3)
    paler, _ = skin(melanin, 0.15)
    assert abs(weights @ paler) < 0.01


@pytest.mark.parametrize("colour", [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.1, 0.3, 0.9), (5.0, 0.01, 0.2)])
def test_it_ends_on_colours_that_no_skin_has(colour):
    found = below(np.array(colour))
    assert np.isfinite([found.melanin, found.blood, found.answer, found.relief, *found.share]).all()
    assert ((found.share > 0) & (found.share < 1)).all()
    assert found.answer > 0
    assert np.isfinite(found.glint(np.array(colour))).all()


def test_the_same_relief_differs_half_as_much_between_tones(models):
    """How much stronger the surface's shades are hangs on lamps and gloss, so that no one factor makes all tones alike everywhere."""
    contrast, told = [], []
    for ita in TONES:
        layers = plain((256, 256), 8.0, melanin_for(ita, 0.35), 0.35)
        layers.height += 0.02 * octaves(layers.shape, np.random.default_rng(5), [2.8, 4.8], 1.0)
        light = lit(layers)
        band = models.get("relief").run(rgb=to_bytes(light)[None])["band"][0, 0, 20:-20, 20:-20]
        contrast.append(float(band.std()))
        told.append(contrast[-1] / below(np.median(light, axis=(0, 1))).relief)
    raw, left = (max(values) / min(values) - 1 for values in (contrast, told))
    assert raw > 0.3
    assert left < raw / 2
