"""Opening one connection: version check, key, pragmas; and SQLite's errors under our names.

The cipher is ChaCha20-Poly1305, for two reasons. Each page carries an authentication tag, so a page that was
altered or went bad is an error, not wrong data. And it is quick without AES instructions, which the processor of a
Raspberry Pi 4 lacks. The key is 32 random bytes taken as they are: a derivation (64,007 rounds of PBKDF2 by
default) would be paid by each thread that opens the file and adds nothing to a key that is random already.

`mmap_size` is never set: a mapped page would bypass the cipher, and an I/O error would kill the process.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Literal

import apsw

from edge.store.errors import (
    NotUnique,
    OldSQLite,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreUnwritable,
    WrongKey,
)

MINIMUM_SQLITE = (
    3,
    51,
    3,
)  # 3.7.0 to 3.51.2 can corrupt a WAL file when two connections checkpoint and commit
KEY_BYTES = 32  # ChaCha20's key
WAL_LIMIT = 16 * 1024 * 1024  # bytes the -wal file may keep on the card after a checkpoint
STATEMENTS = 200  # prepared statements kept per connection: more than all that the appliance uses

Synchronous = Literal["FULL", "NORMAL"]


def check_sqlite() -> None:
    found = apsw.sqlite_lib_version()
    if tuple(int(part) for part in found.split(".")[:3]) < MINIMUM_SQLITE:
        raise OldSQLite(found, ".".join(map(str, MINIMUM_SQLITE)))


def open_connection(
    path: Path, key: bytes | None, *, synchronous: Synchronous, busy_timeout_ms: int
) -> apsw.Connection:
    """A connection that has proved its key. The caller serialises calls within the process (see `_create`)."""
    check_sqlite()
    if key is not None and len(key) != KEY_BYTES:
        raise WrongKey(path, f"the key must be {KEY_BYTES} bytes, not {len(key)}")
    try:
        _create(path)
        connection = apsw.Connection(str(path), statementcachesize=STATEMENTS)
    except apsw.Error as error:
        raise named(error, path, busy_timeout_ms) or error from error
    except OSError as error:
        raise StoreUnwritable(path, error.strerror or str(error)) from error
    try:
        connection.set_busy_timeout(busy_timeout_ms)
        # One plan per statement. Otherwise SQLite plans anew for each value of a parameter: half of a lookup's time.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        if key is not None:
            connection.execute("PRAGMA cipher = 'chacha20'")
            connection.execute(f"PRAGMA hexkey = '{(b'raw:' + key).hex()}'")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()  # the first read proves the key
        _enter_wal(connection, busy_timeout_ms)
        for pragma in (
            f"synchronous = {synchronous}",
            "secure_delete = ON",  # an erased customer's bytes are overwritten, not only unlinked
            "temp_store = MEMORY",  # sorting never spills plain text to the card
            f"journal_size_limit = {WAL_LIMIT}",
            "trusted_schema = OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except apsw.Error as error:
        connection.close(True)
        raise named(error, path, busy_timeout_ms) or error from error
    return connection


def _create(path: Path) -> None:
    """Make the file readable by its owner only. Closing a file drops this process's locks on it: only if new."""
    if not path.exists():
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return  # another process was first


def _enter_wal(connection: apsw.Connection, patience_ms: int) -> None:
    """Switching an empty file to WAL does not honour the busy timeout: of several first processes one succeeds."""
    give_up = time.monotonic() + patience_ms / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        except apsw.BusyError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return


def named(error: apsw.Error, path: Path, busy_timeout_ms: int = 0) -> StoreError | None:
    """Our error for SQLite's, or None where it is a mistake in our own SQL."""
    match error:
        case apsw.BusyError() | apsw.LockedError():
            return StoreBusy(path, busy_timeout_ms)
        case apsw.NotADBError():
            return WrongKey(path, "does not open with this key, or is no database of this appliance")
        case apsw.CorruptError():
            return StoreDamaged(path, str(error))
        case apsw.ConstraintError() if extended_code(error) == apsw.SQLITE_CONSTRAINT_UNIQUE:
            return NotUnique(path, str(error))
        case apsw.FullError() | apsw.IOError() | apsw.ReadOnlyError() | apsw.CantOpenError():
            return StoreUnwritable(path, str(error))
    return None


def extended_code(error: apsw.Error) -> int:
    """SQLite's detailed result code (apsw sets it, its type hints do not say so)."""
    return int(error.extendedresult)  # type: ignore[attr-defined]
