"""Several workers of one HQ: what a store sends ahead may come to another of them than the batch it follows on (SYN-02, SYN-09)."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from cloud_sync_server import ingest
from cloud_sync_server.api import endpoints
from cloud_sync_server.app import create_app
from cloud_sync_server.context import EXTENSION
from cloud_sync_server.schema import changes
from cloud_sync_server.settings import Settings
from tests.cloud_sync_server.wire import MEMBER, HqClient, StoreClient


@pytest.fixture
def store(hq):
    its = hq.enrol("s001")
    for number in range(3):
        its.write("member", f"m-000{number}", MEMBER)
    return its


@pytest.fixture
def elsewhere(store, settings):
    """The same store, at another worker."""
    app = create_app(settings.model_copy(update={"workers": 2}))
    its = StoreClient(HqClient(app), "s001", "0001", {"key": store.key, "lookup_key": store.lookup_key})
    its.log, its.heads = store.log, store.heads
    yield its
    app.extensions[EXTENSION].database.close()


def test_it_is_taken_in_after_the_one_before_it_however_early_it_comes(hq, store, elsewhere, monkeypatch):
    look, waits, answers = ingest.acked, threading.Event(), []

    def acked(con, origin):
        waits.set()
        return look(con, origin)

    monkeypatch.setattr(ingest, "acked", acked)
    monkeypatch.setattr(endpoints, "WAIT_FOR_ONE_BEFORE_S", 30.0)
    ahead = threading.Thread(target=lambda: answers.append(elsewhere.push(3, 3, held=0)))
    ahead.start()
    assert waits.wait(30)
    assert store.push(1, 2).json["acked"] == 2
    ahead.join(30)
    assert [(answer.status_code, answer.json["acked"]) for answer in answers] == [(200, 3)]
    held = hq.here.database.read(
        lambda con: con.execute(select(changes.c.n).order_by(changes.c.n)).scalars().all()
    )
    assert held == [1, 2, 3]


def test_one_that_never_comes_is_not_waited_for_without_end(elsewhere, monkeypatch):
    monkeypatch.setattr(endpoints, "WAIT_FOR_ONE_BEFORE_S", 0.02)
    answer = elsewhere.push(3, 3, held=0)
    assert (answer.status_code, answer.json["code"], answer.json["acked"]) == (409, "gap", 0)


@pytest.mark.parametrize(
    ("cores", "asked", "workers"), [(1, "", 1), (2, "", 2), (16, "", 4), (16, "9", 9), (2, "1", 1)]
)
def test_a_service_has_a_worker_a_core_unless_it_is_told_otherwise(
    monkeypatch, tmp_path, cores, asked, workers
):
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: range(cores))
    environ = {"PARLOUR_HOME": str(tmp_path), "PARLOUR_HQ_WORKERS": asked}
    assert Settings.from_environment(environ).workers == workers
