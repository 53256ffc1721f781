"""Stores as HQ sees them: real changes in real batches, through Flask's test client."""

from __future__ import annotations

import gzip
import json
import time

from cloud_sync_server.context import EXTENSION
from cloud_sync_server.enrolment import create_code
from salon.reconcile import CHAIN_START, Change, Clock, Origin, chain_wire
from salon.records import record_class

MEMBER = {"surname": "王", "given_name": "丽", "phone": "13800000001", "home_store": "s001"}
VISIT = {
    "member": "m-0001", "store": "s001", "state": "arrived", "services": {"add": ["facial"]},
    "arrived_at": "2026-11-22T05:26:59.123Z",
}  # fmt: skip


def consent(granted, member="m-0001", purpose="share_health"):
    return {
        "member": member, "purpose": purpose, "granted": {"grant": []} if granted else {"withdraw": True},
        "decided_at": "2026-11-22T05:26:59.123Z", "text_version": "1", "channel": "kiosk",
    }  # fmt: skip


class HqClient:
    """One HQ under test."""

    def __init__(self, app):
        self.app = app
        self.http = app.test_client()
        self.here = app.extensions[EXTENSION]

    def enrol(self, store, epoch="0001"):
        code = self.here.database.write(lambda con: create_code(con, self.here.vault, store, "test"))
        answer = self.http.post("/v1/enrol", json={"code": code, "store_id": store, "name": f"店 {store}"})
        assert answer.status_code == 200, answer.json
        return StoreClient(self, store, epoch, answer.json)


class StoreClient:
    """A store that numbers, stamps and chains its changes, and pulls into a plain list."""

    def __init__(self, hq, store, epoch, enrolled):
        self.hq = hq
        self.origin = Origin(store, epoch)
        self.key = enrolled["key"]
        self.lookup_key = enrolled["lookup_key"]
        self.clock = Clock(self.origin.node)
        self.log = []
        self.heads = [CHAIN_START]
        self.cursor = None

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.origin.store}.{self.key}"}

    def write(self, kind, rid, fields, *, ahead_ms=0, **more):
        record_class(kind)
        stamp = self.clock.send(time.time_ns() // 1_000_000 + ahead_ms)
        change = Change(self.origin, len(self.log) + 1, kind, rid, fields, stamp, **more)
        self.write_raw(change.wire())
        return change

    def write_raw(self, wire):
        self.log.append(wire)
        self.heads.append(chain_wire(self.heads[-1], wire))

    def message(self, first=1, last=None):
        last = len(self.log) if last is None else last
        return {
            "origin": {"store": self.origin.store, "epoch": self.origin.epoch},
            "client_now": time.time_ns() // 1_000_000, "n": first, "ops": self.log[first - 1 : last],
            "prev_h": self.heads[first - 1].hex(), "h": self.heads[last].hex(),
        }  # fmt: skip

    def push(self, first=1, last=None, **changed):
        return self.send({**self.message(first, last), **changed})

    def send(self, message):
        body = gzip.compress(json.dumps(message).encode())
        return self.hq.http.post("/v1/push", data=body, headers={**self.headers, "Content-Encoding": "gzip"})

    def get(self, path, **query):
        return self.hq.http.get(f"/v1{path}", query_string=query, headers=self.headers)

    def bootstrap(self):
        page = self.get("/snapshot").json
        self.cursor = page["cursor"]
        return page["records"]

    def pull(self, **query):
        if self.cursor is None:
            self.bootstrap()
        answer = self.get("/pull", cursor=self.cursor, **query)
        assert answer.status_code == 200, answer.json
        self.cursor = answer.json["cursor"]
        return answer.json["ops"]
