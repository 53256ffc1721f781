"""The colour graph against scikit-image and published truths: CIELAB within 0.1, ITA within 0.2 degrees."""

from __future__ import annotations

import math

import numpy as np
import pytest
from skimage import color

from edge.vision.concerns.tone import ita, ita_class
from edge.vision.graphs.color import HAEMOGLOBIN, MELANIN, OD_FLOOR, SRGB_TO_XYZ, WHITE_D65
from edge.vision.surface import IDENTITY, UNITY

MONK = {  # hex -> ITA under D65, degrees
    "f6ede4": 83.0,
    "f3e7db": 80.2,
    "f7ead0": 71.7,
    "eadaba": 64.7,
    "d7bd96": 50.3,
    "a07e56": 10.9,
    "825c43": -20.1,
    "604134": -55.4,
    "3a312a": -78.3,
    "292420": -84.3,
}


def run(models, rgb, ccm=IDENTITY, gain=UNITY):
    planes = models.get("color").run(
        rgb=np.asarray(rgb, dtype=np.uint8).reshape(1, 1, -1, 3), ccm=ccm, gain=gain
    )
    return {name: plane[0].reshape(plane.shape[1], -1).T for name, plane in planes.items()}


@pytest.fixture(scope="module")
def skin():
    """10,000 random colours as skin has them: red over green over blue."""
    rng = np.random.default_rng(1)
    red = rng.integers(40, 256, 10_000)
    green = red * rng.uniform(0.55, 0.92, red.size)
    blue = green * rng.uniform(0.6, 0.95, red.size)
    return np.stack([red, green, blue], axis=1).astype(np.uint8)


def test_lab_is_scikit_images_within_a_tenth_on_skin_and_on_all_colours(models, skin):
    every = np.random.default_rng(2).integers(0, 256, (10_000, 3), dtype=np.uint8)
    for colours in (skin, every):
        theirs = color.rgb2lab(colours[None])[0]
        assert np.abs(run(models, colours)["lab"] - theirs).max() < 0.1


def test_lab_and_ita_are_those_of_colour_science(models, skin):
    colour = pytest.importorskip("colour", reason="colour-science is not installed: pip install -e .[dev]")
    linear = colour.models.eotf_sRGB(skin / 255)
    xyz = linear @ np.array(SRGB_TO_XYZ).T
    white = colour.XYZ_to_xy(np.array(WHITE_D65))
    theirs = colour.XYZ_to_Lab(xyz, white)
    ours = run(models, skin)["lab"]
    assert np.abs(ours - theirs).max() < 0.1
    for mine, other in zip(ours, theirs, strict=True):
        assert abs(ita(mine[0], mine[2]) - ita(other[0], other[2])) < 0.2


def test_ita_is_scikit_images_within_a_fifth_of_a_degree(models, skin):
    ours, theirs = run(models, skin)["lab"], color.rgb2lab(skin[None])[0]
    for mine, other in zip(ours[::10], theirs[::10], strict=True):
        assert abs(ita(mine[0], mine[2]) - ita(other[0], other[2])) < 0.2


@pytest.mark.parametrize(
    ("srgb", "lab", "angle"),
    [
        ((115.7, 79.3, 65.0), (37.32, 13.37, 14.58), -41.02),
        ((197.2, 143.6, 126.6), (64.38, 18.03, 17.05), 40.13),
    ],
    ids=["dark skin", "light skin"],
)
def test_the_colorchecker_skin_patches(models, srgb, lab, angle):
    # The published bytes have a fraction: as the gain of a white pixel they go in without rounding.
    v = np.array(srgb) / 255
    linear = ((v + 0.055) / 1.055) ** 2.4
    found = run(models, [(255, 255, 255)], gain=linear.astype(np.float32))["lab"][0]
    assert np.abs(found - lab).max() < 0.1
    assert abs(ita(float(found[0]), float(found[2])) - angle) < 0.2


@pytest.mark.parametrize(("tone", "angle"), MONK.items())
def test_the_ten_monk_tones(models, tone, angle):
    lab = run(models, [list(bytes.fromhex(tone))])["lab"][0]
    assert abs(ita(float(lab[0]), float(lab[2])) - angle) < 0.2


@pytest.mark.parametrize(
    ("angle", "name"),
    [(60, "very_light"), (50, "light"), (30, "intermediate"), (11, "tan"), (0, "brown"), (-31, "dark")],
)
def test_the_classes_of_ita(angle, name):
    assert ita_class(angle) == name


def test_optical_density_has_a_floor_and_no_nan(models):
    planes = run(models, [(0, 0, 0), (255, 255, 255)])
    assert all(np.isfinite(plane).all() for plane in planes.values())
    assert planes["od"][0] == pytest.approx(-math.log(OD_FLOOR))
    assert planes["od"][1] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("shade", [0.2, 0.5, 1.0])
def test_pigments_come_back_and_shading_falls_out(models, shade):
    melanin, haemoglobin = 0.6, 0.4
    linear = shade * np.exp(-(melanin * np.array(MELANIN) + haemoglobin * np.array(HAEMOGLOBIN)))
    # Through `gain`, so that no rounding to bytes comes between.
    found = run(models, [(255, 255, 255)], gain=linear.astype(np.float32))["mh"][0]
    assert found == pytest.approx((melanin, haemoglobin), abs=1e-4)


def test_calibration_is_an_input(models):
    ccm = np.array([[0.9, 0.1, 0], [0.05, 0.9, 0.05], [0, 0.2, 0.8]], dtype=np.float32)
    gain = np.array([1.1, 1.0, 0.9], dtype=np.float32)
    plain = run(models, [(180, 120, 90)])["lin"][0]
    assert run(models, [(180, 120, 90)], ccm, gain)["lin"][0] == pytest.approx(ccm @ (gain * plain), abs=1e-6)


def test_shine_is_the_white_part_of_the_light(models):
    body = np.array([0.5, 0.3, 0.2], dtype=np.float32)
    amounts = np.linspace(0, 0.4, 9, dtype=np.float32)
    lin = 0.8 * body[:, None] + amounts
    shine = models.get("shine").run(lin=lin.reshape(1, 3, 1, -1), body=body)["shine"].ravel()
    assert shine == pytest.approx(amounts, abs=1e-5)


def test_shine_of_a_grey_body_is_finite(models):
    grey = np.full(3, 0.4, dtype=np.float32)
    shine = models.get("shine").run(lin=np.full((1, 3, 4, 4), 0.4, dtype=np.float32), body=grey)["shine"]
    assert np.isfinite(shine).all()
