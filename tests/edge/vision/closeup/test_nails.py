"""A nail beside the strip against the rendered truth: length, width, form and colour; or the reason why not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage.color import xyz2lab

from edge.vision.closeup import analyse_closeup, overlay
from edge.vision.graphs.color import SRGB_TO_XYZ
from edge.vision.photo import Photo
from edge.vision.render.camera import Camera, shoot
from edge.vision.render.scalp import PAPER

RED = (0.5, 0.03, 0.05)


def rows(result):
    return {row.key: row.value for row in result.concerns}


def why(result):
    return next(row.reason_code for row in result.concerns if row.key == "nail_length")


@pytest.mark.parametrize(("form", "ita"), [("square", 55), ("round", 10), ("pointed", -45)])
def test_length_width_and_form_are_told_on_every_tone(fingers, form, ita):
    length, turn = {"square": (11.0, -15.0), "round": (13.0, 0.0), "pointed": (17.0, 12.0)}[form]
    _, result = fingers(seed=3, ita=ita, form=form, length_mm=length, turn_deg=turn)
    found = rows(result)
    assert found["nail_length"] == pytest.approx(length, abs=0.6)
    assert found["nail_width"] == pytest.approx(10.5, abs=0.7)
    assert found["nail_ratio"] == pytest.approx(length / 10.5, abs=0.08)
    band = next(row.band for row in result.concerns if row.key == "nail_tip")
    assert band is not None
    assert band.en == form


@pytest.mark.parametrize(
    ("seed", "form", "ita", "length", "turn"),
    [(1001, "square", 62, 10.0, -5.0), (1025, "pointed", 62, 10.0, 0.0), (1015, "square", 56, 10.0, 9.0)],
)
def test_a_bare_nail_on_very_light_skin_is_found_by_what_it_lacks_in_yellow(
    fingers, seed, form, ita, length, turn
):
    """Told wrongly is worse than not found: of a pointed one the bed alone was once measured."""
    _, result = fingers(seed=seed, ita=ita, form=form, length_mm=length, turn_deg=turn)
    found = rows(result)
    assert found["nail_length"] == pytest.approx(length, abs=0.6)
    assert found["nail_width"] == pytest.approx(10.5, abs=0.9)
    assert next(row.band.en for row in result.concerns if row.key == "nail_tip") == form


def test_the_fingers_own_colour_is_no_nail_on_light_skin_either(fingers):
    hand, _ = fingers(seed=8, ita=60)
    part = hand.light[: round(30 * hand.px_per_mm)]
    own = tuple(float(v) for v in np.median(part[part[:, :, 2] < 0.3], axis=0))
    assert why(fingers(seed=8, ita=60, polish=own, gloss=0.0)[1]) == "reason.no_plate"


@pytest.mark.parametrize("polish", [RED, None])
def test_colour_is_the_varnish_beside_white_paper_whatever_the_lamp(fingers, polish):
    """The strip's paper is white: colour is told beside it, so that lamp and camera fall out."""
    found = []
    for camera in (Camera(), Camera(exposure=0.8, balance=(1.05, 1.0, 0.93))):
        hand, result = fingers(camera, seed=5, polish=polish, form="square")
        shown = rows(result)
        found.append(np.array([shown["nail_l"], shown["nail_a"], shown["nail_b"]]))
        truth = xyz2lab((hand.colour / PAPER) @ np.array(SRGB_TO_XYZ).T)
        assert np.linalg.norm(found[-1] - truth) <= 6
    assert np.linalg.norm(found[0] - found[1]) <= 2


def test_a_light_ground_is_refused_because_a_white_edge_would_be_lost(fingers):
    assert why(fingers(seed=3, mat=0.8)[1]) == "reason.ground"


def test_a_nail_like_the_skin_has_no_figure(fingers):
    """Varnish of the finger's own colour: no border is seen."""
    hand, _ = fingers(seed=6, ita=20)
    skin = hand.light[: round(30 * hand.px_per_mm)][hand.light[: round(30 * hand.px_per_mm), :, 2] < 0.3]
    own = tuple(float(v) for v in np.median(skin, axis=0))
    _, result = fingers(seed=6, ita=20, polish=own, gloss=0.0)
    assert result.accepted
    assert why(result) == "reason.no_plate"


def test_without_strip_or_finger_or_with_two_there_is_a_reason(fingers):
    hand, _ = fingers(seed=3)
    strip_top = round(70 * hand.px_per_mm)

    def measured(light):
        return analyse_closeup(Photo.from_frame(shoot(light, Camera(), np.random.default_rng(1))), "nails")

    assert why(measured(hand.light[:strip_top])) == "reason.no_strip"
    ground = np.full_like(hand.light[:strip_top], 0.35)
    assert why(measured(np.vstack([ground, hand.light[strip_top:]]))) == "reason.no_finger"
    beside = np.roll(hand.light[:strip_top], round(30 * hand.px_per_mm), axis=1)
    two = np.where(np.abs(beside - 0.35).max(axis=2, keepdims=True) > 0.12, beside, hand.light[:strip_top])
    assert why(measured(np.vstack([two, hand.light[strip_top:]]))) == "reason.fingers"


def test_a_photo_from_the_side_is_refused(fingers):
    hand, _ = fingers(seed=3)
    height, width = hand.light.shape[:2]
    square = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    leaning = square + np.array(
        [(0, 0), (0, 0), (-0.16 * width, -0.45 * height), (0.16 * width, -0.45 * height)]
    )
    turned = cv2.warpPerspective(
        hand.light, cv2.getPerspectiveTransform(square, leaning.astype(np.float32)), (width, height),
        borderValue=(0.35, 0.35, 0.35),
    )  # fmt: skip
    result = analyse_closeup(Photo.from_frame(shoot(turned, Camera(), np.random.default_rng(1))), "nails")
    assert "closeup_tilt" in {refusal.code for refusal in result.refusals}


def test_what_was_measured_is_drawn_and_health_never_is(fingers):
    _, result = fingers(seed=5, form="square")
    drawn = overlay(result)
    assert drawn is not None
    assert drawn.startswith(b"\xff\xd8\xff")
    assert rows(result)["nail_health"] is None
    assert analyse_closeup(b"no photo", "nails").refusals[0].code == "photo_not_an_image"
