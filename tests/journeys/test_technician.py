"""A technician's half hour: a probe comes in over a USB cable, is named, calibrated and labelled, and goes for good.

Real broker, real units, real pages. At the other end of the cable and of the network stands a node written from the specification: Improv frames on
a pty, then MQTT 3.1.1 as ESPHome speaks it, with the password out of the firmware that the technician downloaded. Screenshots of every step, in both
languages and both shapes of screen, lie in `screenshots/technician/` afterwards.
"""

from __future__ import annotations

import io
import json
import re
import threading
import time
import zipfile
from pathlib import Path

import pytest
import yaml
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from edge.bus.broker import find_mosquitto
from edge.store import Store
from tests.edge.provision.test_improv import FakeNode
from tests.journeys.appliance import appliance
from tests.journeys.chain import SCREENSHOTS, open_screen, wait_for

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        not find_mosquitto(), reason="Mosquitto with its dynamic-security plugin is not installed"
    ),
]
PICTURES = SCREENSHOTS / "technician"
SHAPES = {"wide": (1280, 800), "tall": (720, 1280)}
TOPIC = "salon/s001/probe-2"


@pytest.fixture(scope="module")
def node():
    """What is at the other end of the USB cable."""
    made = FakeNode()
    yield made
    made.end()


@pytest.fixture(scope="module", name="appliance")
def _appliance(tmp_path_factory, node):
    with appliance(tmp_path_factory.mktemp("appliance"), PARLOUR_SERIAL_PORTS=node.path) as running:
        yield running


@pytest.fixture(scope="module")
def tech(appliance, browser):
    screen = open_screen(browser, appliance.kiosk, "tech")
    screen.sign_in("gu", "/tech")
    yield screen
    assert [
        error for error in screen.errors if "422" not in error
    ] == []  # the browser reports a refused form as such


class Probe:
    """A node as ESPHome 2026 is one, by the book: MQTT 3.1.1, clean session, a will, retained states of plain text."""

    def __init__(self, files, password):
        self.answers: list[str] = []
        self.lost = threading.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id="probe-2",
            protocol=paho.MQTTv311,
            reconnect_on_failure=False,
        )
        self._client.username_pw_set("probe-2", password)
        self._client.will_set(f"{TOPIC}/status", "offline", retain=True)
        self._client.on_connect = lambda _c, _u, _f, reason, _p: self.answers.append(str(reason))
        self._client.on_disconnect = lambda *_: self.lost.set()
        self._client.connect(files.host, files.port)
        self._client.loop_start()
        wait_for(lambda: self.answers, what="the broker's answer")

    def say(self, measure, value):
        self._client.publish(f"{TOPIC}/sensor/{measure}/state", value, retain=True).wait_for_publish(60)

    def announce(self):
        self._client.publish(f"{TOPIC}/status", "online", retain=True)
        info = {"ip": "192.168.1.77", "name": "probe-2", "version": "2026.10.0", "project_version": "1.0.0"}
        self._client.publish(
            "esphome/discover/probe-2", json.dumps(info), qos=2, retain=True
        ).wait_for_publish(60)

    def end(self):
        self._client.disconnect()
        self._client.loop_stop()


def look(screen, name):
    """Pictures of the page that is open: both languages, both shapes."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page = screen.page
    for language in ("en", "zh"):
        page.context.add_cookies([{"name": "lang", "value": language, "url": screen.base}])
        page.reload()
        for shape, (width, height) in SHAPES.items():
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                f"{name} {language} {shape} is too wide"
            )
            page.screenshot(
                path=PICTURES / f"{name}.{language}.{shape}.png", full_page=True, animations="disabled"
            )
    page.set_viewport_size({"width": 1280, "height": 800})


def shown(screen, text):
    wait_for(lambda: text in screen.text(), 120, f"{text!r} on the page")


@pytest.fixture(scope="module")
def carried():
    """What one step leaves for the next: the firmware's password, and the node on the network."""
    return {}


def test_1_the_technician_sees_what_is_there_and_what_is_not(tech):
    shown(tech, "皮肤检测笔")
    look(tech, "1-home")


def test_2_a_probe_is_added_and_its_firmware_carried_to_the_laptop(tech, appliance, carried):
    page = tech.page
    tech.goto("/tech/add")
    look(tech, "2-add")
    page.select_option("#profile", "skin_probe")
    page.fill("#device", "Probe 2!")
    page.fill("#name", "二号检测笔")
    page.locator("form.card button.main").click()
    shown(tech, "编号只能包含")
    look(tech, "2-refused")
    tech.goto("/tech/add")
    page.select_option("#profile", "skin_probe")
    page.fill("#device", "probe-2")
    page.fill("#name", "二号检测笔")
    page.fill("#name_en", "Probe 2")
    page.fill("#place", "2号床")
    page.locator("form.card button.main").click()
    page.wait_for_url("**/tech/device/probe-2")
    look(tech, "2-added")
    with page.expect_download() as downloading:
        page.locator("a[download][href$='firmware.zip']").click()
    packed = zipfile.ZipFile(io.BytesIO(Path(downloading.value.path()).read_bytes()))
    assert "probe-2/probe-2.yaml" in packed.namelist()
    carried["password"] = yaml.safe_load(packed.read("probe-2/secrets.yaml"))["mqtt_password"]
    assert re.fullmatch(r"[0-9a-f]{32}", carried["password"])


def test_3_its_network_goes_over_the_cable_and_a_wrong_password_is_named_as_such(tech, appliance, node):
    page = tech.page
    tech.goto("/tech")
    page.locator("form[action$='/tech/wifi'] button").click()
    page.locator(f"button[name=port][value='{node.path}']").wait_for()
    look(tech, "3-port")
    page.locator(f"button[name=port][value='{node.path}']").click()
    page.locator("#ssid").wait_for()
    assert page.locator("#ssid option").all_inner_texts() == ["salon (-48 dBm)", "guests (-80 dBm)"]
    look(tech, "3-network")
    page.select_option("#ssid", "salon")
    page.fill("#password", "not-this-one")
    page.locator("button.main").click()
    shown(tech, "无法加入网络")
    shown(tech, "密码不对，或信号太弱")
    look(tech, "3-failed")
    page.locator("form[action$='/tech/wifi'] button").click()
    page.locator(f"button[name=port][value='{node.path}']").click()
    page.select_option("#ssid", "salon")
    page.fill("#password", "secret12")
    page.locator("button.main").click()
    shown(tech, "http://192.168.1.77")
    look(tech, "3-joined")
    assert not list((appliance.home / "keys" / "handover").glob("*")), "the password stays nowhere"


def test_4_both_ticks_come_by_themselves_when_it_is_on_the_network(tech, appliance, carried):
    tech.goto("/tech/device/probe-2")
    assert tech.page.locator(".ticks .good").count() == 0
    probe = carried["probe"] = Probe(appliance.files, carried["password"])
    assert probe.answers == ["Success"]
    probe.announce()
    wait_for(lambda: tech.page.locator(".ticks .good").count() == 1, what="the tick for online")
    time.sleep(
        3.5
    )  # what a node says within 3 s of its birth, unasked, is its last state again and no reading
    probe.say("skin_moisture", "41.5")
    wait_for(lambda: tech.page.locator(".ticks .good").count() == 2, what="the tick for a first reading")
    shown(tech, "41.5")
    look(tech, "4-ticks")


def test_5_it_is_named_placed_calibrated_and_labelled(tech, appliance, carried):
    page = tech.page
    tech.goto("/tech/device/probe-2")
    page.fill("#name", "三号检测笔")
    page.fill("#place", "3号床")
    page.get_by_role("button", name="保存").click()
    shown(tech, "三号检测笔")
    page.select_option("#measure", "skin_moisture")
    for field, value in {"shown1": "20", "true1": "22", "shown2": "60", "true2": "66"}.items():
        page.fill(f"#{field}", value)
    page.get_by_role("button", name="校准").click()
    shown(tech, "× 1.1000")
    carried["probe"].say("skin_moisture", "50.0")
    shown(tech, "55")
    look(tech, "5-calibrated")
    with page.expect_download() as downloading:
        page.locator("a[href$='label.pdf']").click()
    assert Path(downloading.value.path()).read_bytes().startswith(b"%PDF")
    with Store.open(appliance.home) as store:
        [device] = [d for d in store.devices.select() if d.device == "probe-2"]
        assert (device.name, device.place) == ("三号检测笔", "3号床")
        assert device.calibration["skin_moisture"].by == "e-gu-wei"


def test_6_stolen_it_is_out_at_once_and_its_password_opens_nothing(tech, appliance, carried):
    page, probe = tech.page, carried["probe"]
    page.locator("details.danger summary").click()
    look_open = PICTURES / "6-sure.zh.wide.png"
    page.screenshot(path=look_open, full_page=True)
    page.locator("button[name=how][value=stolen]").click()
    assert probe.lost.wait(120), "the broker puts it out at once"
    probe.end()
    shown(tech, "登录已锁定")
    look(tech, "6-locked-out")
    again = Probe(appliance.files, carried["password"])
    again.end()
    assert again.answers == ["Not authorized"]
    tech.goto("/tech/device/probe-2")
    shown(tech, "被盗")
    look(tech, "6-stolen")
    wait_for(
        lambda: not [topic for topic in kept_by_the_broker(appliance.files) if "probe-2" in topic],
        what="the end of its last ghost",
    )


def kept_by_the_broker(files):
    """All retained topics, as Home Assistant would see them."""
    heard: set[str] = set()
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="ha-look", protocol=paho.MQTTv5)
    client.username_pw_set("home-assistant", files.password_file("home-assistant").read_text())
    client.on_message = lambda _c, _u, message: heard.add(message.topic) if message.payload else None
    client.connect(files.host, files.port)
    client.loop_start()
    for name in ("salon/s001/#", "homeassistant/#", "esphome/discover/#"):
        client.subscribe(name)
    wait_for(lambda: "salon/s001/edge/status" in heard, what="what the broker keeps")
    time.sleep(1)
    client.disconnect()
    client.loop_stop()
    return heard
