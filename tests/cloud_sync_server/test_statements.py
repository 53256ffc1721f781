"""Statements made once, on SQLite and on PostgreSQL: what they write and find is what SQLAlchemy's own would."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from cloud_sync_server.schema import owners, records
from cloud_sync_server.statements import Among, Prepared, add, by_keys, locked, put

FOUND = Prepared(select(owners.c.rid).where(Among(owners.c.rid, "rids")).order_by(owners.c.rid))
NAMED = Prepared(select(owners).where(owners.c.kind == bindparam("called"), owners.c.member != ""))


def owner(rid, member="m-1", kind="visit"):
    return {"rid": rid, "kind": kind, "member": member}


def record(rid, body=b"\x00\xff", kind="visit"):
    return {
        "member": "m-1", "kind": kind, "rid": rid, "store": "s001", "at": "", "body": body, "erased": False,
        "updated_at": "", "digest": None,
    }  # fmt: skip


def test_a_list_is_one_parameter_however_long(hq):
    hq.here.database.write(lambda con: add(con, owners, [owner("v-1"), owner("v-2"), owner("v'\"3")]))
    many = [f"none-{n}" for n in range(40_000)]
    for wanted, found in (
        ([], []),
        (["v-1", "v'\"3", "x"], ["v'\"3", "v-1"]),
        ([*many, "v-2"], ["v-2"]),
    ):
        got = hq.here.database.read(lambda con, wanted=wanted: list(FOUND.run(con, rids=wanted).scalars()))
        assert sorted(got) == sorted(found)


def test_fixed_values_of_a_statement_stand_beside_its_parameters(hq):
    hq.here.database.write(
        lambda con: add(con, owners, [owner("v-1"), owner("v-2", member=""), owner("e-1", kind="x")])
    )
    assert hq.here.database.read(lambda con: [row.rid for row in NAMED.run(con, called="visit")]) == ["v-1"]


def test_a_key_that_is_there_is_refused_kept_or_replaced_as_asked(hq):
    write = hq.here.database.write
    write(lambda con: add(con, records, [record("v-1"), record("v-2")]))
    write(lambda con: put(con, records, [record("v-1", b"kept?")], keep=True))
    write(lambda con: put(con, records, [record("v-2", b"new"), record("v-3", b"first")]))
    rows = write(lambda con: {row.rid: bytes(row.body) for row in con.execute(select(records))})
    assert rows == {"v-1": b"\x00\xff", "v-2": b"new", "v-3": b"first"}
    with pytest.raises(IntegrityError), hq.here.database.engine.begin() as con:
        add(con, records, [record("v-4"), record("v-1")])
    assert len(write(lambda con: con.execute(select(records)).all())) == 3


def test_rows_of_many_statements_all_arrive_once_and_in_order(hq):
    """More than fit one statement to SQLite, and some over."""
    many = [owner(f"v-{n:05d}", member=f"m-{n}") for n in range(2_001)]
    write = hq.here.database.write
    write(lambda con: add(con, owners, many[:700]))
    write(lambda con: put(con, owners, [{**one, "member": "other"} for one in many], keep=True))
    rows = write(lambda con: con.execute(select(owners.c.rid, owners.c.member).order_by(owners.c.rid)).all())
    assert [row.rid for row in rows] == [one["rid"] for one in many]
    assert [row.member for row in rows] == [one["member"] for one in many[:700]] + ["other"] * 1_301
    with pytest.raises(IntegrityError), hq.here.database.engine.begin() as con:
        add(con, owners, [*(owner(f"new-{n}") for n in range(1_999)), owner("v-00000")])
    assert len(write(lambda con: con.execute(select(owners)).all())) == len(many)


def test_rows_are_found_by_their_whole_keys(hq):
    hq.here.database.write(
        lambda con: add(con, records, [record("v-1"), record("v-2"), record("v-1", kind="scan")])
    )

    def look(con):
        keys = [("m-1", "visit", "v-1"), ("m-1", "visit", "v-9"), ("m-2", "visit", "v-2")]
        return locked(con, records, keys), locked(con, records, [])

    rows, none = hq.here.database.write(look)
    assert [(row.member, row.kind, row.rid, bytes(row.body)) for row in rows] == [
        ("m-1", "visit", "v-1", b"\x00\xff")
    ]
    assert not none


def test_a_batch_is_looked_up_by_key_however_fast_the_table_has_grown(hq):
    """A statement that ran often while its table was empty must not go on reading the whole of it (PostgreSQL keeps such a plan)."""
    if hq.here.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no plan of another size: it looks a key up in the index at any")
    rids = [f"v-{n:05}" for n in range(40_000)]
    wanted = [(rid, "visit") for rid in rids[::200]]
    read_whole = "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'owners'"  # of this transaction alone

    def early(con):
        con.exec_driver_sql(
            "TRUNCATE owners"
        )  # as in a new database: no pages and no statistics of other tests' rows
        for _ in range(20):
            assert not by_keys(con, owners, wanted)

    def later(con):
        add(con, owners, [owner(rid) for rid in rids])
        before = con.exec_driver_sql(read_whole).scalar_one()
        rows = sorted((row.rid, row.kind) for row in by_keys(con, owners, wanted))
        return rows, con.exec_driver_sql(read_whole).scalar_one() - before

    hq.here.database.write(early)
    assert hq.here.database.write(later) == (wanted, 0)
    hq.here.database.write(lambda con: con.exec_driver_sql("TRUNCATE owners"))
