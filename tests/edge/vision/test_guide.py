"""Guidance says the one thing to do next; good frames in a row are kept."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.vision.cascade import Cascades
from edge.vision.face import Candidate
from edge.vision.guide import AutoCapture, Guidance, Guide, guide

RIGHT, LEFT = (202.5, 101.0), (246.0, 103.5)


class Seeing:
    """A detector that sees the astronaut's face, with a nose beside the middle by `turn` eye distances."""

    name = "told"

    def __init__(self, turn=0.0):
        self.turn = turn

    def find(self, rgb):
        scale = rgb.shape[1] / 512
        nose = (224 + self.turn * 43.5, 125.0)
        points = [tuple(scale * v for v in p) for p in (RIGHT, LEFT, nose)]
        return [
            Candidate(
                (178 * scale, 63 * scale, 90 * scale, 113 * scale), (points[0], points[1]), "yunet", points[2]
            )
        ]


def saying(zh="", en="", **more):
    return Guidance(zh=zh, en=en, **more)


def test_a_good_frame_is_ready(astronaut):
    seen = guide(astronaut, Cascades())
    assert (seen.code, seen.ok) == ("ready", True)
    assert seen.zh
    assert seen.figures["mm_per_px"] == pytest.approx(1.4, abs=0.12)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rgb: np.full_like(rgb, 90), "no_face"),
        (lambda rgb: np.hstack([rgb, rgb]), "several_faces"),
        (lambda rgb: (rgb * 0.3).astype(np.uint8), "highlights"),
        (lambda rgb: np.clip(rgb * 1.6, 0, 255).astype(np.uint8), "clipping"),
        (lambda rgb: cv2.GaussianBlur(rgb, (0, 0), 3), "sharpness"),
        (lambda rgb: cv2.resize(rgb, (380, 380), interpolation=cv2.INTER_AREA), "distance"),
        (lambda rgb: rgb[70:], "framing"),
    ],
    ids=["nobody", "two", "dark", "bright", "blurred", "far", "cut off"],
)
def test_what_is_wrong_is_said(astronaut, change, code):
    seen = guide(np.ascontiguousarray(change(astronaut)), Cascades())
    # A cut or far face may also not be seen at all, which is as true.
    assert seen.code == code or (
        code in {"framing", "distance"} and seen.code in {"no_face", "eyes_not_found"}
    )
    assert not seen.ok


def test_a_near_face_is_sent_back(astronaut):
    near = cv2.resize(astronaut[55:165, 170:280], (880, 880), interpolation=cv2.INTER_CUBIC)

    class Near:
        name = "told"

        def find(self, rgb):
            scale = rgb.shape[1] / 110
            eyes = [((x - 170) * scale, (y - 55) * scale) for x, y in (RIGHT, LEFT)]
            return [Candidate((8 * scale, 8 * scale, 94 * scale, 100 * scale), (eyes[0], eyes[1]), "yunet")]

    assert guide(near, Near()).code == "too_close"


@pytest.mark.parametrize(("turn", "code"), [(0.3, "turn_right"), (-0.3, "turn_left"), (0.0, "ready")])
def test_a_turned_face_is_told_the_way_back(astronaut, turn, code):
    assert guide(astronaut, Seeing(turn)).code == code


def test_a_moving_face_is_told_to_hold_still(astronaut):
    watching = Guide(Cascades())
    assert watching.look(astronaut).code == "ready"
    assert watching.look(np.roll(astronaut, 12, axis=1)).code == "move"
    assert watching.look(np.roll(astronaut, 12, axis=1)).code == "ready"


def test_a_frame_is_kept_after_some_good_ones_in_a_row():
    capture = AutoCapture(3)
    good, bad = saying(code="ready", ok=True), saying(code="move", ok=False)
    assert [capture.see(g) for g in (good, good, bad, good, good, good)] == [False] * 5 + [True]
