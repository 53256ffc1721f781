"""A technician adds, places, calibrates, labels and retires a device; the web server itself has no right at the broker."""

from __future__ import annotations

import inspect
import io
import json
import re
import threading
import zipfile
from types import SimpleNamespace

import pytest
from tinydb import where

from edge.bus import Bus, Will
from edge.bus.broker import BrokerFiles, find_mosquitto
from edge.bus.errors import BadDeviceId, BadPasswordFile, BrokerRefused
from edge.kiosk.services import devices, technician
from edge.kiosk.services.live_messages import LiveMessages
from edge.provision import BrokerAway, DeviceExists, NoFirmware, NoSuchDevice, wifi
from edge.provision.improv import Fault
from edge.provision.service import PORTS, Provisioner, _code
from edge.sensors.service import CATALOGUE, Sensors, catalogue
from edge.store import now
from salon import records
from salon.records import BadRecord
from tests.edge.bus.brokers import RunningBroker, until
from tests.edge.kiosk.test_heard import event
from tests.edge.provision.test_improv import FakeNode
from tests.ports import free_port


@pytest.fixture
def browser(signed_in):
    return signed_in("gu")


@pytest.fixture
def probe(store):
    store.settings.set(CATALOGUE, catalogue())
    return store.devices.add(
        records.Device(
            rid="d-1", device="probe-1", profile="skin_probe", name="检测笔", store="s001", place="1号床"
        )
    )


def text(answer):
    return answer.get_data(as_text=True)


def test_adding_is_asked_of_the_provisioning_unit_in_the_technicians_name(store, browser):
    form = {"device": "probe-2", "profile": "skin_probe", "name": "检测笔", "place": "1号床"}
    answer = browser.post("/tech/add", data=form)
    assert answer.status_code == 302
    (job,) = [job for job in store.jobs.latest() if job.kind == "provision"]
    assert job.body == {"action": "add", "by": "e-gu", "name_en": "", "address": "", **form}
    assert len(store.devices) == 0
    assert "Working on it" in text(browser.get(answer.location))


def test_a_form_without_an_id_is_said_to_be_incomplete(store, browser):
    answer = browser.post("/tech/add", data={"device": "", "name": "x"})
    assert answer.status_code == 422
    assert "An id and a name are needed" in text(answer)
    assert store.jobs.latest() == []


def test_a_request_that_failed_says_why(store, browser):
    answer = browser.post("/tech/add", data={"device": "p", "profile": "x", "name": "x"})
    (job,) = store.jobs.latest()
    store.jobs.fail(job.id, "no_firmware", "no firmware for 'x'")
    assert "no_firmware" in text(browser.get(answer.location))


def test_jobs_of_others_are_not_shown(store, browser):
    assert browser.get(f"/tech/job/{store.jobs.put('scan', {})}").status_code == 404
    assert browser.get("/tech/job/nonsense").status_code == 404


def test_both_ticks(store, browser, probe):
    page = text(browser.get("/tech/device/probe-1/part"))
    assert page.count('class="good"') == 0
    store.presence.note("probe-1", online=True)
    assert text(browser.get("/tech/device/probe-1/part")).count('class="good"') == 1
    store.latest.put("probe-1", "skin_moisture", 41.5, "%", now(), interval_s=60)
    assert devices.ticks(store, probe).done
    assert text(browser.get("/tech/device/probe-1/part")).count('class="good"') == 2


def test_name_and_place_change_in_the_technicians_name(store, browser, probe):
    feed = store.feed()
    browser.post("/tech/device/probe-1", data={"name": "新名字", "name_en": "New", "place": "2号床"})
    assert store.devices.load("d-1").place == "2号床"
    assert {n.actor for n in feed.poll()} == {"e-gu"}
    assert browser.post("/tech/device/probe-1", data={"name": " "}).status_code == 422


def test_calibrating_twice_goes_back_to_what_the_sensor_said(store, browser, probe):
    points = {"measure": "skin_moisture", "shown1": "20", "true1": "25", "shown2": "60", "true2": "69"}
    assert browser.post("/tech/device/probe-1/calibrate", data=points).status_code == 302
    first = store.devices.load("d-1").calibration["skin_moisture"]
    assert (first.gain, first.offset, first.by) == (pytest.approx(1.1), pytest.approx(3.0), "e-gu")
    assert first.at
    # Now it shows the truth: calibrating with that changes nothing.
    browser.post(
        "/tech/device/probe-1/calibrate",
        data={"measure": "skin_moisture", "shown1": "25", "true1": "25", "shown2": "69", "true2": "69"},
    )
    again = store.devices.load("d-1").calibration["skin_moisture"]
    assert (again.gain, again.offset) == (pytest.approx(1.1), pytest.approx(3.0))


def test_the_page_says_who_changed_what_calibrations_too(store, browser, probe):
    browser.post("/tech/device/probe-1", data={"name": "检测笔", "name_en": "", "place": "2号床"})
    points = {"measure": "skin_moisture", "shown1": "10", "true1": "12", "shown2": "50", "true2": "54"}
    browser.post("/tech/device/probe-1/calibrate", data=points)
    page = text(browser.get("/tech/device/probe-1"))
    told = page[page.index("Who changed what") :]
    gu = store.employees.find("e-gu")
    assert told.count(gu.name_en or gu.name) == 2
    assert told.index("Calibration") < told.index("Place"), "the newest first"


@pytest.mark.parametrize(
    ("lang", "late", "told"),
    [("en", "came 7 min late: not acted on", "told"), ("zh", "迟到 7 分钟，未作处理", "已转达")],
)
def test_what_a_device_told_stands_there_with_its_age_and_without_what_was_read(
    store, browser, probe, lang, late, told
):
    """MEA-13"""
    for ago_s in (420, 0):
        store.happened.add(event("04A1B2C3", name="card", device="probe-1", ago_s=ago_s))
    store.happened.claim()
    browser.set_cookie("lang", lang)
    page = text(browser.get("/tech/device/probe-1/part"))
    assert late in page
    assert told in page
    assert "04A1B2C3" not in page


def test_who_changed_what_says_from_what_to_what(store, browser, probe):
    browser.post("/tech/device/probe-1", data={"name": "检测笔", "name_en": "", "place": "2号床"})
    points = {"measure": "skin_moisture", "shown1": "10", "true1": "12", "shown2": "50", "true2": "54"}
    for _ in range(2):  # the second goes through the first
        browser.post("/tech/device/probe-1/calibrate", data=points)
    store.devices.edit(probe.rid, state="retired")
    lines = technician.history(store, store.devices.load(probe.rid))
    said = [[(c.name.en, c.before.en, c.now.en) for c in line.changed] for line in lines]
    assert said == [
        [("State", "in use", "retired")],
        [("Calibration, Skin moisture", "× 1.0500 +1.500", "× 1.1025 +3.075")],
        [("Calibration, Skin moisture", "none", "× 1.0500 +1.500")],
        [("Place", "1号床", "2号床")],
        [],
    ]
    assert lines[0].who.en == "the store"
    page = text(browser.get("/tech/device/probe-1"))
    assert "Place: 1号床 → <b>2号床</b>" in page
    assert "Registered" in page


@pytest.mark.parametrize(
    "points",
    [("20", "25", "20", "30"), ("x", "25", "60", "69"), ("20", "25", "60", "nan"), ("20", "0", "60", "9999")],
)
def test_points_that_make_no_calibration_change_nothing(store, browser, probe, points):
    keys = ("shown1", "true1", "shown2", "true2")
    form = {"measure": "skin_moisture", **dict(zip(keys, points, strict=True))}
    assert browser.post("/tech/device/probe-1/calibrate", data=form).status_code == 422
    assert store.devices.load("d-1").calibration == {}


def test_a_device_that_is_locked_out_says_so_and_offers_nothing_to_do_with_it(store, browser, probe):
    store.devices.edit(probe.rid, state="stolen")
    page = text(browser.get("/tech/device/probe-1"))
    assert "Locked out" in page
    for gone in ("First reading", "Calibrate", "Lock it out", "Label with QR code"):
        assert gone not in page


def test_a_label_is_a_pdf_and_firmware_a_zip_with_its_secrets(store, browser, probe):
    label = browser.get("/tech/device/probe-1/label.pdf")
    assert label.data.startswith(b"%PDF-")
    assert browser.get("/tech/device/probe-1/firmware.zip").status_code == 404
    folder = store.home / "firmware" / "probe-1"
    folder.mkdir(parents=True)
    (folder / "secrets.yaml").write_text("mqtt_password: x")
    packed = zipfile.ZipFile(io.BytesIO(browser.get("/tech/device/probe-1/firmware.zip").data))
    assert packed.namelist() == ["probe-1/secrets.yaml"]


@pytest.mark.parametrize(
    "path", ["/tech/device/../../keys", "/tech/device/nobody", "/tech/device/nobody/firmware.zip"]
)
def test_only_devices_of_the_register_have_a_page(browser, path):
    assert browser.get(path).status_code == 404


def test_diagnostics_hold_no_person(store, browser, probe):
    store.refuse("http", "13800010001", "bad_phone", "phone 13800010001 of 王丽", "13800010001")
    store.jobs.put("scan", {"member": "m-wang", "note": "王丽"})
    packed = zipfile.ZipFile(io.BytesIO(browser.get("/tech/diagnostics.zip").data))
    assert {name.split("/")[1] for name in packed.namelist()} == {
        "about.json", "health.json", "devices.json", "refused.json", "jobs.json",
    }  # fmt: skip
    everything = "".join(packed.read(name).decode() for name in packed.namelist())
    for personal in ("13800010001", "王", "m-wang", "04A1B2C3"):
        assert personal not in everything
    assert "bad_phone" in everything
    assert "probe-1" in everything


def test_live_messages_show_states_and_never_what_was_scanned():
    heard = LiveMessages(None, "s001")
    for topic, payload in (("probe-1/sensor/skin_moisture/state", b"41.5"), ("scan-1/event/scan/state", b'{"text":"1380"}'),
                           ("edge/health", b"{}")):  # fmt: skip
        heard.take(SimpleNamespace(topic=f"salon/s001/{topic}", payload=payload, retain=False))
    assert [(h.topic, h.payload) for h in heard.latest()] == [
        ("scan-1/event/scan/state", "…"),
        ("probe-1/sensor/skin_moisture/state", "41.5"),
    ]
    assert len(heard.latest("probe-1")) == 1


def test_an_actuator_without_a_broker_says_that_nothing_was_sent(store, browser, probe):
    store.devices.add(records.Device(rid="d-2", device="bed-1", profile="bed", name="床", store="s001"))
    path = "/tech/device/bed-1/set"
    assert "Try it" in text(browser.get("/tech/device/bed-1"))
    answer = browser.post(path, data={"measure": "chair_height", "value": "72"})
    assert (answer.status_code, "nothing was sent" in text(answer)) == (502, True)
    assert browser.post(path, data={"measure": "bed_presence", "value": "1"}).status_code == 422
    assert browser.post(path, data={"measure": "chair_height", "value": "-1; DROP"}).status_code == 422


@pytest.fixture
def house(store, tmp_path, monkeypatch):
    """Broker, sensors and the provisioning unit, as on an appliance, and a new node on a USB cable."""
    if not find_mosquitto():
        pytest.skip("Mosquitto with its dynamic-security plugin is not installed")
    files = BrokerFiles.prepare(tmp_path / "broker", "s001", free_port(), keys=store.home / "keys")
    broker = RunningBroker(files)
    bus = broker.bus("edge", "edge-sensors")
    sensors = Sensors(store, bus, "test")
    stop = threading.Event()
    node = FakeNode()
    monkeypatch.setenv(PORTS, node.path)
    threads = [
        threading.Thread(target=sensors.run),
        threading.Thread(target=Provisioner(store, files, stop).run),
    ]
    for thread in threads:
        thread.start()
    assert bus.wait_connected(60)
    yield SimpleNamespace(files=files, broker=broker, node=node)
    stop.set()
    sensors.stop()
    for thread in threads:
        thread.join(60)
    node.end()
    broker.stop()


def finished(browser, location):
    """Follow a request until it is answered; the page that then shows."""
    assert until(lambda: "data-reload" not in text(browser.get(location, follow_redirects=True)))
    return browser.get(location, follow_redirects=True)


def test_a_technician_adds_a_probe_over_a_usb_cable_and_retires_it_and_its_login_is_dead(
    store, browser, house
):
    form = {"device": "probe-2", "profile": "skin_probe", "name": "检测笔", "place": "1号床"}
    page = finished(browser, browser.post("/tech/add", data=form).location)
    assert page.request.path == "/tech/device/probe-2"
    archive = zipfile.ZipFile(io.BytesIO(browser.get("/tech/device/probe-2/firmware.zip").data))
    secrets = archive.read("probe-2/secrets.yaml").decode()
    password = json.loads(secrets.split("mqtt_password: ")[1].splitlines()[0])

    seen = finished(browser, browser.post("/tech/wifi").location)
    assert house.node.path in text(seen)
    seen = finished(browser, browser.post("/tech/wifi/next", data={"port": house.node.path}).location)
    assert "salon (-48 dBm)" in text(seen)
    join = {"port": house.node.path, "ssid": "salon", "password": "secret12"}
    assert "It is in the network" in text(
        finished(browser, browser.post("/tech/wifi/next", data=join).location)
    )

    file = house.files.folder / "the-nodes-own-flash"
    file.write_text(password)
    will = Will("salon/s001/probe-2/status", b"offline")
    node = Bus(
        house.files.host, house.files.port, "probe-2", file, "probe-2", will=will, draw=lambda low, high: 0.05
    )
    node.start()
    assert node.wait_connected(60)
    node.publish("salon/s001/probe-2/status", b"online", qos=1, retain=True)
    # The bed's page asks it, so that what comes at once after its birth counts. It has no right to ask itself.
    asking = house.broker.bus("edge", "edge-page", draw=lambda low, high: 0.05)
    asking.start()
    assert asking.wait_connected(60)
    asking.publish("salon/s001/probe-2/button/measure/command", b"PRESS", qos=1)
    assert until(lambda: not asking._unproven)
    asking.stop()
    node.publish("salon/s001/probe-2/sensor/skin_moisture/state", b"41.5", qos=1)
    device = store.devices.select(where("device") == "probe-2")[0]
    assert until(lambda: devices.ticks(store, device).done)

    gone = finished(browser, browser.post("/tech/device/probe-2/retire", data={"how": "stolen"}).location)
    assert "locked out" in text(gone)
    assert until(lambda: not node.connected)
    assert not node.wait_connected(0.5)
    node.stop()
    assert store.devices.load(device.rid).state == "stolen"
    assert "stolen" in text(browser.get("/tech/device/probe-2"))
    assert file.read_text() == password  # the thief still has the password; it opens nothing


def test_every_reason_that_a_node_or_the_unit_can_give_has_words():
    """What the provisioning unit raises by name is said on the page in both languages, never as a code alone."""
    reasons = set(re.findall(r'WifiFailed\(\s*[\w"]+, "(\w+)"', inspect.getsource(wifi)))
    assert {"no_port", "silent", "no_wifi", "unplugged", "timeout"} <= reasons
    assert reasons | {fault.name.lower() for fault in Fault if fault is not Fault.NONE} <= set(
        devices.NO_WIFI
    )
    raised = (
        BadDeviceId,
        BadPasswordFile,
        BadRecord,
        BrokerAway,
        BrokerRefused,
        DeviceExists,
        NoFirmware,
        NoSuchDevice,
    )
    for error in raised:
        code = _code(error.__new__(error))
        assert code in devices.FAILED, code
    for said in (*devices.NO_WIFI.values(), *devices.FAILED.values()):
        assert said.zh
        assert said.en
