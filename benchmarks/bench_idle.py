"""What the units of one store cost while nobody does anything: memory, CPU, and what a day writes to the card.

All units as the appliance runs them, each a process of its own, with the demo's devices beside them at their real pace. First a day's work is
done at once - pages of all roles opened, a device added, a scan asked for, a report printed as a PDF - since what a process once needed it often keeps.
Then the units that run only on demand are given time to end, and the rest is measured: proportional set size (shared pages are divided among those
that share them), CPU, and bytes handed to the disk by the kernel's account of these processes alone.

Bytes of a day = those of the day's work + the idle rate over 24 h. What the work left in the write-ahead log is put into the database before idling begins: else
the one checkpoint that falls into the window would be taken for thousands. References are the aim of the house, 250 MB, and what `parlour doctor` warns of.
"""

from __future__ import annotations

import http.cookiejar
import os
import secrets
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks._wire import free_port
from benchmarks.common import Row, report
from edge import aside, machine
from edge.bus.broker import BrokerFiles, find_mosquitto
from edge.store import Store, now
from edge.store.wanted import ENDS_AFTER
from parlour import demo_data
from parlour.supervise import Part, Supervisor, python
from salon import demo
from salon.records import Visit

AIM_MB, AIM_CPU = 250.0, 5.0
VISITS = 40  # of a day, each looked at by desk, station, manager, technician and customer
PRINTED = 5  # reports printed as PDFs
PATIENCE_S = 90  # for what must come by itself
ROOMS = {"/desk": "xu", "/station": "chen", "/manager": "shen", "/tech": "gu"}
IDLE_S = int(os.environ.get("PARLOUR_IDLE_S", "120"))
ENDS_S = 10  # s instead of the appliance's ten minutes: what is on demand must have ended when we look
DAY_S = 86_400

ALWAYS = ("sensors", "sensors.wired", "kiosk", "sync", "care")
SELDOM = {"vision": "scan", "provision": "provision"}


@dataclass
class Cost:
    """What one unit, with its children, has cost until now."""

    pss: float
    cpu_s: float
    written: int


def main() -> None:
    if not find_mosquitto():
        print("Mosquitto with its dynamic-security plugin is not installed: nothing to measure")
        return
    with (
        tempfile.TemporaryDirectory(prefix=".bench-idle-", dir=Path.cwd()) as name,
        units(Path(name)) as house,
    ):
        begun = house.costs()
        house.work()
        house.settle()
        worked = house.costs()
        time.sleep(IDLE_S)
        idle = house.costs()
    nothing = Cost(0, 0, 0)
    notes, total = [], Cost(0, 0, 0)
    written = 0.0
    for unit, cost in idle.items():
        before = worked[unit]
        work = before.written - begun.get(unit, nothing).written
        idle_day = (cost.written - before.written) / IDLE_S * DAY_S
        cpu_s = cost.cpu_s - before.cpu_s
        notes.append(
            f"{unit:14} {cost.pss / 1e6:6.1f} MB  {cpu_s / IDLE_S * 100:5.2f} % CPU"
            f"  {work / 1e6:6.1f} MB for the work  {idle_day / 1e6:6.1f} MB a day idle"
        )
        total = Cost(total.pss + cost.pss, total.cpu_s + cpu_s, 0)
        written += work + idle_day
    rows = [
        Row.of("memory of all units (PSS)", total.pss / 1e6, AIM_MB, "aim", "MB"),
        Row.of("CPU of one core, idle", total.cpu_s / IDLE_S * 100, AIM_CPU, "aim", "%"),
        Row.of("written a day", written / 1e6, machine.WRITES_A_DAY / 1e6, "doctor's limit", "MB"),
    ]
    report(
        "idle",
        rows,
        notes=[*notes, f"{IDLE_S} s idle after the work of {VISITS} visits, Chromium not counted"],
    )


class House:
    """The units of one store, running."""

    def __init__(self, home: Path, supervisor: Supervisor, kiosk: str) -> None:
        self._home = home
        self._supervisor = supervisor
        self._kiosk = kiosk

    def costs(self) -> dict[str, Cost]:
        """Of each unit of the appliance now."""
        return {name: _cost(pid) for name, pid in self._supervisor.pids().items()}

    def work(self) -> None:
        """What people do in a day, at once."""
        pins = demo.pins(demo_data.FIRST)
        staff = {path: Browser(self._kiosk, login, pins[login]) for path, login in ROOMS.items()}
        customer = Browser(self._kiosk)
        with Store.open(self._home) as store, store.acting("bench"):
            for number in range(VISITS):
                customer.get("/")
                for path, browser in staff.items():
                    browser.get(path)
                code = _visit(store, number)
                customer.get(f"/r/{code}")
                if number < PRINTED:
                    customer.get(f"/r/{code}.pdf")
            store.jobs.put("provision", {"action": "ports", "by": "bench"})
            store.jobs.put(
                "scan", {"photo": "none"}
            )  # refused by name, after the unit has loaded all that it needs
        self._look_after(lambda: set(SELDOM) <= set(self._supervisor.pids()), "the units on demand")

    def settle(self) -> None:
        """Until what runs on demand has ended."""
        self._look_after(
            lambda: not set(SELDOM) & set(self._supervisor.pids()), "the end of the units on demand"
        )
        time.sleep(aside.IDLE_S + 5)
        with Store.open(self._home) as store:
            store.connections.get().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _look_after(self, done: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE_S
        self._supervisor.watch(until=lambda: done() or time.monotonic() > end)
        assert done(), f"{what} did not come within {PATIENCE_S} s"


class Browser:
    """Gets pages as one person's browser does; signed in when a login is given."""

    def __init__(self, base: str, login: str = "", pin: str = "") -> None:
        self._base = base
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)
        if login:
            form = urllib.parse.urlencode({"login": login, "pin": pin, "next": "/healthz"}).encode()
            self._opener.open(f"{base}/staff/sign-in", form, timeout=30).close()

    def get(self, path: str) -> None:
        with self._opener.open(self._base + path, timeout=60) as answer:
            assert "sign-in" not in answer.url, path
            answer.read()


def _visit(store: Store, number: int) -> str:
    """A visit that is over, and the code of its report."""
    at, code = now(), secrets.token_urlsafe(16)
    member = store.members.select(limit=1)[0]
    store.visits.add(
        Visit(
            rid=f"v-bench-{number}", member=member.rid, store=store.store_id, state="closed", services=["svc-soothe"],
            therapist="e-mei", arrived_at=at, aftercare_at=at, closed_at=at, report_code=code,
        )
    )  # fmt: skip
    return code


def _cost(pid: int) -> Cost:
    """Of a process and its children. One that has just ended costs nothing any more."""
    total = Cost(0, 0, 0)
    try:
        parent = psutil.Process(pid)
        tree = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return total
    for process in tree:
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            times = process.cpu_times()
            total.pss += process.memory_full_info().pss
            total.cpu_s += times.user + times.system
            total.written += process.io_counters().write_bytes
    return total


@contextmanager
def units(home: Path) -> Iterator[House]:
    """All units of one store, its devices, and head office beside it."""
    os.environ["PARLOUR_HOME"] = str(home)  # head office's own tools look there
    ports = {name: free_port() for name in ("kiosk", "hq", "mqtt")}
    hq = f"http://127.0.0.1:{ports['hq']}"
    demo_data.prepare_head_office(home)
    files = BrokerFiles.prepare(home / "broker", demo_data.FIRST, ports["mqtt"])
    env = {**files.environment(), "PARLOUR_HOME": str(home), "PARLOUR_KIOSK_PORT": str(ports["kiosk"])}
    env["MALLOC_ARENA_MAX"] = "2"  # as systemd/parlour-.service.d says
    supervisor, beside = Supervisor(home / "logs"), Supervisor(home / "logs")
    try:
        beside.start(
            Part("hq", python("cloud_sync_server"), {"PARLOUR_HQ_PORT": str(ports["hq"])}, answers(hq))
        )
        supervisor.start(Part("broker", files.command(), {}, files.is_listening))
        with demo_data.store(home, demo_data.FIRST, datetime.now(UTC)) as store:
            demo_data.add_devices(store, files)
            demo_data.enrol(store, hq)
        for name in ALWAYS:
            supervisor.start(Part(name, python(f"edge.{name}"), env))
        for name, kind in SELDOM.items():
            told = {**env, ENDS_AFTER: str(ENDS_S)}
            supervisor.start(Part(name, python(f"edge.{name}"), told, wanted=home / "wanted" / kind))
        beside.start(Part("devices", python("parlour", "devices", "simulate"), env))
        kiosk = f"http://127.0.0.1:{ports['kiosk']}"
        house = House(home, supervisor, kiosk)
        house._look_after(answers(kiosk), "the kiosk")
        yield house
    finally:
        supervisor.stop()
        beside.stop()


def answers(base: str) -> Callable[[], bool]:
    def look() -> bool:
        try:
            with urllib.request.urlopen(f"{base}/healthz", timeout=5):
                return True
        except OSError:
            return False

    return look


if __name__ == "__main__":
    main()
