"""Run the store's web server: `python -m edge.kiosk`.

One gunicorn worker with threads: Socket.IO keeps its rooms in this process, and each open page holds one thread. The worker alone imports the
pages: gunicorn's master only waits for it and must not hold them a second time.
"""

from __future__ import annotations

import logging
import os
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from edge import unit
from edge.kiosk.settings import KioskSettings
from edge.kiosk.worker import fair

if TYPE_CHECKING:
    from edge.bus import Bus
    from edge.store import Store

logger = logging.getLogger(__name__)

KEEP_ALIVE_S = 75
"""A line that is closed as a tap's request sets out takes the tap with it. Longer than anybody reads a page before she touches it again, and than a page's
idle minute; a line that waits holds no thread."""


class KioskServer(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    """gunicorn, set up from our settings alone."""

    def __init__(self, settings: KioskSettings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        values = {
            "bind": f"{self.settings.host}:{self.settings.port}",
            "workers": 1,
            "threads": self.settings.threads,
            "worker_class": fair(self.settings.screens),
            "keepalive": KEEP_ALIVE_S,
            "graceful_timeout": 3,  # s: open sockets never end by themselves
            "timeout": 60,
            "control_socket_disable": True,
            "accesslog": None,
            "loglevel": "warning",
            "proc_name": "parlour-kiosk",
        }
        for name, value in values.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Called in the worker: a database connection must not cross the fork."""
        from edge.kiosk.app import create_app
        from edge.store import Store, home
        from edge.watchdog import Watchdog

        store = Store.open(home())
        bus = connect(store)
        app, _socket = create_app(store, bus, self.settings)
        if bus is not None:
            bus.start()  # after the pages have subscribed
        Watchdog(lambda: answers(self.settings.port)).start()
        return app


def answers(port: int) -> str:
    """What is wrong with this server as a browser sees it: a page is asked for, through the same threads that serve pages."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as page:
            return "" if page.status == 200 else f"/healthz says {page.status}"
    except OSError as error:
        return f"/healthz: {error}"


def connect(store: Store) -> Bus | None:
    """The store's bus. Without a login for it, the pages work and leave out what devices say live."""
    from edge.bus import Bus
    from edge.store.keys import edge_login

    given = edge_login(store.home)
    if not given.is_file():
        logger.warning("no login for the bus in %s", given)
        return None
    return Bus(
        os.environ.get("PARLOUR_MQTT_HOST", "127.0.0.1"),
        int(os.environ.get("PARLOUR_MQTT_PORT", "1883")),
        "edge",
        given,
        "edge-kiosk",
    )


def main() -> int:
    unit.log()
    KioskServer(KioskSettings.from_environment()).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
