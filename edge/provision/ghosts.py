"""Wiping what the broker keeps of a device that has gone, so that it does not haunt Home Assistant or the next of its name."""

from __future__ import annotations

import queue
import secrets

from edge.bus import Bus, BusError, Message
from edge.bus.broker import BrokerFiles

WITHIN = 10.0  # s for the broker to answer


class BrokerAway(BusError, ConnectionError):
    """Raised when the broker cannot be reached; the sensors unit wipes the rest when it sees it."""


def filters_of(store_id: str, device_id: str, tasmota: str = "") -> tuple[str, ...]:
    """All topics on which the broker may keep something of a device; `tasmota` is the MAC of a stock Tasmota device."""
    own = (
        f"salon/{store_id}/{device_id}/#",
        f"homeassistant/+/{device_id}/#",
        f"esphome/discover/{device_id}",
    )
    if not tasmota:
        return own
    return (
        *own,
        f"tasmota/discovery/{tasmota}/#",
        f"tele/{device_id}/#",
        f"stat/{device_id}/#",
        f"cmnd/{device_id}/#",
    )


def wipe(broker: BrokerFiles, device_id: str, *, tasmota: str = "") -> list[str]:
    """Publish an empty retained message on all that is kept of a device; the topics that were. Raises BrokerAway."""
    filters = filters_of(broker.store_id, device_id, tasmota)
    end = f"salon/{broker.store_id}/edge/wiped/{secrets.token_hex(8)}"
    heard: queue.Queue[Message] = queue.Queue()
    bus = Bus(
        broker.host,
        broker.port,
        "edge",
        broker.password_file("edge"),
        f"edge-provision-{secrets.token_hex(4)}",
    )
    for name in (*filters, end):
        bus.subscribe(name, heard.put)
    if not broker.is_listening():
        raise BrokerAway(f"no broker at {broker.host}:{broker.port}")
    bus.start()
    try:
        if not bus.wait_connected(WITHIN):
            raise BrokerAway(f"no broker at {broker.host}:{broker.port}")
        # The broker answers one client in order: our own message comes back after all that was kept.
        bus.publish(end, b"", qos=1)
        return _wipe_until(bus, end, heard)
    finally:
        bus.stop()


def _wipe_until(bus: Bus, end: str, heard: queue.Queue[Message]) -> list[str]:
    wiped: list[str] = []
    while True:
        try:
            message = heard.get(timeout=WITHIN)
        except queue.Empty:
            raise BrokerAway("the broker stopped answering") from None
        if message.topic == end:
            return wiped
        if message.retain and message.payload:
            bus.publish(message.topic, b"", qos=1, retain=True)
            wiped.append(message.topic)
