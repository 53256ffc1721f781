"""What a store knows that is no record: settings, refusals, latest values, presence, and jobs between its processes.

None of it is synced; all of it is shared by the processes of this store.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from tinydb.queries import where

from edge.store.clock import new_rid, now, parse
from edge.store.errors import StoreError
from edge.store.tinydb_sqlite import Connections, SqliteTable
from edge.store.tinydb_sqlite.body import encode
from edge.store.tinydb_sqlite.compile import json_path, value_at
from edge.store.wanted import Wanted
from salon.reconcile import MAX_CHANGE_BYTES

Boundary = Literal["mqtt", "http", "photo", "import", "sync", "serial", "config"]
MAX_REFUSALS = 2000
"""Rows kept; the oldest go first. A device that raves must not fill the card."""
MAX_RAW_BYTES = 4096
"""Of a refused input, this much is kept."""
MAX_CHANGE_KEPT = 2 * MAX_CHANGE_BYTES
"""Of a refused change all of it, in characters, with what stands around it: only whole can it be tried again."""
STALE_AFTER = 3
"""Missed intervals after which a value is no longer shown as live (mqtt.md 2.4)."""


class Settings:
    """Small local values, by name."""

    def __init__(self, connections: Connections) -> None:
        self._table = SqliteTable(connections, "settings")
        self._table.create_index("name", unique=True)

    def get(self, name: str, default: Any = None) -> Any:
        found = self._table.get(where("name") == name)
        return default if found is None else found["value"]

    def named(self, prefix: str) -> dict[str, Any]:
        """All whose names begin so."""
        rows = self._table.search(where("name").test(lambda name: str(name).startswith(prefix)))
        return {str(row["name"]): row["value"] for row in rows}

    def set(self, name: str, value: Any) -> None:
        self._table.upsert({"name": name, "value": value}, where("name") == name)


@dataclass(frozen=True)
class Refusal:
    """An input that was not taken, kept for a technician."""

    at: str
    boundary: str
    source: str
    code: str
    detail: str
    raw: str
    state: str = ""
    """What was decided of it: again, mended, put_away; empty while it waits, or where there is nothing to decide."""
    by: str = ""
    number: int = 0


class Refusals:
    """What was refused, newest first."""

    def __init__(self, connections: Connections) -> None:
        self._table = SqliteTable(connections, "refusals")
        self._connections = connections

    def add(self, boundary: Boundary, source: str, code: str, detail: str, raw: str | bytes = "") -> None:
        kept = raw if isinstance(raw, str) else _readable(raw)
        most = MAX_CHANGE_KEPT if boundary == "sync" else MAX_RAW_BYTES
        with self._connections.transaction():
            doc_id = self._table.insert({
                "at": now(), "boundary": boundary, "source": source[:200], "code": code,
                "detail": _clean(detail[:1000]), "raw": _clean(kept[:most]),
            })  # fmt: skip
            if doc_id > MAX_REFUSALS:
                self._table.remove(doc_ids=[doc_id - MAX_REFUSALS])

    def latest(self, limit: int = 100) -> list[Refusal]:
        ids = sorted((document.doc_id for document in self._table), reverse=True)[:limit]
        return [found for i in ids if (found := self.get(i)) is not None]

    def get(self, number: int) -> Refusal | None:
        document = self._table.get(doc_id=number)
        return None if document is None else Refusal(**dict(document), number=number)

    def naming(self, text: str) -> list[Refusal]:
        """Those of the exchange in whose change a text stands: a record's or a lease's id."""
        rows = self._table.search(where("boundary") == "sync")
        return [Refusal(**dict(row), number=row.doc_id) for row in rows if text in row["raw"]]

    def settle(self, number: int, state: str, by: str) -> None:
        """Note what was decided of one, and by whom."""
        self._table.update({"state": state, "by": by}, doc_ids=[number])

    def forget(self, rids: Collection[str]) -> None:
        """Take away what was kept of records that are erased now."""
        gone = [
            row.doc_id
            for row in self._table.search(where("boundary") == "sync")
            if any(rid in row["raw"] or rid in row["detail"] for rid in rids)
        ]
        self._table.remove(doc_ids=gone)


def _readable(raw: bytes) -> str:
    try:
        return raw[:MAX_RAW_BYTES].decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(raw[: MAX_RAW_BYTES * 3 // 4 - 8]).decode()


def _clean(text: str) -> str:
    """Lone surrogates (from undecodable file names and the like) cannot be stored."""
    return text.encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True)
class LatestValue:
    """The last value of one measure of one device, and whether it may be shown as live."""

    device: str
    measure: str
    value: float
    unit: str
    at: str
    place: str
    quality: str
    stale: bool


_KEY = value_at(str(json_path(("key",))))
_PUT_LATEST = (
    f"INSERT INTO latest (body) VALUES (?) ON CONFLICT ({_KEY}) WHERE {_KEY} IS NOT NULL"  # noqa: S608 - the constant above
    " DO UPDATE SET body = excluded.body"
)


class Latest:
    """Last values, one a device and measure."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._table = SqliteTable(connections, "latest")
        self._table.create_index("key", unique=True)

    def put(
        self, device: str, measure: str, value: float, unit: str, at: str, *, interval_s: float,
        place: str = "", quality: str = "good",
    ) -> None:  # fmt: skip
        self.put_all(
            [self.row(device, measure, value, unit, at, interval_s=interval_s, place=place, quality=quality)]
        )

    @staticmethod
    def row(
        device: str, measure: str, value: float, unit: str, at: str, *, interval_s: float,
        place: str = "", quality: str = "good",
    ) -> dict[str, Any]:  # fmt: skip
        """One value, for `put_all`."""
        return {
            "key": f"{device}/{measure}", "device": device, "measure": measure, "value": value, "unit": unit, "at": at,
            "place": place, "quality": quality, "interval_s": interval_s,
        }  # fmt: skip

    def put_all(self, rows: Sequence[dict[str, Any]]) -> None:
        """Many at once (of `row`) by SQLite's own upsert: a minute of a large store is hundreds of values."""
        with self._connections.transaction() as con:
            con.executemany(_PUT_LATEST, [(encode(row),) for row in rows])

    def all(self) -> list[LatestValue]:
        moment = parse(now())
        out = []
        for row in self._table:
            age = moment - parse(row["at"])
            stale = age > timedelta(seconds=STALE_AFTER * row["interval_s"])
            out.append(
                LatestValue(
                    row["device"],
                    row["measure"],
                    row["value"],
                    row["unit"],
                    row["at"],
                    row["place"],
                    row["quality"],
                    stale,
                )
            )
        return sorted(out, key=lambda v: (v.device, v.measure))

    def forget(self, device: str) -> None:
        self._table.remove(where("device") == device)


@dataclass(frozen=True)
class Presence:
    """Whether a device is there, since when, and what it runs."""

    device: str
    online: bool
    since: str
    last_seen: str
    firmware: str


class Presences:
    """Presence of devices, by their last will."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._table = SqliteTable(connections, "presence")
        self._table.create_index("device", unique=True)

    def note(self, device: str, *, online: bool | None = None, firmware: str | None = None) -> None:
        """A device was heard of: what is not given stays as it was."""
        moment = now()
        with self._connections.transaction():
            found = self._table.get(where("device") == device)
            row: dict[str, Any] = dict(found) if found else {
                "device": device, "online": False, "since": moment, "last_seen": "", "firmware": ""
            }  # fmt: skip
            if online is not None and online != row["online"]:
                row |= {"online": online, "since": moment}
            if online is not False:
                row["last_seen"] = moment
            if firmware is not None:
                row["firmware"] = firmware
            self._table.upsert(row, where("device") == device)

    def all(self) -> dict[str, Presence]:
        return {row["device"]: Presence(**dict(row)) for row in self._table}

    def forget(self, device: str) -> None:
        self._table.remove(where("device") == device)


class NoSuchJob(StoreError, KeyError):
    """Raised when there is no job of that id."""


@dataclass(frozen=True)
class Job:
    """A piece of work that one process asks of another, with its outcome."""

    id: str
    kind: str
    body: dict[str, Any]
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    asked_at: str
    changed_at: str
    result: dict[str, Any]
    code: str
    detail: str


class Jobs:
    """Work between processes: it survives a restart of either, and needs no broker. Who works may have to be started first."""

    def __init__(self, connections: Connections, wanted: Wanted) -> None:
        self._connections = connections
        self._wanted = wanted
        self._table = SqliteTable(connections, "jobs")
        self._table.create_index("job", unique=True)
        self._table.create_index("kind", "state")

    def put(self, kind: str, body: dict[str, Any]) -> str:
        job = new_rid()
        moment = now()
        self._table.insert({
            "job": job, "kind": kind, "body": body, "state": "waiting", "asked_at": moment, "changed_at": moment,
            "result": {}, "code": "", "detail": "",
        })  # fmt: skip
        self._wanted.ask(kind)
        return job

    def waits(self, kind: str) -> bool:
        """Whether there is a job of a kind to claim."""
        waiting = (where("kind") == kind) & (where("state") == "waiting")
        return bool(self._table.search(waiting, order_by="asked_at", limit=1))

    def count(self, kind: str) -> int:
        """How many jobs of a kind there are, ended ones too."""
        return self._table.count(where("kind") == kind)

    def claim(self, kind: str) -> Job | None:
        """The oldest waiting job of a kind, now running. Two processes never get the same one."""
        with self._connections.transaction():
            waiting = (where("kind") == kind) & (where("state") == "waiting")
            found = self._table.search(waiting, order_by="asked_at", limit=1)
            if not found:
                return None
            self._move(found[0]["job"], "running")
            return self.get(found[0]["job"])

    def finish(self, job: str, result: dict[str, Any]) -> None:
        self._move(job, "done", result=result)

    def fail(self, job: str, code: str, detail: str = "") -> None:
        self._move(job, "failed", code=code, detail=detail)

    def cancel(self, job: str) -> None:
        """Stop wanting a job. One that has ended stays as it is."""
        with self._connections.transaction():
            if self.get(job).state in ("waiting", "running"):
                self._move(job, "cancelled")

    def requeue(self, kind: str) -> int:
        """Jobs of a worker that died in the middle wait again: called by the worker when it starts."""
        running = (where("kind") == kind) & (where("state") == "running")
        return len(self._table.update({"state": "waiting", "changed_at": now()}, running))

    def forget(self, job: str) -> None:
        """Erase a job that has ended, with its outcome: for one whose outcome nobody may find later. Raises NoSuchJob."""
        if not self._table.remove(where("job") == job):
            raise NoSuchJob(job)

    def forget_guests(self, moment: str) -> int:
        """Erase what guests asked for and nobody came to see since a moment; returns how many."""
        guests = where("body")["guest"] == True  # noqa: E712 - a query, not a truth
        return len(self._table.remove(guests & (where("changed_at") < moment)))

    def get(self, job: str) -> Job:
        """Raises NoSuchJob."""
        found = self._table.get(where("job") == job)
        if found is None:
            raise NoSuchJob(job)
        return self._as_job(dict(found))

    def latest(self, limit: int = 50) -> list[Job]:
        """The jobs that changed last, newest first."""
        found = self._table.search(where("job").exists(), order_by="changed_at", descending=True, limit=limit)
        return [self._as_job(dict(row)) for row in found]

    @staticmethod
    def _as_job(row: dict[str, Any]) -> Job:
        return Job(row.pop("job"), **row)

    def _move(self, job: str, state: str, **fields: Any) -> None:
        if not self._table.update({"state": state, "changed_at": now(), **fields}, where("job") == job):
            raise NoSuchJob(job)
