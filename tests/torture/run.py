"""`make torture ROUNDS=500`: real processes, real kills. Four on one store, HQ on a real PostgreSQL; one of them dies each round.

Every ten rounds, and at the end, all are stopped and looked at: the file is whole (`integrity_check`), the log is whole (the audit),
and all that a process said it had written is there. At the end HQ must have it too, and the night must prove both sides equal.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from sqlalchemy import select

from benchmarks._wire import free_port
from cloud_sync_server import admin
from cloud_sync_server.context import Hq
from cloud_sync_server.schema import accounts, records
from cloud_sync_server.settings import Settings
from edge.store import Store
from edge.sync import Agent, enrol
from edge.sync.nightly import reconcile
from parlour.audit import verify
from salon.records import LedgerEntry, Member
from tests.cloud_sync_server import postgres

ROLES = ("desk", "kiosk", "sensor", "sync", "hq")
LOOK_EVERY = 10
WORK_S = 30.0
"""How long a round waits for a first write."""


class Torture:
    def __init__(self, folder, database_url, rng):
        self.folder = folder
        self.rng = rng
        self.port = free_port()
        self.settings = Settings(home=folder / "hq", database_url=database_url)
        self.environment = {
            **os.environ, "PARLOUR_HOME": str(folder), "PARLOUR_HQ_PORT": str(self.port), "DATABASE_URL": database_url,
        }  # fmt: skip
        self.lines = folder / "said.txt"
        self.lines.touch()
        self.home = folder / "store"
        self.processes = {}
        self.kills = dict.fromkeys(ROLES, 0)
        self.checked = 0

    def begin(self):
        code = admin.create_enrolment_code("s001", self.settings)
        self.start("hq")
        self.wait_for_hq()
        with Store.create(self.home, "s001") as store:
            enrol(store, f"http://127.0.0.1:{self.port}", code)
            store.members.add(Member(rid="m-0001", surname="王", home_store="s001"))
            store.ledger.add(LedgerEntry(rid="l-first", member="m-0001", unit="fen", amount=1_000_000, reason="top_up",
                                         at="2026-11-22T05:26:59.000Z", store="s001"))  # fmt: skip
        for role in ROLES:
            self.start(role)

    def start(self, role):
        if role in self.processes and self.processes[role].poll() is None:
            return
        module = (
            ["cloud_sync_server"]
            if role == "hq"
            else ["tests.torture.worker", role, str(self.home), str(self.lines)]
        )
        self.processes[role] = subprocess.Popen(
            [sys.executable, "-m", *module], env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def kill(self, role):
        """The group that we started it in: gunicorn has workers."""
        process = self.processes[role]
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.kills[role] += 1

    def wait_for_hq(self):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/healthz", trust_env=False).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise SystemExit("HQ did not come up in 60 s")

    def wait_for_work(self):
        """On a busy machine processes are slow to come up: a round in which nobody wrote would prove nothing."""
        before, end = self.lines.stat().st_size, time.monotonic() + WORK_S
        while self.lines.stat().st_size == before and time.monotonic() < end:
            time.sleep(0.02)

    def look(self):
        """All stand still; is everything there?"""
        for role in ROLES:
            if role != "hq":
                self.kill(role)
        problems = []
        with Store.open(self.home) as store:
            con = store.connections.get()
            if con.execute("PRAGMA integrity_check").get != "ok":
                problems.append("integrity_check")
            problems += [f"{fault.where}: {fault.said.en}" for fault in verify(store)]
            said = self.lines.read_text().split("\n")[:-1]
            for line in said[self.checked :]:
                kind, rid = line.split()
                if not store.table(kind).has(rid):
                    problems.append(f"lost in the store: {line}")
            self.checked = len(said)
        return problems

    def end(self):
        self.start("hq")
        self.wait_for_hq()
        problems = self.look()
        with Store.open(self.home) as store:
            agent = Agent(store, f"http://127.0.0.1:{self.port}")
            for _ in range(50):
                report = agent.sync_now()
                if not report.error and not report.pending:
                    break
                time.sleep(0.2)
            night = reconcile(agent)
            problems += [] if night.outcome == "equal" else [f"the night: {night}"]
            balance = sum(e.amount for e in store.ledger.select() if e.member == "m-0001")
            agent.close()
        self.kill("hq")
        here = Hq.open(self.settings)
        held = set(here.database.read(lambda con: con.execute(select(records.c.rid)).scalars().all()))
        books = here.database.read(
            lambda con: con.execute(select(accounts).where(accounts.c.member == "m-0001")).one()
        )
        here.database.close()
        problems += [
            f"lost at HQ: {line}"
            for line in self.lines.read_text().split("\n")[:-1]
            if line.split()[1] not in held
        ]
        problems += (
            [] if books.balance == balance else [f"the books say {books.balance}, the entries {balance}"]
        )
        return problems

    def stop(self):
        for role in self.processes:
            self.kill(role)


def main(rounds, seed):
    reason = postgres.missing()
    if reason:
        print(f"torture: {reason}")
        return 1
    begun = time.monotonic()
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as place, postgres.server(fsync=True) as url:
        torture = Torture(Path(place), url, rng)
        try:
            torture.begin()
            problems = []
            for number in range(1, rounds + 1):
                torture.wait_for_work()
                time.sleep(rng.uniform(0.05, 0.6))
                victims = rng.sample(ROLES, rng.choice((1, 1, 2)))
                for role in victims:
                    torture.kill(role)
                if number % LOOK_EVERY == 0:
                    problems += torture.look()
                for role in ROLES:
                    torture.start(role)
                if problems:
                    break
                if number % 50 == 0:
                    print(
                        f"round {number}: {torture.checked} writes acknowledged, all there; kills {torture.kills}",
                        flush=True,
                    )
            problems += torture.end()
        finally:
            torture.stop()
    for problem in problems[:20]:
        print(f"seed {seed}: {problem}")
    print(
        f"{rounds} rounds, kills {torture.kills}, {torture.checked} acknowledged writes, {len(problems)} problems,"
        f" {time.monotonic() - begun:.0f} s"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
