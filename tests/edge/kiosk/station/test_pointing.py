"""Pointing at the eyes on the station's page, and close-ups at the bed."""

from __future__ import annotations

import io
import json

import pytest

from edge.store import new_rid, now
from salon import records

JPEG = b"\xff\xd8\xff\xe0" + b"photo"
SPOTS = {"x1": "0.40", "y1": "0.35", "x2": "0.60", "y2": "0.36"}


@pytest.fixture
def faceless(store, treated):
    """A scan of this visit that found no face, with its photo waiting."""
    held = store.media.put(
        JPEG, mime="image/jpeg", owner="v-1", purpose="scan-upload", taken_at=now(), keep_until=None
    )
    body = {"visit": "v-1", "member": "m-wang", "phase": "after", "photo": held}
    job = store.jobs.put("scan", body)
    told = {"zh": "没有脸", "en": "No face", "photo": held}
    store.jobs.fail(job, "no_face", json.dumps(told))
    return job, held


def test_a_faceless_photo_offers_to_point_and_shows_it_to_nobody_else(store, treated, faceless, app):
    job, held = faceless
    page = treated.get(f"/station/visit/v-1/scan/{job}").text
    assert f"/station/visit/v-1/scan/{job}/eyes" in page
    marks = treated.get(f"/station/visit/v-1/scan/{job}/eyes").text
    assert marks.count("data-eye=") == 2
    assert treated.get(f"/station/visit/v-1/scan/{job}/photo").data == JPEG
    assert app.test_client().get(f"/station/visit/v-1/scan/{job}/photo").status_code == 302
    store.media.delete(held)
    assert "/eyes" not in treated.get(f"/station/visit/v-1/scan/{job}").text
    assert treated.get(f"/station/visit/v-1/scan/{job}/eyes").status_code == 302


def test_what_was_pointed_at_is_measured_on_the_same_photo(store, treated, faceless):
    job, held = faceless
    answer = treated.post(f"/station/visit/v-1/scan/{job}/eyes", data=SPOTS)
    asked = next(one for one in store.jobs.latest() if one.id != job)
    assert answer.location.endswith(asked.id)
    assert (asked.body["photo"], asked.body["phase"]) == (held, "after")
    assert asked.body["eyes"] == [[0.4, 0.35], [0.6, 0.36]]


@pytest.mark.parametrize("wrong", [{"x1": "0.6"}, {"x1": "1.4"}, {"y2": "nan"}, {"x2": ""}, {"x1": "left"}])
def test_two_touches_on_one_place_or_none_are_asked_for_again(store, treated, faceless, wrong):
    job, _ = faceless
    answer = treated.post(f"/station/visit/v-1/scan/{job}/eyes", data=SPOTS | {"y1": "0.36"} | wrong)
    assert answer.status_code == 422
    assert "one in each eye" in answer.text
    assert len(store.jobs.latest()) == 1


# --- close-ups


@pytest.fixture
def near(store):
    def add(flakes, at=None, visit="v-1", version="1"):
        row = {"status": "indicative", "unit": "%", "value": flakes, "repeat_sd": 0.05, "version": version}
        absent = {"status": "not_measurable", "unit": "%", "value": None, "repeat_sd": None, "reason": "oil"}
        return store.closeups.add(
            records.CloseUp(
                rid=new_rid(), visit=visit, member="m-wang", at=at or now(), of="scalp",
                figures={"flakes": row, "scalp_oil": absent}, models={"color_v1": version},
            )
        )  # fmt: skip

    return add


def test_a_close_up_photo_is_asked_to_be_measured_as_one(store, treated):
    answer = treated.post(
        "/station/visit/v-1/closeup/nails",
        data={"photo": (io.BytesIO(JPEG), "nail.jpg")},
        content_type="multipart/form-data",
    )
    asked = store.jobs.latest()[0]
    assert answer.location.endswith(asked.id)
    assert asked.body["of"] == "nails"
    store.jobs.finish(asked.id, {})
    assert treated.get(answer.location).location.endswith("/closeup/nails")


def test_a_close_up_by_the_beds_camera_is_guided_like_a_face_mea_14(store, treated):
    answer = treated.post("/station/visit/v-1/closeup/scalp/live")
    asked = store.jobs.latest()[0]
    assert answer.location.endswith(asked.id)
    assert (asked.body["of"], asked.body["photo"]) == ("scalp", "")
    page = treated.get(answer.location).text
    assert "The camera is getting ready" in page
    assert "Part the hair" in page


def test_a_close_up_stands_beside_the_one_before_with_its_repeat_error(treated, near):
    """MEA-14"""
    near(1.4, at="2026-01-01T02:00:00Z", visit="v-old")
    near(0.6)
    page = treated.get("/station/visit/v-1/closeup/scalp").text
    assert "Real change: better" in page
    assert "± 0.14" in page, "2.77 times the repeat SD"
    assert "oil and the gloss of hair look alike" in page
    near(0.6, at="2036-01-01T02:00:00Z", version="2")
    assert "Not comparable" in treated.get("/station/visit/v-1/closeup/scalp").text


def test_a_file_that_is_no_photo_is_refused_on_the_page(treated):
    answer = treated.post(
        "/station/visit/v-1/closeup/scalp",
        data={"photo": (io.BytesIO(b"GIF89a"), "x.gif")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 422
    assert "not a JPEG" in answer.text
