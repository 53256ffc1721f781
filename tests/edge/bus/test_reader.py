"""The reader beside paho's own client: the same bytes, however they come, are the same messages."""

from __future__ import annotations

import random
import socket

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.bus._reader import GULP, Client


def packet(topic, payload, *, qos=0, retain=False, properties=b"\x00", v5=True):
    name = topic.encode()
    body = (
        len(name).to_bytes(2) + name + (b"\x00\x07" if qos else b"") + (properties if v5 else b"") + payload
    )
    length, left = bytearray(), len(body)
    while True:
        left, digit = left >> 7, left & 0x7F
        length.append(digit | (0x80 if left else 0))
        if not left:
            return bytes([0x30 | qos << 1 | retain]) + bytes(length) + body


def expiring():
    properties = Properties(PacketTypes.PUBLISH)
    properties.MessageExpiryInterval = 10
    return properties.pack()


MESSAGES = [
    packet("salon/s001/air-1/sensor/co2/state", b"620"),
    packet("salon/s001/air-1/sensor/co2/state", b"621", properties=b"\x02\x0b\x03"),
    packet(
        "salon/s001/air-1/sensor/co2/state", b"622", properties=b"\x03\x0b\x80\x01"
    ),  # the 128th subscription
    packet("salon/s001/bed-1/status", b"online", qos=1, retain=True),
    packet("salon/s001/bed-1/number/scent/command", b"10", qos=1, properties=expiring()),
    packet("salon/s001/bed-1/number/scent/command", b"10", properties=expiring()),
    packet("salon/s001/床/status", b"", retain=True),
    packet("salon/s001/edge/preview", bytes(range(256)) * 200),
    packet("a", b""),
]


def seen_by(kind, stream, pieces, *, v5=True):
    """What a client makes of a stream that comes in pieces: topic, payload, kept or not, subscription."""
    here, there = socket.socketpair()
    here.setblocking(False)
    client = kind(CallbackAPIVersion.VERSION2, client_id="x", protocol=paho.MQTTv5 if v5 else paho.MQTTv311)
    client._sock = here
    seen = []

    def message(_client, _data, raw):
        numbers = getattr(raw.properties, "SubscriptionIdentifier", [0])
        seen.append((raw.topic, bytes(raw.payload), bool(raw.retain), numbers[0]))

    client.on_message = message
    if kind is Client:
        client.on_plain = lambda *plain: seen.append(plain)
    at = 0
    for size in [*pieces, len(stream)]:
        piece, at = stream[at : at + size], at + size
        while piece and client._sock is not None:
            piece = piece[there.send(piece) :]
            while client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS and left(here):
                continue
    there.close()
    while client._sock is not None:  # the peer has gone: said once all was read
        client.loop_read()
    return seen


def left(line):
    try:
        return bool(line.recv(1, socket.MSG_PEEK))
    except OSError:  # nothing now, or closed
        return False


@pytest.mark.parametrize("v5", [True, False])
def test_however_the_bytes_come_the_messages_are_those_that_paho_sees(v5):
    draw = random.Random(5)
    plain = [packet(f"salon/s001/a/{n}/b/state", b"x" * n, v5=v5) for n in range(300)]
    messages = MESSAGES * 3 + plain if v5 else plain
    draw.shuffle(messages)
    stream = b"".join(messages)
    want = seen_by(paho.Client, stream, [], v5=v5)
    assert len(want) == len(messages)
    assert seen_by(Client, stream, [], v5=v5) == want
    assert seen_by(Client, stream, [1] * 3000, v5=v5) == want
    cuts = [draw.randrange(1, 900) for _ in range(400)]
    assert seen_by(Client, stream, cuts, v5=v5) == want


def test_a_message_longer_than_a_gulp_is_whole():
    long = packet("salon/s001/edge/preview", random.Random(1).randbytes(3 * GULP))
    after = packet("a", b"1")
    assert [len(payload) for _, payload, *_ in seen_by(Client, long + after, [])] == [3 * GULP, 1]


@pytest.mark.parametrize("damaged", [b"\x30\x00", b"\x30\x01\x00", b"\x30\x02\x00\x09", b"\x30\x02\x00\x00"])
def test_a_message_cut_short_ends_the_connection_and_nothing_after_it_is_believed(damaged):
    assert seen_by(Client, packet("a", b"1") + damaged + packet("b", b"2"), []) == [("a", b"1", False, 0)]


def test_what_a_broken_connection_left_unread_is_not_read_in_the_next(monkeypatch):
    """The rest of a gulp would be taken for the new broker's answer, and end each connection after it too."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="x", protocol=paho.MQTTv5)
    client._host, seen, welcomed = "broker", [], []
    client.on_plain = lambda *plain: seen.append(plain)
    client.on_connect = lambda *_: welcomed.append(True)
    lines = [socket.socketpair() for _ in range(2)]
    monkeypatch.setattr(client, "_create_socket", lambda: lines[0][0])
    client.reconnect()
    lines[0][1].sendall(b"\x30\x01\x00" + packet("a", b"said by the old one"))
    assert client.loop_read() == MQTTErrorCode.MQTT_ERR_PROTOCOL
    monkeypatch.setattr(client, "_create_socket", lambda: lines[1][0])
    client.reconnect()
    lines[1][1].sendall(b"\x20\x03\x00\x00\x00")  # CONNACK: welcome
    assert client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS
    assert (welcomed, seen) == ([True], [])
    for _, there in lines:
        there.close()
    client.loop_read()
