"""The serial kinds as parts of a node: bytes from a line, frames, meanings, events and states."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from edge.sensors.errors import Refused
from edge.sensors.fakes import State
from edge.sensors.node import Node
from edge.sensors.wired import readers
from edge.sensors.wired.errors import PortGone
from edge.sensors.wired.framing import Framer
from edge.sensors.wired.line import Line

logger = logging.getLogger(__name__)

SAME_WITHIN = 2.0  # s: a card left on the reader, a code still in the beam, is read again and again
Refuse = Callable[[str, Refused, bytes], None]


class SerialPart:
    """One reader on a serial line. Its thread reads; the node publishes."""

    def __init__(self, profile: str, line: Line, clock: Callable[[], float], refuse: Refuse) -> None:
        self._profile = profile
        self._line = line
        self._clock = clock
        self._refuse = refuse
        self._framer = Framer()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._last: tuple[str, float] = ("", -SAME_WITHIN)
        self._thrown = 0
        self._node: Node | None = None

    # --- a part of a node

    def tick(self, now: float) -> Sequence[State]:  # noqa: ARG002 - its thread speaks
        return []

    def press(self, button: str, now: float) -> Sequence[State]:  # noqa: ARG002 - it has no button
        return []

    # --- its own thread

    def start(self, node: Node) -> None:
        """Read from now on."""
        self._node = node
        self._thread = threading.Thread(target=self._run, name=f"line {node.node.name}", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether its thread still reads: one that was ended by what nobody thought of must not pass for a quiet reader."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=2)
        self._line.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                data = self._line.read()
            except PortGone:
                self._framer.reset()
                self._tell(there=False)
                self._stopping.wait(0.2)
                continue
            self._tell(there=True)
            if data:
                self.take(data, self._clock())

    def take(self, data: bytes, tick: float) -> None:
        """Bytes from the line."""
        for frame in self._framer.feed(data, tick):
            try:
                self._mean(frame, tick)
            except Refused as refused:
                self._refuse(self._name, refused, frame)
        thrown = self._framer.thrown.total()
        if thrown != self._thrown:
            self._thrown = thrown
            why = ", ".join(f"{count} {name}" for name, count in sorted(self._framer.thrown.items()))
            self._refuse(self._name, Refused("bad_frame", f"{why}: a bad cable, or the wrong baud rate"), b"")

    def _mean(self, frame: bytes, tick: float) -> None:
        assert self._node is not None
        if self._profile == "body_scale":
            self._node.say(readers.body(frame))
            return
        event, meaning = readers.READERS[self._profile]
        text = meaning(frame)
        last, at = self._last
        self._last = (text, tick)
        if text != last or tick - at > SAME_WITHIN:
            self._node.happened(event, "read", text=text)

    def _tell(self, *, there: bool) -> None:
        assert self._node is not None
        self._node.is_there(there)

    @property
    def _name(self) -> str:
        return self._node.node.name if self._node is not None else self._profile
