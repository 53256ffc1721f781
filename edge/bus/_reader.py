"""paho's client, made to read all that has come at once.

paho asks the kernel three times for each message and selects between two of them; on a store's Pi that is half of what a reading costs. Here one call
takes what has come, and the plain message - a state at QoS 0, nearly all there are - is taken apart without the object that paho makes of its
properties. Whatever is not plain goes paho's own way, as does every rule of the protocol.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable

from paho.mqtt import MQTTException
from paho.mqtt import client as paho
from paho.mqtt.enums import MQTTErrorCode

logger = logging.getLogger(__name__)

GULP = 65_536  # bytes: some 800 states of a node
_SUBSCRIPTION_ALONE = (
    b"\x02\x0b"  # two bytes of properties: for which of our subscriptions this copy is, below 128
)

Plain = Callable[[str, bytes, bool, int], None]
"""Topic, payload, whether it was kept by the broker, and the number of the subscription; 0 when it is not said."""


class Client(paho.Client):
    """Hands plain messages to `on_plain` where that is set, all others to `on_message`."""

    on_plain: Plain | None = None

    _held = b""
    _at = 0
    """What has been read and not yet taken apart, and how far that has come."""
    _gulped = False

    def reconnect(self) -> MQTTErrorCode:
        """As paho does; what the connection before left unread is no part of this one."""
        self._held, self._at = b"", 0
        return super().reconnect()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:  # noqa: ARG002 - paho's signature
        """Take apart what has come, to the last byte: nobody would be woken for what is held here."""
        self._gulped = False
        while self._sock is not None:
            try:
                code = self._packet_read()
            except (struct.error, LookupError, ValueError, MQTTException):
                # paho lets a message that is cut short end its thread, and with it a unit's ears: here it ends the connection.
                logger.exception("a message that cannot be taken apart")
                code = MQTTErrorCode.MQTT_ERR_PROTOCOL
            if code > 0:
                return self._loop_rc_handle(code)
            if self._at >= len(self._held):
                return MQTTErrorCode.MQTT_ERR_SUCCESS
        return MQTTErrorCode.MQTT_ERR_NO_CONN

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._at >= len(self._held):
            if self._gulped:
                # One gulp a turn: the rest of a message is asked for alone, or a flood would keep pings and answers from going out.
                return super()._sock_recv(bufsize)
            self._held, self._at = super()._sock_recv(GULP), 0
            self._gulped = True
        begins = self._at
        data = self._held[begins : begins + bufsize]
        self._at = begins + len(data)
        return data

    def _handle_publish(self) -> MQTTErrorCode:
        if self.on_plain is None or self._in_packet["command"] & 0x06:
            return super()._handle_publish()
        plain = _plain(self._in_packet["packet"], v5=self._protocol == paho.MQTTv5)
        if plain is None:
            return super()._handle_publish()
        topic, payload, number = plain
        self.on_plain(topic, payload, bool(self._in_packet["command"] & 0x01), number)
        return MQTTErrorCode.MQTT_ERR_SUCCESS


def _plain(packet: bytes | bytearray, *, v5: bool) -> tuple[str, bytes, int] | None:
    """Topic, payload and subscription of a message at QoS 0 that has no other property; None for every other, and for what is cut short."""
    if len(packet) < 3:
        return None
    ends = at = 2 + (packet[0] << 8 | packet[1])
    number = 0
    if ends == 2 or ends + v5 > len(packet):
        return None
    if v5 and packet[at] == 0:
        at += 1
    elif v5 and packet[at : at + 2] == _SUBSCRIPTION_ALONE and len(packet) > at + 2 and packet[at + 2] < 0x80:
        number = packet[at + 2]
        at += 3
    elif v5:
        return None
    try:
        return packet[2:ends].decode(), bytes(packet[at:]), number
    except UnicodeDecodeError:
        return None
