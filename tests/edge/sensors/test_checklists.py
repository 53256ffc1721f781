"""Each kind of device keeps what its checklist says is done; what it is exempt from has a reason that still holds."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from edge.bus import Message
from edge.kiosk.services import diagnostics
from edge.provision import WIRED, profiles
from edge.provision.ghosts import filters_of
from edge.sensors import esphome
from edge.sensors.fakes import Quiet, World
from edge.sensors.intake import Accepted
from edge.sensors.kinds import MEASURES
from edge.sensors.node import Node
from edge.sensors.profiles import found
from edge.sensors.writer import Writer
from edge.store import Store
from salon.records import Device

FOLDER = Path("edge/sensors/profiles")
RULES = {
    "unique_id", "unavailable", "limits", "translations", "diagnostics", "reconnect", "teardown", "firmware", "fake", "confirm",
}  # fmt: skip
KINDS = sorted(found().profiles)


def checklist(kind):
    return tomllib.loads((FOLDER / kind / "checklist.toml").read_text(encoding="utf-8"))


def done(rule):
    """The kinds that say so of a rule."""
    return [kind for kind in KINDS if checklist(kind)[rule] == "done"]


def exempt(rule):
    return [kind for kind in KINDS if checklist(kind)[rule] != "done"]


def node(kind, name="d-1"):
    return esphome.node_of(found().profiles[kind], name, name, "s001")


def entities(kind):
    return node(kind).entities


class Wire:
    """A bus that remembers what was kept, and can come back."""

    def __init__(self):
        self.said, self.greetings, self.handlers = [], [], {}

    def publish(self, topic, payload, qos=0, retain=False, expiry_s=None):
        self.said.append((topic, payload, retain))
        return True

    def subscribe(self, name, handler, qos=1):
        self.handlers[name] = handler

    def on_connect(self, greeting):
        self.greetings.append(greeting)

    def connect(self):
        for greeting in self.greetings:
            greeting()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_whole_checklist_and_reasons_for_what_it_leaves_out(kind):
    said = checklist(kind)
    assert set(said) == RULES
    for text in said.values():
        assert text == "done" or (text.startswith("exempt: ") and len(text) > 25)


@pytest.mark.parametrize("kind", done("unique_id"))
def test_two_of_a_kind_have_different_unique_ids_and_each_entity_its_own(kind):
    def ids(name):
        return [
            json.loads(esphome.discovery(node(kind, name), entity))["uniq_id"] for entity in entities(kind)
        ]

    assert len(set(ids("d-1"))) == len(entities(kind))
    assert not set(ids("d-1")) & set(ids("d-2"))


@pytest.mark.parametrize("kind", done("unavailable"))
def test_nothing_of_it_is_shown_as_live_once_it_is_gone(kind, tmp_path):
    device = Device(rid="dev-1", device="d-1", profile=kind, name="设备", place="A1", store="s001")
    with Store.create(tmp_path / "home", "s001") as store:
        store.devices.add(device)
        writer = Writer(store)
        writer.presence("d-1", online=True)
        for key in found().profiles[kind].measures:
            writer.accept(
                Accepted(device, MEASURES[key], max(0.0, MEASURES[key].low), "good", recorded=True), 0.0
            )
        writer.flush()
        assert not any(value.stale for value in store.latest.all())
        writer.presence("d-1", online=False)
        writer.flush()
        assert all(value.stale for value in store.latest.all())
        assert not store.presence.all()["d-1"].online


@pytest.mark.parametrize("kind", done("limits"))
def test_all_that_it_measures_has_limits_and_a_step_that_may_be(kind):
    for key in found().profiles[kind].measures:
        assert MEASURES[key].low < MEASURES[key].high
        assert 0 < MEASURES[key].jump <= MEASURES[key].high - min(0.0, MEASURES[key].low)


@pytest.mark.parametrize("kind", done("translations"))
def test_kind_and_measures_are_named_in_both_languages(kind):
    profile = found().profiles[kind]
    for zh, en in [
        (profile.zh, profile.en),
        *((MEASURES[key].zh, MEASURES[key].en) for key in profile.measures),
    ]:
        assert en.isascii() or "2" in en
        assert any("\u4e00" <= letter <= "\u9fff" for letter in zh)


@pytest.mark.parametrize("kind", done("diagnostics"))
def test_it_stands_in_the_diagnostics_by_kind_and_state_without_its_name(kind, tmp_path):
    with Store.create(tmp_path / "home", "s001") as store:
        store.devices.add(
            Device(rid="dev-1", device="d-1", profile=kind, name="王丽的设备", place="A1", store="s001")
        )
        store.presence.note("d-1", online=True, firmware="1.0.0")
        [row] = diagnostics.parts(store, None, "0")["devices"]
    assert (row["profile"], row["online"], row["firmware"]) == (kind, True, "1.0.0")
    assert "王丽" not in json.dumps(row, ensure_ascii=False)


@pytest.mark.parametrize("kind", done("reconnect"))
def test_after_the_broker_was_away_it_announces_itself_and_its_last_states_again(kind):
    wire = Wire()
    about = node(kind)
    made = Node(about, Quiet(None, "", ""), wire, lambda: 0.0)
    states = [(key, 0.0) for key in found().profiles[kind].measures]
    made.say(
        [
            (next(e.object_id for e in about.entities if e.name == MEASURES[key].name), value)
            for key, value in states
        ]
    )
    wire.said.clear()
    wire.connect()
    again = {topic: retain for topic, _, retain in wire.said}
    wanted = {
        about.status_topic,
        about.info_topic,
        *(about.discovery_topic(entity) for entity in about.entities),
    }
    wanted |= {
        about.state_topic(e) for e in about.entities if e.name in {MEASURES[key].name for key, _ in states}
    }
    assert set(again) == wanted
    assert all(again.values()), "all of it is kept by the broker, for who comes later"


def fits(name, topic):
    from paho.mqtt.client import topic_matches_sub

    return topic_matches_sub(name, topic)


@pytest.mark.parametrize("kind", done("teardown"))
def test_what_the_broker_keeps_of_it_is_all_wiped_when_it_is_retired(kind):
    about, mac = node(kind), "AABBCCDDEEFF"
    filters = filters_of("s001", "d-1", mac if found().profiles[kind].wire == "tasmota" else "")
    kept = [about.status_topic, about.info_topic]
    for entity in about.entities:
        kept += [about.state_topic(entity), about.discovery_topic(entity), about.command_topic(entity)]
    if found().profiles[kind].wire == "tasmota":
        kept = [
            f"tasmota/discovery/{mac}/config",
            f"tasmota/discovery/{mac}/sensors",
            "tele/d-1/LWT",
            "stat/d-1/POWER",
        ]
    for topic in kept:
        assert any(fits(name, topic) for name in filters), topic
    for neighbour in (
        "salon/s001/d-10/status",
        "homeassistant/sensor/d-10/x/config",
        "tele/d-10/LWT",
        "esphome/discover/d-10",
    ):
        assert not any(fits(name, neighbour) for name in filters)


def test_what_has_a_firmware_has_one_and_what_is_exempt_is_wired():
    assert set(done("firmware")) == set(profiles())
    assert set(exempt("firmware")) <= set(WIRED)


def test_a_fake_is_more_than_silence_or_the_list_says_why():
    """By itself, or at the end of a cable."""
    speaking = {p.key for p in found().profiles.values() if p.fake is not Quiet or p.frame is not None}
    assert speaking == set(done("fake"))


def test_what_can_be_set_is_confirmed_and_only_what_cannot_is_exempt():
    for kind in KINDS:
        settable = [key for key in found().profiles[kind].measures if MEASURES[key].can_be_set]
        assert bool(settable) == (kind in done("confirm")), kind


@pytest.mark.parametrize("kind", done("confirm"))
def test_a_command_is_answered_by_a_state_and_a_kept_one_is_never_sent(kind):
    wire, about = Wire(), node(kind)
    fake = found().profiles[kind].fake(World(1), "A1", "1")
    Node(about, fake, wire, lambda: 0.0)
    for entity in about.entities:
        if entity.component != "number":
            continue
        wire.said.clear()
        wire.handlers[about.command_topic(entity)](
            Message(about.command_topic(entity), b"50", retain=False, qos=1)
        )
        assert [(topic, float(payload)) for topic, payload, _ in wire.said] == [
            (about.state_topic(entity), 50.0)
        ]
