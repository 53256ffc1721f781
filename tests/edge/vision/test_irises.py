"""Irises are found where they are on skin of any tone, from a poor first guess; closed eyes have none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edge.vision.face import Candidate, locate
from edge.vision.irises import irises
from edge.vision.render.camera import Camera, shoot
from edge.vision.render.face import Person, render

WIDTHS = 2.25  # a face box in eye distances


def photo(**person):
    rendered = render(Person(seed=11, px_per_mm=4.0, **person))
    return shoot(rendered.light, Camera(), np.random.default_rng(11)), rendered.eyes


def box_of(eyes):
    (rx, ry), (lx, _) = eyes
    wide = WIDTHS * (lx - rx)
    return ((rx + lx) / 2 - wide / 2, ry - 0.4 * wide, wide, wide)


def off_mm(found, eyes):
    return max(math.dist(a, b) for a, b in zip(found, eyes, strict=True)) / math.dist(*eyes) * 63


@pytest.mark.parametrize("ita", [-48.0, -20.0, 10.0, 40.0, 60.0])
def test_within_a_millimetre_on_all_tones_from_a_guess_a_centimetre_off(ita):
    rgb, eyes = photo(ita=ita)
    (rx, ry), (lx, ly) = eyes
    px = math.dist(*eyes) / 63
    guess = ((rx + 10 * px, ry - 9 * px), (lx - 7 * px, ly - 10 * px))
    found = irises(rgb, box_of(eyes), *guess)
    assert found is not None
    assert off_mm(found, eyes) < 1


@pytest.mark.parametrize("yaw", [-10.0, 10.0])
def test_a_head_that_is_turned_a_little_still_has_them(yaw):
    rgb, eyes = photo(ita=-20.0, yaw=yaw)
    found = irises(rgb, box_of(eyes), *eyes)
    assert found is not None
    assert off_mm(found, eyes) < 2


@pytest.mark.parametrize("ita", [-30.0, 40.0])
def test_closed_eyes_have_no_irises(ita):
    rgb, eyes = photo(ita=ita, eyes_open=False)
    assert irises(rgb, box_of(eyes), *eyes) is None


def test_skin_without_a_face_has_none():
    rgb = np.full((400, 400, 3), (180, 140, 120), dtype=np.uint8)
    assert irises(rgb, (50, 50, 300, 300), (130.0, 170.0), (270.0, 170.0)) is None


@pytest.mark.parametrize("seen", [True, False], ids=["eyes 1 cm off", "no eyes"])
def test_a_face_whose_detector_misses_the_eyes_is_measured_by_its_irises(seen):
    """A detector that lays the eyes too high, as they do on dark skin, or finds none at all."""
    rgb, eyes = photo(ita=-40.0)

    class Poor:
        name = "poor"

        def find(self, small):
            scale = small.shape[1] / rgb.shape[1]
            guess = tuple((x * scale, (y - 40) * scale) for x, y in eyes) if seen else None
            return [Candidate(tuple(v * scale for v in box_of(eyes)), guess, "yunet")]

    face = locate(rgb, Poor())
    assert face.source == "irises"
    assert off_mm((face.right_eye, face.left_eye), eyes) < 1
