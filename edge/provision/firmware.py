"""A device's own firmware folder: its YAML, the templates it includes, and its secrets. All that `esphome run` needs, in one place.

The folder lives with the store's data and can be copied to the laptop that has the USB cable. Its secrets are readable by the owner alone
and never part of a repository.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from edge.provision.errors import NoFirmware

TEMPLATES = Path(__file__).resolve().parents[2] / "firmware_configs"
"""Beside the code in a checkout and in /opt/parlour; PARLOUR_FIRMWARE says otherwise."""

_NOT_PROFILES = {"secrets.yaml", "secrets.example.yaml"}

WIRED = (
    "scanner", "card_reader", "body_scale", "call_button", "footswitch", "status_light", "light_ring", "tasmota_plug",
)  # fmt: skip
"""Kinds that may sit on this machine's own ports and pins: they need an address and no firmware."""

_WIFI = """
wifi:
  ssid: !secret wifi_ssid
  password: !secret wifi_password
"""


@dataclass(frozen=True, slots=True)
class Wifi:
    """The store's network; empty when the technician will give it over the cable."""

    ssid: str = ""
    password: str = ""


def templates() -> Path:
    """The folder of the firmware templates."""
    return Path(os.environ.get("PARLOUR_FIRMWARE") or TEMPLATES)


def profiles() -> list[str]:
    """The kinds of device that have a firmware."""
    return sorted(path.stem for path in templates().glob("*.yaml") if path.name not in _NOT_PROFILES)


def write(
    folder: Path,
    *,
    device_id: str,
    friendly_name: str,
    profile: str,
    store_id: str,
    broker: tuple[str, int],
    password: str,
    wifi: Wifi,
    authority: str = "",
) -> Path:
    """Write a device's folder, in place of an older one, and return its YAML. Raises NoFirmware."""
    if profile not in profiles():
        raise NoFirmware(profile, profiles())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    shutil.copytree(templates() / "common", folder / "common")
    shutil.copy(templates() / f"{profile}.yaml", folder / f"{profile}.yaml")
    secrets = {"mqtt_password": password}
    if wifi.ssid:
        secrets |= {"wifi_ssid": wifi.ssid, "wifi_password": wifi.password}
    _write_secret(folder / "secrets.yaml", "".join(f"{key}: {_quote(v)}\n" for key, v in secrets.items()))
    main = folder / f"{device_id}.yaml"
    text = _main(device_id, friendly_name, profile, store_id, broker) + _tls(authority)
    main.write_text(text + (_WIFI if wifi.ssid else ""), encoding="utf-8")
    return main


def _main(device_id: str, friendly_name: str, profile: str, store_id: str, broker: tuple[str, int]) -> str:
    host, port = broker
    return (
        f"# {device_id}: written by `parlour provision`. Flash it with: esphome run {device_id}.yaml\n"
        "substitutions:\n"
        f"  device: {_quote(device_id)}\n"
        f"  friendly_name: {_quote(friendly_name)}\n"
        f"  store: {_quote(store_id)}\n"
        f"  broker: {_quote(host)}\n"
        f"  port: {_quote(str(port))}\n"
        "\n"
        "packages:\n"
        f"  profile: !include {profile}.yaml\n"
    )


def _tls(authority: str) -> str:
    """Encryption, and the one authority that this node believes. Its name is not checked: the store's authority signs one broker only."""
    if not authority:
        return ""
    lines = "".join(f"    {line}\n" for line in authority.strip().splitlines())
    return f"\nmqtt:\n  skip_cert_cn_check: true\n  certificate_authority: |-\n{lines}"


def _quote(text: str) -> str:
    """A YAML scalar: JSON's strings are YAML's, whatever is in them."""
    return json.dumps(text, ensure_ascii=False)


def _write_secret(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
