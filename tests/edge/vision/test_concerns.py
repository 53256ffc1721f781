"""Each concern answers to its own cause, has its words, and says when it cannot be measured."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from edge.vision.align import align
from edge.vision.cascade import Cascades
from edge.vision.concerns import Anchors, all_concerns
from edge.vision.concerns._base import MELANIN_DARKENS, masked_blur, region_error, repeat_error
from edge.vision.face import locate
from edge.vision.graphs.color import HAEMOGLOBIN, MELANIN
from edge.vision.surface import look
from edge.vision.texts import all_texts
from salon.rules.concerns import MEANINGS, REGIONS

BY_KEY = {concern.key: concern for concern in all_concerns()}
# What the astronaut, at 1.4 mm a pixel, can show; finer things are tried on rendered faces.
BY_CAMERA = [c.key for c in all_concerns() if c.measure is not None and c.max_mm_per_px > 0.5]

UNKNOWN = {("wrinkles", "glabella")}  # no line is rendered there, so nobody knows how one repeats


@pytest.fixture(scope="module")
def canonical(astronaut):
    return align(astronaut, locate(astronaut, Cascades()))


@pytest.fixture(scope="module")
def surface_of(canonical, models):
    """The surface of the canonical face after a change of its linear light."""
    from dataclasses import replace

    def make(change=None):
        if change is None:
            return look(canonical, models)
        v = canonical.rgb / 255
        linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
        linear = np.clip(change(linear), 0, 1)
        back = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
        return look(replace(canonical, rgb=np.rint(255 * back).astype(np.uint8)), models)

    return make


def value(key, surface):
    return BY_KEY[key].measure(surface).value


def with_pigment(vector, amount, where=1.0):
    return lambda linear: linear * np.exp(-amount * np.array(vector) * np.asarray(where)[..., None])


def disks(canonical, radius_mm, spacing_mm):
    """Round spots on a grid over the whole frame."""
    rows, columns = np.mgrid[: canonical.rgb.shape[0], : canonical.rgb.shape[1]]
    step = spacing_mm * canonical.px_per_mm
    near = np.hypot((rows % step) - step / 2, (columns % step) - step / 2)
    return (near < radius_mm * canonical.px_per_mm).astype(float)


def test_all_concerns_of_the_report_are_there_in_order():
    keys = [concern.key for concern in all_concerns()]
    assert keys[:6] == ["tone", "redness", "pigmentation", "evenness", "dark_circles", "shine"]
    assert {"moisture", "elasticity", "sebum"} <= set(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("concern", all_concerns(), ids=lambda concern: concern.key)
def test_every_concern_has_its_words(concern):
    texts = all_texts()
    assert f"concern.{concern.key}" in texts
    meaning = texts[f"concern.{concern.key}.meaning"]
    if concern.measure is not None:
        assert meaning.model_dump() == asdict(MEANINGS[concern.key])
        better = {"lower_is_better": ("越低越", "Lower is"), "none": ("没有好坏", "neither good nor bad")}
        zh, en = better[concern.direction]
        assert zh in meaning.zh
        assert en in meaning.en
    for key in (concern.indicative, concern.not_measured):
        assert key is None or key in texts
    if concern.measure is not None:
        assert "{value}" in texts[f"concern.{concern.key}.explain"].zh
        assert repeat_error(concern.key) is not None
        for name in concern.regions:
            # The pages, which do not import this part, say the same words.
            assert texts[f"region.{name}"].model_dump() == asdict(REGIONS[name])
            if (concern.key, name) not in UNKNOWN:
                assert region_error(concern.key, name) > 0
                assert region_error(concern.key, name, calibrated=True) > 0


def test_tone_has_neither_good_nor_bad():
    assert BY_KEY["tone"].anchors is None
    assert BY_KEY["tone"].direction == "none"


def test_scores_hit_their_anchors_and_fall_steadily():
    anchors = Anchors(clear=2, severe=30)
    assert anchors.score(2) == pytest.approx(90)
    assert anchors.score(30) == pytest.approx(20)
    scores = [anchors.score(x) for x in np.linspace(-100, 1000, 200)]
    assert all(a >= b for a, b in pairwise(scores))
    assert all(0 <= score <= 100 for score in scores)


def test_the_error_of_a_score_is_its_slope_times_the_error_of_the_value():
    anchors = Anchors(clear=2, severe=30)
    slope = (anchors.score(10.01) - anchors.score(9.99)) / 0.02
    assert anchors.score_sd(10, 1.5) == pytest.approx(abs(slope) * 1.5, rel=1e-3)


@pytest.mark.parametrize("key", BY_CAMERA)
def test_every_value_is_finite_on_a_real_face(surface_of, key):
    measured = BY_KEY[key].measure(surface_of())
    assert np.isfinite([measured.value, *measured.regions.values(), *measured.details.values()]).all()
    assert np.isfinite(measured.heat).all()
    assert measured.heat[measured.drawn].min() >= 0
    assert measured.heat[measured.drawn].max() <= 1


def test_redness_rises_with_haemoglobin_and_hardly_with_melanin_or_light(surface_of):
    base = value("redness", surface_of())
    steps = [value("redness", surface_of(with_pigment(HAEMOGLOBIN, h))) for h in (0.1, 0.2, 0.3, 0.4)]
    assert steps == sorted(steps)
    assert steps[-1] - base == pytest.approx(0.4, abs=0.05)
    assert abs(value("redness", surface_of(with_pigment(MELANIN, 0.4))) - base) < 0.08
    assert abs(value("redness", surface_of(lambda linear: 0.8 * linear)) - base) < 0.05


def test_tone_falls_with_melanin(surface_of):
    steps = [value("tone", surface_of(with_pigment(MELANIN, m))) for m in (0, 0.3, 0.6, 1.0, 1.5, 2.0)]
    assert steps == sorted(steps, reverse=True)
    assert steps[0] > 41 > steps[-1]


def test_pigmentation_counts_spots_and_not_the_tone_of_the_face(surface_of, canonical):
    base = value("pigmentation", surface_of())
    spots = disks(canonical, 3.0, 18)  # patches: smaller ones are spots
    steps = [value("pigmentation", surface_of(with_pigment(MELANIN, m, spots))) for m in (0.2, 0.5, 0.9)]
    assert [base, *steps] == sorted([base, *steps])
    assert steps[-1] - base > 3
    assert abs(value("pigmentation", surface_of(with_pigment(MELANIN, 0.8))) - base) < 2


def test_evenness_sees_one_red_cheek(surface_of, canonical):
    half = np.zeros(canonical.rgb.shape[:2])
    half[:, : half.shape[1] // 2] = 1
    base = value("evenness", surface_of())
    assert value("evenness", surface_of(with_pigment(HAEMOGLOBIN, 0.4, half))) > base + 1.5


@pytest.mark.parametrize("light", [0.6, 0.8, 1.0])
def test_dark_circles_answer_to_darker_lids_and_hardly_to_the_light(surface_of, canonical, light):
    from edge.vision.regions import draw, polygons

    shapes = polygons(canonical.stretch)
    under = (draw(canonical, shapes["left_under_eye"]) | draw(canonical, shapes["right_under_eye"])).astype(
        float
    )
    plain = value("dark_circles", surface_of())
    dark = value("dark_circles", surface_of(lambda linear: light * with_pigment(MELANIN, 0.5, under)(linear)))
    # What half a unit of melanin takes from the lightness of skin at L* = 60, in whatever light.
    assert dark - plain == pytest.approx(0.5 * MELANIN_DARKENS, abs=0.6)


@pytest.mark.parametrize("vector", [HAEMOGLOBIN, MELANIN], ids=["blood", "melanin"])
def test_dark_circles_do_not_follow_the_cheek(surface_of, canonical, vector):
    from edge.vision.regions import draw, polygons

    shapes = polygons(canonical.stretch)
    cheeks = (draw(canonical, shapes["left_cheek"]) | draw(canonical, shapes["right_cheek"])).astype(float)
    flushed = value("dark_circles", surface_of(with_pigment(vector, 0.15, cheeks)))
    # Their borders touch the strip below the lids, and no more than that.
    assert flushed == pytest.approx(value("dark_circles", surface_of()), abs=1.0)


def test_shine_rises_with_reflections(surface_of, canonical):
    gleams = disks(canonical, 3, 10)[..., None]
    steps = [
        value("shine", surface_of(lambda linear, s=s: 0.6 * linear + s * gleams)) for s in (0, 0.1, 0.2, 0.3)
    ]
    assert steps == sorted(steps)
    # The disks cover 28 % of the zone, and are all that is seen once they are strong.
    assert 24 < steps[-1] < 34


@pytest.mark.parametrize("sigma", [4.0, 5.6, 12.0, 24.0, 40.0])
def test_a_mean_on_a_smaller_picture_is_the_full_one_within_one_per_cent_of_its_spread(sigma):
    """SciPy's Gaussian over the whole picture, of skin with a gap in it."""
    rough = np.random.default_rng(7).normal(0, 1, (416, 320))
    plane = ndimage.gaussian_filter(rough, 1.5).astype(np.float32)
    mask = np.zeros(plane.shape, dtype=bool)
    mask[50:350, 40:280] = True
    mask[150:170, 100:150] = False
    top, below = (
        ndimage.gaussian_filter(x * mask, sigma, mode="mirror") for x in (plane, np.ones_like(plane))
    )
    exact = (top / np.maximum(below, 1e-3))[mask]
    error = masked_blur(plane, mask, sigma)[mask] - exact
    assert float(np.sqrt(np.square(error).mean())) < 0.01 * float(exact.std())


def test_a_masked_mean_does_not_bleed():
    plane = np.full((80, 80), 5.0, dtype=np.float32)
    mask = np.zeros((80, 80), dtype=bool)
    mask[20:60, 20:60] = True
    plane[~mask] = 1000
    for sigma in (2, 12):
        assert masked_blur(plane, mask, sigma)[mask] == pytest.approx(5, abs=0.6 if sigma > 4 else 1e-3)
