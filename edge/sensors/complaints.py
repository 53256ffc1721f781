"""What was refused, kept where a technician sees it, but not once a message: a raving device must not fill the card."""

from __future__ import annotations

from edge.sensors.errors import Refused
from edge.store import Store
from edge.store.side import Boundary

QUIET = 60.0  # s between two lines of one device with one code
QUIET_KNOWN = 3600.0  # s for what will not change by itself: a node's extra entity is worth one line an hour
LONG_QUIET = frozenset({"unknown_object", "unknown_device"})
MAX_SOURCES = 1000  # remembered at once; beyond that all further sources share one line


class Complaints:
    """Writes the first refusal of its kind at once, and how many more there were with the next."""

    def __init__(self, store: Store, boundary: Boundary = "mqtt") -> None:
        self._store = store
        self._boundary = boundary
        self._told: dict[tuple[str, str], tuple[float, int]] = {}
        self.total = 0

    def note(self, source: str, refused: Refused, raw: bytes, tick: float) -> None:
        """Keep a refusal, or count it."""
        self.total += 1
        key = (source, refused.code)
        if key not in self._told and len(self._told) >= MAX_SOURCES:
            self._forget_old(tick)
            if len(self._told) >= MAX_SOURCES:
                key = ("*", refused.code)
        told, more = self._told.get(key, (None, 0))
        quiet = QUIET_KNOWN if refused.code in LONG_QUIET else QUIET
        if told is not None and tick - told < quiet:
            self._told[key] = (told, more + 1)
            return
        self._told[key] = (tick, 0)
        detail = refused.detail + (f" (and {more} more like it)" if more else "")
        self._store.refuse(self._boundary, key[0], refused.code, detail, raw)

    def _forget_old(self, tick: float) -> None:
        self._told = {key: told for key, told in self._told.items() if tick - told[0] < QUIET_KNOWN}
