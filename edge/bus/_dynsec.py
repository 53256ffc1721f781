"""The logins and rights of the broker, as the document that Mosquitto's dynamic-security plugin reads and writes.

One role a login, with its topics written out: the plugin of Mosquitto 2.0 does not fill in `%u`. A device says its status, its states, its
events and its own discovery, and hears its own commands. It can neither write nor read what is a neighbour's, nor command itself: a stolen
login must not be able to say that somebody had the chair moved.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from typing import Any

from edge.bus.errors import BadDeviceId

ADMIN = "parlour-admin"
EDGE = "edge"
HOME_ASSISTANT = "home-assistant"
RESERVED = (ADMIN, EDGE, HOME_ASSISTANT)

ITERATIONS = 101  # Mosquitto's own figure. Passwords are 128 random bits: stretching them adds nothing
_DEVICE_ID = re.compile(r"[a-z0-9-]{1,31}")

Document = dict[str, Any]
Acl = dict[str, Any]


def check_device_id(device_id: str) -> str:
    """The id itself. Raises BadDeviceId when it cannot be the login of a device."""
    if not _DEVICE_ID.fullmatch(device_id):
        raise BadDeviceId(device_id, "use 1 to 31 of a-z, 0-9 and -")
    if device_id in RESERVED:
        raise BadDeviceId(device_id, "this name is the appliance's own")
    return device_id


def empty() -> Document:
    """A document that lets nobody in and nothing through."""
    return {
        "defaultACLAccess": {
            "publishClientSend": False,
            "publishClientReceive": True,
            "subscribe": False,
            "unsubscribe": True,
        },
        "clients": [],
        "groups": [],
        "roles": [],
    }


def client(username: str, password: str, client_id: str = "") -> Document:
    """A login. A client id binds it: another id with the same password is refused."""
    salt = os.urandom(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    login: Document = {
        "username": username,
        "roles": [{"rolename": username}],
        "password": base64.b64encode(digest).decode(),
        "salt": base64.b64encode(salt).decode(),
        "iterations": ITERATIONS,
    }
    if client_id:
        login["clientid"] = client_id
    return login


def fits(login: Document, password: str) -> bool:
    """Whether a password is that of a login."""
    digest = hashlib.pbkdf2_hmac(
        "sha512", password.encode(), base64.b64decode(login["salt"]), login["iterations"]
    )
    return bool(base64.b64encode(digest).decode() == login["password"])


def put(document: Document, login: Document, acls: list[Acl]) -> None:
    """Put a login and its role in, in place of older ones of the same name."""
    remove(document, login["username"])
    document["clients"].append(login)
    document["roles"].append({"rolename": login["username"], "acls": acls})


def remove(document: Document, username: str) -> None:
    """Take a login and its role out."""
    document["clients"] = [c for c in document["clients"] if c["username"] != username]
    document["roles"] = [r for r in document["roles"] if r["rolename"] != username]


def find(document: Document, username: str) -> Document | None:
    """A login by its name."""
    return next((c for c in document["clients"] if c["username"] == username), None)


def acls_of(document: Document, username: str) -> list[Acl]:
    """The rights of a login."""
    return next((list(r["acls"]) for r in document["roles"] if r["rolename"] == username), [])


def device_acls(store_id: str, device_id: str) -> list[Acl]:
    """A device: what it says of itself, what it is told, and nothing else. An event's topic is that of a state."""
    own = f"salon/{store_id}/{device_id}"
    return [
        _may("publishClientSend", f"{own}/status"),
        _may("publishClientSend", f"{own}/+/+/state"),
        _may("publishClientSend", f"homeassistant/+/{device_id}/+/config"),
        _may("publishClientSend", f"esphome/discover/{device_id}"),
        _may("subscribePattern", f"{own}/+/+/command"),
        _may("subscribePattern", f"esphome/ping/{device_id}"),
        _may("subscribePattern", "esphome/discover"),
        _may("subscribePattern", "homeassistant/status"),
    ]


def tighten(document: Document, store_id: str) -> bool:
    """Give the devices of an older version, which owned all under their topic, the rights of this one. Their passwords stay."""
    changed = False
    for role in document["roles"]:
        name = role["rolename"]
        wide = _may("publishClientSend", f"salon/{store_id}/{name}/#")
        if name not in RESERVED and wide in role["acls"]:
            role["acls"] = device_acls(store_id, name)
            changed = True
    return changed


def tasmota_acls(device_id: str, mac: str) -> list[Acl]:
    """A stock Tasmota device whose topic is its id: its three trees, and its own discovery."""
    return [
        _may("publishClientSend", f"tele/{device_id}/#"),
        _may("publishClientSend", f"stat/{device_id}/#"),
        _may("publishClientSend", f"tasmota/discovery/{mac}/#"),
        _may("subscribePattern", f"cmnd/{device_id}/#"),
        _may("subscribePattern", "cmnd/tasmotas/#"),
    ]


def edge_acls(store_id: str) -> list[Acl]:
    """The appliance's own units: the store's whole tree, and discovery, which they also wipe."""
    filters = (
        f"salon/{store_id}/#",
        "homeassistant/#",
        "esphome/discover/#",
        "esphome/discover",
        "esphome/ping/#",
        "tasmota/discovery/#",
        "tele/#",
        "stat/#",
        "cmnd/#",
    )
    return [_may(right, name) for right in ("publishClientSend", "subscribePattern") for name in filters]


def home_assistant_acls(store_id: str) -> list[Acl]:
    """Home Assistant: sees the store's devices, may command them, and says when it is there."""
    return [
        _may("publishClientSend", f"salon/{store_id}/+/+/+/command"),
        _may("publishClientSend", "homeassistant/status"),
        *(
            _may("subscribePattern", name)
            for name in (f"salon/{store_id}/#", "homeassistant/#", "esphome/discover/#")
        ),
    ]


def admin_acls() -> list[Acl]:
    """The login that changes logins: nothing but that."""
    topics = "$CONTROL/dynamic-security/#"
    return [
        _may(right, topics) for right in ("publishClientSend", "publishClientReceive", "subscribePattern")
    ]


def _may(right: str, topic: str) -> Acl:
    return {"acltype": right, "topic": topic, "priority": 0, "allow": True}
