"""Payloads, parsed strictly. ESPHome sends plain text: `24.50`, `ON`, `online`; nothing longer or looser is taken."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from edge.sensors.errors import Refused
from edge.sensors.kinds import Measure

MAX_NUMBER = 32  # bytes
MAX_JSON = 4096  # bytes: esphome/discover is about 300
_NUMBER = re.compile(rb"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_NO_VALUE = {b"nan", b"None", b"inf", b"-inf"}


class Event(BaseModel):
    """What happened: said once, never retained. Stock ESPHome says `event_type` alone."""

    model_config = ConfigDict(extra="forbid")

    event_type: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    id: Annotated[str, StringConstraints(max_length=64)] = ""
    ts: Annotated[str, StringConstraints(max_length=40)] = ""
    seq: Annotated[int, Field(ge=0, le=2**53)] = 0
    text: Annotated[str, StringConstraints(max_length=512)] = ""
    boot: Annotated[str, StringConstraints(max_length=64)] = ""
    """Of a device on this machine's own ports: when it was read, by a clock that nobody can set (edge/store/happened.py)."""
    up_ms: Annotated[int, Field(ge=0, le=2**53)] = 0


def status(payload: bytes) -> bool:
    """Whether a status says that the device is there. Raises Refused."""
    if payload == b"online":
        return True
    if payload == b"offline":
        return False
    raise Refused("bad_status", "neither online nor offline")


def value(measure: Measure, payload: bytes) -> float:
    """The value of a state, within what the measure can be at all. Raises Refused."""
    if len(payload) > MAX_NUMBER:
        raise Refused("payload_too_long", f"{len(payload)} bytes")
    if measure.component == "binary_sensor":
        return _switch(payload)
    if payload in _NO_VALUE:
        raise Refused("no_value", "the sensor has no value: check its cable")
    if not _NUMBER.fullmatch(payload):
        raise Refused("not_a_number", "not a decimal number")
    number = float(payload)
    if not measure.low <= number <= measure.high:
        raise Refused(
            "out_of_range", f"{number:g} is not within {measure.low:g} to {measure.high:g} {measure.unit}"
        )
    return number


def firmware(payload: bytes) -> str:
    """The firmware version in a node's `esphome/discover` message. Raises Refused."""
    if len(payload) > MAX_JSON:
        raise Refused("payload_too_long", f"{len(payload)} bytes")
    try:
        about: Any = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Refused("not_json", str(error)[:100]) from error
    if not isinstance(about, dict):
        raise Refused("not_json", "not an object")
    esphome, ours = about.get("version"), about.get("project_version")
    parts = [f"{ours}" if isinstance(ours, str) else "", f"ESPHome {esphome}" if esphome else ""]
    return " · ".join(filter(None, parts))[:100]


def event(payload: bytes) -> Event:
    """An event of a node. Raises Refused."""
    if len(payload) > MAX_JSON:
        raise Refused("payload_too_long", f"{len(payload)} bytes")
    try:
        return Event.model_validate_json(payload)
    except (ValidationError, RecursionError) as error:
        raise Refused("bad_event", str(error).replace("\n", " ")[:200]) from error


def _switch(payload: bytes) -> float:
    if payload == b"ON":
        return 1.0
    if payload == b"OFF":
        return 0.0
    raise Refused("not_a_switch", "neither ON nor OFF")
