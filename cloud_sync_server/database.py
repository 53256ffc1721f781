"""HQ's database: encrypted SQLite out of the box, PostgreSQL for a chain, the same statements on both.

Every transaction is a function that may run again: a conflict with another one (SQLSTATE 40001, 40P01, a key that somebody else
inserted first, a busy SQLite) is answered by running it anew, so it must do nothing but talk to its connection.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, make_url, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import QueuePool

from cloud_sync_server import arrays
from cloud_sync_server.clock import now
from cloud_sync_server.schema import identity
from cloud_sync_server.settings import Settings
from cloud_sync_server.vault import read_key

T = TypeVar("T")

MAX_TRIES = 8
"""Runs of one transaction: at 5 % conflicts a run, eight failures in a row do not happen in the life of a chain."""
_RETRY_STATES = frozenset({"40001", "40P01"})
_CHECKPOINT_PAGES = 4_000
"""16 MiB: a push of 1,000 changes writes some 2,000 pages; with the default of 1,000 each would also write them all a second time."""
_CACHE_KIB = 16 * 1024
"""A push of 1,000 changes touches some 8 MiB: with the default of 2 MiB, pages were written out before the commit and read, decrypted
and checked again."""
_BUSY_MS = 10_000
"""How long one SQLite writer waits for another."""
_PLANNING = {"plan_cache_mode": "force_custom_plan", "random_page_cost": "1.1"}
"""PostgreSQL plans each statement for the tables as large as they are now. A plan that it keeps was made for a database that was nearly
empty, and read the whole of `owners` for each push until the next ANALYZE: after sixty nights of two stores an operation took 380
core-microseconds of PostgreSQL's, and takes 58 so. A page at random costs what it does on a disk without a moving head.
"""


class Database:
    """The engine, its transactions and its migrations."""

    def __init__(self, settings: Settings) -> None:
        self.engine = _engine(settings)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run a transaction; again when another one was in the way."""
        return _until_it_passes(self.engine.begin, work)

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run a transaction that only reads; again like any other, as there are engines that refuse these too."""
        return _until_it_passes(lambda: self.engine.connect().execution_options(parlour_reads=True), work)

    def migrate(self) -> None:
        """Bring the schema up to this version's; again when another worker that starts now is doing the same."""
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))

        def upgrade(con: Connection) -> None:
            config.attributes["migrate_with"] = con
            command.upgrade(config, "head")

        self.write(upgrade)
        self.write(_name)

    def close(self) -> None:
        self.engine.dispose()


def _until_it_passes(
    transaction: Callable[[], AbstractContextManager[Connection]], work: Callable[[Connection], T]
) -> T:
    for attempt in range(1, MAX_TRIES + 1):
        try:
            with transaction() as con:
                return work(con)
        except DBAPIError as error:
            if attempt == MAX_TRIES or not passes(error):
                raise
        time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 - jitter, no secret
    raise AssertionError("unreachable")


def _name(con: Connection) -> None:
    """Draw the database's epoch, once."""
    if con.execute(select(identity.c.id)).first() is None:
        con.execute(insert(identity).values(id=1, epoch=secrets.token_hex(4), created_at=now()))


def passes(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed when it is run again."""
    if isinstance(error, IntegrityError):
        return True  # somebody inserted the same key first; the next run finds it
    state = getattr(error.orig, "sqlstate", None)
    return state in _RETRY_STATES or "database is locked" in str(error.orig)


def _engine(settings: Settings) -> Engine:
    room = settings.threads + 4
    if settings.database_url:
        url = make_url(settings.database_url)
        if url.drivername in {"postgresql", "postgres"}:
            url = url.set(drivername="postgresql+psycopg")
        engine = create_engine(
            url, pool_size=room, max_overflow=0, pool_pre_ping=True, isolation_level="READ COMMITTED"
        )
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = read_key(settings.home / "keys", "database.key")
    url = URL.create("sqlite+pysqlcipher", password=f"x'{key.hex()}'", database=str(settings.home / "hq.db"))
    engine = create_engine(
        url, poolclass=QueuePool, pool_size=room, max_overflow=0, connect_args={"check_same_thread": False}
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    arrays.prepare(connection)
    known = "SELECT set_config(name, wanted, false) FROM unnest(%s::text[], %s::text[]) AS w (name, wanted) JOIN pg_settings USING (name)"
    # What only speaks like PostgreSQL may not have them all.
    connection.execute(known, [list(_PLANNING), list(_PLANNING.values())])
    connection.commit()


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where `_begin` says
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {_BUSY_MS}", "journal_mode = WAL", "synchronous = FULL", "secure_delete = ON",
        f"wal_autocheckpoint = {_CHECKPOINT_PAGES}", f"cache_size = {-_CACHE_KIB}",
    ):  # fmt: skip
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(con: Connection) -> None:
    reads = con.get_execution_options().get("parlour_reads")
    con.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
