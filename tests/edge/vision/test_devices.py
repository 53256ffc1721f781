"""The Pi's camera, the light ring, guest scans and old scans measured anew: with fakes that behave like the real ones."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from edge.store import Store, new_rid, now
from edge.vision import beds
from edge.vision.camera import PI_STILL_SIZE, PiSource, UsbSource, open_source, still_of
from edge.vision.errors import CameraError
from edge.vision.lamp import LEVEL, ring_on
from edge.vision.remeasure import remeasure
from edge.vision.service import ScanWorker
from salon.records import Device


class FakePicamera2:
    made = []

    def __init__(self, index):
        if index > 0:
            raise IndexError(index)
        self.running, self.controls = False, []
        FakePicamera2.made.append(self)

    def create_still_configuration(self, main, lores):
        return {"main": main, "lores": lores}

    def configure(self, configuration):
        self.configuration = configuration

    def start(self):
        self.running = True

    def capture_array(self, stream):
        width, height = (v // 8 for v in self.configuration[stream]["size"])
        picture = np.zeros((height, width, 3), dtype=np.uint8)
        # RGB888 lies in memory as B, G, R, and BGR888 as R, G, B.
        picture[..., 0 if stream == "main" else 2] = 200
        return picture

    def capture_metadata(self):
        return {"ExposureTime": 10_000, "AnalogueGain": 1.0, "ColourGains": (1.5, 1.8)}

    def set_controls(self, controls):
        self.controls.append(controls)

    def stop(self):
        self.running = False

    def close(self):
        self.closed = True

    @staticmethod
    def global_camera_info():
        return [{"Model": "imx477", "Num": 0}]


@pytest.fixture
def picamera2(monkeypatch):
    FakePicamera2.made = []
    monkeypatch.setitem(sys.modules, "picamera2", types.SimpleNamespace(Picamera2=FakePicamera2))
    return FakePicamera2


def test_the_pi_gives_small_frames_and_a_full_still_in_the_same_colours(picamera2):
    source = open_source("pi:0")
    frame = next(source.frames())
    still = still_of(source, frame)
    assert tuple(frame[0, 0]) == tuple(still[0, 0]) == (200, 0, 0)
    assert still.shape[1] == PI_STILL_SIZE[0] // 8 > frame.shape[1]
    camera = picamera2.made[0]
    assert camera.controls[0]["AeEnable"] is False
    assert camera.controls[-1]["AeEnable"] is True
    source.close()
    assert not camera.running


def test_a_frame_is_its_own_still_where_there_is_no_other():
    frame = np.zeros((4, 4, 3), dtype=np.uint8)
    assert still_of(types.SimpleNamespace(name="x"), frame) is frame


@pytest.mark.parametrize("name", ["pi:3", "pi:x"])
def test_a_pi_camera_that_is_not_there_is_lost_by_name(picamera2, name):
    with pytest.raises(CameraError):
        open_source(name)


def test_without_picamera2_there_is_no_pi_camera(monkeypatch):
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraError):
        PiSource()


def test_a_picamera2_built_for_another_numpy_is_no_camera_and_the_log_says_why(monkeypatch, caplog):
    def broken(_index):
        raise ValueError("numpy.dtype size changed, may indicate binary incompatibility")

    monkeypatch.setitem(sys.modules, "picamera2", types.SimpleNamespace(Picamera2=broken))
    with pytest.raises(CameraError):
        PiSource()
    assert "numpy.dtype size changed" in caplog.text


def test_auto_falls_back_to_usb(monkeypatch):
    monkeypatch.setitem(sys.modules, "picamera2", None)
    opened = []
    monkeypatch.setattr(UsbSource, "__init__", lambda self, index=0: opened.append(index))
    assert isinstance(open_source("auto"), UsbSource)
    assert opened == [0]


def test_which_cameras_are_there_is_known_without_opening_one(picamera2, monkeypatch, tmp_path):
    monkeypatch.setattr(beds, "DEVICES", tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "video1").touch()
    names = (
        "pi:0",
        "pi:1",
        "pi:x",
        "usb:1",
        "usb:0",
        "usb:",
        f"file:{tmp_path}/video1",
        f"folder:{tmp_path}/no",
    )
    found = {name: beds.is_there(name) for name in names}
    assert [name for name, there in found.items() if there] == ["pi:0", "usb:1", f"file:{tmp_path}/video1"]
    assert beds.is_there("auto")
    monkeypatch.setitem(sys.modules, "picamera2", None)
    assert not beds.is_there("auto")
    (tmp_path / "video0").touch()
    assert beds.is_there("auto")
    assert picamera2.made == []


def test_the_pages_are_told_which_bed_has_a_camera_when_that_changes(store, tmp_path, monkeypatch):
    written = []
    keep = store.settings.set
    monkeypatch.setattr(store.settings, "set", lambda name, value: (written.append(name), keep(name, value)))
    keep("camera.A1", f"file:{tmp_path}/plugged")
    told = beds.Beds(store, "usb:97")
    told.tell()
    told.tell()
    assert store.settings.get(beds.THERE) == {"other": False, "beds": {"A1": False}}
    (tmp_path / "plugged").touch()
    told.tell()
    assert store.settings.get(beds.THERE) == {"other": False, "beds": {"A1": True}}
    assert written == [beds.THERE] * 2
    with pytest.raises(CameraError):
        told.open("B2")


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "home", "s001") as store:
        yield store


def ring(store, place="A1"):
    with store.acting("system"), store.transaction():
        store.devices.add(
            Device(
                rid=new_rid(),
                store="s001",
                device=f"ring-{place.lower()}",
                profile="light_ring",
                name="Ring",
                place=place,
            )
        )


def test_the_ring_of_the_bed_is_lit_for_the_scan_and_put_out_after(store):
    ring(store, "A1")
    ring(store, "B2")
    said = []
    with ring_on(store, "A1", lambda topic, payload: said.append((topic, payload)) is None):
        assert said == [("salon/s001/ring-a1/number/ring_light/command", str(LEVEL).encode())]
    assert said[-1] == ("salon/s001/ring-a1/number/ring_light/command", b"0")


def test_the_ring_is_put_out_when_the_scan_fails(store):
    ring(store)
    said = []
    with (
        pytest.raises(CameraError),
        ring_on(store, "A1", lambda _topic, payload: said.append(payload) is None),
    ):
        raise CameraError(name="usb-0")
    assert said[-1] == b"0"


def ask(store, worker, astronaut, encoded, **more):
    photo = store.media.put(
        encoded(astronaut),
        mime="image/png",
        owner="v",
        purpose="scan-upload",
        taken_at=now(),
        keep_until=None,
    )
    body = {"visit": "visit-1", "member": "member-1", "phase": "before", "photo": photo, "keep_photo": True}
    job = store.jobs.put("scan", body | more)
    worker.run_once()
    return store.jobs.get(job)


@pytest.fixture
def worker(store, models):
    return ScanWorker(store, lambda _bed: None, lambda _topic, _payload: True, models=models)


def test_a_guest_is_told_and_nothing_is_kept(store, worker, astronaut, encoded):
    done = ask(store, worker, astronaut, encoded, guest=True)
    assert done.result["guest"]["redness"]["value"] > 0
    assert len(store.scans) == 0
    assert store.media.connections.get().execute("SELECT count(*) FROM media").fetchall() == [(0,)]


def test_the_second_scan_is_laid_on_the_first_and_has_difference_maps(store, worker, astronaut, encoded):
    first = store.scans.load(ask(store, worker, astronaut, encoded).result["scan"])
    second = store.scans.load(ask(store, worker, astronaut, encoded, phase="after").result["scan"])
    assert first.geometry["registered"] is None
    assert second.geometry["registered"]["inliers"] > 100
    assert {"redness_change", "pigmentation_change"} <= set(second.overlays)
    assert not any(name.endswith("_change") for name in first.overlays)


def test_an_old_scan_is_measured_anew_and_the_old_record_stays(store, worker, models, astronaut, encoded):
    rid = ask(store, worker, astronaut, encoded).result["scan"]
    assert remeasure(store, models=models).up_to_date == 1
    old = store.scans.load(rid)
    stale = old.model_copy(update={"rid": "0" * 32, "models": {"color_v1": "0.9.0"}})
    with store.acting("system"), store.transaction():
        store.scans.add(stale)
    outcome = remeasure(store, "member-1", models=models)
    assert (outcome.anew, outcome.up_to_date) == (1, 1)
    fresh = next(s for s in store.scans.select() if s.geometry.get("remeasured") == stale.rid)
    assert fresh.models == old.models
    assert fresh.at == stale.at
    assert remeasure(store, models=models).anew == 0


def test_a_new_formula_is_measured_anew_as_a_new_model_is(store, worker, models, astronaut, encoded):
    old = store.scans.load(ask(store, worker, astronaut, encoded).result["scan"])
    concerns = {**old.concerns, "redness": {**old.concerns["redness"], "version": "0"}}
    with store.acting("system"), store.transaction():
        store.scans.add(old.model_copy(update={"rid": "0" * 32, "concerns": concerns}))
    outcome = remeasure(store, models=models)
    assert (outcome.anew, outcome.up_to_date) == (1, 1)


def test_a_photo_measured_anew_is_kept_no_longer_than_before(store, worker, models, astronaut, encoded):
    """SEC-07: a new model is no new consent."""
    old = store.scans.load(ask(store, worker, astronaut, encoded).result["scan"])
    data = store.media.get(old.photo).data
    then = {"taken_at": "2026-01-02T03:04:05.000Z", "keep_until": "2031-01-02T03:04:05.000Z"}
    photo = store.media.put(data, mime="image/png", owner=old.rid, purpose="scan", **then)
    stale = old.model_copy(update={"rid": "0" * 32, "photo": photo, "models": {"color_v1": "0.9.0"}})
    with store.acting("system"), store.transaction():
        store.scans.add(stale)
    remeasure(store, models=models)
    fresh = next(s for s in store.scans.select() if s.geometry.get("remeasured") == stale.rid)
    was = store.media.get(photo)
    assert was.keep_until is not None
    assert was.keep_until.startswith("2031-01-02")
    for media in (fresh.photo, *fresh.overlays.values()):
        kept = store.media.get(media)
        assert (kept.taken_at, kept.keep_until) == (was.taken_at, was.keep_until)


def test_measured_anew_a_later_scan_still_lies_on_the_earlier_one(store, worker, models, astronaut, encoded):
    ask(store, worker, astronaut, encoded)
    second = store.scans.load(ask(store, worker, astronaut, encoded, phase="after").result["scan"])
    with store.acting("system"), store.transaction():
        store.scans.add(second.model_copy(update={"rid": "0" * 32, "models": {"color_v1": "0.9.0"}}))
    remeasure(store, models=models)
    fresh = next(s for s in store.scans.select() if s.geometry.get("remeasured") == "0" * 32)
    assert fresh.geometry["registered"]["inliers"] > 100
    assert "redness_change" in fresh.overlays


def test_without_its_photo_an_old_scan_cannot_be_measured_anew(store, worker, models, astronaut, encoded):
    ask(store, worker, astronaut, encoded, keep_photo=False)
    assert remeasure(store, models=models).no_photo == 1
