"""Live guidance of a close-up: one thing to do at a time, judged on the strip by the limits of the gate (MEA-14)."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.vision.closeup import analyse_closeup
from edge.vision.closeup.guide import CloseupGuide
from edge.vision.photo import Photo
from edge.vision.render.camera import Camera, shoot


@pytest.fixture(scope="module")
def frame(scalps):
    """What the camera sees of a scene."""
    scene, _ = scalps(seed=8, hairs=5000, flakes=80, ita=-45)

    def seen(camera=Camera(), light=scene.light):  # noqa: B008 - frozen
        return shoot(light, camera, np.random.default_rng(1))

    return seen


def _leaning(rgb):
    height, width = rgb.shape[:2]
    square = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    off = [(0.1 * width, 0.25 * height), (-0.1 * width, 0.25 * height), (0, 0), (0, 0)]
    leaning = (square + np.array(off)).astype(np.float32)
    return cv2.warpPerspective(rgb, cv2.getPerspectiveTransform(square, leaning), (width, height))


def test_a_good_frame_is_ready_and_its_photo_is_accepted(frame):
    rgb = frame()
    guide = CloseupGuide()
    assert [guide.look(rgb).code for _ in range(3)] == ["ready"] * 3
    assert analyse_closeup(Photo.from_frame(rgb), "scalp").accepted


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda rgb: rgb[:, : rgb.shape[1] * 2 // 3], "strip"),
        (lambda rgb: cv2.resize(rgb, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA), "distance"),
        (_leaning, "closeup_tilt"),
        (lambda rgb: cv2.GaussianBlur(rgb, (0, 0), 2.5), "focus"),
    ],
)
def test_what_is_wrong_with_a_frame_is_said_in_both_languages(frame, spoil, code):
    said = CloseupGuide().look(np.ascontiguousarray(spoil(frame())))
    assert (said.code, said.ok) == (code, False)
    assert said.zh
    assert said.en


def test_light_is_judged_by_what_the_picture_holds(frame, scalps):
    light, _ = scalps(seed=8, hairs=5000, flakes=80, ita=55)
    assert CloseupGuide().look(frame(Camera(exposure=0.12))).code == "highlights"
    assert CloseupGuide().look(frame(Camera(exposure=3.5), light.light)).code == "closeup_clipping"


def test_a_strip_that_moves_is_waited_for(frame):
    rgb, guide = frame(), CloseupGuide()
    guide.look(rgb)
    assert guide.look(np.roll(rgb, 24, axis=1)).code == "move"
    assert guide.look(np.roll(rgb, 24, axis=1)).code == "ready"
