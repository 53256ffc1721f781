"""A store at a chosen time, real receivers on loopback, and ways out that remember or fail."""

from __future__ import annotations

import json
import socketserver
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from edge.care import ChannelError, Clockwork, Outbox
from edge.store import Store
from salon.records import Consent, Employee, Member, Service, Visit
from salon.records import Store as StoreRecord
from salon.rules.times import instant, text

NOON = "2026-11-22T04:00:00.000Z"  # 12:00 in Shanghai, a Sunday
ZONE = "Asia/Shanghai"


class Time:
    """A wall clock and a steady one, moved by hand."""

    def __init__(self, at=NOON):
        self.at = instant(at)
        self.steady = 1000.0

    def now(self):
        return text(self.at)

    def pass_(self, **span):
        """Time goes by: both clocks move."""
        self.at += timedelta(**span)
        self.steady += timedelta(**span).total_seconds()

    def set(self, **span):
        """The wall clock is set: the steady one does not move."""
        self.at += timedelta(**span)


class Way:
    """A way out that remembers, and fails while told to."""

    def __init__(self):
        self.sent = []
        self.error = None

    def send(self, message):
        if self.error is not None:
            raise self.error
        self.sent.append(message)


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def way():
    return Way()


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "home", "s001") as made:
        with made.acting("test"):
            made.add(StoreRecord(rid="s001", name="静安店", name_en="Jing'an", phone="02162881001"))
            made.add(Employee(rid="e-chen", login="chen", name="陈静", roles=["beautician"], store="s001"))
            made.add(
                Service(rid="svc-soothe", name="舒缓", name_en="Soothe", category="skin", minutes=60, price_fen=39800,
                        cycle_days=28, aftercare="今晚只用清水", aftercare_en="Only water tonight", uses=["soothing"])
            )  # fmt: skip
        yield made


@pytest.fixture
def wang(store):
    return add_member(store)


def add_member(store, rid="m-wang", consents=("service", "marketing"), **fields):
    values = {"rid": rid, "surname": "王", "gender": "female", "phone": "13800010001", "email": "wang@example.com",
              "channel": "sms", "home_store": "s001", "therapist": "e-chen"}  # fmt: skip
    member = Member(**(values | fields))
    with store.acting("test"):
        store.add(member)
        for purpose in consents:
            store.add(
                Consent(rid=f"k-{rid}-{purpose}", member=rid, purpose=purpose, granted=True, decided_at="2026-01-01T00:00:00Z",
                        text_version="1", channel="kiosk")
            )  # fmt: skip
    return member


def add_visit(store, days_ago, member="m-wang", at=NOON, **fields):
    arrived = instant(at) - timedelta(days=days_ago)
    values = {
        "rid": f"v-{member}-{days_ago}", "member": member, "store": "s001", "state": "closed", "services": ["svc-soothe"],
        "therapist": "e-chen", "arrived_at": text(arrived), "aftercare_at": text(arrived), "closed_at": text(arrived),
        "paid_fen": 39800, "report_code": f"code-{days_ago}",
    }  # fmt: skip
    visit = Visit(**(values | fields))
    with store.acting("test"):
        store.add(visit)
    return visit


@pytest.fixture
def clockwork(store, time, way):
    """The clockwork as after a start; call it again for a restart."""

    def start(ways=None):
        return Clockwork(
            store,
            {"sms": way, "wechat": way, "email": way} if ways is None else ways,
            report_url="https://s001.example",
            clock=time.now,
            steady=lambda: time.steady,
        )

    return start


@pytest.fixture
def outbox(store, way):
    return Outbox(store, {"sms": way, "wechat": way, "email": way}, ZONE)


@pytest.fixture
def lost():
    return ChannelError("ConnectError")


class MailPeer(socketserver.StreamRequestHandler):
    """The receiving half of SMTP (RFC 5321), as far as a client needs it."""

    def handle(self):
        house = self.server.house
        self._say("220 test")
        recipient, data = "", []
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            verb = line.split(":")[0].split(" ")[0].upper()
            if verb in {"EHLO", "HELO"}:
                self._say("250 test")
            elif verb == "MAIL":
                self._say("250 ok")
            elif verb == "RCPT":
                recipient = line.partition(":")[2].strip("<> ")
                self._say(house.refuse.get(recipient, "250 ok"))
            elif verb == "DATA":
                self._say("354 go on")
                while (row := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                    data.append(row[1:] if row.startswith("..") else row)
                house.mails.append((recipient, "\n".join(data)))
                self._say("250 taken")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


class House:
    """A real server on loopback, in a thread."""

    def __init__(self, server):
        self.mails, self.refuse, self.requests, self.answers = [], {}, [], []
        self.server = server
        server.house = self
        self.port = server.server_address[1]
        self._thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self._thread.join(60)


class _Mailserver(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@pytest.fixture
def mailserver():
    house = House(_Mailserver(("127.0.0.1", 0), MailPeer))
    yield house
    house.close()


class Gateway(BaseHTTPRequestHandler):
    """Takes what is posted; answers what the test asks for."""

    def do_POST(self):
        house = self.server.house
        body = self.rfile.read(int(self.headers["Content-Length"]))
        house.requests.append((dict(self.headers), body, json.loads(body)))
        self.send_response(house.answers.pop(0) if house.answers else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Silent."""


@pytest.fixture
def gateway():
    house = House(ThreadingHTTPServer(("127.0.0.1", 0), Gateway))
    yield house
    house.close()


def alerts(store, prefix=""):
    """Those that stand, by key."""
    return {a.key: a for a in store.alerts.select() if a.key.startswith(prefix)}
