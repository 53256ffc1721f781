"""Enrolling devices and retiring them: record, broker login and firmware, each with its own credentials."""

from __future__ import annotations

from edge.provision import wifi
from edge.provision.devices import DeviceAdded, add_device, retire
from edge.provision.errors import DeviceExists, NoFirmware, NoSuchDevice, ProvisionError
from edge.provision.firmware import WIRED, Wifi, profiles
from edge.provision.ghosts import BrokerAway, wipe

__all__ = [
    "WIRED",
    "BrokerAway",
    "DeviceAdded",
    "DeviceExists",
    "NoFirmware",
    "NoSuchDevice",
    "ProvisionError",
    "Wifi",
    "add_device",
    "profiles",
    "retire",
    "wifi",
    "wipe",
]
