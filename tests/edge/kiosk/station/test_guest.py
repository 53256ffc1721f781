"""Scan without keeping: shown once, then nowhere: not in the store, the media, the logs or a temporary file (SEC-07)."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from edge.vision.models import BUNDLED, Registry
from edge.vision.service import ScanWorker


class Camera:
    """Shows one face for ever."""

    name = "test"

    def frames(self):
        face = np.ascontiguousarray(data.astronaut())
        while True:
            yield face

    def close(self):
        pass


@pytest.fixture
def vision(store):
    return ScanWorker(store, lambda _bed: Camera(), lambda *_: True, models=Registry([BUNDLED]))


def asked(browser):
    answer = browser.post("/station/guest")
    assert answer.status_code == 302
    return answer.headers["Location"]


def counts(store):
    tables = store.connections.get().execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        name: store.connections.get().execute(f'SELECT count(*) FROM "{name}"').fetchall()[0][0]
        for (name,) in tables
    }


def test_it_is_shown_once_and_then_gone(store, mei, vision):
    page = asked(mei)
    assert "The camera is getting ready" in mei.get(page).get_data(as_text=True)
    assert vision.run_once()
    shown = mei.get(page)
    assert "Redness" in shown.get_data(as_text=True)
    assert "Left cheek" in shown.get_data(as_text=True), (
        "region by region too, where no picture leads to them"
    )
    assert "no-store" in shown.headers["Cache-Control"]
    again = mei.get(page)
    assert again.status_code == 410
    assert "Redness" not in again.get_data(as_text=True)


def test_nothing_of_it_stays_in_store_media_logs_or_temporary_files(
    store, mei, vision, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    caplog.set_level(logging.DEBUG)
    mei.get("/station")
    store.jobs.forget(store.jobs.put("other", {}))  # the first job ever begins SQLite's own count of rows
    before = counts(store)
    page = asked(mei)
    vision.run_once()
    assert "Redness" in mei.get(page).get_data(as_text=True)
    assert counts(store) == before
    assert store.media.connections.get().execute("SELECT count(*) FROM media").fetchall() == [(0,)]
    assert not list((tmp_path / "temporary").rglob("*"))
    assert not any("redness" in record.getMessage().lower() for record in caplog.records)
    left = [p for p in Path(store.home).rglob("*") if p.suffix in {".jpg", ".png", ".webp"}]
    assert left == []


def test_only_who_asked_sees_it(store, sign_in, mei, vision):
    page = asked(mei)
    vision.run_once()
    other = sign_in("fang").get(page)
    assert other.status_code == 410
    assert "Redness" not in other.get_data(as_text=True)
    assert "Redness" in mei.get(page).get_data(as_text=True)


def test_it_can_be_stopped(store, mei, vision):
    page = asked(mei)
    assert mei.get(f"{page}/state").json == {"state": "waiting"}
    assert mei.post(f"{page}/cancel").status_code == 302
    assert not vision.run_once()
    assert "stopped" in mei.get(page).get_data(as_text=True)


def test_a_lost_camera_is_said(store, mei, visit):
    from edge.vision.errors import CameraError

    def none(_bed):
        raise CameraError(name="usb-0")

    page = asked(mei)
    ScanWorker(store, none, lambda *_: True, models=Registry([BUNDLED])).run_once()
    assert "The camera gives no picture" in mei.get(page).get_data(as_text=True)


def test_a_visits_scan_is_no_guests(store, treated):
    job = treated.post("/station/visit/v-1/measure/before/scan").headers["Location"].rsplit("/", 1)[1]
    assert treated.get(f"/station/guest/{job}").status_code == 410
