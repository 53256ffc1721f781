"""What takes long to work out from many records, kept for a while, with the time at which it was worked out.

With 5,000 members and four visits each, the manager's board took 2.2 s of a desktop's processor and the classes 1.6 s: several times as much on
the appliance. So nobody waits twice: what is older than a minute is shown once more, with its time, while the next is worked out behind it.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from edge.store import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.store import Store
    from salon.policies import Policy

T = TypeVar("T")

KEPT_S = 60.0
"""s: a figure of a quarter does not change with one visit; the page's parts ask often."""
LONG_S = 0.5
"""s: what is worked out faster is worked out while the page waits for it, and is never old."""
STALE_S = 3600.0
"""s: what is older is shown to nobody, however long the next one takes: the page that was opened in the morning has a day of its own."""


@dataclass(frozen=True)
class Made(Generic[T]):
    """What was worked out, and when."""

    value: T
    at: str
    version: str
    """Of the policy."""
    since: float
    took: float


class Kept(Generic[T]):
    """One thing of one store."""

    def __init__(self, make: Callable[[Store, Policy], T]) -> None:
        self._make = make
        self._made: Made[T] | None = None
        self._making = threading.Lock()

    def of(self, store: Store, policy: Policy, *, again: bool = False) -> Made[T]:
        """What is kept, if it is good still; `again`: worked out now, whatever is kept."""
        made = self._made
        if made is None or again or made.version != policy.version:
            return self._new(store, policy, made)
        age = time.monotonic() - made.since
        if age < KEPT_S:
            return made
        if made.took < LONG_S or age > STALE_S:
            return self._new(store, policy, made)
        if not self._making.locked():
            threading.Thread(target=self._new, args=(store, policy, made), daemon=True).start()
        return made

    def _new(self, store: Store, policy: Policy, seen: Made[T] | None) -> Made[T]:
        """Whoever asks while it is being worked out waits for it, and takes that one."""
        with self._making:
            if self._made is not None and self._made is not seen and self._made.version == policy.version:
                return self._made
            at, began = now(), time.monotonic()
            value = self._make(store, policy)
            ended = time.monotonic()
            self._made = Made(value, at, policy.version, ended, ended - began)
            return self._made
