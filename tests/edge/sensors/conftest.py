"""A store with a bed and its devices, and the unit over a real Mosquitto."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from edge.bus import Will
from edge.bus.broker import BrokerFiles
from edge.sensors.service import Sensors
from edge.store import Store, new_rid, now
from salon.records import Device, Service, Step, Visit
from tests.edge.bus.brokers import broker, started, until
from tests.ports import free_port

__all__ = ["broker", "started"]

DEVICES = {"probe-1": "skin_probe", "air-1": "room_air", "bed-1": "bed", "bottle-1": "bottle_scale"}


def device(name: str, profile: str, place: str = "A1") -> Device:
    return Device(
        rid=f"dev-{name}", device=name, profile=profile, name="设备", name_en=name, place=place, store="s001"
    )


@pytest.fixture
def files(tmp_path):
    """The broker's files, with a login for every device before it starts."""
    made = BrokerFiles.prepare(tmp_path / "broker", "s001", free_port())
    for name in DEVICES:
        made.add_device(name)
    return made


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "home", "s001") as store:
        for name, profile in DEVICES.items():
            store.devices.add(device(name, profile))
        yield store


def begin_visit(store: Store, bed: str = "A1", member: str = "mem-1", **more) -> Visit:
    at = now()
    fields = {"state": "treatment", "services": ["svc-face"], "treatment_at": at, **more}
    return store.visits.add(
        Visit(rid=new_rid(), member=member, store="s001", bed=bed, arrived_at=at, **fields)
    )


@pytest.fixture
def service(store):
    steps = [
        Step(key="clean", zh="清洁", en="Cleanse", kind="prepare"),
        Step(key="mask", zh="面膜", en="Mask", kind="treat"),
    ]
    return store.services.add(
        Service(
            rid="svc-face",
            name="补水",
            name_en="Hydration",
            category="skin",
            minutes=60,
            price_fen=1,
            steps=steps,
        )
    )


@pytest.fixture
def unit(store, broker):
    """The sensors unit in a thread of its own."""
    made = SimpleNamespace(store=store, broker=broker, sensors=None, thread=None)

    def start():
        will = Will("salon/s001/edge/status", b"offline")
        bus = broker.bus("edge", "edge-sensors", will=will, draw=lambda low, high: 0.05)
        made.sensors = Sensors(store, bus, "0.1.0", spread=lambda low, high: 0.0)
        made.thread = threading.Thread(target=made.sensors.run)
        made.thread.start()
        assert bus.wait_connected(60)
        assert until(lambda: not bus._unproven)

    def stop():
        if made.thread is not None and made.thread.is_alive():
            made.sensors.stop()
            made.thread.join(60)

    made.start, made.stop = start, stop
    start()
    yield made
    stop()
