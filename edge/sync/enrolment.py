"""Becoming a store of the chain: the one-time code from HQ for this store's own key."""

from __future__ import annotations

from importlib.metadata import version

from edge.store import Store, countersigned
from edge.store.keys import read_key, write_secret
from edge.sync.errors import NotEnrolled
from edge.sync.line import Line, new_client
from edge.web import httpx
from salon.reconcile.protocol import EnrolRequest

KEY, LOOKUP_KEY = "hq.key", "hq-lookup.key"
"""Files in `keys/`: what signs requests, and what phone numbers are hashed with before HQ is asked for them."""

HQ_URL = "hq_url"
"""Setting: where HQ is."""


def enrol(home: Store, url: str, code: str, *, client: httpx.Client | None = None) -> None:
    """Get this store's key for a code, keep it, and remember where HQ is. Raises Refused, Unreachable."""
    record = home.stores.find(home.store_id)
    request = EnrolRequest(
        code=code,
        store_id=home.store_id,
        name=record.name if record else "",
        name_en=record.name_en if record else "",
        version=version("parlour"),
    )
    with client or new_client() as open_client:
        answer = Line(url, open_client).enrol(request)
    write_secret(home.home / "keys" / LOOKUP_KEY, bytes.fromhex(answer.lookup_key), replace=True)
    write_secret(home.home / "keys" / KEY, answer.key.encode(), replace=True)
    countersigned.trust(home, answer.heads_key)
    home.settings.set(HQ_URL, url)


def key_of(home: Store) -> str:
    """The key that HQ gave the store. Raises NotEnrolled."""
    try:
        return read_key(home.home, KEY).decode()
    except FileNotFoundError as error:
        raise NotEnrolled("the store was not enrolled with HQ") from error
