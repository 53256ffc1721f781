"""Changing the logins of a running Mosquitto, over its own `$CONTROL` topic: no restart, and a disabled client is out at once."""

from __future__ import annotations

import json
import queue
import secrets
import socket
from pathlib import Path
from typing import Any

from edge.bus._client import Bus, Message
from edge.bus._dynsec import ADMIN
from edge.bus.errors import BrokerRefused

TOPIC = "$CONTROL/dynamic-security/v1"
ANSWER_WITHIN = 5.0  # s: the plugin answers within milliseconds; more means this is not our broker


def is_listening(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def send(host: str, port: int, password_file: Path, commands: list[dict[str, Any]]) -> list[str]:
    """Send commands in order; return the error text of each, "" where it was done. Raises BrokerRefused."""
    answers: queue.Queue[Message] = queue.Queue()
    bus = Bus(host, port, ADMIN, password_file, f"{ADMIN}-{secrets.token_hex(4)}", protocol="5")
    bus.subscribe(f"{TOPIC}/response", answers.put)
    bus.start()
    try:
        if not bus.wait_connected(ANSWER_WITHIN):
            raise BrokerRefused("connect", f"the broker at {host}:{port} does not know {ADMIN}")
        errors = []
        for command in commands:
            bus.publish(TOPIC, json.dumps({"commands": [command]}), qos=1)
            errors.append(_answer(answers, str(command["command"])))
        return errors
    finally:
        bus.stop()


def _answer(answers: queue.Queue[Message], command: str) -> str:
    try:
        message = answers.get(timeout=ANSWER_WITHIN)
    except queue.Empty:
        raise BrokerRefused(command, "no answer") from None
    response = json.loads(message.payload)["responses"][0]
    return str(response.get("error", ""))
