"""Readings a second, from Mosquitto to durable in the store.

The unit `parlour-sensors` as it is: bus, parsing, limits, trust, one transaction a batch, on the store's encrypted file. Beside it the same
messages counted by an empty paho callback, which is as fast as any Python client can be, and written one by one by stock TinyDB.

Messages are QoS 0 states of room air, as ESPHome sends them, written to the broker's socket by a process of its own and at most WINDOW ahead of
the reader, so that the broker drops none.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from tinydb import TinyDB

from benchmarks.common import Row, report
from edge.bus import Bus
from edge.bus.broker import BrokerFiles, find_mosquitto
from edge.sensors.service import Sensors
from edge.store import Store
from salon.records import Device

DEVICES = 1_000
MEASURES = ("temperature", "humidity", "co2")
ROUNDS = 10  # of each measure of each device: what the rate limit lets through at once
MESSAGES = DEVICES * len(MEASURES) * ROUNDS
STOCK_MESSAGES = 1_000  # stock TinyDB slows with every document; more would take minutes
WINDOW = 800  # messages ahead of the reader: under the broker's 1,000
REPEATS = 3
TOLD_EVERY = 100


def main() -> None:
    if not find_mosquitto():
        print("Mosquitto with its dynamic-security plugin is not installed: nothing to measure")
        return
    with tempfile.TemporaryDirectory(prefix="parlour-bench-") as name, broker(Path(name)) as files:
        folder = Path(name)
        limit = best(lambda: count_only(files))
        ours = best(lambda: ours_once(files, folder))
        stock = stock_tinydb(files, folder)
    report(
        "ingest",
        [
            Row.of("readings to durable", ours, limit, "empty paho callback", "1/s"),
            Row.of("readings to durable", ours, stock, "stock TinyDB", "1/s"),
        ],
        notes=[f"{MESSAGES} messages, best of {REPEATS}; stock TinyDB: {STOCK_MESSAGES} messages, once"],
    )


def best(measure: Callable[[], float]) -> float:
    return max(measure() for _ in range(REPEATS))


@contextmanager
def broker(folder: Path) -> Iterator[BrokerFiles]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    files = BrokerFiles.prepare(folder / "broker", "s001", port)
    process = subprocess.Popen(files.command(), stderr=subprocess.DEVNULL)
    try:
        while not files.is_listening():
            time.sleep(0.05)
        yield files
    finally:
        process.terminate()
        process.wait()


# --- the three readers


def count_only(files: BrokerFiles) -> float:
    """Messages a second that paho can hand to a callback that does nothing."""
    seen = 0

    def take(_client: object, _data: object, _message: object) -> None:
        nonlocal seen
        seen += 1

    with listening(files, take):
        return publish(files, MESSAGES, lambda: seen, lambda: seen >= MESSAGES)


def stock_tinydb(files: BrokerFiles, folder: Path) -> float:
    """The same with one insert a message into TinyDB's own file."""
    database = TinyDB(folder / "stock.json")
    seen = 0

    def take(_client: object, _data: object, message: paho.MQTTMessage) -> None:
        nonlocal seen
        device, _, measure = message.topic.split("/")[2:5]
        database.insert({"device": device, "measure": measure, "value": float(message.payload)})
        seen += 1

    with listening(files, take):
        return publish(files, STOCK_MESSAGES, lambda: seen, lambda: seen >= STOCK_MESSAGES)


def ours_once(files: BrokerFiles, folder: Path) -> float:
    """The unit, until all is committed."""
    home = folder / f"home-{time.monotonic_ns()}"
    with Store.create(home, "s001") as store:
        with store.transaction():
            for name in names():
                store.devices.add(
                    Device(rid=f"d-{name}", device=name, profile="room_air", name=name, store="s001")
                )
        bus = Bus(files.host, files.port, "edge", files.password_file("edge"), "edge-sensors")
        sensors = Sensors(store, bus, "bench")
        unit = threading.Thread(target=sensors.run)
        unit.start()
        assert bus.wait_connected(5)
        time.sleep(0.5)

        def done() -> bool:
            if sensors.taken >= MESSAGES:
                sensors.stop()  # it writes what waits before it ends
                unit.join()
            return not unit.is_alive()

        rate = publish(files, MESSAGES, lambda: sensors.taken, done)
        kept = sum(usage.values for usage in store.telemetry.usage() if usage.step == "raw")
        assert kept == MESSAGES, f"{kept} of {MESSAGES} kept; refused: {store.refusals(3)}"
        return rate


@contextmanager
def listening(files: BrokerFiles, take: Callable[..., None]) -> Iterator[None]:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="edge-count", protocol=paho.MQTTv5)
    client.username_pw_set("edge", files.password_file("edge").read_text())
    client.on_message = take
    subscribed = threading.Event()
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect(files.host, files.port)
    client.subscribe("salon/s001/+/sensor/+/state", qos=1)
    client.loop_start()
    assert subscribed.wait(5)
    try:
        yield
    finally:
        client.disconnect()
        client.loop_stop()


# --- the writer, in a process of its own


def names() -> list[str]:
    return [f"air-{number}" for number in range(DEVICES)]


def publish(files: BrokerFiles, count: int, seen: Callable[[], int], done: Callable[[], bool]) -> float:
    """Have `count` messages sent, telling the writer how far the reader is; messages a second until `done`."""
    arguments = [files.host, str(files.port), str(files.password_file("edge")), str(count)]
    command = [sys.executable, "-m", "benchmarks.bench_ingest", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdout.readline()  # connected
        begin = time.perf_counter()
        told = -1
        while not done():
            if seen() != told:
                told = seen()
                writer.stdin.write(told.to_bytes(8))
                writer.stdin.flush()
            time.sleep(0.004)
        taken = time.perf_counter() - begin
        writer.terminate()
    return count / taken


def packets(count: int) -> list[bytes]:
    """PUBLISH packets of MQTT 3.1.1, QoS 0."""
    out = []
    for number in range(count):
        device, round_ = divmod(number % (DEVICES * len(MEASURES)), len(MEASURES))[0], number % 7
        measure = MEASURES[number % len(MEASURES)]
        topic = f"salon/s001/air-{device}/sensor/{measure}/state".encode()
        value = (b"620" if measure == "co2" else b"24.") + str(round_).encode()
        value = value[:3] if measure == "co2" else value
        body = len(topic).to_bytes(2) + topic + value
        out.append(b"\x30" + bytes([len(body)]) + body)
    return out


def write(host: str, port: int, password_file: Path, count: int) -> None:
    """Send the messages, never more than WINDOW ahead of the reader."""
    text = lambda value: len(value).to_bytes(2) + value  # noqa: E731
    body = text(b"MQTT") + b"\x04\xc2" + (60).to_bytes(2)
    body += text(b"edge-bench") + text(b"edge") + text(password_file.read_bytes())
    ready = packets(count)
    with socket.create_connection((host, port)) as line:
        line.sendall(b"\x10" + bytes([len(body)]) + body)
        assert line.recv(4)[3] == 0
        print("ready", flush=True)
        sent = seen = 0
        while sent < count:
            ahead = min(count, seen + WINDOW)
            if ahead > sent:
                line.sendall(b"".join(ready[sent:ahead]))
                sent = ahead
            while sent - seen >= WINDOW - TOLD_EVERY or sent == count:
                told = os.read(0, 8)
                if len(told) < 8:
                    return
                seen = int.from_bytes(told)
        time.sleep(60)


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
