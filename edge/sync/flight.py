"""Batches on their way to HQ: the next is read, packed and sent while HQ still works on the one before.

Order is HQ's to keep: a batch that comes before the one it follows on is refused (`gap`) and sent again. What was sent ahead is believed
only when all before it is acknowledged; whatever else became of it is forgotten, since sending again is always harmless.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from edge.store.outbox import Unsent
from edge.sync.errors import SyncError
from salon.reconcile.protocol import PushAnswer

AT_ONCE = 2
"""Batches on their way: one that HQ works on, one that it reads meanwhile. It takes no more of one store."""


@dataclass(frozen=True)
class Flight:
    """A batch, and the answer that will come."""

    batch: list[Unsent]
    answer: Future[PushAnswer]
    ahead: bool
    """Sent before the answer to the one before it."""

    @property
    def first(self) -> int:
        return self.batch[0].n

    @property
    def last(self) -> int:
        return self.batch[-1].n

    def failed(self) -> BaseException | None:
        """What became of it; waits for its end."""
        return self.answer.exception()

    @property
    def is_lost(self) -> bool:
        """Whether it was sent ahead in vain, as far as is known already."""
        return self.ahead and self.answer.done() and self.failed() is not None


class InTurn(Executor):
    """Sends at once, in the caller's thread: for a last batch, and where all that happens must have one order."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except SyncError as error:
            future.set_exception(error)
        return future


def threads() -> Executor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="push")
