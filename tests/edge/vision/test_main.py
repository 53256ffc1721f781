"""The unit as a process beside a real broker."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest

from edge.bus.broker import BrokerFiles
from edge.store import Store
from edge.vision.lamp import LEVEL
from salon.records import Device
from tests.edge.bus.brokers import broker, started, until
from tests.ports import free_port

__all__ = ["broker", "started"]


@pytest.fixture
def files(tmp_path):
    return BrokerFiles.prepare(tmp_path / "broker", "s001", free_port())


def test_a_scan_that_waits_when_the_unit_starts_has_its_light(tmp_path, broker, started):
    """MEA-01: the first word of a unit that has just begun is heard, too."""
    wall = tmp_path / "wall.png"
    cv2.imwrite(str(wall), np.full((480, 640, 3), 160, np.uint8))
    told = queue.Queue()
    page = broker.bus("edge", "edge-page")
    page.subscribe("salon/s001/ring-1/number/ring_light/command", told.put)
    started(page)
    assert until(lambda: not page._unproven)
    with Store.create(tmp_path / "home", "s001") as store:
        store.devices.add(
            Device(rid="d-1", device="ring-1", profile="light_ring", name="灯", place="A1", store="s001")
        )
        store.jobs.put(
            "scan",
            {
                "visit": "v-1",
                "member": "m-1",
                "phase": "before",
                "by": "e-1",
                "bed": "A1",
                "keep_photo": False,
                "photo": "",
            },
        )
        environment = {
            **os.environ, **broker.files.environment(), "PARLOUR_HOME": str(store.home),
            "CREDENTIALS_DIRECTORY": str(broker.files.keys), "PARLOUR_CAMERA": f"file:{wall}",
        }  # fmt: skip
        unit = subprocess.Popen([sys.executable, "-m", "edge.vision"], env=environment)
        try:
            assert told.get(timeout=120).payload == str(LEVEL).encode()
            assert store.settings.get("scan.cameras") == {"other": True, "beds": {}}, "for the pages"
        finally:
            unit.send_signal(signal.SIGTERM)
            assert unit.wait(60) == 0
