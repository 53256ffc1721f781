"""A small store with its screens: two services, three members of staff, two customers with one phone between them."""

from __future__ import annotations

import threading

import pytest
from argon2 import PasswordHasher

from edge.kiosk.app import create_app
from edge.kiosk.settings import KioskSettings
from edge.store import Store, elsewhere, now
from salon import records
from salon.rules.times import later

PINS = {"mei": "111111", "xu": "222222", "gu": "333333", "shen": "444444", "owner": "555555"}
ROLES = {"mei": "beautician", "xu": "desk", "gu": "technician", "shen": "manager", "owner": "owner"}
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def fill(store):
    """The records of the small store."""
    add = store.add
    add(records.Store(rid="s001", name="晴肌美学", name_en="Clear Day", beds=["1号床", "2号床"]))
    for login, role in ROLES.items():
        add(
            records.Employee(
                rid=f"e-{login}", login=login, name=f"员工{login}", name_en=login.title(), roles=[role],
                store="s001", badge=f"B-{login}", pin_hash=CHEAP.hash(PINS[login]), exam_at="2025-03-14",
            )
        )  # fmt: skip
    steps = [records.Step(key="clean", zh="洁面", en="Cleanse", minutes=8)]
    for rid, name, price in [("svc-calm", "舒缓护理", 39800), ("svc-hand", "手部护理", 9800)]:
        add(
            records.Service(
                rid=rid, name=name, name_en=rid, category="skin", minutes=60, price_fen=price, steps=steps
            )
        )
    member = records.Member(
        rid="m-wang", surname="王", given_name="丽", gender="female", phone="13800010001", card_code="CODEWANG2345",
        card_uid="04A1B2C3", drink="jasmine_tea", allergens=["alcohol"], plan="每月一次舒缓",
    )  # fmt: skip
    add(member)
    add(
        member.model_copy(
            update={"rid": "m-li", "surname": "李", "card_code": "CODELI234567", "card_uid": "", "plan": ""}
        )
    )
    add(
        records.Screening(
            rid="q-wang",
            member="m-wang",
            taken_at=later(now(), days=-21),
            form="skin-1",
            allergens=["alcohol"],
            sensitivity="none",
        )
    )


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "home", "s001") as made:
        with made.acting("system"), made.transaction():
            fill(made)
        yield made


@pytest.fixture
def an_agent(store):
    """Starts a sync agent with a line to head office, as far as its part is to fetch members by number; gives the numbers asked for."""
    stop, running = threading.Event(), []

    def run(members):
        asked = []

        def fetch(phone):
            asked.append(phone)
            if phone in members:
                store.members.add(members[phone])

        def work():
            while not stop.wait(0.01):
                elsewhere.answer(store, fetch)

        store.settings.set(elsewhere.STATUS, {"last_pull_at": now(), "last_error": ""})
        running.append(threading.Thread(target=work))
        running[-1].start()
        return asked

    yield run
    stop.set()
    for thread in running:
        thread.join()


@pytest.fixture
def told_elsewhere(store):
    """Ms Wang answered in another store: this one has her questionnaire without its answers, and names no allergen (SAF-05, SEC-07)."""
    kept = store.screenings.load("q-wang").document()
    store.screenings.put(kept | {"allergens": [], "sensitivity": ""})
    with store.acting("system"):
        store.members.edit("m-wang", allergens=[])


@pytest.fixture
def make_app(store):
    """Builds the web server of the store; with what settings a test needs."""

    def make(**settings):
        app, _socket = create_app(store, settings=KioskSettings(**settings), testing=True)
        return app

    return make


@pytest.fixture
def app(make_app):
    return make_app()


@pytest.fixture
def client(app):
    """A browser in English, at the kiosk's own screen."""
    browser = app.test_client()
    browser.set_cookie("lang", "en")
    return browser


@pytest.fixture
def signed_in(app):
    """Makes a browser in which somebody has signed in with the PIN."""

    def sign_in(login):
        browser = app.test_client()
        browser.set_cookie("lang", "en")
        answer = browser.post("/staff/sign-in", data={"login": login, "pin": PINS[login], "next": "/"})
        assert answer.status_code == 302
        return browser

    return sign_in


@pytest.fixture
def desk(signed_in):
    return signed_in("xu")
