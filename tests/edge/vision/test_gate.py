"""The gate refuses the right photos for the right reason, and no limit depends on the tone of a skin."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from skimage import measure

from edge.vision import gate
from edge.vision.face import Face
from edge.vision.graphs.color import MELANIN
from edge.vision.photo import Photo
from edge.vision.scan import _nodded, analyse
from edge.vision.texts import all_texts


def scan(rgb, models):
    return analyse(Photo.from_frame(np.ascontiguousarray(rgb)), models=models)


def codes(result):
    return {refusal.code for refusal in result.refusals}


def levels(result):
    return {check.key: check.level for check in result.checks}


@pytest.fixture(scope="module")
def face(astronaut):
    """The part of the picture with the face, enlarged: nearer than the whole picture."""
    return cv2.resize(astronaut[20:220, 120:320], (800, 800), interpolation=cv2.INTER_CUBIC)


def test_a_good_photo_is_accepted_with_the_limits_of_its_distance(astronaut, models):
    result = scan(astronaut, models)
    assert result.accepted
    assert result.limited
    assert levels(result)["distance"] == "soft"


def test_the_portraits_are_accepted(portrait, models):
    result = analyse(portrait, models=models)
    assert result.accepted, result.refusals
    assert levels(result)["distance"] == "soft"


def test_the_portraits_are_accepted_with_yunet(portrait, yunet_models):
    result = analyse(portrait, models=yunet_models)
    assert result.accepted, result.refusals
    assert levels(result)["yaw"] == "ok"


def test_a_blurred_photo_is_refused_as_blurred(astronaut, models):
    assert codes(scan(cv2.GaussianBlur(astronaut, (0, 0), 3), models)) == {"sharpness"}


def test_a_dark_photo_is_refused_as_dark(astronaut, models, relit):
    found = codes(scan(relit(astronaut, 0.06), models))
    assert found == {"highlights"}


def test_a_clipped_photo_is_refused_as_overexposed(astronaut, models, relit):
    assert codes(scan(relit(astronaut, 1.5), models)) == {"clipping"}


@pytest.mark.parametrize(
    "tint", [(0.5, 0.8, 1.6), (0.65, 1.2, 0.65), (0.9, 0.45, 1.2)], ids=["blue", "green", "magenta"]
)
def test_a_tinted_photo_is_refused_for_its_colour(astronaut, models, relit, tint):
    # Darker too, so that no channel clips and the colour is the only fault.
    assert "cast" in codes(scan(relit(astronaut, 0.7 * np.array(tint)), models))


def test_an_empty_photo_has_no_face(models):
    assert codes(scan(np.full((600, 600, 3), 128, dtype=np.uint8), models)) == {"no_face"}
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8)
    assert codes(scan(noise, models)) == {"no_face"}


@pytest.mark.parametrize("found_by", ["models", "yunet_models"])
def test_two_faces_are_refused(astronaut, request, found_by):
    two = np.hstack([astronaut, astronaut])
    result = scan(two, request.getfixturevalue(found_by))
    assert codes(result) == {"several_faces"}
    assert "2" in result.refusals[0].reason.zh


def test_a_face_cut_by_the_border_is_refused_or_not_found(face, models):
    found = codes(scan(face[:, 330:], models))
    assert found & {"framing", "no_face", "eyes_not_found"}


def test_a_masked_face_is_refused_as_covered(astronaut, yunet_models):
    masked = astronaut.copy()
    masked[116:180, 180:270] = (150, 190, 215)  # a surgical mask from below the eyes
    found = codes(scan(masked, yunet_models))
    assert found & {"covered", "cast", "no_face"}
    assert found


def test_a_side_lit_face_is_soft_and_spares_what_light_spoils(astronaut, models, relit):
    ramp = np.where(np.arange(astronaut.shape[1])[None, :, None] < 224, 0.5, 1.0)
    result = scan(relit(astronaut, ramp), models)
    assert levels(result)["side_light"] in {"soft", "hard"}
    if result.accepted:
        assert result.concern("dark_circles").status == "not_measurable"


def test_every_check_has_its_sentences():
    for limit in gate.LIMITS:
        for key in (f"gate.{limit.key}", f"gate.{limit.key}.reason", f"gate.{limit.key}.instruction"):
            assert key in all_texts()


def test_every_refusal_says_what_to_do_in_both_languages(astronaut, models):
    (refusal,) = scan(cv2.GaussianBlur(astronaut, (0, 0), 3), models).refusals
    assert refusal.reason.zh
    assert refusal.instruction.en
    assert refusal.figure > refusal.threshold


@pytest.mark.parametrize("melanin", [0.0, 0.5, 1.0, 1.5, 2.0, 2.5])
def test_no_limit_depends_on_the_tone_of_the_skin(astronaut, models, melanin):
    """The same head with more melanin, from very light to dark, in the same light and the same room.

    The eyes stay as they are: their whites are white on every skin.
    """
    rows, columns = np.mgrid[:512, :512]
    head = (((columns - 226) / 78) ** 2 + ((rows - 105) / 98) ** 2 < 1).astype(np.float32)
    share = cv2.GaussianBlur(head, (0, 0), 6)
    found = scan(astronaut, models).face
    for x, y in (found.right_eye, found.left_eye):
        share *= 1 - np.exp(-(((columns - x) / 7) ** 4) - ((rows - y) / 3) ** 4)
    share = share[..., None]
    v = astronaut / 255
    linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    linear = linear * (1 - share + share * np.exp(-melanin * np.array(MELANIN)))
    back = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    result = scan(np.rint(255 * back).astype(np.uint8), models)
    assert result.accepted, (melanin, result.refusals)
    # The photo itself has some clipped highlights, which a darker skin has not.
    assert {k for k, level in levels(result).items() if level != "ok"} - {"clipping"} == {
        "distance",
        "covered",
    }


@pytest.mark.parametrize("factor", [1.0, 0.5, 0.25])
def test_blur_is_a_ratio_that_light_does_not_move(astronaut, relit, factor):
    gray = cv2.cvtColor(relit(astronaut, factor)[60:160, 170:270], cv2.COLOR_RGB2GRAY)
    full = cv2.cvtColor(astronaut[60:160, 170:270], cv2.COLOR_RGB2GRAY)
    assert gate.blur_of(gray) == pytest.approx(gate.blur_of(full), abs=0.03)


@pytest.mark.parametrize("sigma", [0.1, 1, 2, 4])
def test_blur_agrees_with_scikit_image(astronaut, sigma):
    gray = cv2.GaussianBlur(cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY), (0, 0), sigma)
    theirs = measure.blur_effect(gray.astype(float), h_size=gate.BLUR_TAPS)
    assert gate.blur_of(gray) == pytest.approx(theirs, abs=0.02)


@pytest.mark.parametrize(
    ("mouth_mm", "level"), [(62.0, "ok"), (63.5, "ok"), (58.0, "soft"), (55.0, "hard"), (70.0, "hard")]
)
def test_a_nod_is_seen_beside_her_own_earlier_face_however_the_head_is_rolled(mouth_mm, level):
    """Mouth under eyes 63 mm apart; turned in the picture it is the same."""
    limit = next(limit for limit in gate.LIMITS if limit.key == "nod")

    def face(mouth, roll, source="irises"):
        c, s = math.cos(math.radians(roll)), math.sin(math.radians(roll))

        def at(x, y):
            return (300 + c * x - s * y, 300 + s * x + c * y)

        box = (200, 200, 200, 260)
        return Face(box, at(-31.5, 0), at(31.5, 0), source, 1, at(0, 35), (at(-22, mouth), at(22, mouth)))

    for roll in (0.0, 12.0):
        now = face(mouth_mm, roll)
        assert gate.mouth_below(now) == pytest.approx(mouth_mm / 63.0, abs=1e-6)
        assert limit.level(gate.nodded(face(62.0, 3.0), now)) == level
    assert gate.nodded(face(62.0, 0.0, "yunet"), face(62.0, 0.0)) is None, "found another way, not comparable"


def test_a_nod_is_looked_for_with_room_around_the_face():
    """A face that fills its picture is found at one size now and at another then, and its mouth with it."""
    shapes = []

    class Looking:
        name = "looking"

        def find(self, rgb):
            shapes.append(rgb.shape[:2])
            return []

    face = np.zeros((800, 600, 3), dtype=np.uint8)
    assert _nodded(face, face, Looking()) is None
    height, width = shapes[0]
    assert width / height == pytest.approx((600 + 400) / (800 + 400), abs=0.01)
