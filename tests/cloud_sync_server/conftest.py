"""HQ on SQLite and on PostgreSQL: every test that asks for `hq` runs on both."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest

from cloud_sync_server.app import create_app
from cloud_sync_server.context import EXTENSION, Hq
from cloud_sync_server.schema import metadata
from cloud_sync_server.settings import Settings
from tests.cloud_sync_server import postgres
from tests.cloud_sync_server.conflicts import conflicts
from tests.cloud_sync_server.wire import HqClient

SHARE, TOLD = "PARLOUR_CONFLICTS", "PARLOUR_CONFLICTS_FILE"
"""Which share of all transactions fails, and where a mark is left for each."""


@pytest.fixture(scope="session")
def postgres_url():
    """A server whose one database has the schema."""
    reason = postgres.missing()
    if reason:
        pytest.skip(reason)
    with postgres.server() as url, tempfile.TemporaryDirectory() as home:
        _migrate(Settings(home=home, database_url=url))
        yield url


def _empty(url):
    """Far quicker than a new database for each test."""
    tables = [table.name for table in metadata.sorted_tables if table.name != "identity"]
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as con:
        con.execute("; ".join(f"DELETE FROM {name}" for name in tables))


@pytest.fixture(scope="session")
def blank_home(tmp_path_factory):
    """HQ's folder with a SQLite database that has the schema."""
    home = tmp_path_factory.mktemp("blank")
    _migrate(Settings(home=home))
    return home


def _migrate(settings):
    Hq.open(settings).database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request, tmp_path):
    """A fresh HQ of each kind."""
    home = tmp_path / "hq"
    if request.param == "sqlite":
        shutil.copytree(request.getfixturevalue("blank_home"), home)
        return Settings(home=home)
    url = request.getfixturevalue("postgres_url")
    _empty(url)
    return Settings(home=home, database_url=url)


@pytest.fixture
def app(settings):
    app = create_app(settings)
    app.testing = True
    share = float(os.environ.get(SHARE, "0"))
    refused = conflicts(app.extensions[EXTENSION].database.engine, share, share)
    yield app
    if refused[0]:
        with Path(os.environ[TOLD]).open("a") as told:
            told.write("." * refused[0])
    app.extensions[EXTENSION].database.close()


@pytest.fixture
def hq(app):
    return HqClient(app)
