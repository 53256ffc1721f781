"""A colour card in view brings a photo back to known light; without one, or with a wrong one, nothing is changed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.vision.card import GREYS, STRIP_MARKS, draw_frame, draw_strip, find_card, fitted, printable, sheet
from edge.vision.graphs.color import srgb_table
from edge.vision.photo import Photo
from edge.vision.render.camera import to_bytes
from edge.vision.scan import analyse

TINT = np.array([0.85, 0.75, 0.6])


def laid(card, scale=0.4, size=(900, 1200)):
    """A card on a table, a little turned."""
    matrix = np.array([[0.99 * scale, 0.06 * scale, 150], [-0.05 * scale, 0.98 * scale, 300]])
    table = np.full((*size, 3), 130, dtype=np.uint8)
    return cv2.warpAffine(
        card, matrix, size[::-1], dst=table, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_TRANSPARENT
    )


def tinted(rgb):
    return to_bytes((srgb_table()[rgb] * TINT).astype(np.float32))


def test_the_strip_gives_the_gains_of_the_light():
    found = find_card(tinted(laid(draw_strip())))
    assert found.kind == "strip"
    assert found.gain == pytest.approx(1 / TINT, rel=0.03)
    assert found.error < 1


def test_the_chart_gives_a_colour_matrix():
    found = find_card(tinted(laid(draw_frame(), 0.7)))
    assert found.kind == "chart"
    assert np.diag(found.ccm) == pytest.approx(1 / TINT, rel=0.03)
    assert found.error < 1


def test_no_card_is_no_correction(astronaut):
    assert find_card(astronaut) is None


def test_a_strip_half_covered_is_not_believed():
    strip = draw_strip()
    middle = strip.shape[1] // 2
    strip[:, middle - 300 : middle + 300] = (10, 160, 60)
    assert find_card(laid(strip)) is None


def test_one_mark_alone_is_no_card():
    strip = draw_strip()
    strip[:, : strip.shape[1] // 3] = 255
    assert len(STRIP_MARKS) == 2
    assert find_card(laid(strip)) is None


def test_weighted_least_squares_finds_the_matrix_that_was_there():
    rng = np.random.default_rng(0)
    truth = np.eye(3) + 0.1 * rng.standard_normal((3, 3))
    measured = rng.uniform(0.05, 0.9, (24, 3))
    assert fitted(measured, measured @ truth.T, np.ones(24)) == pytest.approx(truth, abs=1e-9)


def test_a_face_with_the_strip_has_the_same_tone_in_two_lights(astronaut, models):
    strip = cv2.resize(draw_strip(), None, fx=0.15, fy=0.15, interpolation=cv2.INTER_AREA)
    scene = cv2.resize(astronaut, (1024, 1024), interpolation=cv2.INTER_CUBIC)
    scene = to_bytes((0.8 * srgb_table()[scene]).astype(np.float32))
    scene[60 : 60 + strip.shape[0], 700 : 700 + strip.shape[1]] = strip
    light = np.array([0.9, 0.85, 0.75])
    warm = to_bytes((srgb_table()[scene] * light).astype(np.float32))
    one, two = (analyse(Photo.from_frame(rgb), models=models) for rgb in (scene, warm))
    assert one.calibration.kind == two.calibration.kind == "strip"
    assert one.concern("tone").status == "measured"
    assert two.concern("tone").value == pytest.approx(one.concern("tone").value, abs=2.0)


def test_the_strip_prints_at_its_own_size():
    assert printable(draw_strip(), 12.0).startswith(b"%PDF-")
    assert len(GREYS) == 6


def test_the_printed_page_is_a4_and_its_strip_corrects_a_photo_of_the_paper():
    page = sheet([draw_strip(8.0), draw_strip(8.0)], 8.0)
    assert page.shape[:2] == (2376, 1680)
    photographed = np.rint(page[: 60 * 8] * np.array([0.95, 1.0, 0.85])).astype(np.uint8)
    found = find_card(np.ascontiguousarray(photographed))
    assert found is not None
    assert found.kind == "strip"
    assert found.gain[2] > found.gain[1]
