"""Scan requests of the bed station: guided, captured, measured, recorded; or a reason the beautician can act on."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from edge import notify
from edge.store import Store, StoreUnwritable, new_rid, now
from edge.vision.errors import CameraError
from edge.vision.face import Candidate
from edge.vision.guide import STEADY_FRAMES
from edge.vision.render import scalp
from edge.vision.render.camera import Camera, shoot
from edge.vision.service import GIVE_UP_S, ScanWorker
from salon.records import Consent, PolicyText
from salon.rules.times import later


class Frames:
    """A camera that shows these frames again and again."""

    def __init__(self, *frames, after=None):
        self.name = "test"
        self.shown = frames
        self.closed = False
        self.after = after

    def frames(self):
        for number, frame in enumerate(itertools.cycle(self.shown)):
            if self.after is not None:
                self.after(number)
            yield frame

    def close(self):
        self.closed = True


class Clock:
    """Time that passes by being looked at, so that no test waits for frames."""

    def __init__(self, step=0.2):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "home", "s001") as store:
        yield store


@pytest.fixture
def heard():
    return []


@pytest.fixture
def worker(store, models, heard):
    def make(source=None, **more):
        def publish(topic, payload):
            heard.append((topic, payload))
            return True

        def camera(bed):
            del bed
            if source is None:
                raise CameraError(name="usb-0")
            return source

        return ScanWorker(store, camera, publish, models=models, tick=Clock(), **more)

    return make


def ask(store, **more):
    body = {
        "visit": "visit-1",
        "member": "member-1",
        "phase": "before",
        "by": "employee-1",
        "bed": "A1",
        "keep_photo": True,
        "photo": "",
    }
    return store.jobs.put("scan", body | more)


def upload(store, data, mime="image/png"):
    return store.media.put(
        data, mime=mime, owner="visit-1", purpose="scan-upload", taken_at=now(), keep_until=None
    )


def kept(store, owner):
    scan = store.scans.load(owner)
    ids = {"photo": scan.photo, **scan.overlays}
    return {name: store.media.get(media).data for name, media in ids.items() if media}


def test_a_close_up_is_guided_captured_and_recorded_by_the_same_camera_mea_14(store, worker, heard):
    scene = scalp.render(scalp.Scalp(seed=5, hairs=4000, flakes=40, px_per_mm=6.0))
    source = Frames(shoot(scene.light, Camera(), np.random.default_rng(1)))
    with store.acting("employee-1"):
        job = ask(store, of="scalp")
        assert worker(source).run_once()
    done = store.jobs.get(job)
    assert done.state == "done", done.detail
    record = store.closeups.load(done.result["closeup"])
    assert record.figures["hair_cover"]["value"] > 10
    assert all(
        store.media.get(media).data.startswith(b"\xff\xd8\xff") for media in (record.photo, record.overlay)
    )
    assert source.closed
    guidance = [json.loads(data)["code"] for topic, data in heard if topic.endswith("/guidance")]
    assert guidance == ["ready"] * STEADY_FRAMES


def test_without_a_request_there_is_nothing_to_do(worker):
    assert worker().run_once() is False


def test_a_live_scan_guides_captures_and_records(store, worker, astronaut, heard):
    source = Frames(astronaut)
    job = ask(store)
    assert worker(source).run_once()
    done = store.jobs.get(job)
    assert done.state == "done", done.detail
    scan = store.scans.load(done.result["scan"])
    assert (scan.visit, scan.member, scan.phase) == ("visit-1", "member-1", "before")
    assert (scan.by, scan.accepted) == ("employee-1", True)
    assert scan.concerns["redness"]["value"] > 0
    assert scan.concerns["redness"]["repeat_sd"] > 0
    cheek = scan.concerns["redness"]["regions"]["left_cheek"]
    assert set(cheek) == {"value", "repeat_sd", "score", "score_sd"}
    assert all(figure > 0 for figure in cheek.values())
    assert scan.concerns["moisture"] | {"version": ""} == {
        "status": "not_measurable", "unit": "%", "value": None, "repeat_sd": None, "score": None, "score_sd": None,
        "version": "", "regions": {}, "reason": "probe_only",
    }  # fmt: skip
    assert scan.models == {
        **dict.fromkeys(("shine_v1", "blobs_v1"), "1.0.0"),
        "color_v1": "1.0.1",
        "relief_v1": "1.1.1",
        "lesion_v1": "1.1.2",
        "regions": "regions-4",
        "scan": "scan-1",
    }
    assert set(scan.checks["light"]) == {"level_ev", "warmth", "side_ev"}
    assert scan.geometry["right_eye"]
    pictures = kept(store, scan.rid)
    assert {"photo", "face", "tone", "redness"} <= set(pictures)
    assert all(data.startswith(b"\xff\xd8\xff") for data in pictures.values())
    assert source.closed
    guidance = [json.loads(data) for topic, data in heard if topic.endswith("/guidance")]
    assert [g["code"] for g in guidance] == ["ready"] * STEADY_FRAMES
    assert {topic for topic, _ in heard} == {
        f"salon/s001/edge/scan/{job}/{what}" for what in ("guidance", "preview")
    }
    assert all(len(data) <= 40_000 for topic, data in heard if topic.endswith("/preview"))


def test_nothing_is_captured_before_the_face_is_good(store, worker, astronaut, heard):
    empty = np.full_like(astronaut, 90)
    source = Frames(empty, empty, astronaut, astronaut, empty, *[astronaut] * 40)
    job = ask(store)
    worker(source).run_once()
    assert store.jobs.get(job).state == "done"
    codes = [json.loads(data)["code"] for topic, data in heard if topic.endswith("/guidance")]
    assert codes == ["no_face", "no_face", "ready", "ready", "no_face"] + ["ready"] * STEADY_FRAMES


@pytest.mark.parametrize(("text", "days"), [("", 365), ("[photos]\nkeep_days = 30", 30)])
def test_pictures_are_kept_as_long_as_the_policy_says(store, worker, astronaut, encoded, text, days):
    """SEC-07"""
    if text:
        store.policy_texts.add(PolicyText(rid=new_rid(), scope="s001", toml=text, at=now(), version="1"))
    job = ask(store, photo=upload(store, encoded(astronaut)))
    worker().run_once()
    scan = store.scans.load(store.jobs.get(job).result["scan"])
    for media in (scan.photo, *scan.overlays.values()):
        held = store.media.get(media)
        assert (datetime.fromisoformat(held.keep_until) - datetime.fromisoformat(held.taken_at)).days == days
    assert store.media.sweep(later(now(), days=days - 1)) == 0
    assert store.media.sweep(later(now(), days=days + 1)) == 1 + len(scan.overlays)
    assert store.scans.load(scan.rid).concerns["redness"]["value"] > 0, "the figures stay"


def test_no_template_of_the_face_is_made_only_where_it_was(store, worker, models, astronaut, encoded):
    """What a scan keeps cannot tell one person from another: places and figures, no vector of the face."""
    job = ask(store, photo=upload(store, encoded(astronaut)))
    worker().run_once()
    scan = store.scans.load(store.jobs.get(job).result["scan"])
    assert set(scan.geometry) == {
        "width", "height", "sha256", "scale_error_share", "registered", "calibration", "box", "right_eye", "left_eye",
        "source", "detector", "roll_deg", "faces", "outlines",
    }  # fmt: skip
    roles = {manifest.role for manifest in models.manifests()}
    assert roles == {"color", "shine", "blobs", "relief", "lesions", "face-detector"}


def test_without_consent_no_picture_is_kept(store, worker, astronaut, encoded):
    photo = upload(store, encoded(astronaut))
    done = ask(store, keep_photo=False, photo=photo)
    worker().run_once()
    scan = store.scans.load(store.jobs.get(done).result["scan"])
    assert (scan.photo, scan.overlays) == ("", {})
    assert store.media.connections.get().execute("SELECT count(*) FROM media").fetchall() == [(0,)]


def test_who_withdraws_her_consent_while_the_camera_looks_has_no_picture_kept(store, worker, astronaut):
    """What the request was sent with is a copy, and may be older than her word."""
    consent = store.consents.add(
        Consent(
            rid="c-1",
            member="member-1",
            purpose="photos",
            granted=True,
            decided_at=now(),
            text_version="1",
            channel="kiosk",
        )
    )
    job = ask(store)

    def withdraw(number):
        if number == 2:
            store.consents.edit(consent.rid, granted=False)

    worker(Frames(astronaut, after=withdraw)).run_once()
    scan = store.scans.load(store.jobs.get(job).result["scan"])
    assert (scan.photo, scan.overlays) == ("", {})
    assert store.media.connections.get().execute("SELECT count(*) FROM media").fetchall() == [(0,)]


def test_an_uploaded_photo_is_measured_and_kept_once(store, worker, astronaut, encoded):
    data = encoded(astronaut)
    photo = upload(store, data)
    job = ask(store, photo=photo)
    worker().run_once()
    scan = store.scans.load(store.jobs.get(job).result["scan"])
    assert kept(store, scan.rid)["photo"] == data
    owners = store.media.connections.get().execute("SELECT DISTINCT owner, purpose FROM media").fetchall()
    assert owners == [(scan.rid, "scan")]


def test_a_bad_upload_fails_with_a_reason_in_both_languages(store, worker):
    job = ask(store, photo=upload(store, b"\x89PNG\r\n\x1a\nbroken"))
    worker().run_once()
    failed = store.jobs.get(job)
    code = "photo_truncated"
    assert (failed.state, failed.code) == ("failed", code)
    assert set(json.loads(failed.detail)) == {"zh", "en"}
    assert [(r.boundary, r.code) for r in store.refusals()] == [("photo", code)]
    assert len(store.scans) == 0
    assert store.media.connections.get().execute("SELECT count(*) FROM media").fetchall() == [(0,)]


def test_a_missing_upload_and_a_missing_camera_fail_by_name(store, worker):
    first, second = ask(store, photo="0" * 32), ask(store)
    unit = worker(None)
    unit.run_once()
    unit.run_once()
    assert store.jobs.get(first).code == "photo_missing"
    assert store.jobs.get(second).code == "camera_lost"
    assert "相机" in json.loads(store.jobs.get(second).detail)["zh"]


def test_a_camera_that_never_shows_a_face_gives_up_with_the_last_advice(store, worker):
    source = Frames(np.full((480, 640, 3), 100, dtype=np.uint8))
    job = ask(store)
    worker(source, give_up_s=5).run_once()
    failed = store.jobs.get(job)
    assert (failed.state, failed.code) == ("failed", "no_face")
    assert source.closed
    assert GIVE_UP_S > 60


def test_a_long_scan_feeds_the_watchdog_that_would_end_the_unit_under_it(
    store, worker, astronaut, monkeypatch
):
    """60 s without a word end it; the camera may look for 120."""
    fed = []
    made = worker(Frames(np.zeros_like(astronaut)))
    monkeypatch.setattr(notify, "interval", lambda: 30.0)
    monkeypatch.setattr(notify, "alive", lambda: fed.append(made._tick.now))
    ask(store)
    began = made._tick.now
    made.run_once()
    assert made._tick.now - began >= GIVE_UP_S
    beats = [began, *fed, made._tick.now]
    assert max(later - before for before, later in itertools.pairwise(beats)) < 60


def test_a_cancelled_scan_stops_and_leaves_nothing(store, worker, astronaut):
    job = ask(store)
    source = Frames(astronaut, after=lambda number: store.jobs.cancel(job) if number == 2 else None)
    worker(source).run_once()
    assert store.jobs.get(job).state == "cancelled"
    assert source.closed
    assert len(store.scans) == 0


def test_a_request_that_is_not_understood_is_kept_for_the_technician(store, worker):
    job = ask(store, phase="during", member="No Ref!", extra=1)
    worker().run_once()
    assert store.jobs.get(job).code == "bad_request"
    assert "phase" in store.refusals()[0].detail
    assert "extra" in store.refusals()[0].detail
    assert "member" in store.refusals()[0].detail


def test_a_request_that_breaks_the_unit_is_failed_not_repeated(store, worker):
    class Broken(Frames):
        def frames(self):
            raise ZeroDivisionError

    job = ask(store)
    worker(Broken()).run_once()
    assert (store.jobs.get(job).state, store.jobs.get(job).code) == ("failed", "scan_failed")


def test_a_record_that_cannot_be_written_leaves_no_picture(store, worker, astronaut, encoded, monkeypatch):
    def full(record):
        raise StoreUnwritable(Path("store.db"), "the disk is full")

    job = ask(store, photo=upload(store, encoded(astronaut)))
    monkeypatch.setattr(store.scans, "add", full)
    worker().run_once()
    failed = store.jobs.get(job)
    assert (failed.state, failed.code) == ("failed", "not_saved")
    assert store.media.connections.get().execute("SELECT count(*) FROM media").fetchall() == [(0,)]


def test_a_request_cut_off_by_a_crash_is_taken_up_again(store, worker, astronaut, encoded):
    job = ask(store, photo=upload(store, encoded(astronaut)))
    assert store.jobs.claim("scan").id == job  # a worker that died here
    unit = worker()
    thread = threading.Thread(target=unit.run)
    thread.start()
    for _ in range(1200):  # a minute at most
        if store.jobs.get(job).state == "done":
            break
        threading.Event().wait(0.05)
    unit.stop()
    thread.join(60)
    assert store.jobs.get(job).state == "done"


class Unplugged(Frames):
    """A camera whose plug is pulled after some frames."""

    def __init__(self, *frames, good):
        super().__init__(*frames)
        self.good = good

    def frames(self):
        yield from itertools.islice(super().frames(), self.good)
        raise CameraError(name=self.name)


def test_a_camera_unplugged_in_the_middle_is_named_and_the_scan_goes_on_when_it_is_back(
    store, models, heard, astronaut, monkeypatch
):
    monkeypatch.setattr("edge.vision.capture.RETRY_S", 0.001)
    plugged = [Unplugged(astronaut, good=2), None, None, Frames(astronaut)]

    def camera(bed):
        found = plugged.pop(0)
        if found is None:
            raise CameraError(name="usb-0")
        return found

    def publish(topic, payload):
        heard.append((topic, payload))
        return True

    job = ask(store)
    ScanWorker(store, camera, publish, models=models, tick=Clock()).run_once()
    assert store.jobs.get(job).state == "done"
    codes = [json.loads(data)["code"] for topic, data in heard if topic.endswith("/guidance")]
    assert codes == ["ready"] * 2 + ["camera_lost"] * 3 + ["ready"] * STEADY_FRAMES
    lost = next(json.loads(d) for t, d in heard if t.endswith("/guidance") and b"camera_lost" in d)
    assert "请检查相机的连接" in lost["zh"]
    assert "plugged in" in lost["en"]


def test_a_camera_that_stays_away_fails_by_name_and_the_next_scan_opens_it_again(
    store, models, astronaut, monkeypatch
):
    monkeypatch.setattr("edge.vision.capture.RETRY_S", 0.001)
    there = {"camera": Unplugged(astronaut, good=2)}

    def camera(bed):
        if there["camera"] is None:
            raise CameraError(name="usb-0")
        found, there["camera"] = there["camera"], None
        return found

    unit = ScanWorker(store, camera, lambda *_: True, models=models, tick=Clock(step=2))
    first = ask(store)
    unit.run_once()
    assert (store.jobs.get(first).state, store.jobs.get(first).code) == ("failed", "camera_lost")
    there["camera"] = Frames(astronaut)
    second = ask(store)
    unit.run_once()
    assert store.jobs.get(second).state == "done"


class Turning:
    """A detector that sees the astronaut's face; frames are told apart by their first pixel, which says the turn."""

    name = "told"

    def find(self, rgb):
        scale = rgb.shape[1] / 512
        turn = {0: 0.0, 100: -0.35, 200: 0.35}[min((0, 100, 200), key=lambda v: abs(v - int(rgb[2, 2, 0])))]
        points = [(202.5, 101.0), (246.0, 103.5), (224 + turn * 43.5, 125.0), (209.0, 147.0), (239.0, 147.0)]
        right, left, nose, *mouth = ((scale * x, scale * y) for x, y in points)
        box = (178 * scale, 63 * scale, 90 * scale, 113 * scale)
        return [Candidate(box, (right, left), "yunet", nose, (mouth[0], mouth[1]))]


def turned(astronaut, mark):
    frame = astronaut.copy()
    frame[:40, :40] = mark
    return frame


def test_the_sides_are_guided_taken_and_kept_beside_the_front(store, worker, astronaut, heard):
    front, left, right = (turned(astronaut, mark) for mark in (0, 100, 200))
    source = Frames(*[front] * 6, *[left] * 6, *[front] * 2, *[right] * 40)
    job = ask(store, sides=True)
    worker(source, detector=Turning()).run_once()
    done = store.jobs.get(job)
    assert done.state == "done", done.detail
    pictures = kept(store, done.result["scan"])
    assert {"side_left", "side_right", "face"} <= set(pictures)
    codes = [json.loads(data)["code"] for topic, data in heard if topic.endswith("/guidance")]
    assert codes[:STEADY_FRAMES] == ["ready"] * STEADY_FRAMES
    assert {"side_left", "side_right"} <= set(codes)
    assert "redness" in store.scans.load(done.result["scan"]).concerns


def test_who_does_not_turn_has_a_whole_scan_without_sides(store, worker, astronaut):
    job = ask(store, sides=True)
    worker(Frames(turned(astronaut, 0)), detector=Turning()).run_once()
    done = store.jobs.get(job)
    assert done.state == "done"
    assert not any(name.startswith("side_") for name in kept(store, done.result["scan"]))


def test_without_consent_or_for_a_guest_no_side_is_asked_for(store, worker, astronaut, heard):
    for more in ({"keep_photo": False}, {"guest": True}):
        job = ask(store, sides=True, **more)
        worker(Frames(turned(astronaut, 0)), detector=Turning()).run_once()
        assert store.jobs.get(job).state == "done"
    codes = {json.loads(data)["code"] for topic, data in heard if topic.endswith("/guidance")}
    assert codes == {"ready"}


def test_the_unit_runs_as_a_process_without_a_broker(tmp_path, astronaut, encoded):
    photo = tmp_path / "face.png"
    photo.write_bytes(encoded(astronaut))
    home = tmp_path / "home"
    with Store.create(home, "s001") as store:
        job = ask(store)
        (home / "keys").mkdir(exist_ok=True)
        (home / "keys" / "mqtt-edge.password").write_text("secret")
        environment = os.environ | {
            "PARLOUR_HOME": str(home),
            "PARLOUR_CAMERA": str(photo),
            "PARLOUR_MQTT_PORT": "1",
        }
        unit = subprocess.Popen([sys.executable, "-m", "edge.vision"], env=environment)
        try:
            for _ in range(2400):  # two minutes at most
                if store.jobs.get(job).state not in {"waiting", "running"}:
                    break
                threading.Event().wait(0.05)
            assert store.jobs.get(job).state == "done", store.jobs.get(job)
        finally:
            unit.send_signal(signal.SIGTERM)
            assert unit.wait(60) == 0
