"""`python -m edge.sensors.wired`: the unit parlour-wired."""

from __future__ import annotations

import os

from edge import unit
from edge.sensors.wired.service import Wired
from edge.store import opened


def main() -> None:
    """Run until told to stop."""
    unit.log()
    with opened() as store:
        host = os.environ.get("PARLOUR_MQTT_HOST", "127.0.0.1")
        port = int(os.environ.get("PARLOUR_MQTT_PORT", "1883"))
        wired = Wired(store, host, port, store.home / "keys" / "devices")

        unit.on_stop(wired.stop)
        wired.run()


if __name__ == "__main__":
    main()
