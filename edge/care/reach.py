"""Whether the address of reports that stands in messages opens this store: asked when the unit starts, kept for `parlour doctor`.

A link that leads nowhere is worse than none: a customer tries it once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from edge.store import Store

KEPT = "care.reports"
"""Setting of the store: the address, whether it opened this store, and why not."""
TIMEOUT_S = 8.0
"""s: a tunnel or a proxy on the other side of the world answers in two."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def fit(url: str) -> str:
    """The address without a slash at its end. Raises ValueError: outside of this machine only https keeps a report private."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("write https://host, without anything behind the path")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("outside of this machine reports are opened by https only")
    return url.rstrip("/")


def look(store: Store, url: str) -> dict[str, Any]:
    """Ask the address for this store's own health page, and keep what came of it."""
    why = "" if url else "none"
    if url:
        from edge.web import httpx  # only where there is an address: it takes 8 MB

        try:
            answer = httpx.get(f"{url}/healthz", timeout=TIMEOUT_S)
            why = (
                ""
                if answer.status_code == 200 and answer.json().get("store") == store.store_id
                else "another"
            )
        except (httpx.HTTPError, ValueError) as error:
            why = type(error).__name__
    found = {"url": url, "why": why}
    if store.settings.get(KEPT) != found:
        store.settings.set(KEPT, found)
    return found
