"""One MQTT client: connects, comes back by itself, and says truly whether a message was handed over.

MQTT v5 is the rule, because with v3.1.1 a publish that the ACL denies is reported as done. The embedded broker speaks 3.1.1 only;
PARLOUR_MQTT_PROTOCOL=3.1.1 says so to all units. Handlers run on the network thread: they must only hand the message on.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.bus._backoff import Backoff
from edge.bus._reader import Client
from edge.bus.errors import BadPasswordFile

logger = logging.getLogger(__name__)
T = TypeVar("T")

KEEPALIVE = 15  # s: as ESPHome; a dead peer is noticed after one and a half of it
FLUSH_WITHIN = 1.0  # s for the broker to confirm what was published just before the end
UNPROVEN_LIMIT = 4096  # message ids remembered until answer and question have met; the oldest are forgotten
REFUSED_LIMIT = 200  # topics kept for the technician's page


@dataclass(frozen=True, slots=True)
class Message:
    """What arrived. `retain` is true when it was kept by the broker, so that its age is unknown."""

    topic: str
    payload: bytes
    retain: bool
    qos: int


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for us when we vanish."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = True


Handler = Callable[[Message], None]


class Bus:
    """A client of the store's broker. Use `on_connect` to (re-)send what must be known after every connection."""

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        password_file: Path,
        client_id: str,
        *,
        will: Will | None = None,
        protocol: str | None = None,
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._address = (host, port)
        self._username = username
        self._password_file = password_file
        self._client_id = client_id
        self._v5 = (protocol or os.environ.get("PARLOUR_MQTT_PROTOCOL", "5")) != "3.1.1"
        self._subscriptions: dict[str, tuple[int, tuple[Handler, ...]]] = {}
        self._numbered: list[str] = []
        """The filters in the order of asking: what a broker calls the first is 1."""
        self._greetings: list[Callable[[], None]] = []
        self._unproven: dict[int, str] = {}
        self._early: dict[int, ReasonCode] = {}
        self._refused: dict[str, str] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._connected = threading.Event()
        self._ended = threading.Event()
        self._backoff = Backoff(draw)
        self._lost_logged = False
        self._thread: threading.Thread | None = None
        self._will = will
        self._client = self._make_client()

    # ---- what units use ----

    @property
    def connected(self) -> bool:
        return self._connected.is_set()

    @property
    def refused(self) -> dict[str, str]:
        """Topic or filter -> the reason the broker gave for refusing it (v5 only)."""
        with self._lock:
            return dict(self._refused)

    def publish(
        self,
        topic: str,
        payload: bytes | str,
        qos: int = 0,
        retain: bool = False,
        expiry_s: int | None = None,
    ) -> bool:
        """Hand a message over. False when there is no connection: nothing is queued, the caller decides what to keep."""
        if not self._connected.is_set():
            return False
        properties = None
        if self._v5 and expiry_s is not None:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.MessageExpiryInterval = expiry_s
        info = self._client.publish(topic, payload, qos=qos, retain=retain, properties=properties)
        if info.rc != paho.MQTT_ERR_SUCCESS:
            return False
        if qos:
            self._remember(info.mid, topic)
        return True

    def subscribe(self, topic_filter: str, handler: Handler, qos: int = 1) -> None:
        """Call `handler` for what matches, now and after every return of the broker."""
        with self._lock:
            if topic_filter not in self._subscriptions:
                self._numbered.append(topic_filter)
            wanted, handlers = self._subscriptions.get(topic_filter, (qos, ()))
            self._subscriptions[topic_filter] = (max(wanted, qos), (*handlers, handler))
        if self._connected.is_set():
            self._ask_for(topic_filter, qos)

    def on_connect(self, greeting: Callable[[], None]) -> None:
        """Call `greeting` after every connection, once all subscriptions were asked for."""
        self._greetings.append(greeting)

    def start(self) -> None:
        """Connect in the background and stay connected. Raises BadPasswordFile when the password cannot be read."""
        read_password(self._password_file)
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=f"bus {self._client_id}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye once what was handed over is out (the will is not sent), and end the thread."""
        end = time.monotonic() + FLUSH_WITHIN
        while self._connected.is_set() and self._has_unsent() and time.monotonic() < end:
            time.sleep(0.01)
        self._stopping.set()
        self._client.disconnect()
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None

    def _has_unsent(self) -> bool:
        with self._lock:
            return bool(self._unproven) or self._client.want_write()

    def wait_connected(self, timeout: float) -> bool:
        """Wait until connected, at most `timeout` seconds."""
        return self._connected.wait(timeout)

    # ---- the connection ----

    def _make_client(self) -> paho.Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=paho.MQTTv5 if self._v5 else paho.MQTTv311,
            # Clean sessions: subscriptions live in this object, and nothing stale waits at the broker.
            clean_session=None if self._v5 else True,
            reconnect_on_failure=False,  # ours has jitter, paho's has none
        )
        if self._will is not None:
            will = self._will
            client.will_set(will.topic, will.payload, qos=will.qos, retain=will.retain)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_plain = self._on_plain
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        return client

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            self._ended.clear()
            try:
                self._connect()
            except OSError as error:  # the network's, or a password file that has gone
                self._log_lost(str(error))
            else:
                self._ended.wait()
                self._client.loop_stop()
                self._connected.clear()
                self._backoff.held(time.monotonic() - began)
            if not self._stopping.is_set():
                self._stopping.wait(self._backoff.wait())

    def _connect(self) -> None:
        """A client for this connection alone: nothing half sent on the last one is sent on this one."""
        client = self._make_client()
        client.username_pw_set(self._username, read_password(self._password_file))
        client.connect(*self._address, keepalive=KEEPALIVE)
        self._client = client
        # paho's own thread: without it, each publishing thread would write to the socket by itself.
        client.loop_start()
        if self._stopping.is_set():  # told to stop in between: `stop` spoke to the client before this one
            client.disconnect()
            self._ended.set()

    def _on_connect(self, _c: paho.Client, _u: Any, _f: Any, reason: ReasonCode, _p: Any) -> None:
        if reason.is_failure:
            self._log_lost(str(reason))
            self._ended.set()
            return
        with self._lock:
            self._unproven.clear()
            self._early.clear()
        # Asked for before anyone may publish: an answer to that publish must find the subscription.
        asked = self._ask_for_all_but(frozenset())
        self._connected.set()
        self._ask_for_all_but(asked)  # what another thread wanted in between
        logger.info("%s: connected to the broker", self._client_id)
        self._lost_logged = False
        for greeting in self._greetings:
            self._call(greeting)

    def _on_disconnect(self, _c: paho.Client, _u: Any, _f: Any, reason: ReasonCode, _p: Any) -> None:
        self._connected.clear()
        self._ended.set()
        if not self._stopping.is_set():
            self._log_lost(str(reason))

    def _log_lost(self, why: str) -> None:
        if not self._lost_logged:
            logger.warning("%s: no broker at %s:%s: %s", self._client_id, *self._address, why)
            self._lost_logged = True

    def _ask_for_all_but(self, asked: frozenset[str]) -> frozenset[str]:
        with self._lock:
            wanted = {name: qos for name, (qos, _) in self._subscriptions.items() if name not in asked}
        for name, qos in wanted.items():
            self._ask_for(name, qos)
        return frozenset(wanted)

    def _ask_for(self, name: str, qos: int) -> None:
        if self._v5:
            properties = Properties(PacketTypes.SUBSCRIBE)  # type: ignore[no-untyped-call]
            properties.SubscriptionIdentifier = self._number(name)
            _, mid = self._client.subscribe(name, options=SubscribeOptions(qos=qos), properties=properties)
        else:
            _, mid = self._client.subscribe(name, qos=qos)
        if mid is not None:
            self._remember(mid, name)

    def _remember(self, mid: int, topic: str) -> None:
        """Keep which topic a message id stands for. The answer may already be here: the network has its own thread."""
        with self._lock:
            reason = self._early.pop(mid, None)
            if reason is None:
                _put_bounded(self._unproven, mid, topic)
        if reason is not None and reason.is_failure:
            self._log_refused(topic, reason)

    # ---- what comes in ----

    def _on_message(self, _c: paho.Client, _u: Any, raw: paho.MQTTMessage) -> None:
        message = Message(raw.topic, bytes(raw.payload), bool(raw.retain), raw.qos)
        # A broker may send one copy a matching subscription: the identifiers say which one this copy is for.
        numbers = getattr(raw.properties, "SubscriptionIdentifier", None) if self._v5 else None
        self._deliver(message, numbers or ())

    def _on_plain(self, topic: str, payload: bytes, kept: bool, number: int) -> None:
        self._deliver(Message(topic, payload, kept, 0), (number,) if number else ())

    def _deliver(self, message: Message, numbers: Sequence[int]) -> None:
        topic = message.topic
        if message.retain and topic.endswith("/command"):
            # A kept command fires again at every restart: a relay must never act on one.
            logger.warning("%s: retained command dropped: %s", self._client_id, topic)
            return
        with self._lock:
            names = (
                [self._numbered[n - 1] for n in numbers if n <= len(self._numbered)]
                if numbers
                else [name for name in self._numbered if paho.topic_matches_sub(name, topic)]
            )
            found = [handler for name in names for handler in self._subscriptions[name][1]]
        for handler in found:
            self._call(handler, message)

    def _number(self, name: str) -> int:
        """The identifier of a subscription: its place in the order of asking, which never changes."""
        with self._lock:
            return self._numbered.index(name) + 1

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        try:
            function(*arguments)
        except Exception:  # whatever a handler does wrong must not end the network thread
            logger.exception("%s: a handler failed", self._client_id)

    def _on_publish(self, _c: paho.Client, _u: Any, mid: int, reason: ReasonCode, _p: Any) -> None:
        self._answered(mid, reason)

    def _on_subscribe(self, _c: paho.Client, _u: Any, mid: int, reasons: list[ReasonCode], _p: Any) -> None:
        for reason in reasons:
            self._answered(mid, reason)

    def _answered(self, mid: int, reason: ReasonCode) -> None:
        with self._lock:
            topic = self._unproven.pop(mid, None)
            if topic is None:
                _put_bounded(self._early, mid, reason)
        if topic is not None and reason.is_failure:
            self._log_refused(topic, reason)

    def _log_refused(self, topic: str, reason: ReasonCode) -> None:
        with self._lock:
            if topic in self._refused or len(self._refused) >= REFUSED_LIMIT:
                return
            self._refused[topic] = str(reason)
        logger.warning("%s: the broker refused %s: %s", self._client_id, topic, reason)


def _put_bounded(waiting: dict[int, T], mid: int, value: T) -> None:
    while len(waiting) >= UNPROVEN_LIMIT:
        del waiting[next(iter(waiting))]
    waiting[mid] = value


def read_password(path: Path) -> str:
    """A password from its file. Raises BadPasswordFile."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadPasswordFile(path, str(error)) from error
    if not text:
        raise BadPasswordFile(path, "empty")
    return text
