"""The loop: patient when the line is down, quick when something is written, quiet in the log."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import httpx
import pytest

from edge.store import Store, StoreBusy, StoreUnwritable
from edge.sync import enrol
from edge.sync.pace import FIRST_S, LARGEST, LAST_S, SMALLEST, STEP, Backoff, BatchSize
from edge.sync.service import Service, agent_when_enrolled
from tests.edge.bus.brokers import until
from tests.edge.sync.conftest import URL, member


class Watched(threading.Event):
    """A stop that notes the waits and ends the loop after some."""

    def __init__(self, shop, after):
        super().__init__()
        self.shop = shop
        self.waits = []
        self.after = after

    def wait(self, timeout=None):
        self.waits.append(timeout)
        self.after(self)
        return self.is_set()


def test_the_loop_waits_while_the_line_is_down_and_says_so_once(shops, caplog):
    shop = shops("s001")
    shop.line.cut = True

    def after(stop):
        if len(stop.waits) == 4:
            shop.line.cut = False
            shop.store.members.add(member())
            shop.store.settings.set("test", 1)
        if len(stop.waits) > 4:
            stop.set()

    stop = Watched(shop, after)
    with caplog.at_level(logging.INFO, "edge.sync"):
        thread = threading.Thread(target=Service(shop.agent, stop).run)
        thread.start()
        assert until(lambda: "works again" in caplog.text)
        stop.set()
        thread.join(60)
    assert shop.store.outbox.count() == 0
    texts = [record.message for record in caplog.records]
    assert sum("stopped: unreachable" in text for text in texts) == 1
    assert sum("works again" in text for text in texts) == 1
    assert all(0 <= wait <= FIRST_S * 2**i for i, wait in enumerate(stop.waits[:4]))


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (StoreUnwritable(Path("store.db"), "database or disk is full"), "disk_full"),
        (StoreBusy(Path("store.db"), 10_000), "store_busy"),
    ],
)
def test_a_full_or_busy_disk_is_waited_out(shops, monkeypatch, caplog, fault, code):
    """A process that ended would be started again at once, and again, until systemd gives it up."""
    shop = shops("s001")
    shop.store.members.add(member())
    exchange, faults = shop.agent.sync_now, [fault, fault]
    stop = Watched(shop, lambda _: None)

    def sync_now():
        if faults:
            raise faults.pop()
        stop.set()
        return exchange()

    monkeypatch.setattr(shop.agent, "sync_now", sync_now)
    with caplog.at_level(logging.INFO, "edge.sync"):
        Service(shop.agent, stop).run()
    assert shop.store.outbox.count() == 0
    assert sum(f"stopped: {code}" in record.message for record in caplog.records) == 1


def test_a_store_enrolled_anew_goes_on_with_its_new_key_without_a_restart(shops, hq, monkeypatch):
    """A code of head office's takes the old key's place while the agent runs."""
    shop = shops("s001")
    shop.store.members.add(member())
    enrol(shop.store, URL, hq.code("s001"), client=httpx.Client(transport=httpx.WSGITransport(hq.app)))
    exchange, stop, errors = shop.agent.sync_now, Watched(shop, lambda _: None), []

    def sync_now():
        report = exchange()
        errors.append(report.error)
        if not report.error or len(errors) > 5:
            stop.set()
        return report

    monkeypatch.setattr(shop.agent, "sync_now", sync_now)
    Service(shop.agent, stop).run()
    assert errors == ["not_allowed", ""]
    assert shop.store.outbox.count() == 0


def test_hqs_own_wish_to_wait_is_followed(shops, hq, monkeypatch):
    shop = shops("s001")
    shop.store.members.add(member())
    stop = Watched(shop, lambda stop: stop.set())
    monkeypatch.setattr("cloud_sync_server.api.pressure.random.randint", lambda *_: 7)
    pressure = hq.here.pressure
    while pressure._all.acquire(blocking=False):
        pass
    Service(shop.agent, stop).run()
    assert stop.waits
    assert stop.waits[0] >= 7
    assert shop.store.settings.get("sync_status")["last_error"] == "busy"


def test_the_backoff_grows_with_full_jitter_to_five_minutes_and_starts_anew():
    drawn = []
    backoff = Backoff(lambda low, high: drawn.append((low, high)) or high)
    waits = [backoff.next_s() for _ in range(20)]
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == LAST_S
    assert {low for low, _ in drawn} == {0}
    backoff.succeeded()
    assert backoff.next_s() == FIRST_S


def test_batches_add_up_and_halve_down():
    size = BatchSize()
    grown = []
    for _ in range(20):
        grown.append(size.size)
        size.went_well()
    assert grown[:10] == list(range(SMALLEST, LARGEST + 1, STEP))
    assert size.size == LARGEST
    assert size.was_too_much()
    assert size.size == LARGEST // 2
    while size.was_too_much():
        pass
    assert size.size == 1


def test_a_store_that_is_not_enrolled_waits_and_stops_when_told(tmp_path):
    with Store.create(tmp_path, "s001") as store:
        stop = Watched(None, lambda stop: stop.set())
        assert agent_when_enrolled(store, "http://hq.test", stop) is None


@pytest.mark.parametrize("url", ["", "http://hq.test"])
def test_the_agent_starts_as_soon_as_the_store_is_enrolled(shops, url):
    shop = shops("s001")
    agent = agent_when_enrolled(shop.store, url, threading.Event())
    assert agent is not None
    agent.close()
