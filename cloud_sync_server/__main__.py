"""`python -m cloud_sync_server`: HQ behind gunicorn, on PARLOUR_HOST and PARLOUR_HQ_PORT."""

from __future__ import annotations

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from cloud_sync_server.app import create_app
from cloud_sync_server.context import Hq
from cloud_sync_server.settings import Settings

KEEP_ALIVE_S = 30  # a store pulls every two seconds over one connection
GRACE_S = 10


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
        return create_app(self._settings)


def main() -> None:
    settings = Settings.from_environment()
    Hq.open(settings).database.close()  # migrate once, before the workers start
    _Server(settings).run()


if __name__ == "__main__":
    main()
