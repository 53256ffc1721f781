"""The whites of the eyes tell the colour of the light, on every tone; closed eyes tell nothing."""

from __future__ import annotations

import numpy as np
import pytest

from edge.vision.align import align
from edge.vision.face import Face
from edge.vision.neutral import cast_of, cast_of_eyes
from edge.vision.render.camera import Camera, shoot
from edge.vision.render.face import Person, render
from edge.vision.surface import look

BLUE = (0.5, 0.9, 1.6)


def seen(models, ita, balance=(1.0, 1.0, 1.0), *, eyes_open=True):
    rendered = render(Person(seed=2, ita=ita, eyes_open=eyes_open, px_per_mm=4.0))
    camera = Camera(exposure=0.75, balance=balance)
    rgb = shoot(rendered.light, camera, np.random.default_rng(1))
    face = Face((0, 0, 1, 1), *rendered.eyes, "tapped")
    canonical = align(rgb, face)
    return cast_of_eyes(canonical, look(canonical, models))


@pytest.mark.parametrize("ita", [-45.0, -10.0, 25.0, 55.0])
def test_the_white_of_the_eye_is_white_on_every_tone_and_blue_under_blue_light(models, ita):
    assert seen(models, ita) < 2
    assert seen(models, ita, BLUE) > 15


def test_closed_eyes_say_nothing(models):
    assert seen(models, 20.0, BLUE, eyes_open=False) is None


def test_as_much_pigment_as_an_eye_has_is_no_cast_and_more_is():
    from edge.vision.graphs.color import HAEMOGLOBIN, MELANIN

    vessels = 0.5 + 0.3 * np.array(MELANIN) + 0.6 * np.array(HAEMOGLOBIN)
    assert cast_of(vessels) < 0.5
    assert cast_of(vessels + 1.5 * np.array(MELANIN)) > 8
    assert cast_of(vessels - np.log(BLUE)) > 15
