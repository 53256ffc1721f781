"""`parlour run`: a demo chain on one machine. A store with its devices, a second store, and head office.

The same programs that systemd runs on an appliance, one process each, on Mosquitto where it is installed. Nothing is simulated
but the devices, and those are real MQTT clients that publish what an ESPHome node publishes.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from edge.bus.broker import BrokerFiles, find_mosquitto
from edge.store import home
from edge.store.wanted import ENDS_AFTER
from parlour import demo_data
from parlour.supervise import NotReady, Part, Supervisor, python

ENDS_IDLE_AFTER_S = 600
"""What the units of an appliance are told, too (systemd/): a scan of the next guest finds the unit running."""


@dataclass(frozen=True)
class Ports:
    """Where the demo listens; each may be set by its variable, so that two can run at once."""

    kiosk: int
    second: int
    hq: int
    mqtt: int

    VARIABLES = {"kiosk": "PARLOUR_KIOSK_PORT", "second": "PARLOUR_SECOND_PORT", "hq": "PARLOUR_HQ_PORT", "mqtt": "PARLOUR_MQTT_PORT"}  # fmt: skip
    DEFAULTS = {"kiosk": 8080, "second": 8081, "hq": 8090, "mqtt": 1883}

    @classmethod
    def from_environment(cls) -> Ports:
        """Raises WrongPort."""
        values = {}
        for name, variable in cls.VARIABLES.items():
            text = os.environ.get(variable) or str(cls.DEFAULTS[name])
            if not text.isdecimal() or not 1 <= int(text) <= 65535:
                raise WrongPort(f"{variable}={text}: a port is a number from 1 to 65535")
            values[name] = int(text)
        return cls(**values)

    def taken(self) -> list[str]:
        """What is in the way, as lines for a person."""
        lines = []
        for name, variable in self.VARIABLES.items():
            port = getattr(self, name)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    lines.append(f"port {port} is in use: free it, or set {variable} to another")
        return lines


class WrongPort(ValueError):
    """Raised when a port variable holds no port."""


def run() -> int:
    """Run until Ctrl-C. 0 when stopped, 1 when something was in the way."""
    folder = home()
    try:
        ports = Ports.from_environment()
    except WrongPort as error:
        print(f"parlour run: {error}", file=sys.stderr)
        return 1
    with _only_one(folder) as first:
        in_the_way = (
            ports.taken() if first else [f"another `parlour run` uses {folder}: stop it, or set PARLOUR_HOME"]
        )
        if in_the_way:
            print("\n".join(f"parlour run: {line}" for line in in_the_way), file=sys.stderr)
            return 1
        supervisor = Supervisor(folder / "logs")
        stop = _stop_on_signals()
        try:
            _start(supervisor, folder, ports)
            print(_greeting(folder, ports), flush=True)
            supervisor.watch(until=stop, tell=lambda line: print(f"  {line}", flush=True))
        except (NotReady, demo_data.NotTheDemo) as error:
            print(f"parlour run: {error}", file=sys.stderr)
            return 1
        finally:
            print("Stopping…", flush=True)
            supervisor.stop()
    return 0


def _start(supervisor: Supervisor, folder: Path, ports: Ports) -> None:
    now = datetime.now(UTC)
    second_home = folder / "second"
    hq_url = f"http://127.0.0.1:{ports.hq}"
    hq_env = {"PARLOUR_HOME": str(folder), "PARLOUR_HQ_PORT": str(ports.hq)}
    demo_data.prepare_head_office(folder)
    supervisor.start(Part("hq", python("cloud_sync_server"), hq_env, _answers(f"{hq_url}/healthz")))

    files = BrokerFiles.prepare(folder / "broker", demo_data.FIRST, ports.mqtt)
    supervisor.start(Part("broker", files.command(), {}, _listens(ports.mqtt)))
    with demo_data.store(folder, demo_data.FIRST, now) as store:
        demo_data.add_devices(store, files)
        demo_data.enrol(store, hq_url)
    with demo_data.store(second_home, demo_data.SECOND, now) as store:
        demo_data.enrol(store, hq_url)

    first = {
        **files.environment(),
        "PARLOUR_HOME": str(folder),
        "PARLOUR_KIOSK_PORT": str(ports.kiosk),
        **demo_data.camera(folder),
    }
    second = {
        "PARLOUR_HOME": str(second_home),
        "PARLOUR_KIOSK_PORT": str(ports.second),
        "PARLOUR_MQTT_PORT": "0",
    }
    for part in (
        Part("sensors", python("edge.sensors"), first),
        _seldom("provision", "provision", folder, first),
        _seldom("vision", "scan", folder, first),
        Part("sync", python("edge.sync"), first),
        Part("care", python("edge.care"), first),
        Part("second-sync", python("edge.sync"), second),
        Part("second-care", python("edge.care"), second),
        Part("devices", python("parlour", "devices", "simulate"), first),
        Part(
            "second-kiosk", python("edge.kiosk"), second, _answers(f"http://127.0.0.1:{ports.second}/healthz")
        ),
        Part("kiosk", python("edge.kiosk"), first, _answers(f"http://127.0.0.1:{ports.kiosk}/healthz")),
    ):
        supervisor.start(part)


def _seldom(name: str, kind: str, folder: Path, env: Mapping[str, str]) -> Part:
    """A unit that runs only while there is work for it."""
    ends = {**env, ENDS_AFTER: str(ENDS_IDLE_AFTER_S)}
    return Part(name, python(f"edge.{name}"), ends, wanted=folder / "wanted" / kind)


def _greeting(folder: Path, ports: Ports) -> str:
    kiosk, second, hq = (f"http://127.0.0.1:{port}" for port in (ports.kiosk, ports.second, ports.hq))
    broker = (
        "Mosquitto"
        if find_mosquitto()
        else "embedded broker (Mosquitto is not installed: MQTT 3.1.1, for trying out only)"
    )
    return "\n".join([
        "",
        f"  Parlour is open.   {demo_data.TITLE}",
        "",
        f"    Kiosk           {kiosk}/",
        f"    Front desk      {kiosk}/desk",
        f"    Bed station     {kiosk}/station",
        f"    Technician      {kiosk}/tech",
        f"    Second store    {second}/desk",
        f"    Head office     {hq}/",
        f"    MQTT            127.0.0.1:{ports.mqtt}   {broker}",
        f"    Data            {folder}",
        *([] if os.environ.get("PARLOUR_HOST") else ["    Phones          PARLOUR_HOST=0.0.0.0 make run lets phones of this network open reports and forms"]),
        "",
        *(f"    {line}" for line in demo_data.logins(folder)),
        "",
        "  Try first:",
        *(f"    {i}. {line}" for i, line in enumerate(demo_data.what_to_try(), 1)),
        "",
        "  Ctrl-C stops all.",
        "",
    ])  # fmt: skip


def _answers(url: str) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback address
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return ready


def _listens(port: int) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    return ready


def _stop_on_signals() -> Callable[[], bool]:
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        if len(asked) > 2:  # a person who presses it a third time means it
            raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, note)
    return lambda: bool(asked)


@contextmanager
def _only_one(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock; False when another process has it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
