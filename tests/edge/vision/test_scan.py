"""The whole way: a file in, a result out; the same every time, serialisable, honest about what it cannot tell."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from edge.vision import ScanResult, analyse, compare, overlays
from edge.vision.comparison import REAL
from edge.vision.concerns._base import repeat_error
from edge.vision.photo import Photo
from edge.vision.render.camera import Camera, shoot
from edge.vision.render.face import Person, render


@pytest.fixture(scope="module")
def result(astronaut, models, encoded):
    return analyse(encoded(astronaut), models=models)


def numbers(value):
    """Every number of a JSON document."""
    if isinstance(value, dict):
        for item in value.values():
            yield from numbers(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, float):
        yield value


def test_the_photo_is_measured(result):
    assert result.accepted
    tone = result.concern("tone")
    assert tone.status == "indicative"
    assert tone.band.en == "very light"
    assert tone.score is None
    assert result.concern("redness").score > 70
    assert result.concern("redness").score_sd > 0
    assert result.mm_per_px == pytest.approx(1.4, abs=0.1)
    assert {m.id: m.version for m in result.models} == dict.fromkeys(("shine_v1", "blobs_v1"), "1.0.0") | {
        "color_v1": "1.0.1",
        "relief_v1": "1.1.1",
        "lesion_v1": "1.1.2",
    }
    assert result.timings_ms["total"] > 0


def test_what_a_camera_cannot_measure_says_so(result):
    for key in ("moisture", "elasticity", "sebum"):
        row = result.concern(key)
        assert (row.status, row.reason_code, row.value, row.score) == (
            "not_measurable",
            "reason.probe_only",
            None,
            None,
        )


def test_what_the_resolution_does_not_carry_is_never_a_number(result):
    for key in ("pores", "wrinkles", "spots", "acne_like", "pigmentation"):
        row = result.concern(key)
        assert (row.status, row.reason_code, row.value) == ("not_measurable", "reason.resolution", None)
        assert "1.4" in row.reason.en or "1.3" in row.reason.en


def test_a_covered_forehead_has_no_figure(result):
    by_region = {row.region: row for row in result.concern("redness").regions}
    assert by_region["forehead"].value is None  # under her fringe
    assert by_region["left_cheek"].value is not None


def test_a_chin_in_a_smile_that_shows_teeth_has_no_figure(result, models):
    """The lower lip is in its place. Closed lips, however they gleam, are no teeth (rendered people smile with their mouths shut)."""
    by_region = {row.region: row for row in result.concern("redness").regions}
    assert by_region["chin"].value is None
    for ita in (-45.0, 60.0):
        person = render(Person(seed=3, ita=ita, doses={"shine": 1.0}, px_per_mm=4.0))
        photo = Photo.from_frame(shoot(person.light, Camera(), np.random.default_rng(3)))
        rows = analyse(photo, eyes=person.eyes, models=models).concern("redness").regions
        assert {row.region: row.value for row in rows}["chin"] is not None


def test_it_survives_json_and_has_no_nan(result):
    text = result.model_dump_json()
    assert ScanResult.model_validate_json(text).model_dump() == result.model_dump()
    assert all(math.isfinite(number) for number in numbers(result.model_dump()))


def test_two_runs_give_the_same_figures(astronaut, models, encoded, result):
    again = analyse(encoded(astronaut), models=models)
    assert again.model_dump(exclude={"timings_ms"}) == result.model_dump(exclude={"timings_ms"})


def test_overlays_are_pictures_of_the_canonical_face_changed_only_where_drawn(result):
    files = overlays(result)
    assert set(files) == {"face", "tone", "redness", "evenness", "dark_circles"}
    face = cv2.imdecode(np.frombuffer(files["face"], np.uint8), cv2.IMREAD_COLOR)
    assert face.shape == (832, 640, 3)
    red = cv2.imdecode(np.frombuffer(files["redness"], np.uint8), cv2.IMREAD_COLOR)
    assert red.shape == face.shape
    lips = (slice(590, 640), slice(280, 360))
    assert np.abs(red[lips].mean() - face[lips].mean()) < 6  # desaturated, not tinted


def test_a_result_read_back_is_drawn_with_its_photo(astronaut, models, encoded, result):
    back = ScanResult.model_validate_json(result.model_dump_json())
    assert overlays(back) == {}
    assert set(overlays(back, encoded(astronaut))) == set(overlays(result))


def test_a_path_a_photo_and_bytes_measure_the_same(tmp_path, astronaut, models, encoded, result):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(astronaut))
    for source in (path, Photo.from_frame(astronaut)):
        assert analyse(source, models=models).concerns == result.concerns


def test_a_broken_file_is_a_refusal_in_both_languages(tmp_path, models):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"no photo")
    result = analyse(path, models=models)
    assert not result.accepted
    assert [r.code for r in result.refusals] == ["photo_not_an_image"]
    assert result.refusals[0].reason.zh
    assert result.photo_name == "a.jpg"


def test_tapped_eyes_rescue_a_face_that_is_not_found(astronaut, models):
    class Blind:
        name = "blind"

        def find(self, rgb):
            del rgb
            return []

    photo = Photo.from_frame(astronaut)
    assert analyse(photo, detector=Blind(), models=models).refusals[0].code == "no_face"
    rescued = analyse(photo, detector=Blind(), models=models, eyes=((201, 100.5), (246.3, 103)))
    assert rescued.accepted
    assert rescued.face.source == "tapped"


# --- before and after


def changed(result, key, delta):
    copy = result.model_copy(deep=True)
    copy.concern(key).value += delta
    return copy


def change_of(comparison, key):
    return next(change for change in comparison.changes if change.key == key)


def test_the_same_photo_has_no_change(result):
    comparison = compare(result, result)
    assert comparison.comparable
    assert {change.verdict for change in comparison.changes} == {"no_real_change"}


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_change_is_real_only_beyond_the_repeat_error(result, sign):
    limit = REAL * repeat_error("redness").sd
    small = compare(result, changed(result, "redness", sign * limit * 0.98))
    large = compare(result, changed(result, "redness", sign * limit * 1.02))
    assert change_of(small, "redness").verdict == "no_real_change"
    assert change_of(small, "redness").better is None
    assert change_of(large, "redness").verdict == "real_change"
    assert change_of(large, "redness").better is (sign < 0)


def test_tone_changes_without_getting_better_or_worse(result):
    change = change_of(compare(result, changed(result, "tone", 20)), "tone")
    assert change.verdict == "real_change"
    assert change.better is None


@pytest.mark.parametrize(
    ("field", "by", "code"),
    [
        ("level_ev", 0.3, "compare.light_level"),
        ("warmth", -0.3, "compare.light_colour"),
        ("side_ev", 0.6, "compare.light_side"),
    ],
)
def test_other_light_is_not_compared(result, field, by, code):
    other = result.model_copy(deep=True)
    setattr(other.light, field, getattr(other.light, field) + by)
    comparison = compare(result, other)
    assert not comparison.comparable
    assert comparison.reason_codes == [code]
    assert comparison.changes == []


def test_a_photo_taken_in_other_light_is_not_compared(astronaut, models, relit, result):
    dimmed = analyse(Photo.from_frame(relit(astronaut, 0.7)), models=models, previous=result)
    assert dimmed.accepted
    assert dimmed.comparison.reason_codes == ["compare.light_level"]


def test_other_models_or_regions_are_not_compared(result):
    other = result.model_copy(deep=True)
    other.models[0].sha256 = "0" * 64
    assert compare(result, other).reason_codes == ["compare.models"]
    other = result.model_copy(deep=True)
    other.regions_version = "regions-0"
    assert compare(result, other).reason_codes == ["compare.models"]


def test_a_refused_scan_is_not_compared(result, models):
    refused = analyse(b"", models=models, previous=result)
    assert refused.comparison.reason_codes == ["compare.not_accepted"]


def test_a_concern_measured_once_is_not_compared(result):
    before = result.model_copy(deep=True)
    before.concern("redness").value = None
    assert change_of(compare(before, result), "redness").verdict == "not_comparable"
