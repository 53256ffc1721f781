"""Units that run only while there is work: a file says that they are wanted (`<home>/wanted/<kind>`).

The scan unit holds 130 MB of libraries for a few minutes' use an hour, so it is started when somebody asks for a scan and ends when nobody has for a
while. systemd watches the file (`PathExists=` in the units' `.path`), `parlour run` does the same on a laptop. Asking costs nothing when the unit runs
already; asking early, when a page that leads to a scan is opened, hides its start.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

ENDS_AFTER = "PARLOUR_ENDS_IDLE_AFTER"
"""Seconds without work after which such a unit ends; it runs on where this is not set."""


class Wanted:
    """The files of one store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, kind: str) -> Path:
        return self._folder / kind

    def ask(self, kind: str) -> None:
        """Somebody has, or will soon have, work of this kind."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self.path(kind).touch(mode=0o600)

    def withdraw(self, kind: str) -> None:
        """Nobody has any more."""
        self.path(kind).unlink(missing_ok=True)

    def asked_at(self, kind: str) -> float:
        """When it was asked for last, as the file system says; 0 when it is not."""
        try:
            return self.path(kind).stat().st_mtime
        except FileNotFoundError:
            return 0.0


class Idle:
    """Whether a unit may end: nothing done and nothing asked for `after_s`. `has_work` is asked last, so that nothing falls between."""

    def __init__(
        self,
        wanted: Wanted,
        kind: str,
        has_work: Callable[[], bool],
        *,
        after_s: float | None = None,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wanted, self._kind, self._has_work, self._tick = wanted, kind, has_work, tick
        self._after_s = ends_after() if after_s is None else after_s
        self._since = tick()
        self._asked_at = wanted.asked_at(kind)

    def worked(self) -> None:
        """It has just done something."""
        self._since = self._tick()

    def over(self) -> bool:
        """Whether to end now. The file is gone then; who asks from here on makes it again, and the unit is started anew."""
        if self._after_s <= 0:
            return False
        asked_at = self._wanted.asked_at(self._kind)
        if asked_at != self._asked_at:
            self._asked_at = asked_at
            self.worked()
        if self._tick() - self._since < self._after_s:
            return False
        self._wanted.withdraw(self._kind)
        if self._has_work():  # asked for between the last look and the withdrawal
            self._wanted.ask(self._kind)
            self.worked()
            return False
        return True


def ends_after() -> float:
    """As this process was told; 0 for never."""
    text = os.environ.get(ENDS_AFTER, "")
    return float(text) if text.isdecimal() else 0.0
