"""The line: 20,000 new records of some 400 B, then 200 one-field changes, then nothing to do.

Ours: store -> agent -> HTTP -> HQ (its own process, gunicorn) on SQLite with synchronous=FULL and on PostgreSQL, every record sealed
under its member's key, merged, searchable and acknowledged once it is on disk. Beside it, in the same run, PouchDB -> express-pouchdb
over loopback (LevelDB, which does not fsync). All bytes are counted by the same proxy, headers included.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks._wire import Counting, free_port, running
from benchmarks.bench_store import member
from benchmarks.common import Row, report
from cloud_sync_server import admin
from cloud_sync_server.settings import Settings
from edge.store import Store
from edge.sync import Agent, enrol
from edge.sync.pace import LARGEST
from salon.records import Member

RECORDS = int(os.environ.get("PARLOUR_BENCH_RECORDS", "20000"))
CHANGES = 200
HERE = Path(__file__).parent / "pouchdb"
BATCHES = (
    100,
    1000,
)  # documents: PouchDB's default, and what it does best with, which is also our largest batch


@dataclass
class Measured:
    name: str
    rate: float
    core_us: float
    """Core-microseconds a record: both sides, their database and the proxy."""
    new_bytes: float
    small_s: float
    small_bytes: float
    nothing_bytes: float


def main() -> None:
    peers = [_pouchdb(batch) for batch in BATCHES] if _installed() else []
    ours = [_ours("HQ on SQLite, full fsync", "")]
    with _postgresql() as url:
        if url:
            ours.append(_ours("HQ on PostgreSQL", url))
    rows: list[Row] = []
    for one in ours:
        for peer in peers:
            name = f"{peer.name}, same run"
            rows += [
                Row.of(f"{one.name}: new records pushed", one.rate, peer.rate, name, "1/s"),
                Row.of(
                    f"{one.name}: core time a new record, both sides", one.core_us, peer.core_us, name, "µs"
                ),
                Row.of(f"{one.name}: a new record on the wire", one.new_bytes, peer.new_bytes, name, "B"),
                Row.of(
                    f"{one.name}: a one-field change on the wire",
                    one.small_bytes,
                    peer.small_bytes,
                    name,
                    "B",
                ),
                Row.of(
                    f"{one.name}: {CHANGES} one-field changes",
                    one.small_s * 1000,
                    peer.small_s * 1000,
                    name,
                    "ms",
                ),
                Row.of(f"{one.name}: nothing to do", one.nothing_bytes, peer.nothing_bytes, name, "B"),
            ]
    report("sync", rows, notes=[
        f"{RECORDS:,} records; bytes are all that passed the proxy in both directions, divided by records or changes.",
        f"The fair one of the two is PouchDB's batch {LARGEST}: ours also sends up to {LARGEST} at a time. Batch {BATCHES[0]} is its default.",
        "Records a second depend on what else the machine does; core time hardly does.",
        "LevelDB acknowledges before an fsync; both of ours acknowledge after it.",
        *([] if peers else ["PouchDB could not be installed here: npm is missing or has no line. Nothing to compare with."]),
    ])  # fmt: skip


def _ours(name: str, database_url: str) -> Measured:
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as place:
        folder = Path(place)
        settings = Settings(home=folder / "hq", database_url=database_url)
        code = admin.create_enrolment_code("s001", settings)
        port = free_port()
        environment = {
            **os.environ, "PARLOUR_HOME": str(folder), "PARLOUR_HQ_PORT": str(port), "DATABASE_URL": database_url,
        }  # fmt: skip
        command = [sys.executable, "-m", "cloud_sync_server"]
        with (
            running(command, port, env=environment, stderr=subprocess.DEVNULL),
            Store.create(folder / "store", "s001") as store,
        ):
            line = Counting(port)
            url = f"http://127.0.0.1:{line.port}"
            enrol(store, url, code)
            store.members.insert_multiple([member(number) for number in range(RECORDS)])
            agent = Agent(store, url)
            agent._size.size = LARGEST
            agent.line.status()  # the connection is there, as it is in an agent that runs
            before = core_s()
            full_s, full_bytes = _push(agent, line)
            core_us = (core_s() - before) / RECORDS * 1e6
            while agent.pull_once()[1]:
                pass
            for number in range(CHANGES):
                store.members.edit(member(number)["rid"], drink=f"tea {number}")
            small_s, small_bytes = _push(agent, line)
            agent.sync_now()
            before = line.both
            agent.sync_now()
            nothing = line.both - before
            agent.close()
            line.close()
    return Measured(
        name, RECORDS / full_s, core_us, full_bytes / RECORDS, small_s, small_bytes / CHANGES, nothing
    )


def core_s() -> float:
    """Core-seconds that this process and all that it started have taken."""
    me = psutil.Process()
    return sum(sum(one.cpu_times()[:2]) for one in (me, *me.children(recursive=True)))


def _push(agent: Agent, line: Counting) -> tuple[float, int]:
    before, begun = line.both, time.perf_counter()
    agent.push_all()
    return time.perf_counter() - begun, line.both - before


def _installed() -> bool:
    """Install the peer, as its lock file says, into its own folder."""
    if (HERE / "node_modules" / "express-pouchdb").is_dir():
        return True
    if shutil.which("npm") is None:
        return False
    return (
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, check=False, stdout=subprocess.DEVNULL
        ).returncode
        == 0
    )


def _sparse(document: dict[str, Any]) -> dict[str, Any]:
    """A record as one would give it to PouchDB: what it says, without the fields that are at their defaults. So does our change."""
    defaults = Member.defaults()
    said = {name: value for name, value in document.items() if defaults.get(name, object()) != value}
    return {"_id": said.pop("rid"), **said}


def _pouchdb(batch: int) -> Measured:
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as place:
        folder = Path(place)
        (folder / "server").mkdir()
        (folder / "client").mkdir()
        docs = [_sparse(member(number)) for number in range(RECORDS)]
        (folder / "docs.json").write_text(json.dumps(docs, ensure_ascii=False))
        port = free_port()
        command = ["node", str(HERE / "server.js"), str(folder / "server"), str(port)]
        with running(command, port, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            line = Counting(port)
            arguments = [
                str(folder / "client"), f"http://127.0.0.1:{line.port}/bench", str(folder / "docs.json"), str(CHANGES),
                str(batch),
            ]  # fmt: skip
            client = subprocess.Popen(
                ["node", str(HERE / "push.js"), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert client.stdin is not None
            assert client.stdout is not None
            client.stdout.readline()  # the records are in its own database
            steps = []
            for _ in range(3):
                before, begun = line.both, core_s()
                client.stdin.write("on\n")
                client.stdin.flush()
                taken, written = json.loads(client.stdout.readline().partition(" ")[2])
                steps.append((taken, written, line.both - before, core_s() - begun))
            client.wait(60)
            line.close()
    (full_s, written, full_bytes, core), (small_s, changed, small_bytes, _), (_, _, nothing, _) = steps
    assert (written, changed) == (RECORDS, CHANGES)
    return Measured(
        f"PouchDB push, batch {batch}",
        RECORDS / full_s,
        core / RECORDS * 1e6,
        full_bytes / RECORDS,
        small_s,
        small_bytes / CHANGES,
        nothing,
    )


@contextlib.contextmanager
def _postgresql() -> Iterator[str]:
    """A private PostgreSQL with fsync on, or an empty text where there is none."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.cloud_sync_server import postgres

    if postgres.missing():
        yield ""
        return
    with postgres.server(fsync=True) as url:
        yield url
