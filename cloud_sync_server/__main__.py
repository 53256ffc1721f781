"""`python -m cloud_sync_server`: HQ behind gunicorn, on PARLOUR_HOST and PARLOUR_HQ_PORT."""

from __future__ import annotations

import gc
import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from cloud_sync_server.app import create_app
from cloud_sync_server.context import Hq
from cloud_sync_server.settings import Settings

KEEP_ALIVE_S = 30  # a store pulls every two seconds over one connection
GRACE_S = 10
GC_YOUNG = 50_000
"""Objects made, net, between two looks for circles: a push of 1,000 changes makes about 100,000, and hardly any circle. With the
default of 700 a good part of a push went into looking.
"""


SWITCH_S = 0.0005
"""How long a thread keeps the interpreter that another waits for. SQLite gives it up dozens of times in the transaction of a batch, and with the
default of 5 ms the thread that reads the next batch kept it each time: 5,800 in place of 5,510 records a second, one quiet run each.
"""


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "worker_class": "gthread",
            "workers": self._settings.workers,
            "threads": self._settings.threads,
            "keepalive": KEEP_ALIVE_S,
            "graceful_timeout": GRACE_S,
            "proc_name": "parlour-hq",
            "control_socket_disable": True,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        app = create_app(self._settings)
        # What the program itself is made of lives as long as it: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(GC_YOUNG)
        sys.setswitchinterval(SWITCH_S)
        return app


def main() -> None:
    settings = Settings.from_environment()
    Hq.open(settings).database.close()  # migrate once, before the workers start
    _Server(settings).run()


if __name__ == "__main__":
    main()
