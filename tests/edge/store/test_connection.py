"""Opening, encryption, transactions, forks and versions."""

import contextlib
import os
import subprocess
import threading
from pathlib import Path

import apsw
import pytest

from edge.store.errors import (
    ForkedStore,
    HalfWritten,
    OldSQLite,
    StoreBusy,
    StoreClosed,
    StoreError,
    StoreUnwritable,
    UnstorableValue,
    WrongKey,
)
from edge.store.tinydb_sqlite import Connections, SqliteDB

NAME = "陈美丽-Rosalind"


def in_child(function):
    """What a forked child answers (a text of at most one pipe)."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = function()
        except BaseException as error:
            answer = type(error).__name__
        os.write(writer, str(answer).encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as answered:
        return answered.read()


def test_a_wrong_key_is_named_and_nothing_is_changed(path, key):
    with SqliteDB(path, key) as db:
        db.insert({"name": NAME})
    before = path.read_bytes()
    for wrong in (bytes(32), None):
        with pytest.raises(WrongKey) as caught:
            SqliteDB(path, wrong)
        assert isinstance(caught.value, StoreError)
        assert isinstance(caught.value, PermissionError)
        assert caught.value.path == path
    assert path.read_bytes() == before
    with SqliteDB(path, key) as db:
        assert db.all() == [{"name": NAME}]


def test_a_key_of_another_length_is_refused_before_a_file_is_made(path):
    with pytest.raises(WrongKey, match="32 bytes"):
        SqliteDB(path, b"short")
    assert not path.exists()


def test_no_plain_text_in_the_file_nor_in_its_log(path, key):
    db = SqliteDB(path, key)
    db.insert_multiple({"name": f"{NAME} {number}"} for number in range(200))
    plain = SqliteDB(path.with_name("plain"), None)
    plain.insert({"name": NAME})
    # Read by another process: closing a handle here would drop this process's locks on the files.
    found = subprocess.run(
        ["grep", "-rl", NAME, str(path.parent)], capture_output=True, text=True, check=False
    ).stdout.split()
    assert path.with_name(path.name + "-wal").stat().st_size > 0
    assert found == [str(path.with_name("plain-wal"))], "found where it is plain, and only there"
    db.close()
    assert NAME.encode() not in path.read_bytes()


def test_the_file_is_its_owners_alone(db, path):
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_old_sqlite_is_refused(path, key, monkeypatch):
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.51.2")
    with pytest.raises(OldSQLite) as caught:
        SqliteDB(path, key)
    assert (caught.value.found, caught.value.needed) == ("3.51.2", "3.51.3")
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.51.3")
    SqliteDB(path, key).close()


def test_a_folder_that_is_not_there_is_named(path, key):
    with pytest.raises(StoreUnwritable):
        SqliteDB(path / "missing" / "store.sqlite", key)


def test_durability_and_erasure_settings(path, key):
    con = Connections(path, key).get()
    settings = {name: con.execute(f"PRAGMA {name}").get for name in ("journal_mode", "synchronous")}
    assert settings == {"journal_mode": "wal", "synchronous": 2}
    assert con.execute("PRAGMA secure_delete").get == 1
    assert con.execute("PRAGMA mmap_size").get in {0, None}
    assert con.execute("PRAGMA cipher").get == "chacha20"


def test_a_nested_transaction_joins_the_outer_one(db):
    def write(then):
        with db.transaction():
            db.insert({"a": 1})
            with db.transaction():
                db.table("other").insert({"b": 1})
            then()

    with pytest.raises(ZeroDivisionError):
        write(lambda: 1 / 0)
    assert (len(db), len(db.table("other"))) == (0, 0)
    write(lambda: None)
    assert (len(db), len(db.table("other"))) == (1, 1)


def test_half_a_write_is_never_kept_even_if_its_failure_is_swallowed(db):
    def fails():
        with db.transaction():
            db.insert({"a": 1})
            1 / 0  # noqa: B018

    with pytest.raises(HalfWritten), db.transaction(), contextlib.suppress(ZeroDivisionError):
        fails()
    assert len(db) == 0


def test_a_refusal_before_anything_was_written_may_be_handled(db):
    db.create_index("phone", unique=True)
    with db.transaction():
        db.insert({"phone": "1"})
        with pytest.raises(ValueError):
            db.insert({"phone": "1"})
        db.insert({"phone": "2"})
    assert len(db) == 2


def test_a_writer_that_waits_too_long_is_told(path, key):
    first, second = Connections(path, key), Connections(path, key, busy_timeout_ms=20)
    second.get()
    with first.transaction(), pytest.raises(StoreBusy) as caught, second.transaction():
        pass
    assert caught.value.waited_ms == 20


def test_the_data_version_shows_any_commit_and_only_commits(path, key):
    mine, other = SqliteDB(path, key), SqliteDB(path, key)
    seen = [mine.connections.data_version()]
    mine.insert({"a": 1})
    seen.append(mine.connections.data_version())
    other.insert({"a": 1})
    seen.append(mine.connections.data_version())
    thread = threading.Thread(target=lambda: mine.insert({"a": 1}))
    thread.start()
    thread.join()
    seen.append(mine.connections.data_version())
    assert seen == sorted(set(seen))
    with pytest.raises(UnstorableValue):
        mine.insert_multiple([{"a": 1}, {"a": "\0"}])  # rolled back
    mine.all()
    assert mine.connections.data_version() == seen[-1]


def test_each_thread_has_a_connection_of_its_own_and_leaves_none_behind(path, key):
    connections = Connections(path, key)
    seen = [connections.get()]
    thread = threading.Thread(target=lambda: seen.append(id(connections.get())))
    thread.start()
    thread.join()
    assert connections.get() is seen[0]
    assert id(seen[0]) != seen[1]
    assert len(connections._open) == 1


def test_a_closed_store_says_so(path, key):
    connections = Connections(path, key)
    connections.get()
    connections.close()
    with pytest.raises(StoreClosed):
        connections.get()


def test_a_child_opens_a_connection_of_its_own_with_locks_of_its_own(db, path):
    db.insert({"by": "parent"})

    def child():
        db.insert({"by": "child"})
        return f" {os.getpid()} " in Path("/proc/locks").read_text()

    assert in_child(child) == "True"
    db.insert({"by": "parent"})
    assert [document["by"] for document in db] == ["parent", "child", "parent"]


def test_a_child_of_an_open_transaction_is_refused_and_the_parent_goes_on(db):
    with db.transaction():
        db.insert({"a": 1})
        assert in_child(lambda: db.insert({"a": 2})) == ForkedStore.__name__
        assert in_child(db.connections.get) == ForkedStore.__name__
    assert db.all() == [{"a": 1}]


def test_a_child_is_refused_while_another_thread_has_the_file_open(db):
    opened, done = threading.Event(), threading.Event()

    def hold():
        db.all()
        opened.set()
        done.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    opened.wait(60)
    try:
        assert in_child(lambda: len(db)) == ForkedStore.__name__
    finally:
        done.set()
        thread.join()
    assert in_child(lambda: len(db)) == "0"
