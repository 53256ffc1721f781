"""A face that no detector finds is measured by the eyes that a person pointed at; a close-up is measured as what it is."""

from __future__ import annotations

import json

import numpy as np
import pytest
from skimage import data as pictures

from edge.store import MediaMissing, Store, now
from edge.vision.closeup import KEYS, analyse_closeup
from edge.vision.errors import CameraError
from edge.vision.render.camera import Camera, jpeg_bytes, shoot
from edge.vision.render.scalp import Scalp, render
from edge.vision.service import ScanWorker
from salon.records import Consent, Member

EYES = [[0.397, 0.198], [0.481, 0.202]]  # of the astronaut, as shares


class Blind:
    """Finds nobody."""

    name = "blind"

    def find(self, rgb):
        del rgb
        return []


class Camera1:
    """A camera that shows one picture again and again."""

    name = "test"

    def __init__(self, frame):
        self.frame = frame

    def frames(self):
        while True:
            yield self.frame

    def close(self):
        pass


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "home", "s001") as store:
        yield store


@pytest.fixture
def work(store, models):
    def once(source=None):
        clock = iter(np.arange(0.0, 1e5, 0.2))

        def camera(bed):
            if source is None:
                raise CameraError(name=bed)
            return source

        worker = ScanWorker(
            store,
            camera,
            lambda *_: True,
            models=models,
            detector=Blind(),
            tick=lambda: next(clock),
            give_up_s=3,
        )
        assert worker.run_once()

    return once


@pytest.fixture
def ask(store):
    def put(data=b"", **more):
        photo = ""
        if data:
            photo = store.media.put(
                data, mime="image/jpeg", owner="v-1", purpose="scan-upload", taken_at=now(), keep_until=None
            )
        body = {"visit": "v-1", "member": "m-1", "phase": "before", "photo": photo, "keep_photo": True}
        return store.jobs.put("scan", body | more)

    return put


def test_a_photo_without_a_face_waits_for_somebody_to_point_and_is_then_measured_and_gone(store, ask, work):
    jpeg = jpeg_bytes(np.ascontiguousarray(pictures.astronaut()), 95)
    first = ask(jpeg)
    work()
    failed = store.jobs.get(first)
    held = json.loads(failed.detail)["photo"]
    assert (failed.code, held) == ("no_face", failed.body["photo"])
    second = store.jobs.put("scan", failed.body | {"eyes": EYES})
    work()
    done = store.jobs.get(second)
    assert done.state == "done", done.detail
    scan = store.scans.load(done.result["scan"])
    assert scan.geometry["source"] == "tapped"
    assert scan.geometry["right_eye"] == pytest.approx([0.397 * 512, 0.198 * 512], abs=0.1)
    with pytest.raises(MediaMissing):
        store.media.get(held)


def test_what_the_camera_saw_last_waits_too_but_not_a_guests(store, ask, work):
    grey = np.full((480, 640, 3), 100, dtype=np.uint8)
    one, guest = ask(), ask(guest=True)
    work(Camera1(grey))
    work(Camera1(grey))
    held = json.loads(store.jobs.get(one).detail)["photo"]
    assert store.media.get(held).keep_until is not None
    assert "photo" not in json.loads(store.jobs.get(guest).detail)


def test_eyes_outside_of_the_photo_are_no_request(store, ask, work):
    job = ask(b"\xff\xd8\xff", eyes=[[0.1, 0.1], [1.2, 0.1]])
    work()
    assert store.jobs.get(job).code == "bad_request"


@pytest.mark.parametrize("consented", [True, False])
def test_a_close_up_is_recorded_with_its_picture_only_where_she_agreed(store, ask, work, consented):
    """MEA-14"""
    scene = render(Scalp(seed=7, hairs=5000, flakes=80, px_per_mm=6.0))
    jpeg = jpeg_bytes(shoot(scene.light, Camera(jpeg=None), np.random.default_rng(1)), 92)
    job = ask(jpeg, of="scalp", keep_photo=consented)
    work()
    done = store.jobs.get(job)
    assert done.state == "done", done.detail
    (closeup,) = store.closeups.select()
    assert tuple(closeup.figures) == KEYS["scalp"]
    assert closeup.figures["hair_cover"]["value"] == pytest.approx(scene.cover_pct, abs=5)
    assert closeup.figures["hair_cover"]["repeat_sd"] > 0
    assert closeup.figures["scalp_oil"] | {"version": ""} == {
        "status": "not_measurable", "unit": "%", "value": None, "repeat_sd": None, "version": "", "reason": "oil",
    }  # fmt: skip
    assert (bool(closeup.photo), bool(closeup.overlay)) == (consented, consented)
    assert len(store.scans) == 0, "a close-up is no scan of the face"
    kept = store.media.connections.get().execute("SELECT count(*) FROM media").fetchone()[0]
    assert kept == (2 if consented else 0)


@pytest.fixture
def scalp():
    scene = render(Scalp(seed=7, hairs=2000, px_per_mm=6.0))
    return jpeg_bytes(shoot(scene.light, Camera(jpeg=None), np.random.default_rng(1)), 92)


def nothing_kept(store):
    return (
        len(store.closeups) == 0 and store.media.connections.get().execute("SELECT 1 FROM media").get is None
    )


def test_a_cancelled_close_up_leaves_nothing(store, ask, work, scalp, monkeypatch):
    """Who pressed "stop" while it was measured is not shown a result after all."""
    job = ask(scalp, of="scalp")

    def measured(*args, **more):
        store.jobs.cancel(job)
        return analyse_closeup(*args, **more)

    monkeypatch.setattr("edge.vision.service.analyse_closeup", measured)
    work()
    assert store.jobs.get(job).state == "cancelled"
    assert nothing_kept(store)


def test_a_close_up_of_who_withdrew_her_consent_meanwhile_keeps_no_picture(store, ask, work, scalp):
    store.members.add(Member(rid="m-old", surname="王", merged_into="m-1"))
    store.consents.add(
        Consent(
            rid="c-1", member="m-old", purpose="photos", granted=False, decided_at=now(), text_version="1", channel="kiosk"
        )
    )  # fmt: skip
    job = ask(scalp, of="scalp")
    work()
    closeup = store.closeups.load(store.jobs.get(job).result["closeup"])
    assert (closeup.photo, closeup.overlay) == ("", "")
    assert store.media.connections.get().execute("SELECT 1 FROM media").get is None


def test_a_close_up_by_a_camera_that_never_sees_the_strip_says_so_and_keeps_nothing_mea_14(store, ask, work):
    job = ask(of="nails")
    work(Camera1(np.full((480, 640, 3), 100, dtype=np.uint8)))
    failed = store.jobs.get(job)
    assert (failed.state, failed.code) == ("failed", "strip")
    assert "灰阶条" in json.loads(failed.detail)["zh"]
    assert "photo" not in json.loads(failed.detail), "there are no eyes to point at"
    assert store.closeups.select() == []


def test_a_close_up_without_photo_or_camera_fails_as_a_face_does(store, ask, work):
    job = ask(of="nails")
    work()
    assert store.jobs.get(job).code == CameraError.code
