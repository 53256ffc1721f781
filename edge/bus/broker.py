"""The broker's files: configuration, logins and rights, in one folder that the broker's own user owns.

`prepare` writes them, `add_device` and its kin change them: at the file while no broker runs, over `$CONTROL` while one does. Passwords
are files of mode 0600 beside the store's keys; none is ever an argument of a process. Mosquitto saves the logins document itself, so
the broker must run as the user who owns the folder: started by root it would drop to `mosquitto` and fail to save, hence `user`.
"""

from __future__ import annotations

import getpass
import json
import os
import secrets
import shutil
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from edge.bus import _control, _dynsec
from edge.bus._client import read_password
from edge.bus.errors import BrokerError, BrokerRefused

EMBEDDED_MARK = "embedded"
"""Exists while the embedded broker runs: it reads the logins document again when that changes, and knows no `$CONTROL`."""

_PLUGIN = "mosquitto_dynamic_security.so"
_PLUGIN_FOLDERS = ("/usr/lib/*-linux-gnu*", "/usr/lib", "/usr/local/lib", "/usr/lib64", "/opt/homebrew/lib")
_BROKERS = ("mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto")

_CONFIGURATION = """\
# Written by Parlour at each start: changes made here are lost.
listener {port} {bind}
allow_anonymous false
plugin {plugin}
plugin_opt_config_file {logins}
# The user who owns this folder. Only root needs it: Mosquitto would drop to `mosquitto`, who may not write here.
user {user}
persistence true
persistence_location {data}/
# Seconds. The default of 1800 loses up to half an hour of retained messages at a power cut.
autosave_interval 60
# Bytes: the largest message is a preview picture of 40 kB.
max_packet_size 262144
max_queued_messages 1000
max_inflight_messages 20
log_dest stderr
log_type error
log_type warning
log_type notice
"""


_TLS = """\
# Devices in the store's network come in here, and only with encryption; each has its own login, and the store's authority in its firmware.
listener {port} {bind}
certfile {folder}/broker.crt
keyfile {folder}/broker.key
tls_version tlsv1.2
"""
_ANYWHERE = "0.0.0.0"  # noqa: S104 - the store's network; who may do what is the logins' business


class NoPlugin(BrokerError, FileNotFoundError):
    """Raised when Mosquitto's dynamic-security plugin is not installed."""

    def __init__(self) -> None:
        super().__init__(f"{_PLUGIN} not found in {', '.join(_PLUGIN_FOLDERS)}")


class WrongStore(BrokerError, ValueError):
    """Raised when a broker's folder belongs to another store; `.found`, `.wanted`."""

    def __init__(self, found: str, wanted: str) -> None:
        self.found = found
        self.wanted = wanted
        super().__init__(f"this broker's folder belongs to {found}, not to {wanted}")


def find_mosquitto() -> str:
    """The Mosquitto to run, or "" when it or its dynamic-security plugin is not installed."""
    found = next(filter(None, map(shutil.which, _BROKERS)), "") or ""
    return found if found and find_plugin() is not None else ""


def find_plugin() -> Path | None:
    """The dynamic-security plugin, on any architecture."""
    root = Path("/")
    folders = (folder for pattern in _PLUGIN_FOLDERS for folder in sorted(root.glob(pattern[1:])))
    return next((folder / _PLUGIN for folder in folders if (folder / _PLUGIN).exists()), None)


@dataclass(frozen=True)
class BrokerFiles:
    """The files of one store's broker. Make them with `prepare`, find them again with `open`."""

    folder: Path
    keys: Path
    store_id: str
    host: str
    port: int
    tls_port: int = 0
    """Where devices of the store's network come in; 0 without."""

    # ---- making and finding ----

    @classmethod
    def prepare(
        cls,
        folder: Path,
        store_id: str,
        port: int,
        *,
        bind: str = "127.0.0.1",
        keys: Path | None = None,
        tls_port: int = 0,
        names: Sequence[str] = (),
    ) -> Self:
        """Write the configuration, and the appliance's own logins where they are missing. Existing logins stay.

        With `tls_port`, devices of the network come in by TLS, under a certificate for `names` (addresses, host names).
        """
        keys = keys or folder.parent / "keys"
        for path in (folder, folder / "data", keys, keys / "devices"):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = cls(
            folder, keys, store_id, "127.0.0.1" if bind in {_ANYWHERE, "::"} else bind, port, tls_port
        )
        files._check_store()
        (folder / EMBEDDED_MARK).unlink(missing_ok=True)
        _write(
            folder / "broker.json",
            json.dumps({"store": store_id, "host": files.host, "port": port, "tls_port": tls_port}),
        )
        if tls_port:
            from edge.bus import (
                _tls,  # cryptography takes 6 MB, which units that only ask the broker need not carry
            )

            own = socket.gethostname()
            _tls.ensure(folder, store_id, names or [own, f"{own}.local"])
        plugin = find_plugin()
        if plugin is not None:
            _write(files.configuration, files._configuration_text(plugin, bind))
        files._put_own_logins()
        return files

    @classmethod
    def open(cls, folder: Path, *, keys: Path | None = None) -> Self:
        """The files that `prepare` wrote. Raises BrokerError when it never did."""
        try:
            about = json.loads((folder / "broker.json").read_text())
        except (OSError, ValueError) as error:
            raise BrokerError(f"{folder} is not a broker's folder: {error}") from error
        return cls(
            folder,
            keys or folder.parent / "keys",
            about["store"],
            about["host"],
            about["port"],
            about.get("tls_port", 0),
        )

    @property
    def configuration(self) -> Path:
        return self.folder / "mosquitto.conf"

    @property
    def authority(self) -> str:
        """The certificate that devices know this broker by; "" without TLS."""
        path = self.folder / "ca.crt"
        return path.read_text() if self.tls_port and path.exists() else ""

    @property
    def logins(self) -> Path:
        return self.folder / "dynamic-security.json"

    def password_file(self, username: str) -> Path:
        """Where the password of a login is kept."""
        if username in _dynsec.RESERVED:
            return self.keys / f"mqtt-{username.removeprefix('parlour-')}.password"
        return self.keys / "devices" / f"{username}.password"

    def command(self) -> list[str]:
        """The broker to run: Mosquitto where it is installed, else the embedded one."""
        mosquitto = find_mosquitto()
        if mosquitto:
            return [mosquitto, "-c", str(self.configuration)]
        return [sys.executable, "-m", "edge.bus.embedded", str(self.folder)]

    def environment(self) -> dict[str, str]:
        """What all units must know of this broker."""
        protocol = {} if find_mosquitto() else {"PARLOUR_MQTT_PROTOCOL": "3.1.1"}
        return {"PARLOUR_MQTT_HOST": self.host, "PARLOUR_MQTT_PORT": str(self.port), **protocol}

    def is_listening(self) -> bool:
        """Whether a broker runs at all."""
        return _control.is_listening(self.host, self.port)

    # ---- devices ----

    def add_device(self, device_id: str, *, client_id: str | None = None, tasmota: str = "") -> str:
        """Give a device a login of its own and return its password, which is also kept in `password_file(device_id)`.

        The login is bound to one client id: the device id unless said otherwise, any when "". With `tasmota` (a MAC) its rights are those of a
        stock Tasmota device whose topic is its id. Adding a device again gives it a new
        password and puts the holder of the old one out.
        """
        _dynsec.check_device_id(device_id)
        password = secrets.token_hex(16)
        bound = device_id if client_id is None else client_id
        acls = (
            _dynsec.tasmota_acls(device_id, tasmota)
            if tasmota
            else _dynsec.device_acls(self.store_id, device_id)
        )
        if self._is_running():
            login = {"command": "createClient", "username": device_id, "password": password}
            self._command(
                {"command": "deleteClient", "username": device_id},
                {"command": "deleteRole", "rolename": device_id},
                {"command": "createRole", "rolename": device_id, "acls": acls},
                {**login, **({"clientid": bound} if bound else {}), "roles": [{"rolename": device_id}]},
                may_fail=("deleteClient", "deleteRole"),
            )
        else:
            document = self._load()
            _dynsec.put(document, _dynsec.client(device_id, password, bound), acls)
            self._save(document)
        _write(self.password_file(device_id), password)
        return password

    def disable_device(self, device_id: str) -> None:
        """Lock a device out, at once; its login stays, so that its attempts are seen as its own."""
        self._switch(device_id, "disableClient", disabled=True)

    def enable_device(self, device_id: str) -> None:
        """Let a disabled device in again."""
        self._switch(device_id, "enableClient", disabled=False)

    def remove_device(self, device_id: str) -> None:
        """Forget a device's login and put it out."""
        _dynsec.check_device_id(device_id)
        if self._is_running():
            self._command(
                {"command": "deleteClient", "username": device_id},
                {"command": "deleteRole", "rolename": device_id},
            )
        else:
            document = self._load()
            _dynsec.remove(document, device_id)
            self._save(document)
        self.password_file(device_id).unlink(missing_ok=True)

    def devices(self) -> list[str]:
        """The devices that have a login."""
        names = (login["username"] for login in self._load()["clients"])
        return sorted(name for name in names if name not in _dynsec.RESERVED)

    # ---- how ----

    def _switch(self, device_id: str, command: str, *, disabled: bool) -> None:
        _dynsec.check_device_id(device_id)
        if self._is_running():
            self._command({"command": command, "username": device_id})
            return
        document = self._load()
        login = _dynsec.find(document, device_id)
        if login is None:
            raise BrokerRefused(command, "Client not found")
        login["disabled"] = disabled
        self._save(document)

    def _is_running(self) -> bool:
        """Whether a broker runs that takes commands."""
        return not (self.folder / EMBEDDED_MARK).exists() and self.is_listening()

    def _command(self, *commands: dict[str, Any], may_fail: tuple[str, ...] = ()) -> None:
        admin = self.password_file(_dynsec.ADMIN)
        errors = _control.send(self.host, self.port, admin, list(commands))
        for command, error in zip(commands, errors, strict=True):
            if error and command["command"] not in may_fail:
                raise BrokerRefused(str(command["command"]), error)

    def _check_store(self) -> None:
        about = self.folder / "broker.json"
        if about.exists():
            found = str(json.loads(about.read_text())["store"])
            if found != self.store_id:
                raise WrongStore(found, self.store_id)

    def _configuration_text(self, plugin: Path, bind: str) -> str:
        tls = _TLS.format(port=self.tls_port, bind=_ANYWHERE, folder=self.folder) if self.tls_port else ""
        return tls + _CONFIGURATION.format(
            port=self.port,
            bind=bind,
            plugin=plugin,
            logins=self.logins,
            user=getpass.getuser(),
            data=self.folder / "data",
        )

    def _put_own_logins(self) -> None:
        document = self._load() if self.logins.exists() else _dynsec.empty()
        wanted = {
            _dynsec.ADMIN: _dynsec.admin_acls(),
            _dynsec.EDGE: _dynsec.edge_acls(self.store_id),
            _dynsec.HOME_ASSISTANT: _dynsec.home_assistant_acls(self.store_id),
        }
        changed = not self.logins.exists()
        for username, acls in wanted.items():
            path = self.password_file(username)
            if not path.exists():
                _write(path, secrets.token_hex(16))
            password = read_password(path)
            login = _dynsec.find(document, username)
            # An older version may have given fewer rights than this one needs.
            rights = _dynsec.acls_of(document, username)
            if login is None or not _dynsec.fits(login, password) or rights != acls:
                _dynsec.put(document, _dynsec.client(username, password), acls)
                changed = True
        if _dynsec.tighten(document, self.store_id) or changed:
            self._save(document)

    def _load(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.logins.read_text())
        return {**_dynsec.empty(), **document}

    def _save(self, document: dict[str, Any]) -> None:
        _write(self.logins, json.dumps(document, indent=1))


def _write(path: Path, text: str) -> None:
    """Replace a file whole, readable by its owner alone."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    new.replace(path)
