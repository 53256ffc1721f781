"""What a technician does with a store from the command line. Each returns an exit status: 0 done, 1 not done and why."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from edge import unit
from edge.bus.broker import BrokerFiles
from edge.bus.errors import BusError
from edge.provision import ProvisionError, add_device, retire, wifi
from edge.sensors.errors import SensorError
from edge.sensors.simulate import simulate
from edge.sensors.wired.fake import FakeReader
from edge.store import Store, home, now, opened
from edge.store.keys import SESSION_KEY, read_key
from edge.sync import Agent, SyncError, enrol
from parlour.doctor import language
from salon.records import STORE_ID, BadRecord
from salon.records import Store as StoreRecord
from salon.rules.said import Said


def _say(zh: str, en: str) -> None:
    print(Said(zh, en).in_(language()))


def _complain(zh: str, en: str) -> None:
    print(f"parlour: {Said(zh, en).in_(language())}", file=sys.stderr)


def _failed(error: Exception) -> int:
    print(f"parlour: {error}", file=sys.stderr)
    return 1


def broker_files(folder: Path) -> BrokerFiles:
    """The broker's files of a store. Raises BrokerError."""
    return BrokerFiles.open(folder / "broker", keys=folder / "keys")


def sync_now_command() -> int:
    """Exchange changes with HQ now."""
    with opened() as store:
        url = store.settings.get("hq_url", "")
        if not url:
            _say(
                "尚未与总部登记：运行 parlour provision store",
                "Not enrolled with head office: run parlour provision store",
            )
            return 1
        agent = Agent(store, url)
        try:
            report = agent.sync_now()
        except SyncError as error:
            return _failed(error)
        finally:
            agent.close()
        _say(
            f"已发送 {report.pushed} 条，收到 {report.pulled} 条，待发送 {store.outbox.count()} 条",
            f"Sent {report.pushed}, received {report.pulled}, still to send {store.outbox.count()}",
        )
        if report.error:
            print(report.error, file=sys.stderr)
        return 1 if report.error else 0


def list_devices_command() -> int:
    """Print each device with its presence and its last values."""
    with opened() as store:
        presence = store.presence.all()
        values = store.latest.all()
        for device in store.devices.select(order_by="device"):
            there = presence.get(device.device)
            mark = "●" if there and there.online else "○"
            print(
                f"{mark} {device.device:<14} {device.profile:<13} {device.state:<8} {device.name} {device.place}"
            )
            for value in (v for v in values if v.device == device.device):
                shown = "—" if value.stale else f"{value.value:g} {value.unit}"
                print(f"    {value.measure:<14} {shown:<12} {value.at}")
    return 0


def simulate_command(only: list[str], seed: int) -> int:
    """Be the store's devices until told to stop."""
    stop = threading.Event()
    unit.on_stop(stop.set)
    with opened() as store:
        records = [
            d for d in store.devices.select() if d.state == "active" and (not only or d.device in only)
        ]
    missing = set(only) - {d.device for d in records}
    if missing or not records:
        _say(
            f"没有这些设备：{', '.join(missing) or '—'}",
            f"No such devices: {', '.join(missing) or 'none at all'}",
        )
        return 1
    files = broker_files(home())
    _say(f"模拟 {len(records)} 台设备，Ctrl-C 停止", f"Simulating {len(records)} devices; Ctrl-C stops")
    simulate(records, files.host, files.port, files.keys / "devices", seed=seed, stop=stop)
    return 0


def reader_command(kind: str, path: Path, texts: Iterable[str]) -> int:
    """Be a serial reader at the far end of a cable: each line of the input is read once, as its kind says it on the wire."""
    try:
        reader = FakeReader(kind, path)
        reader.plug()
    except SensorError as error:
        return _failed(error)
    _say(
        f"已插上：地址填 serial:{path}。每行一条，Ctrl-D 拔下",
        f"Plugged in: its address is serial:{path}. A line each; Ctrl-D pulls it out",
    )
    try:
        for text in filter(None, (line.strip() for line in texts)):
            reader.say(text)
    finally:
        reader.pull()
    return 0


def said_of_store_id(store_id: str) -> bool:
    """Whether it cannot be a store's, which is said before anything is made of it."""
    fits = STORE_ID.fullmatch(store_id) is not None
    if not fits:
        _complain(
            f"门店编号“{store_id}”不可用：3 至 24 个小写字母、数字或下划线，例如 s003",
            f"{store_id!r} cannot be a store's id: 3 to 24 lower-case letters, digits or underscores, such as s003",
        )
    return not fits


def provision_store_command(store_id: str, hq_url: str, code: str) -> int:
    """Make this machine a store; with an address and a code, enrol it."""
    folder = home()
    if said_of_store_id(store_id):
        return 1
    try:
        name = store_id
        with Store.create(folder, store_id) as store, store.acting("technician"):
            if store.store_id != store_id:
                _say(f"{folder} 已是门店 {store.store_id}", f"{folder} is store {store.store_id} already")
                return 1
            if store.stores.find(store_id) is None:
                store.stores.add(StoreRecord(rid=store_id, name=name))
            BrokerFiles.prepare(folder / "broker", store_id, 1883, keys=folder / "keys", tls_port=8883)
            read_key(folder, SESSION_KEY, create=True)
            if hq_url:
                enrol(store, hq_url, code or _asked())
        _say(f"门店 {store_id} 已就绪：{folder}", f"Store {store_id} is ready: {folder}")
    except (BadRecord, SyncError, BusError) as error:
        return _failed(error)
    return 0


def provision_device_command(device_id: str, profile: str, name: str, place: str, address: str = "") -> int:
    """Add a device."""
    try:
        with opened() as store, store.acting("technician"):
            added = add_device(store, broker_files(home()), device_id, profile, name, place, wired=address)
    except BadRecord as bad:
        if "device" not in bad.problems:
            return _failed(bad)
        _complain(
            f"设备编号“{device_id}”不可用：小写字母、数字和连字符，最多 31 个",
            f"{device_id!r} cannot be a device's id: small letters, digits and hyphens, 31 at most",
        )
        return 1
    except (ProvisionError, BusError) as error:
        return _failed(error)
    if added.firmware is None:
        _say(f"已添加，接于 {address}", f"Added, at {address}")
        return 0
    _say(f"已添加。刷写固件：esphome run {added.firmware}", f"Added. Flash it: esphome run {added.firmware}")
    return 0


def provision_wifi_command(port: str, ssid: str, password: Callable[[], str]) -> int:
    """Give the node at the end of a cable its network, and say which step failed."""
    try:
        session = wifi.Session(wifi.open_port(port))
    except ProvisionError as error:
        return _failed(error)
    try:
        session.state()
        about = session.about()
        print(f"{about.name}  {about.firmware} {about.version}  {about.chip}")
        networks = session.networks()
        for network in networks:
            print(f"  {network.ssid:32} {network.rssi:>4} dBm  {'🔒' if network.locked else ''}")
        if not ssid:
            _say("加上 --ssid 以加入网络", "Say --ssid to join one of them")
            return 0
        urls = session.join(ssid, password())
    except ProvisionError as error:
        return _failed(error)
    finally:
        session.close()
    _say(
        f"已加入 {ssid}：{', '.join(urls) or '—'}", f"It is in {ssid}: {', '.join(urls) or 'no address told'}"
    )
    return 0


def retire_device_command(device_id: str, *, stolen: bool) -> int:
    """Lock a device out."""
    try:
        with opened() as store, store.acting("technician"):
            wiped = retire(store, broker_files(home()), device_id, state="stolen" if stolen else "retired")
    except (ProvisionError, BusError) as error:
        return _failed(error)
    _say(
        f"{device_id} 已停用，清除 {len(wiped)} 个主题（{now()}）",
        f"{device_id} is locked out, {len(wiped)} topics wiped ({now()})",
    )
    return 0


def _asked() -> str:
    import typer

    return str(typer.prompt(Said("登记码", "Enrolment code").in_(language())))
