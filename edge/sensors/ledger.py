"""What this appliance has put on the bus to be kept there, so that it can take it away again (mqtt.md 2.5).

A kept message outlives who sent it: an entity that a new version no longer has would haunt Home Assistant for ever. The ledger is a setting of the store; on each
announcement what is in it and no more announced is wiped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from edge.store import Store

NAME = "sensors/retained"


class Ledger:
    """The topics that we keep a message on."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def settle(self, announced: Iterable[str], wipe: Callable[[str], bool]) -> list[str]:
        """Remember what is announced now and wipe what was before and is no more; the topics wiped. What could not be wiped is tried again."""
        now = set(announced)
        before = set(self._store.settings.get(NAME, []))
        wiped = [topic for topic in sorted(before - now) if wipe(topic)]
        left = now | (before - now - set(wiped))
        if left != before:
            self._store.settings.set(NAME, sorted(left))
        return wiped
