"""`python -m edge.sensors.wired`: the unit parlour-wired."""

from __future__ import annotations

import logging
import os
import signal
from types import FrameType

from edge.sensors.wired.service import Wired
from edge.store import opened


def main() -> None:
    """Run until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    with opened() as store:
        host = os.environ.get("PARLOUR_MQTT_HOST", "127.0.0.1")
        port = int(os.environ.get("PARLOUR_MQTT_PORT", "1883"))
        wired = Wired(store, host, port, store.home / "keys" / "devices")

        def stop(_number: int, _frame: FrameType | None) -> None:
            wired.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        wired.run()


if __name__ == "__main__":
    main()
