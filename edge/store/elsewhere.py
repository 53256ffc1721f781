"""A customer whom this store does not know, but another may: a screen asks, the sync agent fetches her from head office (sync.md 2.6).

In a chain that gives each store only whom it knows she comes with all that is held of her; without a line she gets a file of her own, which
head office joins with hers later. Her number stands in the question alone, which is erased with its answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from edge.store.side import NoSuchJob

if TYPE_CHECKING:
    from edge.store.store import Store

KIND = "look_up"
STATUS = "sync_status"
"""Setting in which the sync agent says how its last exchange ended."""
WAIT_S = 1.5
"""For the agent to see the question, and for a round trip to head office: longer at a screen is worse than asking her name anew."""
MOST = 20
"""Questions that wait: without a line they would pile up."""
_LOOK_EVERY_S = 0.05


def ask(store: Store, phone: str) -> str:
    """Have the agent look for a (normalised) number. Returns what to wait for; "" where nobody would answer now."""
    line: dict[str, str] = store.settings.get(STATUS, {}) or {}
    if not line.get("last_pull_at") or line.get("last_error") or store.jobs.count(KIND) >= MOST:
        return ""
    return store.jobs.put(KIND, {"phone": phone, "guest": True})


def wait(store: Store, asked: str, tick: Callable[[], float] = time.monotonic) -> None:
    """Until the answer is there, or `WAIT_S` are over. Not inside a transaction: the answer is written by another process."""
    end = tick() + WAIT_S
    while asked and tick() < end and _is_open(store, asked):
        time.sleep(_LOOK_EVERY_S)


def _is_open(store: Store, asked: str) -> bool:
    try:
        store.jobs.get(asked)
    except NoSuchJob:
        return False
    return True


def answer(store: Store, fetch: Callable[[str], object]) -> None:
    """The agent's part: fetch whoever was asked for. A question is asked once, whatever became of it."""
    while (job := store.jobs.claim(KIND)) is not None:
        try:
            fetch(str(job.body["phone"]))
        finally:
            store.jobs.forget(job.id)
