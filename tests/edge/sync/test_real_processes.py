"""The agents and HQ as processes over loopback: a line that is up, and HQ killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import httpx
import pytest
from sqlalchemy import func, select

from cloud_sync_server import admin
from cloud_sync_server.context import Hq
from cloud_sync_server.schema import origins, records
from cloud_sync_server.settings import Settings
from edge.store import Store
from edge.sync import Agent, enrol
from tests.edge.sync.conftest import member, visit
from tests.ports import free_port


class Process:
    """`python -m <module>` until the test ends."""

    def __init__(self, module, environment, log):
        self.command = [sys.executable, "-m", module]
        self.environment = {**os.environ, **environment}
        self.log = log
        self.start()

    def start(self):
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdout=out, stderr=out, start_new_session=True
            )

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
        self.process.wait(60)


def until(check, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := check():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not happen")


@pytest.fixture
def hq(tmp_path):
    port = free_port()
    environment = {"PARLOUR_HOME": str(tmp_path), "PARLOUR_HQ_PORT": str(port), "DATABASE_URL": ""}
    process = Process("cloud_sync_server", environment, tmp_path / "hq.log")
    process.url = f"http://127.0.0.1:{port}"
    process.settings = Settings(home=tmp_path / "hq")
    process.ready = lambda: until(lambda: _healthy(process.url))
    process.ready()
    yield process
    process.stop()


def _healthy(url):
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def test_what_is_written_in_one_store_appears_in_the_other_by_itself(hq, tmp_path):
    """SYN-02, with real processes on both sides."""
    stores = [Store.create(tmp_path / name, name) for name in ("s001", "s002")]
    for store in stores:
        enrol(store, hq.url, admin.create_enrolment_code(store.store_id, hq.settings))
    agents = [
        Process(
            "edge.sync",
            {"PARLOUR_HOME": str(store.home), "PARLOUR_HQ_URL": ""},
            tmp_path / f"{store.store_id}.log",
        )
        for store in stores
    ]
    try:
        one, two = stores
        one.members.add(member())
        one.visits.add(visit())
        until(lambda: two.visits.find("v-0001"))
        two.members.edit("m-0001", drink="tea")
        until(lambda: one.members.load("m-0001").drink == "tea")
        until(lambda: one.settings.get("sync_status", {}).get("pending") == 0)
    finally:
        for agent in agents:
            agent.stop()
    assert [agent.process.returncode for agent in agents] == [0, 0]
    for store in stores:
        store.close()


def test_hq_killed_in_the_middle_loses_and_doubles_nothing(hq, tmp_path):
    """kill -9 while batches arrive; the agent goes on when HQ is back."""
    total = 600
    with Store.create(tmp_path / "s001", "s001") as store:
        enrol(store, hq.url, admin.create_enrolment_code("s001", hq.settings))
        with store.transaction():
            for i in range(total):
                store.members.add(member(f"m-{i:04}"))
        agent = Agent(store, hq.url)
        kills = 0
        while store.outbox.count():
            before = store.outbox.acked
            agent.sync_now() if kills >= 3 else _push_and_kill(agent, hq)
            if kills < 3:
                hq.start()
                hq.ready()
                kills += 1
            assert store.outbox.acked >= before
        agent.close()
    here = Hq.open(hq.settings)
    acked, held = here.database.read(
        lambda con: (
            con.execute(select(origins.c.acked)).scalar_one(),
            con.execute(select(func.count()).select_from(records)).scalar_one(),
        )
    )
    here.database.close()
    assert (acked, held, kills) == (total, total, 3)


def _push_and_kill(agent, hq):
    """One batch through, the next one cut off by a kill somewhere inside."""

    killer = threading.Timer(0.03, hq.stop, args=(signal.SIGKILL,))
    killer.start()
    agent.sync_now()
    killer.join()
    hq.stop(signal.SIGKILL)
