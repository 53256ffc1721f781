"""Every unit through systemd's own verification, and the exposure of each (printed with -s)."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from cryptography import x509

from edge.bus.broker import BrokerFiles
from edge.kiosk.guard import host_allowed
from edge.kiosk.settings import KioskSettings
from edge.store.wanted import ENDS_AFTER

FOLDER = Path(__file__).resolve().parents[2] / "systemd"
UNITS = sorted(path.name for path in FOLDER.glob("*.service"))
TIMERS = sorted(path.name for path in FOLDER.glob("*.timer"))
PATHS = sorted(path.name for path in FOLDER.glob("*.path"))
WANTED = {"parlour-vision.path": "scan", "parlour-provision.path": "provision"}
LIMIT = 2.0
EXCEPTIONS = {"parlour-browser.service": 3.0}  # its drop-in says why

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed (apt: systemd)"
)


@pytest.fixture
def folder(tmp_path):
    """The units with every program replaced by one that exists here: verification wants to find them."""
    shutil.copytree(FOLDER, tmp_path / "units")
    for path in (tmp_path / "units").glob("*.service"):
        path.write_text(re.sub(r"(?m)^(Exec\w+=)/\S+", r"\1/bin/true", path.read_text()))
    return tmp_path / "units"


def analyze(folder, *arguments):
    return subprocess.run(
        ["systemd-analyze", *arguments],
        cwd=folder,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def verify(folder):
    return analyze(folder, "verify", "--man=no", "--recursive-errors=no", *UNITS, *TIMERS, *PATHS)


def test_all_units_are_verified_without_a_word(folder):
    result = verify(folder)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_mistyped_key_would_be_found(folder):
    unit = folder / "parlour-sensors.service"
    unit.write_text(unit.read_text() + "\n[Service]\nWatchdogSeconds=5\n")
    assert verify(folder).returncode != 0


@pytest.mark.parametrize("unit", UNITS)
def test_its_exposure_is_low(folder, unit, capsys):
    result = analyze(folder, "security", "--offline=true", "--no-pager", f"./{unit}")
    exposure = float(re.search(r"exposure level for \S+ ([\d.]+)", result.stdout)[1])
    with capsys.disabled():
        print(f"\n  exposure {unit:32} {exposure}")
    assert exposure <= EXCEPTIONS.get(unit, LIMIT)


@pytest.mark.parametrize("unit", UNITS)
def test_every_exception_to_the_hardening_gives_its_reason(unit):
    for path in (FOLDER / f"{unit}.d").glob("*.conf"):
        assert path.read_text().startswith("# ")


@pytest.mark.parametrize("timer", TIMERS)
def test_a_timer_has_its_service_and_a_time_that_systemd_understands(folder, timer):
    assert (FOLDER / timer.replace(".timer", ".service")).exists()
    for expression in re.findall(r"(?m)^OnCalendar=(.+)$", (FOLDER / timer).read_text()):
        assert analyze(folder, "calendar", expression).returncode == 0


@pytest.mark.parametrize("path", WANTED)
def test_a_unit_that_runs_only_when_wanted_is_started_by_its_file_alone_and_ends_by_itself(path):
    unit = (FOLDER / path.replace(".path", ".service")).read_text()
    assert f"PathExists=/var/lib/parlour/wanted/{WANTED[path]}\n" in (FOLDER / path).read_text()
    assert f"Environment={ENDS_AFTER}=" in unit
    assert "[Install]" not in unit
    assert "Restart=on-failure" in unit  # and not `always`: it ends when there is nothing to do


def test_units_that_share_the_store_are_one_user_and_head_office_another():
    users = {unit: re.findall(r"(?m)^User=(.+)$", (FOLDER / unit).read_text()) for unit in UNITS}
    known = re.findall(r"(?m)^u (\S+)", (FOLDER / "sysusers.d" / "parlour.conf").read_text())
    assert users.pop("parlour-hq.service") == ["parlour-hq"]
    assert users.pop("parlour-browser.service") == ["parlour-browser"]
    for unit in ("parlour-browser-watch.service", "parlour-enrolled.service"):
        assert users.pop(unit) == []  # root, without capabilities
    assert set(map(tuple, users.values())) == {("parlour",)}
    assert known == ["parlour", "parlour-hq", "parlour-browser"]


def test_a_watchdog_is_set_only_where_the_code_feeds_it():
    feeding = {
        "parlour-sensors.service": "edge/sensors/service.py",
        "parlour-vision.service": "edge/vision/service.py",
        "parlour-care.service": "edge/care/__main__.py",
        "parlour-wired.service": "edge/sensors/wired/service.py",
        "parlour-provision.service": "edge/provision/service.py",
        "parlour-kiosk.service": "edge/kiosk/__main__.py",
        "parlour-sync.service": "edge/sync/__main__.py",
    }
    for unit in UNITS:
        watched = "WatchdogSec=" in (FOLDER / unit).read_text()
        assert watched == (unit in feeding)
        if watched:
            source = (FOLDER.parent / feeding[unit]).read_text()
            assert "notify.alive(" in source or "Watchdog(" in source


def test_every_module_that_a_unit_runs_exists():
    for unit in UNITS:
        for module in re.findall(r"python -m (\S+)", (FOLDER / unit).read_text()):
            path = FOLDER.parent / Path(*module.split("."))
            assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


def test_the_browser_may_reach_the_kiosk_and_the_start_page_and_nothing_else():
    policies = json.loads((FOLDER / "browser" / "policies.json").read_text())
    assert policies["URLBlocklist"] == ["*"]
    assert policies["URLAllowlist"] == ["http://127.0.0.1:8080/*", "file:///usr/share/parlour/boot.html"]
    assert policies["DeveloperToolsAvailability"] == 2
    unit = (FOLDER / "parlour-browser.service").read_text()
    assert "file:///usr/share/parlour/boot.html" in unit
    page = (FOLDER / "browser" / "boot.html").read_text()
    assert "http://127.0.0.1:8080/" in page
    assert re.findall(r"https?://(?!127\.0\.0\.1:8080)", page) == []


def test_the_scan_unit_takes_the_camera_that_is_there():
    unit = (FOLDER / "parlour-vision.service").read_text()
    assert "\nEnvironment=PARLOUR_CAMERA=auto\n" in unit
    assert "| `PARLOUR_CAMERA` | `auto`" in (FOLDER.parent / "README.md").read_text()


def test_the_name_by_mdns_leads_to_the_technicians_page_and_the_brokers_encrypted_port(tmp_path):
    services = {
        service.findtext("type"): service
        for service in ET.parse(FOLDER / "avahi" / "parlour.service").iter("service")
    }
    page = services["_http._tcp"]
    assert int(page.findtext("port")) == KioskSettings().port
    assert page.findtext("txt-record") == "path=/tech"
    assert host_allowed(f"{socket.gethostname()}.local:8080", frozenset())
    files = BrokerFiles.prepare(tmp_path / "broker", "s001", 1883, tls_port=8883)
    assert int(services["_secure-mqtt._tcp"].findtext("port")) == files.tls_port
    assert f"DNS:{socket.gethostname()}.local" in names_of(files.folder / "broker.crt")


def names_of(certificate):
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {f"DNS:{name}" for name in names.get_values_for_type(x509.DNSName)}


def test_the_hour_of_the_reconcile_is_spread_over_stores_and_each_keeps_its_own():
    timer = (FOLDER / "parlour-reconcile.timer").read_text()
    assert re.search(r"^RandomizedDelaySec=2h$", timer, re.MULTILINE)
    assert re.search(r"^FixedRandomDelay=true$", timer, re.MULTILINE)
    assert re.search(r"^Persistent=(yes|true)$", timer, re.MULTILINE)
