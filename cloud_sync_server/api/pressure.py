"""How much at once, and how much of one store.

So many requests in all; of each store one, or one push that is worked on and one that is read meanwhile, worked on in the order in which
they came. And each store may use so much of HQ's time: one that asks for its snapshot, or for anything else, again and again gets a
tenth of a core in the end, and is told when to come back. What is counted stands in the memory of one worker: a bound, and no account.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cloud_sync_server.errors import Busy, OneAtATime, SlowDown

_AHEAD = 2
"""Pushes of one store at once: the next is unpacked and read while the database has the one before."""
CREDIT_S = 120.0
"""Core-seconds of this process that a store may use at a stretch: a snapshot of a million records, a push of as many changes."""
REFILL = 0.1
"""Of a core, for ever. A day of a busy store takes some tenths of a second."""
_MAX_WAIT_S = 600


@dataclass
class _Store:
    queue: deque[object] = field(default_factory=deque)
    credit_s: float = CREDIT_S
    at: float = 0.0


@dataclass(frozen=True)
class Turn:
    """The place of a request among those of its store; entered, it waits until it is the first. It lasts as long as the slot."""

    _store: _Store
    _changed: threading.Condition
    _ticket: object

    def __enter__(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._store.queue[0] is self._ticket)

    def __exit__(self, *_: object) -> None: ...

    def end(self) -> None:
        with self._changed:
            self._store.queue.remove(self._ticket)
            self._changed.notify_all()


class Pressure:
    """How many requests are worked on."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._all = threading.BoundedSemaphore(limit)
        self._stores: dict[str, _Store] = {}
        self._changed = threading.Condition()
        self._clock = clock

    @contextmanager
    def slot(self, store: str, *, ahead: bool = False) -> Iterator[Turn]:
        """Raises Busy, OneAtATime or SlowDown; Busy with a random wait, so that a crowd does not come back as one."""
        if not self._all.acquire(blocking=False):
            raise Busy(retry_after_s=random.randint(1, 10))  # noqa: S311 - jitter
        begun = time.thread_time()
        try:
            turn = self._enter(store, most=_AHEAD if ahead else 1)
            try:
                yield turn
            finally:
                self.used(store, time.thread_time() - begun)
                turn.end()
        finally:
            self._all.release()

    def used(self, store: str, core_s: float) -> None:
        """A store has used so much of this process's time."""
        with self._changed:
            self._refilled(store).credit_s -= core_s

    def _enter(self, store: str, *, most: int) -> Turn:
        with self._changed:
            mine = self._refilled(store)
            if mine.credit_s < 0:
                wait = min(_MAX_WAIT_S, math.ceil(-mine.credit_s / REFILL) + 1)
                raise SlowDown(f"{store} has used {CREDIT_S:.0f} core-seconds here", retry_after_s=wait)
            if len(mine.queue) >= most:
                raise OneAtATime(store, retry_after_s=1)
            ticket = object()
            mine.queue.append(ticket)
            return Turn(mine, self._changed, ticket)

    def _refilled(self, store: str) -> _Store:
        mine = self._stores.setdefault(store, _Store(at=self._clock()))
        now = self._clock()
        mine.credit_s = min(CREDIT_S, mine.credit_s + (now - mine.at) * REFILL)
        mine.at = now
        return mine
