"""How every unit of the store begins: with log lines that journald dates, and an ear for being told to stop."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable


def log() -> None:
    """Lines without a time, which journald has; no line for each request of a client that asks every two seconds."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)


def on_stop(stop: Callable[[], None]) -> None:
    """Call `stop` when systemd or Ctrl-C ends the unit: it is to return at once."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())
