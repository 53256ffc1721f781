"""What is done at HQ without a browser: the first user, a store's enrolment code."""

from __future__ import annotations

from cloud_sync_server import enrolment
from cloud_sync_server.context import Hq
from cloud_sync_server.settings import Settings


def create_enrolment_code(store_id: str, settings: Settings | None = None, *, by: str = "admin") -> str:
    """A new one-time code for a store."""
    here = Hq.open(settings or Settings.from_environment())
    try:
        return here.database.write(lambda con: enrolment.create_code(con, here.vault, store_id, by))
    finally:
        here.database.close()
