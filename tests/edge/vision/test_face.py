"""Faces are found with and without YuNet; moving, turning and scaling a photo moves the face with it."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from edge.vision.align import PUPILS_MM, align
from edge.vision.cascade import Cascades
from edge.vision.errors import EyesNotFound, NoFace
from edge.vision.face import Candidate, default_detector, locate

# The pupils of the astronaut as read off the enlarged picture.
RIGHT, LEFT = (202.5, 101.0), (246.0, 103.5)


class Seeing:
    """A detector that answers what it is told."""

    name = "told"

    def __init__(self, *found: Candidate) -> None:
        self.found = list(found)

    def find(self, rgb):
        del rgb
        return self.found


@pytest.fixture(params=["cascades", "yunet"])
def detector(request):
    if request.param == "cascades":
        return Cascades()
    return default_detector(request.getfixturevalue("yunet_models"))


def test_the_eyes_are_within_a_fifteenth_of_their_distance(astronaut, detector):
    face = locate(astronaut, detector)
    reach = math.dist(RIGHT, LEFT) / 15
    assert math.dist(face.right_eye, RIGHT) < reach
    assert math.dist(face.left_eye, LEFT) < reach
    assert face.faces == 1


@pytest.mark.parametrize(("angle", "scale"), [(-8, 1.0), (0, 1.6), (6, 1.3), (10, 0.9)])
def test_the_face_moves_with_the_photo(astronaut, detector, angle, scale):
    turn = cv2.getRotationMatrix2D((226, 110), angle, scale)
    moved = cv2.warpAffine(astronaut, turn, (512, 512), borderMode=cv2.BORDER_REFLECT)
    before, after = locate(astronaut, detector), locate(moved, detector)
    assert after.eye_distance == pytest.approx(before.eye_distance * scale, rel=0.06)
    assert after.roll == pytest.approx(before.roll - angle, abs=4)


def test_a_large_photo_gives_the_same_face(astronaut, detector):
    large = cv2.resize(astronaut, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    small, big = locate(astronaut, detector), locate(large, detector)
    assert big.eye_distance / 3 == pytest.approx(small.eye_distance, rel=0.05)


def test_no_face_and_eyeless_faces_are_named(astronaut):
    with pytest.raises(NoFace):
        locate(astronaut, Seeing())
    with pytest.raises(EyesNotFound):
        locate(astronaut, Seeing(Candidate((100, 100, 90, 90), None, "cascade_lids")))
    with pytest.raises(EyesNotFound):  # a pair of nostrils
        locate(astronaut, Seeing(Candidate((100, 100, 90, 90), ((140, 150), (150, 150)), "cascade_lids")))


def test_an_unsure_second_face_does_not_count(astronaut):
    sure = Candidate((178, 63, 90, 113), (RIGHT, LEFT), "yunet")
    pattern = Candidate((20, 300, 120, 150), ((50, 350), (100, 350)), "yunet", sure=False)
    assert locate(astronaut, Seeing(pattern, sure)).box == sure.box


def test_tapped_eyes_are_believed_in_either_order(astronaut):
    for eyes in ((RIGHT, LEFT), (LEFT, RIGHT)):
        face = locate(astronaut, Seeing(), eyes)
        assert (face.right_eye, face.left_eye, face.source) == (RIGHT, LEFT, "tapped")
    with pytest.raises(EyesNotFound):
        locate(astronaut, Seeing(), (RIGHT, RIGHT))


def test_the_canonical_frame_is_upright_and_of_fixed_scale(astronaut):
    turn = cv2.getRotationMatrix2D((226, 110), 12, 1.4)
    moved = cv2.warpAffine(astronaut, turn, (512, 512), borderMode=cv2.BORDER_REFLECT)
    eyes = [turn @ (*eye, 1) for eye in (RIGHT, LEFT)]
    tapped = (tuple(map(float, eyes[0])), tuple(map(float, eyes[1])))
    canonical = align(moved, locate(moved, Seeing(), tapped))
    plain = align(astronaut, locate(astronaut, Seeing(), (RIGHT, LEFT)))
    for eye, side in zip(tapped, (-1, 1), strict=True):
        assert canonical.millimetres(eye) == pytest.approx((side * PUPILS_MM / 2, 0), abs=0.01)
    assert canonical.photo_mm_per_px == pytest.approx(plain.photo_mm_per_px / 1.4, rel=1e-3)
    middle = (slice(200, 600), slice(150, 500))
    difference = canonical.rgb[middle].astype(int) - plain.rgb[middle]
    assert np.abs(difference).mean() < 6


def test_millimetres_and_pixels_are_inverse(astronaut):
    canonical = align(astronaut, locate(astronaut, Seeing(), (RIGHT, LEFT)))
    for mm in ((0.0, 0.0), (-31.5, 0.0), (20.0, 60.0)):
        assert canonical.millimetres(canonical.photo_pixel(mm)) == pytest.approx(mm, abs=0.1)


def test_what_lies_outside_the_photo_is_known(astronaut):
    canonical = align(astronaut[60:], locate(astronaut[60:], Seeing(), ((202.5, 41.0), (246.0, 43.5))))
    assert not canonical.inside[0].any()
    assert canonical.inside[400, 320]
