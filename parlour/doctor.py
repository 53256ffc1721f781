"""`parlour doctor`: what is wrong with this store, in plain words, and what to do about it.

Each check is one row: a name, and a function that looks. A check that cannot look says so; it never stops the others.
"""

from __future__ import annotations

import json as json_module
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from tinydb import where

from edge import machine, ours
from edge.kiosk.services.technician import weak
from edge.provision.devices import TOLD
from edge.store import NoStore, Store, StoreError, countersigned, home
from edge.store.telemetry import Usage
from salon.records import Device
from salon.rules.said import Said

Status = Literal["ok", "warn", "fail"]
MIN_FREE_BYTES = 500 * 1024 * 1024
"""Below this a day of photos may not fit."""
OUTBOX_AGE = timedelta(hours=26)
"""Unsent changes older than this have missed a nightly reconcile."""
REFUSALS_WORTH_A_LOOK = 20
OTHERS = 0o077
"""Rights of a file that only its owner's should be: group's and everybody's."""
WEAK_ZH = {"battery": "电量", "signal": "信号"}
MIN_SECONDS = 3600
"""Before an hour is over, a rate a day would be a guess."""


@dataclass(frozen=True)
class Finding:
    """What a check found."""

    check: str
    status: Status
    zh: str
    en: str
    remedy_zh: str = ""
    remedy_en: str = ""


def _ok(check: str, zh: str, en: str) -> Finding:
    return Finding(check, "ok", zh, en)


def _database(store: Store) -> Finding:
    result = [row[0] for row in store.connections.get().execute("PRAGMA quick_check(5)")]
    if result == ["ok"]:
        return _ok(
            "database",
            f"数据库完好：会员 {len(store.members)} 位",
            f"Database sound, {len(store.members)} members",
        )
    return Finding(
        "database", "fail", f"数据库损坏：{result[0]}", f"Database damaged: {result[0]}",
        "停止服务，从最近的备份恢复，然后运行 parlour sync now", "Stop the services, restore the last backup, then run parlour sync now",
    )  # fmt: skip


def _disk(store: Store) -> Finding:
    return _room(store.home)


def _room(folder: Path) -> Finding:
    """Asked of a folder, since a disk without room may be why the store cannot be opened."""
    free = shutil.disk_usage(folder).free
    gigabytes = free / 1e9
    if free > MIN_FREE_BYTES:
        return _ok("disk", f"剩余空间 {gigabytes:.1f} GB", f"{gigabytes:.1f} GB free")
    return Finding(
        "disk", "fail", f"磁盘将满：剩余 {gigabytes:.2f} GB", f"Disk nearly full: {gigabytes:.2f} GB free",
        "清理旧备份，或更换更大的存储卡", "Remove old backups, or fit a larger card",
    )  # fmt: skip


def _keys(store: Store) -> Finding:
    """Who holds the keys opens the database and speaks for every unit: nobody but the store's own user may read them."""
    folder = store.home / "keys"
    if os.environ.get("CREDENTIALS_DIRECTORY") and not os.access(folder, os.R_OK):
        return _ok(
            "keys",
            "密钥由 systemd 逐个交付，本服务看不到其余密钥",
            "systemd hands the keys over one by one; this unit sees no others",
        )
    owner = store.home.stat().st_uid
    wrong = [
        str(path.relative_to(store.home))
        for path in sorted([folder, *folder.rglob("*")])
        if (about := path.stat()).st_mode & OTHERS or about.st_uid != owner
    ]
    if not wrong:
        return _ok("keys", "密钥只有本店账户可读", "The keys are readable by the store's own user alone")
    shown = ", ".join(wrong[:3]) + (" …" if len(wrong) > 3 else "")
    return Finding(
        "keys", "fail", f"密钥文件的权限或属主不对：{shown}", f"Keys that others may read, or that another user owns: {shown}",
        f"运行 sudo chown -R --reference={store.home} {folder} 和 sudo chmod -R go= {folder}",
        f"Run sudo chown -R --reference={store.home} {folder} and sudo chmod -R go= {folder}",
    )  # fmt: skip


def _clock(store: Store) -> Finding:
    if not store.clock_suspect():
        return _ok("clock", "时钟正常", "Clock plausible")
    return Finding(
        "clock", "fail", "系统时钟早于最后一次写入", "The clock is behind the last write",
        "连接网络以校时，或手动设置日期", "Connect to a network so that the time is set, or set the date by hand",
    )  # fmt: skip


def _countersigned(store: Store) -> Finding:
    """Whether what came as HQ's signature under the log could be believed; the log itself is `parlour audit verify`."""
    if not store.settings.get(countersigned.REFUSED):
        return _ok("countersigned", "日志签名正常", "Nothing is wrong with the log's signatures")
    return Finding(
        "countersigned", "fail", "总部送来的日志签名未被接受", "Head office's signature under the log was not taken",
        "运行 parlour audit verify 查看原因，并向总部核实", "Run parlour audit verify to see why, and ask head office",
    )  # fmt: skip


def _outbox(store: Store) -> Finding:
    pending, oldest = store.outbox.count(), store.outbox.oldest_at()
    if oldest is None or datetime.now(UTC) - datetime.fromisoformat(oldest) < OUTBOX_AGE:
        return _ok("outbox", f"待发送 {pending} 条", f"{pending} changes to send")
    return Finding(
        "outbox", "warn", f"{pending} 条变更未发送，最早 {oldest}", f"{pending} changes unsent, the oldest of {oldest}",
        "检查网络和总部地址，然后运行 parlour sync now", "Check the line and HQ's address, then run parlour sync now",
    )  # fmt: skip


def _messages(store: Store) -> Finding:
    """What could not go, and whether the link in messages opens (docs/messages.md)."""
    failed = store.messages.count((where("state") == "failed") & (where("store") == store.store_id))
    reports = store.settings.get("care.reports", {}) or {"url": "", "why": "none"}
    if reports["why"] not in {"", "none"}:
        return Finding(
            "messages", "warn", f"消息里的报告链接打不开：{reports['url']}", f"The link in messages does not open: {reports['url']}",
            "按 docs/messages.md 检查 PARLOUR_CARE_REPORT_URL 与 PARLOUR_KIOSK_NAMES",
            "See docs/messages.md: PARLOUR_CARE_REPORT_URL and PARLOUR_KIOSK_NAMES",
        )  # fmt: skip
    if failed:
        return Finding(
            "messages", "warn", f"{failed} 条消息未能发出", f"{failed} messages could not go",
            "在前台“跟进”里查看原因并重试", "See why under Follow-ups at the front desk, and try again",
        )  # fmt: skip
    link = Said("没有设置报告链接", "no address for reports is set")
    if reports["url"]:
        link = Said(f"报告链接 {reports['url']}", f"reports at {reports['url']}")
    return _ok("messages", f"没有积压的消息，{link.zh}", f"No message is stuck, {link.en}")


def _head_office(store: Store) -> Finding:
    url = store.settings.get("hq_url", "")
    if not url:
        return Finding(
            "hq", "warn", "尚未与总部登记", "Not enrolled with head office",
            "在总部生成登记码，然后运行 parlour provision store", "Make a code at head office, then run parlour provision store",
        )  # fmt: skip
    status = store.settings.get("sync_status", {}) or {}
    if status.get("last_error"):
        return Finding(
            "hq", "warn", f"上次同步失败：{status['last_error']}", f"Last exchange failed: {status['last_error']}",
            "门店可离线工作；恢复网络后会自动补发", "The store works without; it catches up when the line is back",
        )  # fmt: skip
    return _ok(
        "hq",
        f"总部 {url}，上次同步 {status.get('last_push_at') or '—'}",
        f"HQ {url}, last push {status.get('last_push_at') or '—'}",
    )


def _broker_address(store: Store) -> tuple[str, int]:
    """Where the units look for it: as they were told, else as its own files say."""
    about = store.home / "broker" / "broker.json"
    known = json_module.loads(about.read_text(encoding="utf-8")) if about.is_file() else {}
    host = os.environ.get("PARLOUR_MQTT_HOST") or str(known.get("host", "127.0.0.1"))
    return host, int(os.environ.get("PARLOUR_MQTT_PORT") or known.get("port", 1883))


def _broker(store: Store) -> Finding:
    host, port = _broker_address(store)
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError as error:
        return Finding(
            "broker", "fail", f"消息代理无响应 {host}:{port}（{error}）", f"No broker at {host}:{port} ({error})",
            "运行 systemctl restart parlour-broker，再看 journalctl -u parlour-broker", "Run systemctl restart parlour-broker, then see journalctl -u parlour-broker",
        )  # fmt: skip
    return _ok("broker", f"消息代理在线 {host}:{port}", f"Broker up at {host}:{port}")


def _network(store: Store) -> Finding:
    """Whether this machine still is where its nodes look for it: their firmware holds an address, and a router may give another one."""
    told, own = store.settings.get(TOLD, ""), machine.lan_address()
    if not own:
        return _ok("network", "本机不在任何网络中", "This machine is in no network")
    if told in {"", own}:
        return _ok("network", f"本机地址 {own}", f"This machine is {own}")
    return Finding(
        "network", "fail", f"设备到 {told} 找本机，而本机现在是 {own}", f"Devices look for this machine at {told}, and it is {own} now",
        f"在路由器里为本机保留地址 {told}，然后重启本机", f"Reserve {told} for this machine in the router, then restart it",
    )  # fmt: skip


def _devices(store: Store) -> Finding:
    presence = store.presence.all()
    active = [d for d in store.devices.select() if d.state == "active"]
    away = [d.device for d in active if d.device not in presence or not presence[d.device].online]
    if not away:
        return (
            _silent(store, active)
            or _weak(store, active)
            or _ok("devices", f"{len(active)} 台设备全部在线", f"All {len(active)} devices online")
        )
    names = ", ".join(away[:6])
    count = "1 device" if len(away) == 1 else f"{len(away)} devices"
    return Finding(
        "devices", "warn", f"{len(away)} 台设备离线：{names}", f"{count} offline: {names}",
        "检查供电和 Wi-Fi；在技术页面查看最后在线时间", "Check power and Wi-Fi; the technician's page shows when each was last seen",
    )  # fmt: skip


def _silent(store: Store, active: list[Device]) -> Finding | None:
    """Devices that are online and no longer say what they should say by themselves: a node lives on when its sensor has died."""
    from edge.sensors.kinds import MEASURES

    by_itself = {m.key for m in MEASURES.values() if m.interval_s and not m.of_person and not m.proof}
    names = {device.device for device in active}
    quiet = [v for v in store.latest.all() if v.device in names and v.stale and v.measure in by_itself]
    if not quiet:
        return None
    zh = "、".join(f"{v.device} {MEASURES[v.measure].zh}" for v in quiet[:6])
    en = ", ".join(f"{v.device} {v.measure}" for v in quiet[:6])
    return Finding(
        "devices", "warn", f"在线但不再报数：{zh}", f"Online, and no longer says: {en}",
        "检查传感器与节点之间的接线，或更换传感器", "Check the wires between the sensor and its node, or change the sensor",
    )  # fmt: skip


def _weak(store: Store, active: list[Device]) -> Finding | None:
    """Devices that will soon be away: an empty battery, a signal that hardly carries."""
    names = {device.device for device in active}
    low = [v for v in store.latest.all() if v.device in names and not v.stale and weak(v.measure, v.value)]
    if not low:
        return None
    zh = "、".join(f"{v.device} {WEAK_ZH[v.measure]} {v.value:.0f} {v.unit}" for v in low[:6])
    en = ", ".join(f"{v.device} {v.measure} {v.value:.0f} {v.unit}" for v in low[:6])
    return Finding(
        "devices", "warn", f"有设备即将掉线：{zh}", f"Devices that will soon be away: {en}",
        "更换电池；信号弱的设备移近路由器，或加装接入点", "Change the battery; move what hardly hears the Wi-Fi, or add an access point",
    )  # fmt: skip


def _refusals(store: Store) -> Finding:
    since = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    recent = [r for r in store.refusals(500) if r.at > since]
    if len(recent) < REFUSALS_WORTH_A_LOOK:
        return _ok("refused", f"一天内拒收 {len(recent)} 条", f"{len(recent)} inputs refused in a day")
    worst = max({r.source for r in recent}, key=lambda s: sum(r.source == s for r in recent))
    return Finding(
        "refused", "warn", f"一天内拒收 {len(recent)} 条，最多来自 {worst}", f"{len(recent)} inputs refused in a day, most from {worst}",
        "在技术页面查看原因", "See the reasons on the technician's page",
    )  # fmt: skip


def _models(_store: Store) -> Finding:
    from edge.vision.models import Registry

    registry = Registry()
    usable = {m.role for m in registry.manifests() if registry.find(m.role) is not None}
    refused = "; ".join(f"{refusal.path}: {refusal.reason}" for refusal in registry.refused)
    if refused:
        return Finding(
            "models", "fail", f"模型被拒绝：{refused}", f"Models refused: {refused}",
            "重新安装 Parlour，或重新下载该模型", "Install Parlour again, or get that model again",
        )  # fmt: skip
    return _ok(
        "models", f"可用模型：{', '.join(sorted(usable))}", f"Models in use: {', '.join(sorted(usable))}"
    )


def _card(store: Store) -> Finding:
    found = machine.look()
    if found.worn or found.filesystem_errors:
        told = f"{found.wear or '?'} %", found.filesystem_errors or 0
        return Finding(
            "card", "fail", f"存储卡寿命已用 {told[0]}，文件系统错误 {told[1]} 个", f"Card: {told[0]} of its life used, {told[1]} errors of its file system",
            "尽快更换存储卡，再从备份恢复", "Replace the card soon, then restore the backup",
        )  # fmt: skip
    running = ours.units(store.home)
    written = ours.written_a_day(running)
    shown = _megabytes(written)
    whole = "—" if found.written_a_day is None else f"{found.written_a_day / 1e9:.1f} GB"
    if written is not None and written > machine.WRITES_A_DAY:
        worst = max(running, key=lambda unit: unit.written_a_day or 0).name
        return Finding(
            "card", "warn", f"Parlour 每天写入 {written / 1e9:.1f} GB，会缩短存储卡寿命；最多的是 {worst}",
            f"Parlour writes {written / 1e9:.1f} GB a day, which wears the card out; most of it {worst}",
            f"查看 journalctl -u parlour-{worst}，并把诊断包发给支持", f"See journalctl -u parlour-{worst}, and send the diagnostics to support",
        )  # fmt: skip
    if found.written_a_day is not None and found.written_a_day > machine.WRITES_A_DAY and running:
        return Finding(
            "card", "warn", f"整台机器每天写入 {whole}；Parlour 写入量：{shown.zh}", f"The whole machine writes {whole} a day; what Parlour writes is {shown.en}",
            "本机上的其他程序写得太多：在门店设备上只运行 Parlour", "Another program on this machine writes too much: run nothing but Parlour on an appliance",
        )  # fmt: skip
    life = (
        Said("存储卡不报告寿命", "The card says nothing of its life")
        if found.wear is None
        else Said(f"寿命已用 {found.wear} %", f"{found.wear} % of its life used")
    )
    return _ok(
        "card",
        f"{life.zh}；Parlour 写入量：{shown.zh}，整台机器每天 {whole}",
        f"{life.en}; what Parlour writes is {shown.en}, the whole machine {whole} a day",
    )


def _megabytes(count: int | None) -> Said:
    """What is written a day; not known before the units have run for an hour, since a rate would be a guess."""
    if count is None:
        return Said("运行满一小时后可知", "known after an hour")
    return Said(f"每天 {count / 1e6:.0f} MB", f"{count / 1e6:.0f} MB a day")


def _power(_store: Store) -> Finding:
    found = machine.look()
    if found.under_voltage:
        return Finding(
            "power", "fail", "供电不足", "The power supply is too weak",
            "使用原装电源和短线，减少 USB 设备", "Use the original supply and a short cable, and fewer USB devices",
        )  # fmt: skip
    if found.hot:
        return Finding(
            "power", "warn", f"温度 {found.temperature} °C，机器已降速", f"{found.temperature} °C: the machine has slowed down",
            "改善通风，远离灭菌器等热源", "Give it air, away from sterilisers and other heat",
        )  # fmt: skip
    shown = "—" if found.temperature is None else f"{found.temperature} °C"
    return _ok("power", f"供电和温度正常（{shown}）", f"Power and temperature are fine ({shown})")


def _telemetry(store: Store) -> Finding:
    altered = store.telemetry.altered()
    if altered:
        return Finding(
            "telemetry", "fail", f"{len(altered)} 批环境数据与日志不符", f"{len(altered)} batches of room values are not what the log says",
            "数据库可能被改动：保留副本并联系支持", "The database may have been altered: keep a copy and ask for support",
        )  # fmt: skip
    usage = {u.step: u for u in store.telemetry.usage()}
    a_day = _telemetry_a_day(usage["raw"])
    size = sum(u.bytes for u in usage.values())
    return _ok(
        "telemetry",
        f"环境数据：{a_day.zh}，共 {size / 1e6:.1f} MB",
        f"Room values: {a_day.en}, {size / 1e6:.1f} MB in all",
    )


def _telemetry_a_day(raw: Usage) -> Said:
    """What a day of raw values takes, from what is there; before there is an hour of them it would be a guess."""
    if raw.since is None:
        return Said("还没有", "none yet")
    seconds = datetime.now(UTC).timestamp() - raw.since / 1000
    if seconds < MIN_SECONDS:
        return Said("每天的量一小时后可知", "an amount a day known after an hour")
    kilobytes = raw.bytes * 86_400 / seconds / 1e3
    return Said(f"每天 {kilobytes:.0f} kB", f"{kilobytes:.0f} kB a day")


CHECKS: tuple[Callable[[Store], Finding], ...] = (
    _database, _disk, _keys, _card, _power, _clock, _countersigned, _telemetry, _outbox, _messages, _head_office, _broker, _network, _devices, _refusals, _models,
)  # fmt: skip


def examine(folder: Path) -> list[Finding]:
    """Run all checks on the store of a folder."""
    try:
        store = Store.open(folder)
    except NoStore:
        return [Finding(
            "store", "fail", f"{folder} 中没有门店", f"There is no store in {folder}",
            "运行 make run 试用，或 parlour provision store", "Run make run for a demo, or parlour provision store",
        )]  # fmt: skip
    except StoreError as error:
        full = _room(folder)
        if full.status != "ok":
            return [full]
        return [
            Finding(
                "store",
                "fail",
                str(error),
                str(error),
                "检查密钥文件和备份",
                "Check the key files and the backup",
            )
        ]
    except PermissionError as error:
        return [Finding(
            "store", "fail", f"当前账户无权读取 {error.filename}", f"This user may not read {error.filename}",
            "用门店账户运行：sudo -u parlour PARLOUR_HOME=/var/lib/parlour parlour doctor",
            "Run it as the store's user: sudo -u parlour PARLOUR_HOME=/var/lib/parlour parlour doctor",
        )]  # fmt: skip
    except FileNotFoundError as error:
        missing = error.args[0] if error.args and error.filename is None else error.filename
        return [Finding(
            "store", "fail", f"密钥文件缺失或不可读：{missing}", f"A key file is missing or cannot be read: {missing}",
            "从保险柜中的副本放回密钥文件夹；当前账户若不是门店账户，用 sudo -u parlour 运行",
            "Put the folder of keys back from its copy in the safe; if this is not the store's user, run it with sudo -u parlour",
        )]  # fmt: skip
    with store:
        return [_guarded(check, store) for check in CHECKS]


def _guarded(check: Callable[[Store], Finding], store: Store) -> Finding:
    name = check.__name__.lstrip("_")
    try:
        return check(store)
    except Exception as error:  # noqa: BLE001 - a check that breaks is itself a finding, and must not hide the others
        text = f"{type(error).__name__}: {error}"
        return Finding(
            name, "fail", f"检查未完成：{text}", f"Could not look: {text}", "请联系支持", "Ask for support"
        )


MARKS: dict[Status, str] = {"ok": "✓", "warn": "!", "fail": "✗"}


def language() -> str:
    """The language of the terminal."""
    wanted = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "en"
    return "zh" if wanted.startswith("zh") else "en"


def doctor_command(*, json: bool) -> int:
    """Print the findings; 1 if anything failed."""
    findings = examine(home())
    if json:
        print(json_module.dumps([asdict(f) for f in findings], ensure_ascii=False, indent=2))
    else:
        lang = language()
        for found in findings:
            print(f"{MARKS[found.status]} {found.check:<9} {Said(found.zh, found.en).in_(lang)}")
            remedy = Said(found.remedy_zh, found.remedy_en).in_(lang)
            if remedy:
                print(f"  {'':<9} → {remedy}")
    return 1 if any(f.status == "fail" for f in findings) else 0
