"""Run the store's web server: `python -m edge.kiosk`.

One gunicorn worker with threads: Socket.IO keeps its rooms in this process, and each open page holds one thread.
"""

from __future__ import annotations

import sys
from typing import Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from edge.kiosk.app import create_app
from edge.kiosk.settings import KioskSettings


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
            "worker_class": "gthread",
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
        from edge.store import Store, home

        app, _socket = create_app(Store.open(home()), settings=self.settings)
        return app


def main() -> int:
    KioskServer(KioskSettings.from_environment()).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
