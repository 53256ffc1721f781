"""Her bed as she likes it: set by command, confirmed by the bed, never against her safety (MEA-09, SVC-11)."""

from __future__ import annotations

import threading
import time

import pytest

from edge.bus import Commands
from edge.kiosk.services import scene
from edge.sensors.service import CATALOGUE, catalogue
from edge.store import now
from salon import records
from salon.rules.times import later
from tests.edge.bus.brokers import until
from tests.edge.kiosk.station.conftest import BED

V = "/station/visit/v-1"
PREFIX = "salon/s001/bed-1/number"


@pytest.fixture
def bed(store, visit):
    """A bed that says of itself: nobody on it, chair at 60 cm."""
    store.settings.set(CATALOGUE, catalogue())
    store.devices.add(
        records.Device(
            rid="d-bed", device="bed-1", profile="bed", name="床", name_en="Bed", place=BED, store="s001"
        )
    )
    for key, value in {"bed_presence": 0.0, "chair_height": 60.0, "room_light": 40.0, "scent": 0.0}.items():
        store.latest.put("bed-1", key, value, "", now(), interval_s=86_400, place=BED)
    return "bed-1"


@pytest.fixture
def obedient(bus, app, bed):
    """The bed does what it is told, and says so."""
    send = bus.publish

    def publish(topic, payload, **more):
        sent = send(topic, payload, **more)
        if topic.endswith("/command") and "number" in topic:
            message = type(
                "Message",
                (),
                {
                    "topic": topic.replace("/command", "/state"),
                    "payload": str(payload).encode(),
                    "retain": False,
                    "qos": 0,
                },
            )()
            bus.handlers["salon/s001/+/number/+/state"](message)
        return sent

    bus.publish = publish
    return bus


def commands(bus):
    return {topic.split("/")[4]: payload for topic, payload, *_ in bus.sent if topic.startswith(PREFIX)}


def last_time(store):
    """Four weeks ago she had the chair at 72 cm and some scent."""
    then = later(now(), days=-28)
    store.visits.add(
        records.Visit(
            rid="v-0",
            member="m-wang",
            store="s001",
            state="closed",
            services=["svc-face"],
            bed=BED,
            arrived_at=then,
            treatment_at=then,
            closed_at=later(then, hours=1),
        )
    )
    for number, (key, value, minutes) in enumerate(
        [
            ("chair_height", 65.0, 5),
            ("chair_height", 72.0, 20),
            ("scent", 40.0, 6),
            ("chair_height", 50.0, 90),
        ]
    ):
        store.readings.add(
            records.Reading(
                rid=f"r-{number}",
                device="bed-1",
                measure=key,
                value=value,
                at=later(then, minutes=minutes),
                place=BED,
            )
        )


def test_how_she_had_it_last_is_what_her_bed_said_while_she_lay_there(store, visit, bed):
    last_time(store)
    assert scene.last(store, visit) == {"chair_height": 72.0, "scent": 40.0}


def test_set_for_her_before_she_comes_and_confirmed_by_the_bed(mei, store, obedient):
    last_time(store)
    assert "As last time" in mei.get(f"{V}/room").text
    assert mei.post(f"{V}/lead").location.endswith("/room")
    assert until(lambda: len(commands(obedient)) == 3)
    assert commands(obedient) == {"chair_height": "72", "room_light": "60", "scent": "40"}
    assert until(lambda: mei.get(f"{V}/room").text.count("the bed says it is so") == 3)
    for _topic, _payload, _qos, retain, expiry_s in [s for s in obedient.sent if s[0].startswith(PREFIX)]:
        assert not retain
        assert 10 <= expiry_s <= 30


def test_who_is_sensitive_to_scent_gets_none_whatever_was_set_before(mei, store, obedient):
    """SAF-04"""
    last_time(store)
    with store.acting("system"):
        store.members.edit("m-wang", odour_sensitive=True)
    mei.post(f"{V}/lead")
    assert until(lambda: commands(obedient).get("scent") == "0")


def test_a_chair_does_not_move_under_somebody_by_itself_but_by_hand(mei, store, obedient):
    last_time(store)
    store.latest.put("bed-1", "bed_presence", 1.0, "", now(), interval_s=86_400, place=BED)
    mei.post(f"{V}/lead")
    assert until(lambda: "somebody lies on it" in mei.get(f"{V}/room").text)
    assert "chair_height" not in commands(obedient)
    mei.post(f"{V}/room", data={"key": "chair_height", "value": "70"})
    assert commands(obedient)["chair_height"] == "70"


def test_what_was_set_by_hand_stays_when_the_treatment_begins(mei, store, obedient):
    mei.post(f"{V}/room", data={"key": "room_light", "value": "15"})
    mei.post(f"{V}/safety")
    time.sleep(0.3)  # a command in the background would have gone out by now
    assert commands(obedient) == {"room_light": "15"}


def test_what_a_hand_sets_while_the_rest_is_still_being_set_stays(mei, store, obedient, monkeypatch):
    """A lift takes its time: the light that somebody has set meanwhile is hers."""
    last_time(store)
    lifted, send = threading.Event(), Commands.send

    def slow(commands, device, component, key, wanted, **more):
        if key == "chair_height":
            lifted.wait(60)
        return send(commands, device, component, key, wanted, **more)

    monkeypatch.setattr(Commands, "send", slow)
    mei.post(f"{V}/lead")
    mei.post(f"{V}/room", data={"key": "room_light", "value": "15"})
    lifted.set()
    assert until(lambda: commands(obedient).get("scent") == "40")
    lights = [payload for topic, payload, *_ in obedient.sent if topic == f"{PREFIX}/room_light/command"]
    assert lights == ["15"]


def test_it_is_set_at_the_latest_when_the_treatment_begins(mei, obedient):
    mei.post(f"{V}/safety")
    assert until(lambda: "room_light" in commands(obedient))


def test_a_bed_that_does_not_answer_is_told_and_nothing_waits_for_it(mei, bus, bed, monkeypatch):
    monkeypatch.setattr("edge.bus.commands.Commands.send", lambda *_a, **_k: "not_confirmed")
    mei.post(f"{V}/lead")
    assert until(lambda: "do it by hand" in mei.get(f"{V}/room").text)


@pytest.mark.parametrize("value", ["", "-1", "1e3", "999", "七"])
def test_what_the_bed_cannot_do_is_refused(mei, obedient, value):
    assert mei.post(f"{V}/room", data={"key": "chair_height", "value": value}).status_code == 422
    assert commands(obedient) == {}


def test_without_such_a_bed_the_page_says_so(mei):
    assert "Nothing at this bed" in mei.get(f"{V}/room").text
    assert mei.post(f"{V}/room", data={"key": "chair_height", "value": "70"}).status_code == 404


def test_outcomes_of_old_visits_do_not_fill_memory(store):
    scenes = scene.Scenes(store, None)
    for number in range(scene.REMEMBERED * 2):
        scenes._note(f"v-{number}", "scent", "not_sent")
    assert len(scenes._outcomes) == scene.REMEMBERED


def test_doses_from_the_bottle_at_her_bed_are_counted_for_her_mea_10(treated, store, visit):
    store.devices.add(
        records.Device(
            rid="d-bottle",
            device="bottle-1",
            profile="bottle_scale",
            name="精华",
            name_en="Serum",
            place=BED,
            store="s001",
        )
    )
    store.latest.put("bottle-1", "bottle_left", 60.0, "%", now(), interval_s=86_400, place=BED)
    for number, (value, minutes) in enumerate([(7, -60), (8, 1), (9, 2)]):
        store.readings.add(
            records.Reading(
                rid=f"r-b{number}",
                device="bottle-1",
                measure="bottle_uses",
                value=value,
                at=later(now(), minutes=minutes),
            )
        )
    page = treated.get(f"{V}/products").text
    assert "60 % left" in page
    assert "2 doses for her" in page
