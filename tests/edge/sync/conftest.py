"""A chain in small: HQ inside the test process, stores in folders, and a line that can be cut."""

from __future__ import annotations

import os

import httpx
import pytest

from cloud_sync_server.app import create_app
from cloud_sync_server.context import EXTENSION
from cloud_sync_server.enrolment import create_code
from edge.store import Store
from edge.store import clock as store_clock
from edge.sync import Agent, enrol
from salon.records import Member, Visit
from tests.cloud_sync_server import postgres
from tests.cloud_sync_server.disk import ON, Disk

URL = "http://hq.test"


class Cut(httpx.BaseTransport):
    """A line that fails before, or after, the request reached HQ."""

    def __init__(self, app):
        self.connect(app)
        self.cut = False
        self.lose_answers = 0
        self.requests = []

    def connect(self, app):
        self._line = httpx.WSGITransport(app)

    def handle_request(self, request):
        if self.cut:
            raise httpx.ConnectError("no line")
        self.requests.append(request)
        response = self._line.handle_request(request)
        if self.lose_answers:
            self.lose_answers -= 1
            raise httpx.ReadTimeout("the answer was lost")
        return response


class Shop:
    """One store with its agent."""

    def __init__(self, hq, folder, store_id):
        self.store = Store.create(folder, store_id)
        self.line = Cut(hq.app)
        hq.lines.append(self.line)
        self.client = httpx.Client(transport=self.line)
        code = hq.code(store_id)
        enrol(self.store, URL, code, client=httpx.Client(transport=httpx.WSGITransport(hq.app)))
        self.agent = Agent(self.store, URL, client=self.client)

    def start(self, folder):
        """Again, after `close`, on the card that is in the folder now."""
        self.store = Store.open(folder)
        self.agent = Agent(self.store, URL, client=httpx.Client(transport=self.line))

    def sync(self):
        return self.agent.sync_now()

    def close(self):
        self.agent.close()
        self.store.close()


class HeadOffice:
    def __init__(self, disk):
        self.disk = disk
        self.distribution = "all"
        self._kept = 0
        self.lines = []
        self.open()

    @property
    def folder(self):
        return self.disk.folder

    def open(self):
        self.app = create_app(self.disk.settings().model_copy(update={"distribution": self.distribution}))
        self.app.testing = True
        self.here = self.app.extensions[EXTENSION]
        for line in self.lines:
            line.connect(self.app)

    def close(self):
        self.here.database.close()

    def keep(self):
        """Copies HQ's disk. Returns what puts the copy back."""
        self._kept += 1
        self.close()
        kept = self.disk.copy(self.folder.with_name(f"hq.kept{self._kept}"), f"kept{self._kept}")
        self.open()

        def put_back():
            self.close()
            self.disk = kept.copy(self.folder, "hq")
            self.open()

        return put_back

    def code(self, store_id):
        return self.here.database.write(lambda con: create_code(con, self.here.vault, store_id, "test"))


@pytest.fixture(scope="session")
def server():
    """Empty: HQ is on SQLite. With PARLOUR_TEST_HQ=postgresql it is on a PostgreSQL of the tests' own."""
    if os.environ.get(ON, "") != "postgresql":
        yield ""
        return
    assert not postgres.missing(), postgres.missing()
    with postgres.server() as url:
        yield url


@pytest.fixture
def hq(tmp_path, server):
    disk = Disk(tmp_path / "hq", server)
    disk.make()
    hq = HeadOffice(disk)
    yield hq
    hq.close()


@pytest.fixture
def shops(hq, tmp_path):
    """Makes enrolled stores: shops("s001")."""
    made = []

    def make(store_id):
        made.append(Shop(hq, tmp_path / store_id, store_id))
        return made[-1]

    yield make
    for shop in made:
        shop.close()


class Off(store_clock.Source):
    """A machine whose wall clock is off."""

    off_ms = 0

    def wall_ms(self):
        return super().wall_ms() + self.off_ms


@pytest.fixture
def off(monkeypatch):
    source = Off()
    monkeypatch.setattr(store_clock, "source", source)
    return source


def member(rid="m-0001", **fields):
    return Member(**{"rid": rid, "surname": "王", "phone": "13800000001", **fields})


def visit(rid="v-0001", **fields):
    values = {
        "rid": rid, "member": "m-0001", "store": "s001", "state": "arrived",
        "arrived_at": "2026-11-22T05:26:59.123Z", **fields,
    }  # fmt: skip
    return Visit(**values)
