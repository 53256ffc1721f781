"""Feeding systemd's watchdog from a thread of its own, and only while a self-check passes.

For units whose main loop belongs to somebody else (gunicorn) or may wait for minutes (a line that is down). The check must ask the thing that can hang, not
whether this thread runs. Outside systemd nothing is started.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from edge import notify

logger = logging.getLogger(__name__)


class Watchdog:
    """Calls `check` at half of what the unit allows. It returns what is wrong, or ""; raising is wrong, too."""

    def __init__(self, check: Callable[[], str]) -> None:
        self._check = check
        self._stop = threading.Event()
        self._said = ""

    def start(self) -> None:
        """Watch from now on, if there is a watchdog at all."""
        every = notify.interval()
        if every is not None:
            threading.Thread(target=self._run, args=(every,), name="watchdog", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def look(self) -> bool:
        """Check once, and feed the watchdog if all is well."""
        try:
            problem = self._check()
        except Exception as error:  # noqa: BLE001 - whatever the check stumbles over is what is wrong
            problem = f"{type(error).__name__}: {error}"
        if problem != self._said:
            self._said = problem
            if problem:
                logger.error("the self-check fails: %s", problem)
            else:
                logger.info("the self-check passes again")
        if not problem:
            notify.alive()
        return not problem

    def _run(self, every: float) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(every)
