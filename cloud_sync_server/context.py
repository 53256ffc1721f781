"""What every request has at hand: settings, database, vault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app

from cloud_sync_server.database import Database
from cloud_sync_server.lease_limits import LeaseLimits
from cloud_sync_server.settings import Settings
from cloud_sync_server.vault import Vault, read_key

if TYPE_CHECKING:
    from cloud_sync_server.api.pressure import Pressure

EXTENSION = "parlour_hq"


@dataclass(frozen=True)
class Hq:
    """One HQ in one process."""

    settings: Settings
    database: Database
    vault: Vault
    pressure: Pressure
    lease_limits: LeaseLimits

    @classmethod
    def open(cls, settings: Settings) -> Hq:
        """Open, or make, what the settings name, with the schema of this version."""
        from cloud_sync_server.api.pressure import Pressure
        from cloud_sync_server.proof import backfill

        limits = LeaseLimits.load(settings.lease_limits)
        database = Database(settings)
        database.migrate()
        vault = Vault(read_key(settings.home / "keys", "master.key"))
        while database.write(lambda con: backfill(con, vault)):
            pass  # records of an earlier version, a few hundred a transaction
        return cls(settings, database, vault, Pressure(settings.busy_limit), limits)


def hq() -> Hq:
    """The HQ of the current request."""
    found: Hq = current_app.extensions[EXTENSION]
    return found
