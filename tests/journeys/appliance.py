"""One store's units without head office, for journeys that are about devices: real broker, real processes, the demo's records."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge.bus.broker import BrokerFiles
from parlour import demo_data
from parlour.supervise import Part, Supervisor, python
from tests.journeys.chain import healthy
from tests.ports import free_port


@dataclass
class Appliance:
    """One store's units as a journey needs them."""

    home: Path
    files: BrokerFiles
    kiosk: str


@contextmanager
def appliance(home: Path, *, simulate: bool = False, **more: str) -> Iterator[Appliance]:
    """Broker, sensors, provisioning (on demand) and pages; with `simulate` the demo's devices, too. `more`: environment of the units."""
    port = free_port()
    files = BrokerFiles.prepare(home / "broker", "s001", free_port(), keys=home / "keys")
    with demo_data.store(home, "s001", datetime.now(UTC)) as store:
        demo_data.add_devices(store, files)
    env: Mapping[str, str] = {
        **files.environment(), "PARLOUR_HOME": str(home), "PARLOUR_KIOSK_PORT": str(port), **more,
    }  # fmt: skip
    kiosk = f"http://127.0.0.1:{port}"
    supervisor, done = Supervisor(home / "logs"), threading.Event()
    watcher = threading.Thread(target=supervisor.watch, kwargs={"until": done.is_set})
    try:
        supervisor.start(Part("broker", files.command(), {}, files.is_listening))
        supervisor.start(Part("sensors", python("edge.sensors"), env))
        supervisor.start(Part("provision", python("edge.provision"), env, wanted=home / "wanted/provision"))
        if simulate:
            supervisor.start(Part("devices", python("parlour", "devices", "simulate"), env))
        supervisor.start(Part("kiosk", python("edge.kiosk"), env, lambda: healthy(kiosk)))
        watcher.start()
        yield Appliance(home, files, kiosk)
    finally:
        done.set()
        if watcher.is_alive():
            watcher.join()
        supervisor.stop()
