"""The unit `parlour-wired`: a node on the bus for each device with an address on this machine.

Devices come and go with their records; one that cannot be opened is told of where a technician sees it, and the others work on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from edge import notify
from edge.sensors.complaints import Complaints
from edge.sensors.errors import Refused, SensorError
from edge.sensors.node import Node, Part, bus_for, node_for
from edge.sensors.wired import line, pins
from edge.sensors.wired.line import Line
from edge.sensors.wired.serials import SerialPart
from edge.store import Store, StoreError
from salon.records import Device

logger = logging.getLogger(__name__)

STEP = 0.1  # s between two looks at what is due
LOOK_EVERY = 10.0  # s between two readings of the register
AGAIN = 1.0  # s until a reader whose thread has ended is begun anew
LIGHTS = {"status_light": "status_light", "light_ring": "ring_light"}
BUTTONS = {"call_button": "call", "footswitch": "footswitch"}


class WiredPart(Part, Protocol):
    """A part with a life of its own."""

    @property
    def alive(self) -> bool: ...

    def start(self, node: Node) -> None: ...

    def stop(self) -> None: ...


class Wired:
    """All wired devices of a store. `run` returns after `stop`."""

    def __init__(
        self,
        store: Store,
        host: str,
        port: int,
        passwords: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._host, self._port, self._passwords = host, port, passwords
        self._clock = clock
        self._stopping = threading.Event()
        self._complaints = Complaints(store, "serial")
        self._lock = threading.Lock()
        self._running: dict[str, tuple[Device, Node, WiredPart]] = {}
        self._look_at = 0.0
        self._alive_at = 0.0

    def run(self) -> None:
        """Work until stopped."""
        notify.ready()
        while not self._stopping.is_set():
            self.step()
            self._stopping.wait(STEP)
        notify.stopping()
        for name in list(self._running):
            self._end(name)

    def stop(self) -> None:
        self._stopping.set()

    def step(self) -> None:
        """Look after what runs."""
        tick = self._clock()
        if tick >= self._look_at:
            self._look_at = tick + LOOK_EVERY
            self._look()
        for name, (_, node, part) in list(self._running.items()):
            if part.alive:
                node.tick()
            else:
                self._refuse(name, Refused("reader_ended", "its thread has ended: it is begun anew"), b"")
                self._end(name)
                self._look_at = min(self._look_at, tick + AGAIN)
        beat = notify.interval()
        if beat is not None and tick >= self._alive_at:
            self._alive_at = tick + beat
            self._store.clock_suspect()  # the store answers, this loop runs, and each line's thread has been seen above
            notify.alive(f"{len(self._running)} devices")

    def _look(self) -> None:
        try:
            records = {d.device: d for d in self._store.devices.select() if d.state == "active" and d.address}
        except StoreError:
            logger.exception("the register cannot be read now")
            return
        for name, (before, _, _) in list(self._running.items()):
            after = records.get(name)
            if after is None or (after.address, after.profile) != (before.address, before.profile):
                self._end(name)
            if after is None:
                self._forget_events(name)
        for name, record in records.items():
            if name not in self._running:
                self._begin(record)

    def _begin(self, record: Device) -> None:
        try:
            profile, about = node_for(record)
            if profile.wire not in {"serial", "gpio"}:
                return  # a node of its own; its address is only where it is found
            part = self._part(record)
        except Exception as error:  # noqa: BLE001 - gpiozero and its pin libraries raise what they like; the others must work
            code = "bad_device" if isinstance(error, SensorError) else "cannot_open"
            self._refuse(record.device, Refused(code, f"{type(error).__name__}: {error}"), b"")
            return
        bus = bus_for(about, self._host, self._port, self._passwords / f"{record.device}.password")
        node = Node(about, part, bus, self._clock, self._store.held)
        try:
            node.start()
        except OSError as error:
            part.stop()
            self._refuse(record.device, Refused("no_login", str(error)), b"")
            return
        part.start(node)
        self._running[record.device] = (record, node, part)

    def _part(self, record: Device) -> WiredPart:
        """Raises BadAddress, and whatever gpiozero raises."""
        if record.profile in BUTTONS:
            return pins.ButtonPart(BUTTONS[record.profile], pins.parse(record.device, record.address))
        if record.profile in LIGHTS:
            return pins.LightPart(LIGHTS[record.profile], pins.parse(record.device, record.address))
        path, baud = line.parse(record.device, record.address)
        return SerialPart(record.profile, Line(path, baud, self._clock), self._clock, self._refuse)

    def _end(self, name: str) -> None:
        _, node, part = self._running.pop(name)
        part.stop()
        node.stop()

    def _forget_events(self, name: str) -> None:
        """What a device that has gone still had to tell is of no use to anybody."""
        try:
            self._store.held.forget(name)
        except StoreError:
            logger.exception("%s: its events could not be forgotten", name)

    def _refuse(self, device: str, refused: Refused, raw: bytes) -> None:
        """Called from the threads of the lines, too."""
        with self._lock:
            try:
                self._complaints.note(device, refused, raw, self._clock())
            except StoreError:
                logger.exception("a refusal could not be kept: %s %s", device, refused)
