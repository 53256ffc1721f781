"""One SQLite connection per (thread, process) to one file, and transactions on it.

A connection is opened on a thread's first use and closed when the thread ends. It never crosses a fork. SQLite keeps
its view of the file locks in process memory; a child would inherit that view without the locks themselves, and even
a *new* connection in the child would believe that it holds them (seen in /proc/locks). So the forking thread's idle
connection is closed just before the fork and reopened when next used; if the file stays open all the same (another
thread, or inside a transaction), the child is refused with `ForkedStore`.

For the same reason nothing else in a process may open and close the database file while it is in use here: closing
any handle of a file drops all locks that the process holds on it.
"""

from __future__ import annotations

import itertools
import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from edge.store.errors import ForkedStore, HalfWritten, StoreClosed
from edge.store.tinydb_sqlite.opening import Synchronous, named, open_connection

_OPENING = threading.RLock()  # opens and forks, one at a time
_EVERY: weakref.WeakSet[Connections] = weakref.WeakSet()
_CROSSING: list[
    apsw.Connection
] = []  # open at a fork: the child keeps them for ever, so that it never closes them
_INHERITED: set[tuple[int, int]] = set()  # (device, inode) of files that were open at the fork, in the child


class _Commits:
    """Counts one connection's commits (called by SQLite; holds no reference back to the connection)."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> bool:
        self.count += 1
        return False  # let the commit go ahead


class _Held(threading.local):
    """What this thread holds."""

    connection: apsw.Connection | None = None
    commits: _Commits
    pid = 0
    opened = 0  # how many connections this thread has opened, so that `data_version` never repeats a value
    depth = 0  # of nested transactions
    doomed = False  # a nested transaction failed after it had written


class Connections:
    """One apsw connection per (thread, pid) to one encrypted file; never across fork."""

    def __init__(
        self,
        path: Path,
        key: bytes | None,
        *,
        synchronous: Synchronous = "FULL",
        busy_timeout_ms: int = 10_000,
    ) -> None:
        self.path = Path(path)
        self._key = key
        self._synchronous = synchronous
        self._busy_timeout_ms = busy_timeout_ms
        self._held = _Held()
        self._open: weakref.WeakSet[apsw.Connection] = weakref.WeakSet()
        self._closed = False
        _EVERY.add(self)

    def get(self) -> apsw.Connection:
        """The connection of this thread."""
        held = self._held
        if held.connection is not None and held.pid == os.getpid() and not self._closed:
            return held.connection
        return self._reopen(held)

    @contextmanager
    def transaction(self) -> Iterator[apsw.Connection]:
        """BEGIN IMMEDIATE ... COMMIT; nested calls join the outermost, which alone commits.

        There are no savepoints. If a nested block fails after it has written and the caller swallows that, the
        outermost refuses to commit (`HalfWritten`): half a write is never kept.
        """
        held = self._held
        if held.depth:
            with self._joined(held) as connection:
                yield connection
            return
        connection = self.get()
        try:
            connection.execute("BEGIN IMMEDIATE")
        except apsw.Error as error:
            raise self.named(error) from error
        held.depth, held.doomed = 1, False
        try:
            yield connection
            self._refuse_to_commit(held)
            connection.execute("COMMIT")
        except BaseException as error:
            if held.pid == os.getpid() and connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, apsw.Error):
                raise self.named(error) from error
            raise
        finally:
            held.depth = 0

    def data_version(self) -> int:
        """A number that grows with each commit by anyone, this connection included. Compare within one thread."""
        foreign: int = self.get().execute("PRAGMA data_version").get
        return (self._held.opened << 40) + foreign + self._held.commits.count

    def named(self, error: apsw.Error) -> Exception:
        """The error under our name, where it has one."""
        return named(error, self.path, self._busy_timeout_ms) or error

    def close(self) -> None:
        """Close the connections of all threads; one that is busy is closed when its thread ends."""
        self._closed = True
        for connection in list(self._open):
            try:
                connection.close()
            except (apsw.ThreadingViolationError, apsw.BusyError):
                continue
        self._held.connection = None

    @contextmanager
    def _joined(self, held: _Held) -> Iterator[apsw.Connection]:
        self._refuse_if_forked(held)
        connection = self.get()
        before = connection.total_changes()
        held.depth += 1
        try:
            yield connection
        except BaseException:
            held.doomed = held.doomed or connection.total_changes() != before
            raise
        finally:
            held.depth -= 1

    def _refuse_if_forked(self, held: _Held) -> None:
        if held.pid != os.getpid():
            raise ForkedStore(self.path)

    def _refuse_to_commit(self, held: _Held) -> None:
        self._refuse_if_forked(held)
        if held.doomed:
            raise HalfWritten(self.path)

    def _reopen(self, held: _Held) -> apsw.Connection:
        if self._closed:
            raise StoreClosed(self.path)
        with _OPENING:
            if _INHERITED and _identity(self.path) in _INHERITED:
                raise ForkedStore(self.path)
            connection = open_connection(
                self.path, self._key, synchronous=self._synchronous, busy_timeout_ms=self._busy_timeout_ms
            )
        held.commits = _Commits()
        connection.set_commit_hook(held.commits)
        held.connection, held.pid = connection, os.getpid()
        held.opened += 1
        self._open.add(connection)
        return connection

    def _before_fork(self) -> list[apsw.Connection]:
        """Close what this thread holds idle; return what stays open."""
        held = self._held
        if held.connection is not None and not held.depth:
            held.connection.close()
            held.connection = None
        return [connection for connection in self._open if _is_open(connection)]


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _is_open(connection: apsw.Connection) -> bool:
    try:
        connection.in_transaction  # noqa: B018  # any attribute tells
    except apsw.ConnectionClosedError:
        return False
    return True


def _before_fork() -> None:
    _OPENING.acquire()
    _CROSSING.extend(itertools.chain.from_iterable(every._before_fork() for every in list(_EVERY)))  # noqa: SLF001


def _after_fork_in_parent() -> None:
    _CROSSING.clear()
    _OPENING.release()


def _after_fork_in_child() -> None:
    for connection in _CROSSING:
        identity = _identity(Path(connection.filename))
        if identity is not None:
            _INHERITED.add(identity)
    _OPENING.release()


os.register_at_fork(
    before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
)
