"""A treatment to come: a facial with its steps, products, a second therapist, and a visit that waits at bed 1."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from edge.kiosk.app import create_app
from edge.kiosk.settings import KioskSettings
from edge.store import new_rid, now
from salon import records

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
BED = "1号床"

STEPS = [
    records.Step(key="disinfect", zh="消毒", en="Disinfect", kind="disinfect"),
    records.Step(key="scan", zh="检测", en="Scan first", kind="measure", evidence="scan"),
    records.Step(key="cleanse", zh="洁面", en="Cleanse", minutes=8, kind="product", evidence="product"),
    records.Step(key="moisture", zh="水分", en="Moisture after", kind="measure", evidence="reading"),
]


class FakeBus:
    """A broker connection that remembers what it was asked."""

    def __init__(self):
        self.connected = True
        self.sent = []
        self.handlers = {}

    def publish(self, topic, payload, qos=0, retain=False, expiry_s=None):
        if self.connected:
            self.sent.append((topic, payload, qos, retain, expiry_s))
        return self.connected

    def subscribe(self, topic_filter, handler, qos=1):
        self.handlers[topic_filter] = handler


@pytest.fixture
def bus():
    return FakeBus()


@pytest.fixture
def app(store, bus, visit):
    made, _socket = create_app(store, bus, KioskSettings(public_url="http://192.0.2.7:8080"), testing=True)
    return made


@pytest.fixture
def visit(store):
    """王丽 waits at bed 1 for Mei; Mei's colleague Fang serves elsewhere."""
    add = store.add
    with store.acting("system"), store.transaction():
        for login, roles in {"fang": ["beautician"], "lan": ["manager"]}.items():
            add(
                records.Employee(
                    rid=f"e-{login}", login=login, name=f"员工{login}", name_en=login.title(), roles=roles,
                    store="s001", pin_hash=CHEAP.hash("666666"), exam_at="2025-03-14",
                )
            )  # fmt: skip
        add(
            records.Service(
                rid="svc-face", name="舒缓护理", name_en="Soothing facial", category="skin", minutes=60,
                price_fen=39800, steps=STEPS, cycle_days=28, contraindications=["sunburn"],
                aftercare="避免高温", aftercare_en="Avoid heat",
            )
        )  # fmt: skip
        add(product("p-cream", "Cream", "Aqua", batch="C1", barcode="6900000000035"))
        add(product("p-toner", "Toner", "Aqua", "Alcohol Denat.", batch="T1", barcode="6900000000042"))
        add(product("p-old", "Old cream", "Aqua", batch="O1", expires="2020-01-01"))
        add(
            records.Device(
                rid="d-probe", device="probe-1", profile="skin_probe", name="皮肤检测笔", name_en="Probe", place=BED,
                store="s001",
            )
        )  # fmt: skip
        return add_visit(store, "v-1")


def product(rid, name, *ingredients, **fields):
    return records.Product(
        rid=rid, name=name, name_en=name, brand="B", ingredients=list(ingredients), uses=["salon"], **fields
    )


def add_visit(store, rid, **fields):
    visit = records.Visit(
        **{
            "rid": rid, "member": "m-wang", "store": "s001", "state": "arrived", "services": ["svc-face"],
            "therapist": "e-mei", "bed": BED, "arrived_at": now(), **fields,
        }
    )  # fmt: skip
    store.visits.add(visit)
    return visit


@pytest.fixture(name="add_visit")
def _add_visit():
    return add_visit


@pytest.fixture
def sign_in(app):
    """Makes a browser at bed 1 in which somebody has signed in."""
    pins = {"mei": "111111", "shen": "444444", "fang": "666666", "lan": "666666", "xu": "222222"}

    def make(login, bed=BED):
        browser = app.test_client()
        browser.set_cookie("lang", "en")
        answer = browser.post("/staff/sign-in", data={"login": login, "pin": pins[login], "next": "/station"})
        assert answer.status_code == 302
        browser.post("/station/bed", data={"bed": bed})
        return browser

    return make


@pytest.fixture
def mei(sign_in):
    return sign_in("mei")


@pytest.fixture
def treated(mei):
    """Mei's browser, with the treatment begun."""
    assert mei.post("/station/visit/v-1/safety").status_code == 302
    return mei


@pytest.fixture
def consent(store):
    """She agrees to photos being kept."""

    def decide(granted=True):
        rid = "m-wang-photos"
        if store.consents.find(rid):
            store.consents.edit(rid, granted=granted)
            return
        store.consents.add(
            records.Consent(
                rid=rid, member="m-wang", purpose="photos", granted=granted, decided_at=now(),
                text_version="1", channel="kiosk",
            )
        )  # fmt: skip

    return decide


@pytest.fixture
def scanned(store):
    """Adds a scan with a picture, as the vision process does."""

    def add(visit="v-1", phase="before", redness=40.0, member="m-wang", at=None, light=0.0, accepted=True):
        rid = new_rid()
        jpeg = b"\xff\xd8\xff" + phase.encode()
        media = store.media.put(
            jpeg, mime="image/jpeg", owner=rid, purpose="scan", taken_at=now(), keep_until=None
        )
        cheek = {"value": redness, "repeat_sd": 2.0, "score": 58.0, "score_sd": 1.5}
        figures = {
            "value": redness, "unit": "Hb", "score": 60.0, "repeat_sd": 1.0, "status": "measured",
            "regions": {"left_cheek": cheek, "nose": redness},
        }  # fmt: skip
        absent = {"value": None, "unit": "", "score": None, "repeat_sd": None, "status": "not_measurable"}
        return store.scans.add(
            records.Scan(
                rid=rid, visit=visit, member=member, at=at or now(), phase=phase, by="e-mei",
                concerns={"redness": figures, "pores": absent}, overlays={"face": media, "redness": media},
                models={"color": "1"}, accepted=accepted, checks={"light": {"level_ev": light}},
            )
        )  # fmt: skip

    return add


@pytest.fixture
def read(store):
    """Adds a probe reading of the visit, as the sensors do."""

    def add(value, phase="before", visit="v-1", quality="good"):
        return store.readings.add(
            records.Reading(
                rid=new_rid(), device="probe-1", measure="skin_moisture", value=value, unit="%", at=now(), place=BED,
                phase=phase, visit=visit, member="m-wang", quality=quality,
            )
        )  # fmt: skip

    return add
