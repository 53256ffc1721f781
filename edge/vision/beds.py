"""Which camera each bed has, and whether it is there: told to the pages, so that none offers a camera that is not.

Nothing is opened to find out: that would light the camera's lamp and take a second. A camera that is there and broken is found by the
scan, which says so.
"""

from __future__ import annotations

import sys
from pathlib import Path

from edge.store import Store
from edge.vision.camera import Source, open_source, pi_cameras

PREFIX = "camera."
"""Of settings: `camera.<bed>` names a bed's own camera."""
THERE = "scan.cameras"
"""Setting: `{"other": bool, "beds": {bed: bool}}`, as they were when the unit looked last. Read by the pages."""
DEVICES = Path("/dev")


class Beds:
    """The cameras of a store. `default` serves every bed without one of its own."""

    def __init__(self, store: Store, default: str) -> None:
        self._store, self._default = store, default

    def open(self, bed: str) -> Source:
        """Raises CameraError."""
        return open_source(str(self._store.settings.get(f"{PREFIX}{bed}", self._default)))

    def tell(self) -> None:
        """Write down which cameras are there, if that is not what is written."""
        own = {
            name.removeprefix(PREFIX): str(text) for name, text in self._store.settings.named(PREFIX).items()
        }
        found = {"other": is_there(self._default), "beds": {bed: is_there(text) for bed, text in own.items()}}
        if self._store.settings.get(THERE) != found:
            self._store.settings.set(THERE, found)


def is_there(text: str) -> bool:
    """Whether `open_source(text)` has something to open."""
    kind, _, rest = text.partition(":")
    if text == "auto":
        return pi_cameras() > 0 or is_there("usb:0")
    if kind in {"pi", "usb"}:
        if not rest.isdigit():
            return False
        # Only Linux shows its cameras as files; elsewhere trying is the only way to know.
        return (
            pi_cameras() > int(rest)
            if kind == "pi"
            else sys.platform != "linux" or (DEVICES / f"video{rest}").exists()
        )
    return Path(text.removeprefix("file:").removeprefix("folder:")).expanduser().exists()
