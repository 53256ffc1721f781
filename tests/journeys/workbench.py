"""The technician's part of a store in the middle of its day: what was asked of the provisioning unit with each answer that it may give, and
what was refused. As the unit leaves it: the pages are looked at without a node on a cable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edge.kiosk.services import devices
from edge.store import Store, putaside
from salon.reconcile import Origin

PORT = "/dev/serial/by-id/usb-node-if00"
NODE = {"firmware": "ESPHome", "version": "2026.10.0", "chip": "ESP32-C3", "name": "air-2"}


@dataclass(frozen=True)
class Workbench:
    """What the technician's addresses are made of."""

    refusals: tuple[int, ...]
    """What a device said and was not believed; what another store wrote and could not be taken."""
    requests: tuple[str, ...]
    """Of devices: done, and not done."""
    wifi: tuple[str, ...]
    """Each step of the Wi-Fi over the cable, and one that failed."""


def set_up(store: Store) -> Workbench:
    store.refuse("mqtt", "probe-1", "out_of_range", "999 is not within 0 to 100 %", b"999")
    said = store.refusals(1)[0].number
    op = {"n": 7, "kind": "follow_up", "rid": "t-elsewhere", "f": {"channel": "pigeon", "what": "回访"}}
    store.refuse(
        "sync",
        "s002",
        "bad_value",
        "channel: none of its values",
        putaside.envelope(Origin("s002", "9" * 16).node, op),
    )
    return Workbench(
        refusals=(said, store.refusals(1)[0].number),
        requests=(
            _done(store, {"action": "retire", "device": "air-9"}, {"wiped": 6}),
            _failed(
                store, {"action": "add", "device": "probe-1"}, "device_exists", "probe-1 is there already"
            ),
        ),
        wifi=(
            _done(store, {"action": "ports"}, {"ports": []}),
            _done(store, {"action": "ports"}, {"ports": [{"port": PORT, "name": "USB JTAG/serial"}]}),
            _done(
                store,
                {"action": "networks", "port": PORT},
                {"about": NODE, "networks": [{"ssid": "salon", "rssi": -52, "locked": True}]},
            ),
            _done(
                store, {"action": "join", "port": PORT, "ssid": "salon"}, {"urls": ["http://192.168.1.57"]}
            ),
            _failed(
                store,
                {"action": "join", "port": PORT, "ssid": "salon"},
                "join.unable_to_connect",
                "a wrong password, or the signal is too weak",
            ),
        ),
    )


def _done(store: Store, body: dict[str, Any], result: dict[str, Any]) -> str:
    """In one transaction: the unit that runs beside never sees it waiting."""
    with store.transaction():
        job = store.jobs.put(devices.KIND, {**body, "by": "e-gu-wei"})
        store.jobs.finish(job, result)
    return job


def _failed(store: Store, body: dict[str, Any], code: str, detail: str) -> str:
    with store.transaction():
        job = store.jobs.put(devices.KIND, {**body, "by": "e-gu-wei"})
        store.jobs.fail(job, code, detail)
    return job
