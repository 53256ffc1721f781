"""What is done at HQ without a browser: users, and a store's enrolment code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cloud_sync_server import enrolment, users
from cloud_sync_server.context import Hq
from cloud_sync_server.settings import Settings


def create_user(
    login: str, password: str, role: users.Role, settings: Settings | None = None, *, by: str = "admin"
) -> None:
    """Make a user, or give one a new password. Raises WeakPassword."""
    with _open(settings) as here:
        here.database.write(lambda con: users.create(con, login, password, role, by))


def create_enrolment_code(store_id: str, settings: Settings | None = None, *, by: str = "admin") -> str:
    """A new one-time code for a store."""
    with _open(settings) as here:
        return here.database.write(lambda con: enrolment.create_code(con, here.vault, store_id, by))


@contextmanager
def _open(settings: Settings | None) -> Iterator[Hq]:
    here = Hq.open(settings or Settings.from_environment())
    try:
        yield here
    finally:
        here.database.close()
