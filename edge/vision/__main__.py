"""`python -m edge.vision`: the unit parlour-vision. `PARLOUR_CAMERA`: `auto` (default), `pi:0`, `usb:0`, `file:PATH`, `folder:PATH`."""

from __future__ import annotations

import os

from edge import unit
from edge.bus import Bus
from edge.store import opened
from edge.store.keys import edge_login
from edge.vision.beds import Beds
from edge.vision.service import ScanWorker

BUS_WITHIN_S = 2.0
"""s: this unit is started for a scan that may wait already, and the first thing it says is to the light. Without a broker the scan goes on in the light
there is."""


def main() -> None:
    """Run until told to stop."""
    unit.log()
    with opened() as store:
        bus = Bus(
            os.environ.get("PARLOUR_MQTT_HOST", "127.0.0.1"),
            int(os.environ.get("PARLOUR_MQTT_PORT", "1883")),
            "edge",
            edge_login(store.home),
            "edge-vision",
        )
        # A store with several beds names each bed's camera; the demo and a single bed need only the variable.
        beds = Beds(store, os.environ.get("PARLOUR_CAMERA", "auto"))
        worker = ScanWorker(store, beds.open, bus.publish, tell_cameras=beds.tell)

        unit.on_stop(worker.stop)
        bus.start()
        try:
            bus.wait_connected(BUS_WITHIN_S)
            worker.run()
        finally:
            bus.stop()


if __name__ == "__main__":
    main()
