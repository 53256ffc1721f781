"""A large dark place of several shades is shown to a doctor on every tone; freckles, patches and blemishes that run together are not."""

from __future__ import annotations

import numpy as np
import pytest

from edge.vision.photo import Photo
from edge.vision.render import lesions
from edge.vision.render.camera import Camera, shoot
from edge.vision.render.face import Person, paint
from edge.vision.scan import analyse

PX_PER_MM = 4.5
TONES = (-45.0, -15.0, 15.0, 50.0)


def referred(painted, models):
    rendered = painted.seen(0, 0)
    rgb = shoot(rendered.light, Camera(), np.random.default_rng(1))
    result = analyse(Photo.from_frame(rgb), models=models, eyes=rendered.eyes)
    assert result.accepted
    return result.referrals


@pytest.mark.parametrize("ita", TONES)
def test_a_dark_place_of_several_shades_is_named_once_and_where_it_is(models, ita):
    painted = paint(Person(seed=91, ita=ita, px_per_mm=PX_PER_MM))
    x, y = painted.grid.pixel((-45.0, 36.0))
    rng = np.random.default_rng(4)
    for dx, dy, density in ((0, 0, 1.6), (3.0, 1.5, 0.9), (-2.0, 2.5, 2.2), (1.0, -3.0, 1.2)):
        lesions.spot(painted.layers, rng, x + dx * PX_PER_MM, y + dy * PX_PER_MM, 2.4, density)
    (named,) = referred(painted, models)
    assert named.place == pytest.approx((x, y), abs=3 * PX_PER_MM)


@pytest.mark.parametrize("ita", TONES)
@pytest.mark.parametrize("doses", [{"spots": 1.0, "pigmentation": 1.0}, {"acne_like": 1.0, "redness": 1.0}])
def test_what_many_people_have_is_not_named(models, ita, doses):
    assert referred(paint(Person(seed=92, ita=ita, doses=doses, px_per_mm=PX_PER_MM)), models) == []


@pytest.mark.parametrize("ita", TONES)
def test_a_round_even_mole_is_not_named(models, ita):
    painted = paint(Person(seed=93, ita=ita, px_per_mm=PX_PER_MM))
    x, y = painted.grid.pixel((-45.0, 36.0))
    lesions.spot(painted.layers, np.random.default_rng(5), x, y, 2.4, 1.4)
    assert referred(painted, models) == []
