"""What the technician's page asks of this part, as a job in the store: the page holds no right at the broker, this unit does.

A Wi-Fi password never stands in a job: it is handed over in a file that this unit alone reads, once, and removes.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from edge.store.keys import write_secret

KIND = "provision"
_Line = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]
_Port = Annotated[str, StringConstraints(pattern=r"^/dev/[A-Za-z0-9._/:-]{1,120}$")]
_Token = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")

    by: _Line = ""
    """Who asked: an employee's rid."""


class Add(_Request):
    """Add a device: record, login, firmware."""

    action: Literal["add"]
    device: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,31}$")]
    profile: _Line
    name: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    name_en: _Line = ""
    place: _Line = ""
    address: _Line = ""
    """For one that is wired to this machine."""


class Retire(_Request):
    """Lock a device out at once."""

    action: Literal["retire", "stolen"]
    device: _Line


class Ports(_Request):
    """What is plugged in."""

    action: Literal["ports"]


class Networks(_Request):
    """What the node at a port is, and which networks it sees."""

    action: Literal["networks"]
    port: _Port


class Join(_Request):
    """Give the node at a port its network."""

    action: Literal["join"]
    port: _Port
    ssid: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    secret: _Token


Request = Annotated[Add | Retire | Ports | Networks | Join, Field(discriminator="action")]
REQUEST: TypeAdapter[Add | Retire | Ports | Networks | Join] = TypeAdapter(Request)


def hand_over(home: Path, password: str) -> str:
    """Put a password where the unit finds it; the token to ask with."""
    token = secrets.token_hex(16)
    write_secret(home / "keys" / "handover" / token, password.encode())
    return token


def take_over(home: Path, token: str) -> str:
    """The password of a token, once. Raises FileNotFoundError."""
    path = home / "keys" / "handover" / token
    try:
        return path.read_text(encoding="utf-8")
    finally:
        path.unlink(missing_ok=True)
