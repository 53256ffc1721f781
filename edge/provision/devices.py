"""A device's way in and out of a store: its record, its own login at the broker, its firmware; and all three undone."""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinydb.queries import where

from edge import machine
from edge.bus.broker import BrokerFiles
from edge.provision import firmware
from edge.provision.errors import DeviceExists, NoFirmware, NoSuchDevice
from edge.provision.firmware import Wifi
from edge.provision.ghosts import BrokerAway, wipe
from edge.store import Store, new_rid, now
from salon.records import Device

logger = logging.getLogger(__name__)

LAN_ADDRESS = "PARLOUR_MQTT_LAN_ADDRESS"
"""Says where devices find the broker, for a network that this machine cannot see from where it stands."""
TOLD = "provision/broker_address"
"""The setting that keeps this machine's address as the last node was told it; "" when another was set by hand. `parlour doctor` looks whether it still holds."""


@dataclass(frozen=True, slots=True)
class DeviceAdded:
    """A device that may come now, and what a technician needs to make it come."""

    device: Device
    password_file: Path
    firmware: Path | None
    """The YAML to flash; its folder holds all that it includes. None for what is wired to this machine."""


def broker_address(broker: BrokerFiles) -> str:
    """Where devices of the store's network find the broker. An address, since names are not heard everywhere (mDNS crosses no VLAN and no isolated
    access point); this machine's own name by mDNS, which ESPHome looks up by itself, only while it is in no network at all.
    """
    if os.environ.get(LAN_ADDRESS):
        return os.environ[LAN_ADDRESS]
    if not broker.tls_port:
        return broker.host  # for this machine alone: a demo, a test
    return machine.lan_address() or f"{socket.gethostname()}.local"


def add_device(
    store: Store,
    broker: BrokerFiles,
    device_id: str,
    profile: str,
    name: str,
    place: str,
    *,
    name_en: str = "",
    address: str | None = None,
    wifi: Wifi | None = None,
    wired: str = "",
) -> DeviceAdded:
    """Add a device: record, login, firmware. `address` is the broker's, where it is not what `broker_address` finds; `wired` is where the device
    is on this machine (`serial:...`, `gpio:...`): such a one needs no firmware.

    Raises NoFirmware, DeviceExists, BadDeviceId, BadRecord; BrokerRefused when the running broker does not take the login.
    """
    known = firmware.WIRED if wired else firmware.profiles()
    if profile not in known:
        raise NoFirmware(profile, sorted(known))
    before = _find(store, device_id)
    if before is not None and before.state == "active":
        raise DeviceExists(device_id)
    fields = {
        "device": device_id,
        "profile": profile,
        "name": name,
        "name_en": name_en,
        "place": place,
        "store": store.store_id,
        "state": "active",
        "address": wired,
    }
    device = Device.parse({"rid": before.rid if before else new_rid(), "added_at": now(), **fields})
    mac = _mac(wired)
    # A Tasmota's client id is its own; what binds it are the topics it may use.
    password = broker.add_device(device_id, client_id="" if mac else None, tasmota=mac)
    yaml = None
    if not wired:
        told = address or broker_address(broker)
        yaml = firmware.write(
            store.home / "firmware" / device_id,
            device_id=device_id,
            friendly_name=name_en or device_id,
            profile=profile,
            store_id=store.store_id,
            broker=(told, broker.tls_port or broker.port),
            authority=broker.authority,
            password=password,
            wifi=wifi or Wifi(),
        )
        store.settings.set(TOLD, told if told == machine.lan_address() else "")
    # Last: a record without a login would be a device that can never come.
    if before is None:
        store.devices.add(device)
    else:
        device = store.devices.edit(
            before.rid, **{k: v for k, v in fields.items() if k not in {"device", "store"}}
        )
    return DeviceAdded(device, broker.password_file(device_id), yaml)


def retire(
    store: Store, broker: BrokerFiles, device_id: str, *, state: Literal["retired", "stolen"] = "retired"
) -> list[str]:
    """Lock a device out at once and wipe its traces from the broker; the topics wiped. Its readings stay.

    Raises NoSuchDevice. With the broker away the login is disabled in its files, and the sensors unit wipes the traces later.
    """
    device = _find(store, device_id)
    if device is None:
        raise NoSuchDevice(device_id)
    if device_id in broker.devices():
        broker.disable_device(device_id)
    store.devices.edit(device.rid, state=state)
    store.presence.forget(device_id)
    store.latest.forget(device_id)
    try:
        return wipe(broker, device_id, tasmota=_mac(device.address))
    except BrokerAway:
        logger.warning("the broker is away: what it keeps of %s is wiped when it is back", device_id)
        return []


def _mac(address: str) -> str:
    """Of a stock Tasmota device, by its address; "" for any other."""
    return address.removeprefix("tasmota:") if address.startswith("tasmota:") else ""


def _find(store: Store, device_id: str) -> Device | None:
    found = store.devices.select(where("device") == device_id, limit=1)
    return found[0] if found else None
