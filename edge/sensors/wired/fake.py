"""A fake reader at the far end of a serial cable: a pseudo-terminal on which it says, byte for byte, what a real one says.

The unit `parlour-wired` reads it as it reads any port: lines, frames, parsers and unplugging do their whole work. What a kind sends is its profile's `frame`.
"""

from __future__ import annotations

import os
import pty
import tty
from pathlib import Path

from edge.sensors.profiles import found
from edge.sensors.wired.errors import NoFake, NoFolder, PathTaken


class FakeReader:
    """One reader. Its near end is a link at `path`, as `/dev/serial/by-id/...` is one: another port each time it is plugged in."""

    def __init__(self, profile: str, path: Path) -> None:
        known = found().profiles.get(profile)
        if known is None or known.frame is None:
            raise NoFake(profile, sorted(p.key for p in found().profiles.values() if p.frame is not None))
        self._frame = known.frame
        self.path = path
        self._ends: tuple[int, int] | None = None

    def plug(self) -> None:
        """Into the machine. Raises PathTaken, NoFolder."""
        if not self.path.parent.is_dir():
            raise NoFolder(self.path)
        if self.path.exists() and not self.path.is_symlink():
            raise PathTaken(self.path)
        far, near = pty.openpty()
        tty.setraw(near)
        self._ends = far, near
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(near))

    def pull(self) -> None:
        """Out of the machine."""
        self.path.unlink(missing_ok=True)
        ends, self._ends = self._ends, None
        for end in ends or ():
            os.close(end)

    def say(self, text: str) -> None:
        """Read a code, a card, a person."""
        if self._ends is not None:
            os.write(self._ends[0], self._frame(text))
