"""Transactions that run again, writers at the same time, and a schema that is what the code says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError, OperationalError

import cloud_sync_server
from cloud_sync_server.context import Hq
from cloud_sync_server.database import MAX_TRIES, Database
from cloud_sync_server.schema import changes, identity, inbox, metadata, records
from cloud_sync_server.settings import Settings
from tests.cloud_sync_server import postgres
from tests.cloud_sync_server.conflicts import conflicts
from tests.cloud_sync_server.conftest import SHARE, TOLD
from tests.cloud_sync_server.wire import MEMBER, VISIT


def test_the_migrations_make_exactly_the_schema_of_the_code(hq):
    def differences(con):
        return compare_metadata(MigrationContext.configure(con), metadata)

    assert hq.here.database.read(differences) == []


def test_keys_lead_with_the_member_or_the_store_and_nothing_counts_by_itself():
    by_person = {"records", "member_keys", "conflicts", "lookups", "owners"}
    by_store = {
        "stores", "enrolment_codes", "origins", "changes", "subscriptions", "inbox", "inbox_head", "quarantine"
    }  # fmt: skip
    for table in metadata.sorted_tables:
        first = next(iter(table.primary_key)).name
        if table.name in by_store:
            assert first == "store", table.name
        elif table.name in by_person:
            assert first in {"member", "token", "rid"}, table.name
        assert not any(column.default or column.identity for column in table.columns), table.name
        assert not any(column.autoincrement is True for column in table.columns), table.name


def test_nothing_that_another_engine_does_otherwise_is_used(hq):
    """No sequence, trigger, advisory lock, LISTEN or NOTIFY: neither in the schema nor in what a day's exchange says."""
    said = []
    engine = hq.here.database.engine
    event.listen(engine, "before_cursor_execute", lambda _c, _cur, text, *_: said.append(text.lower()))
    one, two = hq.enrol("s001"), hq.enrol("s002")
    two.bootstrap()
    one.write("member", "m-0001", MEMBER)
    one.write("visit", "v-0001", VISIT)
    one.write("visit", "v-0002", {"drink": "tea"})
    one.push()
    assert len(two.pull()) == 2
    two.get("/status")
    assert any("insert into changes" in text for text in said)
    words = ("nextval", "advisory", "listen", "notify", "serial", "trigger")
    assert [text for text in said for word in words if word in text] == []

    def kept(con):
        if con.dialect.name == "sqlite":
            return con.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' OR name = 'sqlite_sequence'"
            ).all()
        mine = "relnamespace = 'public'::regnamespace"
        sequences = con.exec_driver_sql(f"SELECT relname FROM pg_class WHERE relkind = 'S' AND {mine}").all()
        return sequences + con.exec_driver_sql("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal").all()

    assert hq.here.database.read(kept) == []


def test_a_transaction_in_conflict_runs_again_and_counts_once(hq):
    one, two = hq.enrol("s001"), hq.enrol("s002")
    two.bootstrap()
    count = conflicts(hq.here.database.engine, 0.3)
    for i in range(20):
        one.write("member", f"m-{i:04}", MEMBER)
        assert one.push(i + 1).json["acked"] == i + 1
    assert count[0] > 5
    assert len(two.pull()) == 20


def test_a_conflict_that_never_ends_is_said_and_nothing_is_kept(hq):
    store = hq.enrol("s001")
    store.write("member", "m-0001", MEMBER)
    count = conflicts(hq.here.database.engine, 1.0)
    with pytest.raises(OperationalError):
        store.push()
    assert count[0] == MAX_TRIES
    assert hq.here.database.read(lambda con: con.execute(select(changes)).all()) == []


def test_a_transaction_that_only_reads_runs_again_too(hq):
    """CockroachDB and YugabyteDB refuse these as well (40001)."""
    one, two = hq.enrol("s001"), hq.enrol("s002")
    two.bootstrap()
    one.write("member", "m-0001", MEMBER)
    assert one.push().status_code == 200
    count = conflicts(hq.here.database.engine, 0.0, reads=0.5)
    for _ in range(10):
        assert two.get("/status").status_code == 200
    assert len(two.pull()) == 1
    assert count[0] > 5


def test_a_schema_that_another_worker_brings_up_at_the_same_moment_is_brought_up_once_more(
    settings, monkeypatch
):
    runs = []

    def upgrade(config, _to):
        runs.append(config.attributes["migrate_with"])
        if len(runs) == 1:
            raise IntegrityError("CREATE TABLE", {}, Exception("the other was first"))

    monkeypatch.setattr(command, "upgrade", upgrade)
    database = Database(settings)
    database.migrate()
    database.close()
    assert len(runs) == 2


def test_every_transaction_is_under_the_retry():
    """None begins anywhere but in `_until_it_passes`."""
    home = Path(cloud_sync_server.__file__).parent
    said = [
        (path.name, line.strip())
        for path in sorted(home.rglob("*.py"))
        for line in path.read_text().splitlines()
        if re.search(r"engine\.(begin|connect|raw_connection)\b", line)
    ]
    assert [name for name, _ in said] == ["database.py"] * 2
    assert all("_until_it_passes" in line or line.startswith("lambda:") for _, line in said)


def test_an_error_that_will_not_pass_is_not_tried_again(hq):
    calls = []

    def work(con):
        calls.append(1)
        con.exec_driver_sql("SELECT nothing FROM nowhere")

    with pytest.raises(Exception, match="nowhere"):
        hq.here.database.write(work)
    assert len(calls) == 1


def test_stores_that_push_at_once_about_the_same_member_lose_nothing(hq):
    """The same member, the same new records, every inbox: all at the same time."""
    stores = [hq.enrol(f"s00{i}") for i in range(1, 5)]
    for store in stores:
        store.bootstrap()
    failures = []

    def work(store):
        try:
            name = store.origin.store
            for i in range(6):
                store.write("member", "m-0001", {**MEMBER, "tags": {"add": [f"{name}-{i}"]}})
                store.write("visit", f"v-{name}-{i}", VISIT)
                answer = store.push(2 * i + 1)
                assert answer.status_code == 200, answer.json
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []

    def read(con):
        row = con.execute(select(records).where(records.c.kind == "member")).one()
        ring = hq.here.vault.reading(con, ["m-0001"])
        state = ring.open("m-0001", row.body, "records|m-0001|member|m-0001")
        return state, con.execute(select(func.count()).select_from(inbox)).scalar_one()

    state, delivered = hq.here.database.read(read)
    assert len(state["v"]["tags"]) == 24
    assert delivered == 4 * 12 * 3
    for store in stores:
        assert len(store.pull()) == 36


def test_every_database_has_an_epoch_of_its_own(tmp_path):
    """So that a cursor of another HQ, or of one set up anew, is known by it."""
    epochs = set()
    for name in ("one", "other"):
        here = Hq.open(Settings(home=tmp_path / name))
        epochs.add(here.database.read(lambda con: con.execute(select(identity.c.epoch)).scalar_one()))
        here.database.close()
    assert len(epochs) == 2


def test_the_suite_holds_while_one_commit_in_twenty_is_refused(tmp_path):
    """40001 and 40P01 around every transaction that the tests of pushing, seeing each other and mending make, on PostgreSQL."""
    reason = postgres.missing()
    if reason:
        pytest.skip(reason)
    told = tmp_path / "refused"
    here = Path(__file__).parent
    suites = [
        here / f"test_{name}.py"
        for name in (
            "push",
            "stores_see_each_other",
            "quarantine",
            "enrolment",
            "pages",
            "privacy",
            "api",
            "finding",
            "chain_policy",
        )
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "postgresql", *map(str, suites)],
        cwd=here.parents[1], env={**os.environ, SHARE: "0.05", TOLD: str(told)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert len(told.read_text()) >= 5
