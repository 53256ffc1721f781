"""`python -m edge.sensors`: the unit parlour-sensors."""

from __future__ import annotations

import logging
import os
import signal
from importlib.metadata import version
from pathlib import Path
from types import FrameType

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
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
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

        def stop(_number: int, _frame: FrameType | None) -> None:
            sensors.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        sensors.run()


if __name__ == "__main__":
    main()
