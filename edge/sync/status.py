"""How the exchange stands, for the technician's page and `parlour doctor`: the setting `sync_status`.

{"last_push_at", "last_pull_at", "last_error", "detail", "acked", "pending", "skew_ms"}
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from edge.store import Store, now
from edge.store.elsewhere import STATUS

KEEP_EVERY = timedelta(minutes=5)
"""A line on which nothing happens is written down this often: a durable write every pull would wear the card, and one every half minute is 24 MB a day."""
SKEW_STEP_MS = 5_000
"""A clock's difference smaller than this is no news."""


def keep(store: Store, *, pushed: int, error: str, detail: str, skew_ms: int) -> None:
    """Write down how the last exchange went, if that is news."""
    before: dict[str, Any] = store.settings.get(STATUS, {}) or {}
    at = now()
    status = {
        **before,
        "last_error": error,
        "detail": detail,
        "acked": store.outbox.acked,
        "pending": store.outbox.count(),
        "skew_ms": skew_ms // SKEW_STEP_MS * SKEW_STEP_MS if abs(skew_ms) >= SKEW_STEP_MS else 0,
    }
    if status == before and not pushed and not _old(before.get("last_pull_at", "")):
        return
    if pushed:
        status["last_push_at"] = at
    if not error:
        status["last_pull_at"] = at
    store.settings.set(STATUS, {"last_push_at": "", "last_pull_at": "", **status})


def _old(at: str) -> bool:
    return not at or datetime.now(UTC) - datetime.fromisoformat(at) > KEEP_EVERY
