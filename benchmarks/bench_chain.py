"""A chain's nights against one PostgreSQL: virtual stores push their day of 300 operations and pull what the others wrote, again and again.

The design's chain is 10,000 stores; this machine does a part of it, and the factor is printed. What matters is the slope: what an
operation costs, in HQ's processes and in PostgreSQL's, when there is one night behind it, ten, a hundred. Pushes and pulls go through the
same code as in the server (`ingest`, `outgoing`), without HTTP, from two processes with half of the stores each. All that is behind a
night was pushed in the same way, and each night's cost is written down. What the stores themselves cost is left out: they write before
the clock starts.

PARLOUR_BENCH_STORES and PARLOUR_BENCH_NIGHTS set the size; `PARLOUR_BENCH_STORES=10000 PARLOUR_BENCH_NIGHTS=1` is one night of the whole
chain.
"""

from __future__ import annotations

import gzip
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from benchmarks import _postgres
from benchmarks._chain import BOOK, OPERATIONS, VirtualStore
from benchmarks.common import SAY_EVERY_S, Row, report
from cloud_sync_server import cursors, ingest, outgoing, proof
from cloud_sync_server.context import Hq
from cloud_sync_server.distribution import hold_roster
from cloud_sync_server.schema import inbox_head, stores
from cloud_sync_server.settings import Settings
from cloud_sync_server.statements import put
from salon.reconcile.protocol import MAX_BATCH_BYTES, MAX_OPS, DigestRequest, Push, PushAnswer

CHAIN_STORES = 10_000
STORES = int(os.environ.get("PARLOUR_BENCH_STORES", "100"))
NIGHTS = int(os.environ.get("PARLOUR_BENCH_NIGHTS", "100"))
SHOWN = (1, 10, 100)
PROCESSES = 2
SLICE = 100
"""Stores whose messages are written before the clock starts: as many as fit into memory at any size of chain."""
ENOUGH = 60
"""Pushes that a figure is the mean of, at least: with few stores, those of several nights."""
GZIP_LEVEL = 6
WIRE_BYTES, STORED_BYTES = 100.0, 350.0  # an operation: the design's estimates
PROVED = 10
"""Stores of whom the night's proof is measured, at most."""
_BACKGROUND = {
    "checkpointer and background writer": ("checkpointer", "background writer"),
    "walwriter": ("walwriter",),
    "autovacuum": ("autovacuum", _postgres.ENDED),
}


@dataclass
class Cost:
    """Of a night, or of several."""

    operations: int = 0
    wall_s: float = 0.0
    hq_s: float = 0.0
    wire: int = 0
    wal: int = 0
    pulled: int = 0
    pull_hq_s: float = 0.0
    server: Counter[str] = field(default_factory=Counter)
    """PostgreSQL's core-seconds by role: of sessions those while stores pushed, of all others those of the whole night."""
    pull_sessions_s: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def server_s(self) -> float:
        return float(sum(self.server.values()))


class Senders:
    """Half of the chain in a process of its own, with an HQ of its own before the same database. Told what to do through a pipe."""

    def __init__(self, settings: Settings, mine: list[int]) -> None:
        self._hq = Hq.open(settings)
        self._stores = {index: VirtualStore(index, STORES) for index in mine}
        self._messages: list[Push] = []

    def write(self, of: list[int]) -> int:
        """The stores' day: how many operations."""
        self._messages = [self._stores[index].night() for index in of if index in self._stores]
        return sum(len(message.ops) for message in self._messages)

    def push(self, weigh: bool) -> tuple[float, int]:
        """Core-seconds of HQ's, and bytes on the wire if they are to be weighed."""
        hq, before, answers = self._hq, time.process_time(), []
        for message in self._messages:
            looked = ingest.look(hq.vault, message)
            answers.append(
                hq.database.write(lambda con, looked=looked: ingest.push(con, hq.vault, hq.settings, looked))
            )
        taken = time.process_time() - before
        wrong = [result for answer in answers for result in answer.results]
        if wrong:
            raise RuntimeError(f"{len(wrong)} changes were not taken in, the first: {wrong[0]}")
        said: list[Push | PushAnswer] = [*self._messages, *answers]
        return taken, sum(map(_on_the_wire, said)) if weigh else 0

    def pull(self, of: list[int]) -> tuple[float, int]:
        """Core-seconds of HQ's, and how many changes came."""
        hq, taken, came = self._hq, 0.0, 0
        for store in (self._stores[index] for index in of if index in self._stores):
            name = store.origin.store
            if not store.cursor:
                store.cursor = hq.database.read(lambda con: f"{cursors.EPOCH.run(con).scalar_one()}.0")
            more = True
            while more:
                before = time.process_time()
                answer = hq.database.read(
                    lambda con, name=name, at=store.cursor: outgoing.pull(
                        con, hq.vault, name, at, MAX_OPS, MAX_BATCH_BYTES
                    )
                )
                hq.database.write(
                    lambda con, name=name, at=store.cursor: outgoing.note_pull(con, name, at, 0, "")
                )
                taken += time.process_time() - before
                store.take(answer)
                came, more = came + len(answer.ops), answer.more
        return taken, came

    def prove(self, of: list[int]) -> tuple[float, int]:
        """The nightly comparison as HQ does it: core-seconds, and how many records were gone through."""
        hq, before, count = self._hq, time.process_time(), 0
        for store in (self._stores[index] for index in of if index in self._stores):
            asked = DigestRequest(
                epoch=store.origin.epoch, acked=store.n, cursor=store.cursor, root="0" * 32, report={}
            )
            answer = hq.database.read(
                lambda con, name=store.origin.store, asked=asked: proof.compare(con, hq.settings, name, asked)
            )
            if answer.moved:
                raise RuntimeError(f"{store.origin.store} is not where HQ is")
            count += answer.count
        return time.process_time() - before, count


def _serve(pipe: Pipe, settings: Settings, mine: list[int]) -> None:
    senders = Senders(settings, mine)
    pipe.send("ready")
    while (told := pipe.recv()) is not None:
        name, *given = told
        pipe.send(getattr(senders, name)(*given))


class Chain:
    """All stores, in their processes, and the server."""

    def __init__(self, hq: Hq, settings: Settings) -> None:
        self._hq = hq
        self.server = hq.database.read(_postgres.Server)
        self._pipes: list[Pipe] = []
        method = multiprocessing.get_context("spawn")
        for part in range(min(PROCESSES, STORES)):
            ours, theirs = method.Pipe()
            every = list(range(part, STORES, PROCESSES))
            method.Process(target=_serve, args=(theirs, settings, every), daemon=True).start()
            self._pipes.append(ours)
        for pipe in self._pipes:
            pipe.recv()

    def all(self, name: str, *given: Any) -> list[Any]:
        """Have every process do something at the same time; what each of them says."""
        for pipe in self._pipes:
            pipe.send((name, *given))
        return [pipe.recv() for pipe in self._pipes]

    def night(self, *, weigh: bool) -> Cost:
        """Every store pushes its day, then every store pulls."""
        cost, evening = Cost(), self.server.core_s()
        for of in _slices():
            cost.operations += sum(self.all("write", of))
            wal, before, begun = self._wal(), self._sessions_s(), time.perf_counter()
            said = self.all("push", weigh)
            cost.wall_s += time.perf_counter() - begun
            cost.server[_postgres.SESSIONS] += self._sessions_s() - before  # type: ignore[assignment]
            cost.wal += self._wal() - wal
            cost.hq_s += sum(taken for taken, _ in said)
            cost.wire += sum(wire for _, wire in said)
        for of in _slices():
            before = self._sessions_s()
            said = self.all("pull", of)
            cost.pull_sessions_s += self._sessions_s() - before
            cost.pull_hq_s += sum(taken for taken, _ in said)
            cost.pulled += sum(came for _, came in said)
        for role, taken in self.server.core_s().items():
            if role != _postgres.SESSIONS:
                cost.server[role] += taken - evening[role]
        return cost

    def proof(self) -> tuple[float, float, int]:
        """Core-seconds of HQ's and of PostgreSQL's of the nightly comparison, and the records it went through, of some stores."""
        before = self._sessions_s()
        said = self.all("prove", list(range(min(PROVED, STORES))))
        server = self._sessions_s() - before
        return sum(taken for taken, _ in said), server, sum(count for _, count in said)

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.send(None)

    def _sessions_s(self) -> float:
        return float(self.server.core_s()[_postgres.SESSIONS])

    def _wal(self) -> int:
        return self._hq.database.read(_postgres.wal_bytes)


def _slices() -> Iterator[list[int]]:
    for start in range(0, STORES, SLICE):
        yield list(range(start, min(STORES, start + SLICE)))


def _on_the_wire(message: BaseModel) -> int:
    """The body of a request or an answer, as the agent and the server send it; HTTP's headers are some 400 bytes a night."""
    return len(gzip.compress(message.model_dump_json(exclude_defaults=True).encode(), GZIP_LEVEL))


def _join(con: Any) -> None:
    hold_roster(con, to_join=True)
    every = [f"v{index:05d}" for index in range(STORES)]
    put(con, stores, [{"store": one, "enrolled_at": "2026-11-22T00:00:00.000Z"} for one in every])
    put(con, inbox_head, [{"store": one, "head": 0, "floor": 0} for one in every], keep=True)


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.cloud_sync_server import postgres

    if postgres.missing():
        print(f"chain: {postgres.missing()}")
        return
    span = -(-ENOUGH // STORES)
    shown = {
        night: range(max(1, night - span + 1), min(NIGHTS, max(night, span)) + 1)
        for night in SHOWN
        if night <= NIGHTS
    }
    weighed = {night for of in shown.values() for night in of}
    nights: list[Cost] = []  # the first is the members that stores open with
    proofs: dict[int, tuple[float, float, int]] = {}
    with tempfile.TemporaryDirectory() as home, postgres.server(fsync=True) as url:
        settings = Settings(home=Path(home), database_url=url, distribution="subscribed")
        hq = Hq.open(settings)
        hq.database.write(_join)
        empty = hq.database.read(_postgres.database_bytes)
        chain = Chain(hq, settings)
        begun = said = time.monotonic()
        for night in range(NIGHTS + 1):
            nights.append(chain.night(weigh=night in weighed))
            if night in shown:
                proofs[night] = chain.proof()
            if time.monotonic() - said > SAY_EVERY_S:
                said = time.monotonic()
                print(f"chain: night {night} of {NIGHTS} after {said - begun:.0f} s", flush=True)
        size, tables, work = (
            hq.database.read(ask) for ask in (_postgres.database_bytes, _postgres.sizes, _postgres.work)
        )
        chain.close()
        hq.database.close()
    of = {night: sum((nights[at] for at in those), Cost()) for night, those in shown.items()}
    _report(of, proofs, sum(nights, Cost()), size - empty, tables, work, time.monotonic() - begun)


def _report(
    of: dict[int, Cost], proofs: dict[int, tuple[float, float, int]], every: Cost, size: int,
    tables: list[tuple[str, int, int]], work: dict[str, int], took_s: float,
) -> None:  # fmt: skip
    rows: list[Row] = []

    def add(measure: str, unit: str, figures: dict[int, float], given: float = 0.0, name: str = "") -> None:
        reference = given or next(iter(figures.values()), 0.0)
        rows.extend(
            Row.of(f"{night}x history: {measure}", one, reference, name or "1x history, same run", unit)
            for night, one in figures.items()
        )

    def each(seconds: Callable[[Cost], float]) -> dict[int, float]:
        """Core-microseconds an operation."""
        return {night: seconds(one) / one.operations * 1e6 for night, one in of.items()}

    every_part = each(lambda one: one.hq_s + one.server_s)
    add("operations taken in", "1/s", {night: one.operations / one.wall_s for night, one in of.items()})
    add("core time an operation, HQ's and PostgreSQL's", "µs", every_part)
    add("of it HQ's", "µs", each(lambda one: one.hq_s))
    add("of it PostgreSQL's sessions", "µs", each(lambda one: one.server[_postgres.SESSIONS]))
    for name, roles in _BACKGROUND.items():
        part = each(lambda one, roles=roles: sum(one.server[role] for role in roles))  # type: ignore[misc]
        for night, one in part.items():
            of_it = f"{night}x history: of it PostgreSQL's {name}"
            rows.append(Row.of(of_it, one, every_part[night], "all of it", "µs"))
    add("core time a change pulled, HQ's and PostgreSQL's", "µs", {
        night: (one.pull_hq_s + one.pull_sessions_s) / one.pulled * 1e6 for night, one in of.items() if one.pulled
    })  # fmt: skip
    proved = {night: hq + server for night, (hq, server, _) in proofs.items()}
    add("core time of a store's proof at night", "ms", {
        night: taken / min(PROVED, STORES) * 1e3 for night, taken in proved.items()
    })  # fmt: skip
    add("core time of that proof a record it goes through", "µs", {
        night: taken / proofs[night][2] * 1e6 for night, taken in proved.items()
    })  # fmt: skip
    wire = {night: one.wire / one.operations for night, one in of.items()}
    add("bytes an operation on the wire, push and answer", "B", wire, WIRE_BYTES, "the design's estimate")
    add(
        "bytes an operation in the write-ahead log",
        "B",
        {night: one.wal / one.operations for night, one in of.items()},
    )
    total = every.operations
    rows.append(
        Row.of(
            "database bytes an operation, all indexes",
            size / total,
            STORED_BYTES,
            "the design's estimate",
            "B",
        )
    )
    largest = [
        f"{name} {rows_ / total:.0f} + {indexes / total:.0f}"
        for name, rows_, indexes in tables
        if rows_ + indexes > total
    ]
    last = of[max(of)]
    core = every.hq_s + every.server_s
    part = CHAIN_STORES * OPERATIONS / last.operations
    cores, minutes = part * (last.hq_s + last.server_s), part * last.wall_s / 60
    report("chain", rows, notes=[
        f"{STORES:,} virtual stores, {OPERATIONS} operations a night, {NIGHTS} nights and {BOOK} members to begin with: {total:,} operations, {PROCESSES} processes of HQ's.",
        f"It took {took_s:.0f} s, of it the pushes {every.wall_s:.0f} s and {core:.0f} core-seconds (HQ's {every.hq_s:.0f}, PostgreSQL's {every.server_s:.0f}).",
        f"Scaled down by {CHAIN_STORES / STORES:,.0f}: at the last figures the chain's night takes {cores:,.0f} core-seconds, {minutes:,.0f} minutes here.",
        f"{every.pulled / total:.2f} changes pulled an operation. Bytes of rows + of indexes an operation: {', '.join(largest)}.",
        f"Since the start: {', '.join(f'{name} {value:,}' for name, value in work.items())}.",
        "Operations a second depend on what else the machine does; core time hardly does.",
    ])  # fmt: skip
