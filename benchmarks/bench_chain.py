"""A chain's nights against one PostgreSQL: virtual stores push their day, each 300 operations, again and again.

The design's chain is 10,000 stores; this machine does a part of it, and the factor is printed. What matters is the slope: what an
operation costs when there is one night behind it, ten, a hundred. The pushes go through the same code as in the server (`ingest`),
without HTTP; the stores are made up, their changes, chains and sealed records are real.
"""

from __future__ import annotations

import gzip
import os
import random
import resource
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel
from sqlalchemy import text

from benchmarks.common import Row, report
from cloud_sync_server import ingest
from cloud_sync_server.clock import now_ms
from cloud_sync_server.context import Hq
from cloud_sync_server.distribution import hold_roster
from cloud_sync_server.schema import inbox_head, stores
from cloud_sync_server.settings import Settings
from cloud_sync_server.statements import put
from salon.reconcile import CHAIN_START, Change, Clock, Origin, chain
from salon.reconcile.protocol import OriginOnWire, Push, PushAnswer

CHAIN_STORES, OPERATIONS = 10_000, 300
STORES = int(os.environ.get("PARLOUR_BENCH_STORES", "5"))
GZIP_LEVEL = 6
WIRE_BYTES = 100.0  # an operation: the design's estimate of a night
NIGHTS = int(os.environ.get("PARLOUR_BENCH_NIGHTS", "100"))
SHOWN = (1, 10, 100)


@dataclass
class VirtualStore:
    """What a store's log would hold: numbers, stamps, chain, and which members it knows."""

    origin: Origin
    rng: random.Random
    n: int = 0
    h: bytes = CHAIN_START
    members: list[str] = field(default_factory=list)

    def night(self) -> Push:
        """A day: visits, points, edits, a few new members; one push of 300 changes."""
        clock = Clock(self.origin.node, now_ms(), self.rng.randrange(1000))
        first, previous, ops = self.n + 1, self.h, []
        for _ in range(OPERATIONS):
            self.n += 1
            change = Change(self.origin, self.n, *self._write(), clock.send(now_ms()))
            self.h = chain(self.h, change)
            ops.append(change.wire())
        origin = OriginOnWire(store=self.origin.store, epoch=self.origin.epoch)
        return Push(
            origin=origin,
            client_now=now_ms(),
            n=first,
            prev_h=previous.hex(),
            h=self.h.hex(),
            ops=ops,
            boot_n=1,
        )

    def _write(self) -> tuple[str, str, dict[str, object]]:
        rng, at = self.rng, "2026-11-22T05:26:59.123Z"
        rid = f"{rng.getrandbits(64):016x}"
        what = rng.random()
        if what < 0.05 or not self.members:
            self.members.append(rid)
            return (
                "member",
                rid,
                {"surname": "王", "phone": f"13{rng.randrange(10**9):09d}", "home_store": self.origin.store},
            )
        member = rng.choice(self.members)
        if what < 0.35:
            return "member", member, {"drink": f"tea {rng.randrange(1000)}"}
        if what < 0.65:
            entry = {
                "member": member,
                "unit": "points",
                "amount": 10,
                "reason": "earn",
                "at": at,
                "store": self.origin.store,
            }
            return "ledger_entry", rid, entry
        visit = {
            "member": member,
            "store": self.origin.store,
            "state": "closed",
            "arrived_at": at,
            "paid_fen": 39_800,
        }
        return "visit", rid, visit


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.cloud_sync_server import postgres

    if postgres.missing():
        print(f"chain: {postgres.missing()}")
        return
    with tempfile.TemporaryDirectory() as home, postgres.server(fsync=True) as url:
        here = Hq.open(Settings(home=Path(home), database_url=url, distribution="subscribed"))
        every = [VirtualStore(Origin(f"v{i:05d}", "0001"), random.Random(i)) for i in range(STORES)]
        for one in every:
            here.database.write(lambda con, one=one: _join(con, one.origin.store))
        measured: dict[int, tuple[float, float, float]] = {}
        for night in range(1, NIGHTS + 1):
            taken = _night(here, every)
            if night in SHOWN:
                measured[night] = taken
        size = here.database.read(
            lambda con: con.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        )
        here.database.close()
    first = measured[min(measured)]
    rows = [
        Row.of(f"{night}x history: operations taken in", rate, first[0], "1x history, same run", "1/s")
        for night, (rate, _, _) in measured.items()
    ]
    rows += [
        Row.of(
            f"{night}x history: HQ's own core-microseconds an operation",
            cpu,
            first[1],
            "1x history, same run",
            "µs",
        )
        for night, (_, cpu, _) in measured.items()
    ]
    rows += [
        Row.of(f"{night}x history: bytes an operation on the wire, push and answer", wire, WIRE_BYTES, "the design's estimate", "B")
        for night, (_, _, wire) in measured.items()
    ]  # fmt: skip
    total = STORES * OPERATIONS * NIGHTS
    rows.append(
        Row.of("database bytes an operation, all indexes", size / total, 350.0, "the design's estimate", "B")
    )
    report("chain", rows, notes=[
        f"{STORES} virtual stores, {OPERATIONS} operations a night, {NIGHTS} nights: {total:,} operations, one process.",
        (f"Scaled down by {CHAIN_STORES // STORES:,}: the chain's night is {CHAIN_STORES * OPERATIONS:,} operations, at the last"
        f" rate {CHAIN_STORES * OPERATIONS / measured[max(measured)][0] / 60:.0f} minutes of one process like this one."),
    ])  # fmt: skip


def _join(con: object, store: str) -> None:
    hold_roster(con, to_join=True)  # type: ignore[arg-type]
    put(con, stores, [{"store": store, "enrolled_at": "2026-11-22T00:00:00.000Z"}])  # type: ignore[arg-type]
    put(con, inbox_head, [{"store": store, "head": 0, "floor": 0}], keep=True)  # type: ignore[arg-type]


def _night(here: Hq, every: list[VirtualStore]) -> tuple[float, float, float]:
    messages = [one.night() for one in every]
    before, begun = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    answers: list[PushAnswer] = [
        here.database.write(
            lambda con, message=message: ingest.push(con, here.vault, here.settings, ingest.look(message))
        )
        for message in messages
    ]
    after, taken = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - begun
    count = len(messages) * OPERATIONS
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return count / taken, cpu / count * 1e6, sum(map(_on_the_wire, [*messages, *answers])) / count


def _on_the_wire(message: BaseModel) -> int:
    """The body of a request or an answer, as the agent and the server send it; HTTP's headers are some 400 bytes a night."""
    return len(gzip.compress(message.model_dump_json(exclude_defaults=True).encode(), GZIP_LEVEL))
