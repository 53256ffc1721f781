"""Coloured light is told without the eyes where skin cannot have such a colour, on every tone alike, and no good light is taken for it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edge.vision.align import align
from edge.vision.cast import MOST_BY_PALLOR, cast, cast_of_skin, pallor
from edge.vision.face import Face
from edge.vision.gate import LIMITS
from edge.vision.render.camera import Camera, shoot
from edge.vision.render.face import Person, render
from edge.vision.render.tone import RANGE
from edge.vision.surface import look

LIMIT = next(limit for limit in LIMITS if limit.key == "cast")
TONES = np.linspace(*RANGE, 10)
# Blue, magenta, red and green of a stage; the first takes the yellow out of skin.
LAMPS = {
    "blue": (0.57, 1.0, 1.76),
    "magenta": (1.0, 0.52, 1.0),
    "red": (1.76, 1.0, 0.57),
    "green": (1.0, 1.9, 1.0),
}


@pytest.fixture(scope="module", params=TONES, ids=lambda ita: f"{ita:.0f}")
def shut(request):
    """A person with closed eyes, so that only the skin can tell."""
    return render(
        Person(seed=int(request.param) + 700, ita=float(request.param), eyes_open=False, px_per_mm=3.0)
    )


def told(models, rendered, camera):
    rgb = shoot(rendered.light, camera, np.random.default_rng(1))
    canonical = align(rgb, Face((0, 0, 1, 1), *rendered.eyes, "tapped"))
    return cast(canonical, look(canonical, models))


@pytest.mark.parametrize(
    ("balance", "exposure"),
    [
        ((1, 1, 1), 1.0),
        ((1.05, 1, 0.95), 0.6),
        ((0.95, 1, 1.05), 1.0),
        ((1, 1.04, 1), 0.6),
        ((1, 0.96, 1), 1.0),
    ],
)
def test_white_light_is_white_on_every_tone(models, shut, balance, exposure):
    """Closed lids have no white, though their creases on brown skin look a little like it."""
    assert LIMIT.level(told(models, shut, Camera(exposure=exposure, balance=balance))) == "ok"


def test_most_stage_lamps_are_seen_on_every_tone(models, shut):
    levels = {
        name: LIMIT.level(told(models, shut, Camera(exposure=0.55, balance=balance)))
        for name, balance in LAMPS.items()
    }
    assert levels["green"] != "ok"
    assert sum(level != "ok" for level in levels.values()) >= 3, levels


def test_pallor_never_refuses_a_photo():
    for a, b in ((0.0, 0.0), (-30.0, 0.0), (2.0, 5.0)):
        assert LIMIT.level(pallor(a, b)) != "hard"
    assert pallor(0.0, 0.0) == MOST_BY_PALLOR
    assert pallor(8.0, 14.0) == 0


@pytest.mark.parametrize(
    ("hue", "chroma", "off"), [(60, 40, 0), (60, 60, 11.5), (200, 10, 10), (95 + 30, 10, 5)]
)
def test_how_far_a_colour_is_from_skin(hue, chroma, off):
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    assert cast_of_skin(a, b) == pytest.approx(off, abs=0.05)
