"""What just happened at a device - a code scanned, a card read, a press - told to the pages once, and never twice.

`salon/<store>/edge/happened/<scan|card|press>`, QoS 1, never retained, one JSON object of the class below. It may name a member, so it
is kept nowhere. A page must act on a card that is held to the reader *now* and never on one of ten minutes ago, whatever lay in
between: a broker's restart, a page's restart, a clock that was set. Therefore each message carries the machine's `boot`, the time since
that boot (`up_ms`, which nobody can set) and `seq`, which only grows within a boot, also over restarts of the teller. Who listens by
`listen` sees only what is of this boot, at most EXPIRES_S old, and newer than the last. The broker drops it after EXPIRES_S, too.

The kiosk listens like this, and asks `place` whether it concerns a screen:

    listen(bus, store_id, lambda what, happened: ...)
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from edge.bus._client import Bus, Message

logger = logging.getLogger(__name__)

EXPIRES_S = 10  # s: a code scanned half a minute ago is not the customer who stands here now
MAX_BYTES = 4096  # a code of 512 characters, each up to four bytes, and its place

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_Line = Annotated[str, StringConstraints(max_length=200)]

Moment = tuple[str, int]
"""The machine's boot, and ms since."""


class Happened(BaseModel):
    """One event of one device, as the pages hear it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    device: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,31}$")]
    profile: _Line
    """What kind it is: `scanner`, `card_reader`, `call_button`, `footswitch`."""
    place: _Line
    """Where it stands, by its record: a bed, the desk, the kiosk. A page takes those of its own place."""
    event_type: _Line
    """`read`, `pressed`."""
    text: Annotated[str, StringConstraints(max_length=512)] = ""
    """The code, or the UID of the card."""
    id: Annotated[str, StringConstraints(max_length=64)]
    at: _Line
    """By the clock on the wall: to be shown, never to be judged by."""
    boot: Annotated[str, StringConstraints(max_length=64)]
    up_ms: Annotated[int, Field(ge=0, le=2**53)]
    seq: Annotated[int, Field(ge=1, le=2**53)]


def moment() -> Moment:
    """Now, by what cannot be set: all processes of this machine agree on it."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    seconds = time.monotonic() if boottime is None else time.clock_gettime(boottime)
    return _boot(), int(seconds * 1000)


def is_fresh(boot: str, up_ms: int, now: Moment) -> bool:
    """Whether something was said in this boot, at most EXPIRES_S ago."""
    return boot == now[0] and -1000 <= now[1] - up_ms <= EXPIRES_S * 1000


def topic(store_id: str, what: str) -> str:
    return f"salon/{store_id}/edge/happened/{what}"


class Teller:
    """Numbers events and tells them. One for each store: the sensors unit's."""

    def __init__(self, bus: Bus, store_id: str, clock: Callable[[], Moment] = moment) -> None:
        self._bus = bus
        self._store_id = store_id
        self._clock = clock
        self._last = 0

    def tell(
        self,
        what: str,
        *,
        device: str,
        profile: str,
        place: str,
        event_type: str,
        text: str,
        event_id: str,
        at: str,
    ) -> bool:
        """Tell the pages. False when there is no broker: it is then lost, and the customer holds her card there again."""
        boot, up_ms = self._clock()
        self._last = max(
            self._last + 1, up_ms
        )  # grows over restarts of this unit, since the boot's own time does
        told = Happened(
            device=device, profile=profile, place=place, event_type=event_type, text=text, id=event_id, at=at,
            boot=boot, up_ms=up_ms, seq=self._last,
        )  # fmt: skip
        return self._bus.publish(
            topic(self._store_id, what), told.model_dump_json(), qos=1, expiry_s=EXPIRES_S
        )


class Listener:
    """Hands on what is new, and drops the rest."""

    def __init__(
        self, handler: Callable[[str, Happened], None], clock: Callable[[], Moment] = moment
    ) -> None:
        self._handler = handler
        self._clock = clock
        self._last = 0
        self._lock = threading.Lock()

    def take(self, message: Message) -> bool:
        """One message of the bus; whether it was handed on."""
        if message.retain or len(message.payload) > MAX_BYTES:
            logger.warning("dropped, kept or too long: %s", message.topic)
            return False
        try:
            told = Happened.model_validate_json(message.payload)
        except ValidationError as error:
            logger.warning("dropped, not as agreed: %s: %d problems", message.topic, error.error_count())
            return False
        with self._lock:
            if told.seq <= self._last or not is_fresh(told.boot, told.up_ms, self._clock()):
                logger.warning("dropped, old: %s %s", message.topic, told.id)
                return False
            self._last = told.seq
        self._handler(message.topic.rsplit("/", 1)[-1], told)
        return True


def listen(bus: Bus, store_id: str, handler: Callable[[str, Happened], None]) -> Listener:
    """Call `handler` with what (`scan`, `card`, `press`) and the event, from the bus's own thread."""
    listener = Listener(handler)

    def heard(message: Message) -> None:
        listener.take(message)

    bus.subscribe(topic(store_id, "+"), heard)
    return listener


@cache
def _boot() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"  # not Linux: then `up_ms` alone tells
