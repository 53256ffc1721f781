"""Guidance says the one thing to do next; good frames in a row are kept."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.vision.cascade import TURNS, WAYS, Cascades
from edge.vision.face import Candidate
from edge.vision.guide import WHOLE_EVERY, AutoCapture, Guidance, Guide, guide

RIGHT, LEFT = (202.5, 101.0), (246.0, 103.5)


class Seeing:
    """A detector that sees the astronaut's face, with a nose beside the mouth's middle by `turn` eye distances."""

    name = "told"

    def __init__(self, turn=0.0):
        self.turn = turn

    def find(self, rgb):
        scale = rgb.shape[1] / 512
        nose = (224 + self.turn * 43.5, 125.0)
        corners = (209.0, 147.0), (239.0, 147.0)
        right, left, tip, *mouth = ((scale * x, scale * y) for x, y in (RIGHT, LEFT, nose, *corners))
        box = (178 * scale, 63 * scale, 90 * scale, 113 * scale)
        return [Candidate(box, (right, left), "yunet", tip, (mouth[0], mouth[1]))]


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


class Counting(Cascades):
    """The cascades, noting whether they were asked for the whole frame."""

    def __init__(self):
        self.whole, self.turns = [], []

    def find(self, rgb, turns):
        self.whole.append(True)
        self.turns.append(turns)
        return super().find(rgb, turns)

    def follow(self, rgb, near, *, whole, turns):
        self.whole.append(whole)
        self.turns.append(turns)
        return super().follow(rgb, near, whole=whole, turns=turns)


def moved(rgb, x, y):
    return cv2.warpAffine(
        rgb, np.float32([[1, 0, x], [0, 1, y]]), rgb.shape[1::-1], borderMode=cv2.BORDER_REPLICATE
    )


def test_the_face_is_followed_and_the_whole_frame_is_looked_at_before_a_photo_is_kept(astronaut):
    seeing = Counting()
    follow, capture = Guide(seeing), AutoCapture()
    # About as far as somebody moves in a tenth of a second, there and back.
    for x in (0, 8, 16, 8, 0, -8, 0, 8):
        frame = moved(astronaut, x, x // 2)
        here, alone = follow.look(frame), guide(frame, Cascades())
        assert here.figures["eyes_share"] == pytest.approx(alone.figures["eyes_share"], rel=0.06)
        capture.see(here)
    assert seeing.whole == [True, *[False] * (WHOLE_EVERY - 1), True, False]
    assert capture.needed >= WHOLE_EVERY


def test_a_frame_looks_for_eyes_in_one_way_and_keeps_the_one_that_saw_them(astronaut):
    seeing = Counting()
    follow = Guide(seeing)
    covered = astronaut.copy()
    covered[92:112, 188:262] = cv2.GaussianBlur(covered, (0, 0), 6)[92:112, 188:262]
    codes = [follow.look(frame).code for frame in (astronaut, astronaut, *[covered] * 3, astronaut)]
    assert codes == ["ready", "ready", *["eyes_not_found"] * 3, "ready"]
    assert seeing.turns[0] == TURNS
    assert all(turns == () or turns in WAYS for turns in seeing.turns[1:])
    assert len(set(seeing.turns[2:5])) == 3


def test_a_still_picture_stays_still(portrait):
    follow = Guide(Cascades())
    motions = [follow.look(portrait.rgb).figures["motion"] for _ in range(3 * WHOLE_EVERY)]
    assert motions[2:] == [0.0] * len(motions[2:])


def test_a_face_that_jumped_is_found_in_the_same_frame(astronaut):
    seeing = Counting()
    follow = Guide(seeing)
    assert follow.look(astronaut).ok
    assert follow.look(moved(astronaut, 150, 60)).code == "move"
    assert seeing.whole == [True, False, True]


def test_a_second_face_is_seen_within_the_frames_that_are_followed(astronaut):
    follow = Guide(Cascades())
    both = np.ascontiguousarray(np.hstack([astronaut, astronaut]))
    alone = both.copy()
    alone[:, 512:] = 90
    assert follow.look(alone).code not in {"no_face", "several_faces"}
    assert "several_faces" in [follow.look(both).code for _ in range(WHOLE_EVERY)]


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


@pytest.mark.parametrize(
    ("pose", "turn", "code"),
    [
        ("left", 0.0, "side_left"), ("left", 0.3, "side_left"), ("left", -0.3, "ready"), ("left", -0.7, "side_back"),
        ("right", 0.0, "side_right"), ("right", -0.3, "side_right"), ("right", 0.3, "ready"), ("right", 0.7, "side_back"),
    ],
)  # fmt: skip
def test_a_side_is_asked_for_until_it_shows(astronaut, pose, turn, code):
    assert Guide(Seeing(turn), pose=pose).look(astronaut).code == code


def test_without_a_nose_no_side_can_be_guided(astronaut):
    assert Guide(Cascades(), pose="left").look(astronaut).code == "no_pose"


def lit_from(rgb, stops):
    """The picture's left lit more than its right by so many stops over the face."""
    ramp = np.clip((np.arange(rgb.shape[1]) - 224) / 54, -1, 1)
    gain = 2.0 ** (-stops / 2 * ramp - stops / 2)
    linear = (rgb / 255.0) ** 2.2 * gain[None, :, None]
    return np.clip(255 * linear ** (1 / 2.2), 0, 255).astype(np.uint8)


def test_a_lamp_on_one_side_is_to_be_moved(astronaut):
    seen = guide(lit_from(astronaut, 3.0), Seeing())
    assert seen.code == "side_light"
    assert "移动灯" in seen.zh
    assert seen.figures["side_light"] > 1


def test_a_reflection_of_the_lamp_is_said_on_any_skin(astronaut):
    for light in (1.0, 0.75):
        shiny = (astronaut * light).astype(np.uint8)
        cv2.ellipse(shiny, (224, 104), (16, 11), 0, 0, 360, (240, 240, 238), -1)
        seen = guide(shiny, Seeing())
        assert seen.code == "glare", seen


def test_a_moving_face_is_told_to_hold_still(astronaut):
    watching = Guide(Cascades())
    assert watching.look(astronaut).code == "ready"
    assert watching.look(np.roll(astronaut, 12, axis=1)).code == "move"
    assert watching.look(np.roll(astronaut, 12, axis=1)).code == "ready"


def test_a_frame_is_kept_after_some_good_ones_in_a_row():
    capture = AutoCapture(3)
    good, bad = saying(code="ready", ok=True), saying(code="move", ok=False)
    assert [capture.see(g) for g in (good, good, bad, good, good, good)] == [False] * 5 + [True]
