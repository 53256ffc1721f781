"""What is made of a batch before its turn is used only where it is what the transaction would make: with it and without it HQ holds the same."""

from __future__ import annotations

import shutil
import time

import pytest
from sqlalchemy import select

from cloud_sync_server import ingest
from cloud_sync_server.app import create_app
from cloud_sync_server.context import EXTENSION
from cloud_sync_server.schema import accounts, changes, conflicts, lookups, owners, quarantine, records
from cloud_sync_server.settings import Settings
from cloud_sync_server.vault import row_name
from tests.cloud_sync_server.wire import MEMBER, VISIT, HqClient, consent

OTHER = {**MEMBER, "surname": "李", "phone": "13800000002", "card_code": "K-7"}
NIGHT_MS = 8 * 3_600_000


def new_members(one, _two):
    one.write("member", "m-0001", MEMBER)
    one.write("visit", "v-0001", VISIT)
    one.write("member", "m-0002", OTHER)
    return {("member", "m-0001"), ("member", "m-0002"), ("visit", "v-0001")}


def changed_in_the_same_batch(one, _two):
    one.write("member", "m-0001", MEMBER)
    one.write("member", "m-0002", OTHER)
    one.write("member", "m-0001", {"drink": "tea", "phone": "13800000003"})
    return {("member", "m-0002")}


def known_already(one, two):
    two.write("member", "m-0001", {**MEMBER, "given_name": "美"}, ahead_ms=-50)
    one.write("member", "m-0001", MEMBER)
    one.write("visit", "v-0001", VISIT)
    return set()


def erased_in_the_same_batch(one, _two):
    one.write("member", "m-0001", MEMBER)
    one.write("visit", "v-0001", VISIT)
    one.write("member", "m-0001", {}, erase=True)
    return set()


def erased_before(one, two):
    two.write("member", "m-0001", OTHER)
    two.write("member", "m-0001", {}, erase=True)
    one.write("member", "m-0001", MEMBER)
    one.write("visit", "v-0001", VISIT)
    return set()


def restamped(one, _two):
    one.write("member", "m-0001", MEMBER, ahead_ms=NIGHT_MS)
    one.write("visit", "v-0001", VISIT, ahead_ms=NIGHT_MS)
    return set()


def with_health(one, _two):
    one.write("member", "m-0001", {**MEMBER, "medical_notes": "asthma"})
    one.write("consent", "c-0001", consent(granted=True))
    one.write("member", "m-0002", {**OTHER, "medical_notes": "asthma"})
    return set()


def of_nobody_and_money(one, _two):
    person = {"name": "陈", "login": "chen", "store": "s001", "roles": {"add": ["owner"]}}
    one.write("employee", "e-0001", {**person, "pin_hash": "local"})
    one.write("employee", "e-0002", person)
    one.write("product", "p-0001", {"name": "面霜", "name_en": "Cream"})
    one.write("member", "m-0001", MEMBER)
    entry = {
        "member": "m-0001",
        "unit": "fen",
        "amount": 500,
        "store": "s001",
        "at": VISIT["arrived_at"],
        "reason": "top_up",
    }
    one.write("ledger_entry", "l-0001", entry)
    one.write("ledger_entry", "l-0002", {**entry, "amount": -300})
    return {("member", "m-0001"), ("ledger_entry", "l-0001"), ("ledger_entry", "l-0002")}


def orphans_and_the_unfitting(one, _two):
    one.write("member", "m-0001", {"drink": "tea"})
    one.write("member", "m-0002", OTHER)
    one.write("member", "m-0003", {**OTHER, "tags": ["not a change of a set"]})
    one.write("visit", "v-0001", {**VISIT, "member": "m-0003"})
    return {("member", "m-0002")}


@pytest.fixture
def hqs(blank_home, tmp_path):
    """Two under one master key."""
    apps = []
    for name in ("guesses", "does_not"):
        shutil.copytree(blank_home, tmp_path / name)
        apps.append(create_app(Settings(home=tmp_path / name)))
        apps[-1].testing = True
    yield [HqClient(app) for app in apps]
    for app in apps:
        app.extensions[EXTENSION].database.close()


def held(hq):
    """All that a batch leaves there, opened; when it came aside."""

    def read(con):
        every = {table.name: con.execute(select(table)).all() for table in (records, changes, conflicts)}
        ring = hq.here.vault.reading(con, {row.member for rows in every.values() for row in rows})

        def of(name, row):
            key = row[:5] if name == "conflicts" else row[:3]
            body = row.body and ring.open(row.member, row.body, row_name(name, *key))
            passes = {"body", "updated_at"} | ({"at"} if name != "records" else set())
            return [body, *(value for column, value in row._mapping.items() if column not in passes)]

        opened = {name: [of(name, row) for row in rows] for name, rows in every.items()}
        for table in (lookups, owners, accounts):
            opened[table.name] = [list(row) for row in con.execute(select(table))]
        opened["aside"] = [(row.n, row.reason, row.state) for row in con.execute(select(quarantine))]
        return {name: sorted(rows, key=repr) for name, rows in opened.items()}

    return hq.here.database.read(read)


def bodies(hq):
    return hq.here.database.read(
        lambda con: {(row.kind, row.rid): row.body for row in con.execute(select(records))}
    )


@pytest.mark.parametrize(
    "history",
    [
        new_members, changed_in_the_same_batch, known_already, erased_in_the_same_batch, erased_before, restamped, with_health,
        of_nobody_and_money, orphans_and_the_unfitting,
    ],
)  # fmt: skip
def test_hq_holds_the_same_with_what_was_made_before_its_turn_and_without(hqs, history, monkeypatch):
    """`history` returns which records are as they were made before."""
    make, made, answers = ingest.make, [], ([], [])
    at = time.time_ns() // 1_000_000
    monkeypatch.setattr(ingest, "now_ms", lambda: at)
    stores = [[hq.enrol(name) for name in ("s001", "s002")] for hq in hqs]
    used = history(*stores[0])
    for side, guesses in enumerate((True, False)):
        monkeypatch.setattr(
            ingest, "make", lambda *given, on=guesses: made.append(make(*given)) or (made[-1] if on else {})
        )
        for store, written in reversed([*zip(stores[side], stores[0], strict=True)]):
            store.log, store.heads = written.log, written.heads
            for _again in range(2 if store.log else 0):
                answer = store.push(client_now=at)
                answers[side].append((answer.status_code, {**answer.json, "server_now": 0}))
    assert answers[0] == answers[1]
    assert {status for status, _ in answers[0]} == {200}
    assert held(hqs[0]) == held(hqs[1])
    states = {one.state for batch in made for one in batch.values() if one.key}
    assert {key for key, body in bodies(hqs[0]).items() if body in states} == used
    assert not {key for key, body in bodies(hqs[1]).items() if body in states}
