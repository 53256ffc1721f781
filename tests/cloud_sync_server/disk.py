"""HQ's disk as the tests copy it and put it back: its folder, with its keys, and its database."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import psycopg

from cloud_sync_server.settings import Settings

ON = "PARLOUR_TEST_HQ"
"""On which database HQ is: SQLite, or `postgresql`."""


class Disk:
    """A folder, in which SQLite's database is a file; on PostgreSQL also a database of the server. Nobody may be connected to it while it is
    copied, put back or thrown away.
    """

    def __init__(self, folder: Path, server: str = "", name: str = "hq") -> None:
        self.folder = folder
        self._server = server.rpartition("/")[0]
        self._name = name

    def settings(self, **more: Any) -> Settings:
        url = f"{self._server}/{self._name}" if self._server else ""
        return Settings(home=self.folder, database_url=url, **more)

    def make(self) -> None:
        """An empty database."""
        self._administer(
            f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)", f"CREATE DATABASE {self._name}"
        )

    def copy(self, folder: Path, name: str) -> Disk:
        """As its administrator copies it. What was there is written over."""
        other = Disk(folder, f"{self._server}/", name) if self._server else Disk(folder)
        other.throw_away()
        shutil.copytree(self.folder, folder)
        self._administer(f"CREATE DATABASE {name} TEMPLATE {self._name}")
        return other

    def throw_away(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self._administer(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")

    def _administer(self, *statements: str) -> None:
        if not self._server:
            return
        address = f"{self._server}/postgres".replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as con:
            for statement in statements:
                con.execute(statement)
