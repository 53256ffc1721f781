"""`python -m edge.provision`: the unit parlour-provision."""

from __future__ import annotations

import threading

from edge import unit
from edge.bus.broker import BrokerFiles
from edge.provision.service import Provisioner
from edge.store import opened


def main() -> None:
    """Run until told to stop."""
    unit.log()
    stop = threading.Event()
    unit.on_stop(stop.set)
    with opened() as store:
        broker = BrokerFiles.open(store.home / "broker", keys=store.home / "keys")
        Provisioner(store, broker, stop).run()


if __name__ == "__main__":
    main()
