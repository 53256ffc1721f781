"""An encrypted database for each test."""

import os

import pytest

from edge.store.tinydb_sqlite import SqliteDB


@pytest.fixture
def key():
    return os.urandom(32)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.sqlite"


@pytest.fixture
def db(path, key):
    with SqliteDB(path, key) as database:
        yield database
