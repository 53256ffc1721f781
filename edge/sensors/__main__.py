"""`python -m edge.sensors`: the unit parlour-sensors."""

from __future__ import annotations

import os
from importlib.metadata import version

from edge import unit
from edge.bus import Bus, Will
from edge.sensors.service import Sensors
from edge.store import opened
from edge.store.keys import edge_login


def main() -> None:
    """Run until told to stop."""
    unit.log()
    with opened() as store:
        bus = Bus(
            os.environ.get("PARLOUR_MQTT_HOST", "127.0.0.1"),
            int(os.environ.get("PARLOUR_MQTT_PORT", "1883")),
            "edge",
            edge_login(store.home),
            "edge-sensors",
            will=Will(f"salon/{store.store_id}/edge/status", b"offline"),
        )
        sensors = Sensors(store, bus, version("parlour"))

        unit.on_stop(sensors.stop)
        sensors.run()


if __name__ == "__main__":
    main()
