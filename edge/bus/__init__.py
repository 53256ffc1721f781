"""The store's bus: one MQTT client that every unit shares, and the broker's files.

Knows paho and nothing else of ours, so that sensors, vision and kiosk behave alike when the broker is gone: the unit goes on,
publishing says so at once (nothing waits in memory to be sent stale later), and on return all subscriptions are made again.
"""

from __future__ import annotations

from edge.bus._backoff import Backoff
from edge.bus._client import Bus, Handler, Message, Will
from edge.bus.commands import Commands
from edge.bus.errors import BadPasswordFile, BrokerError, BrokerRefused, BusError

__all__ = [
    "Backoff",
    "BadPasswordFile",
    "BrokerError",
    "BrokerRefused",
    "Bus",
    "BusError",
    "Commands",
    "Handler",
    "Message",
    "Will",
]
