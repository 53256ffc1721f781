"""`python -m edge.provision`: the unit parlour-provision."""

from __future__ import annotations

import logging
import signal
import threading

from edge.bus.broker import BrokerFiles
from edge.provision.service import Provisioner
from edge.store import opened


def main() -> None:
    """Run until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with opened() as store:
        broker = BrokerFiles.open(store.home / "broker", keys=store.home / "keys")
        Provisioner(store, broker, stop).run()


if __name__ == "__main__":
    main()
