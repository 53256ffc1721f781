"""`python -m edge.sensors`: the unit parlour-sensors."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

from edge import unit
from edge.bus import Bus, Will
from edge.sensors.service import Sensors
from edge.store import opened


def password_file(home: Path) -> Path:
    """The unit's own login: a systemd credential where there is one, else the file among the store's keys."""
    name = "mqtt-edge.password"
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if credentials and (given := Path(credentials) / name).is_file():
        return given
    return home / "keys" / name


def main() -> None:
    """Run until told to stop."""
    unit.log()
    with opened() as store:
        bus = Bus(
            os.environ.get("PARLOUR_MQTT_HOST", "127.0.0.1"),
            int(os.environ.get("PARLOUR_MQTT_PORT", "1883")),
            "edge",
            password_file(store.home),
            "edge-sensors",
            will=Will(f"salon/{store.store_id}/edge/status", b"offline"),
        )
        sensors = Sensors(store, bus, version("parlour"))

        unit.on_stop(sensors.stop)
        sensors.run()


if __name__ == "__main__":
    main()
