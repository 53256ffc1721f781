"""What `SqliteTable` adds to TinyDB: hooks, indexes, order, ids that are never used twice, names."""

import gc

import apsw
import pytest
from tinydb import Query, where
from tinydb.table import Document

from edge.store.errors import NotUnique
from edge.store.tinydb_sqlite import SqliteDB, SqliteTable


class Watched(SqliteTable):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.told = []
        self.in_transaction = []

    def _prepare(self, doc_id, before, after):
        if after.get("bad"):
            raise ValueError("bad")
        return {**after, "checked": True}

    def _mutated(self, con, changes):
        self.in_transaction.append(con.in_transaction)
        self.told.extend(changes)


class WatchedDB(SqliteDB):
    table_class = Watched


@pytest.fixture
def watched(path, key):
    with WatchedDB(path, key) as db:
        yield db.table("members")


def plan(db, table, query):
    from edge.store.tinydb_sqlite.compile import compile_query

    over = compile_query(query).over
    sql = f'EXPLAIN QUERY PLAN SELECT id, body FROM "{table.physical_name}" WHERE {over.text}'
    return " ".join(row[3] for row in db.connections.get().execute(sql, over.params))


def test_hooks_see_every_kind_of_write_inside_its_transaction(watched):
    watched.insert({"n": 1})
    watched.insert_multiple([{"n": 2}, Document({"n": 3}, 9)])
    watched.update({"n": 4}, where("n") == 1)
    watched.update_multiple([({"n": 5}, where("n") == 2)])
    watched.upsert({"n": 6}, where("n") == 6)
    watched.remove(doc_ids=[9])
    one = {"n": 1, "checked": True}
    assert watched.told == [
        (1, None, one),
        (2, None, {**one, "n": 2}),
        (9, None, {**one, "n": 3}),
        (1, one, {**one, "n": 4}),
        (2, {**one, "n": 2}, {**one, "n": 5}),
        (10, None, {**one, "n": 6}),
        (9, {**one, "n": 3}, None),
    ]
    watched.told.clear()
    watched.truncate()
    assert [(doc_id, after) for doc_id, _, after in watched.told] == [(1, None), (2, None), (10, None)]
    assert all(watched.in_transaction)


def test_what_a_hook_refuses_is_not_kept(watched):
    with pytest.raises(ValueError, match="bad"):
        watched.insert_multiple([{"n": 1}, {"bad": True}])
    assert len(watched) == 0
    watched.insert({"n": 1})
    watched._mutated = lambda con, changes: 1 / 0
    for write in (
        lambda: watched.insert({"n": 2}),
        lambda: watched.update({"n": 2}),
        lambda: watched.remove(where("n") == 1),
    ):
        with pytest.raises(ZeroDivisionError):
            write()
    assert [document["n"] for document in watched] == [1]


def test_hooks_see_the_whole_database_written_at_once(path, key):
    with WatchedDB(path, key) as db:
        db.table("a").insert_multiple([{"n": 1}, {"n": 2}])
        db.table("b").insert({"n": 3})
        db.storage.write({"a": {"2": {"n": 2, "checked": True}, "5": {"n": 5}}})
        assert db.storage.read() == {"a": {"2": {"n": 2, "checked": True}, "5": {"n": 5, "checked": True}}}
        assert [(doc_id, after is None) for doc_id, _, after in db.table("a").told[2:]] == [
            (1, True),
            (5, False),
        ]


def test_an_index_is_used_for_equality_ranges_and_lists(db):
    members = db.table("members")
    members.create_index("phone", unique=True)
    members.create_index("store", "day")
    for query in (
        where("phone") == "1",
        where("phone").one_of(["1", "2"]),
        where("phone") >= "1",
        (where("store") == "s1") & (where("day") > "2026-01-01"),
        (where("phone") == "1") & where("tags").test(bool),
    ):
        assert "USING INDEX" in plan(db, members, query), query
    assert "USING INDEX" not in plan(db, members, where("other") == "1")


def test_a_unique_index_refuses_a_second_but_not_a_missing_value(db):
    members = db.table("members")
    members.create_index("phone", unique=True)
    members.create_index("phone", unique=True)
    members.insert_multiple([{"phone": "1"}, {"phone": None}, {"phone": None}, {}])
    with pytest.raises(NotUnique):
        members.insert({"phone": "1"})
    with pytest.raises(NotUnique):
        members.update({"phone": "1"}, doc_ids=[2])
    assert len(members) == 4


@pytest.mark.parametrize("fields", [(), ('a"b',), ("",)])
def test_an_index_on_a_field_that_sql_cannot_name_is_refused(db, fields):
    with pytest.raises(ValueError):
        db.create_index(*fields)


def test_search_in_order_with_a_limit(db):
    db.insert_multiple({"n": n} for n in [3, 1, None, 2, "x", 4])
    db.insert({"other": True})
    key = Query()
    assert [d.get("n") for d in db.search(None, order_by="n")] == [None, None, 1, 2, 3, 4, "x"]
    assert [d.get("n") for d in db.search(key.n.exists(), order_by="n", descending=True, limit=2)] == ["x", 4]
    # `test` cannot be told to SQL, so the limit must not be either.
    odd = key.n.test(lambda n: isinstance(n, int) and n % 2 == 1)
    assert [d["n"] for d in db.search(odd, order_by="n", limit=1)] == [1]
    assert [d.doc_id for d in db.search(key.n.exists(), limit=2)] == [1, 2]
    assert [d.doc_id for d in db.search(key.n.exists(), descending=True, limit=2)] == [6, 5]
    assert db.search(key.n.exists(), limit=0) == []
    with pytest.raises(ValueError):
        db.search(None, order_by='"')


def test_search_by_an_index_still_comes_by_id(db):
    db.create_index("n")
    db.insert_multiple({"n": n} for n in [5, 3, 4, 1])
    assert [d.doc_id for d in db.search(where("n") > 2)] == [1, 2, 3]
    assert db.get(where("n") > 2).doc_id == 1


def test_ids_are_never_used_twice(db):
    assert db.insert_multiple([{}, {}]) == [1, 2]
    db.remove(doc_ids=[2])
    assert db.insert({}) == 3
    db.truncate()
    assert db.insert({}) == 4


def test_a_table_may_change_while_it_is_read(db):
    db.insert_multiple({"n": n} for n in range(600))
    for document in db:
        db.remove(doc_ids=[document.doc_id])
    assert len(db) == 0


@pytest.mark.parametrize(
    "name", ["Members", "members", 'a"b', "sqlite_x", "x" * 200, "顾客", "a'; DROP TABLE x", ""]
)
def test_any_table_name_is_a_table_of_its_own(db, name):
    other = db.table(name + "X")
    other.insert({"other": True})
    db.table(name).insert({"n": 1})
    assert db.tables() == {name, name + "X"}
    db.drop_table(name)
    assert db.tables() == {name + "X"}
    assert len(other) == 1


def test_tables_of_others_in_the_same_file_are_left_alone(db):
    with db.transaction() as con:
        con.execute("CREATE TABLE changes (id INTEGER PRIMARY KEY, body TEXT)")
    db.insert({})
    assert db.tables() == {"_default"}
    db.drop_tables()
    assert db.connections.get().execute("SELECT count(*) FROM changes").get == 0


def test_update_multiple_takes_a_generator_and_sees_earlier_steps(db):
    db.insert_multiple([{"n": 1}, {"n": 2}, {"n": 3}])
    steps = [({"n": 2}, where("n") == 1), ({"n": 20}, where("n") == 2)]
    assert db.update_multiple(step for step in steps) == [1, 1, 2]
    assert [d["n"] for d in db] == [20, 20, 3]


@pytest.mark.parametrize("doc_id", [float("nan"), float("inf"), "x", 2**70, "01"])
def test_what_can_be_no_id_finds_nothing(db, doc_id):
    db.insert({})
    assert db.get(doc_id=doc_id) is None
    assert db.get(doc_ids=[doc_id, 1]) == [{}]
    assert db.update({"a": 1}, doc_ids=[doc_id]) == []
    assert db.remove(doc_ids=[doc_id]) == []


def test_reads_of_a_table_that_is_not_there_find_nothing(db):
    missing = db.table("missing")
    assert missing.all() == []
    assert missing.get(doc_id=1) is None
    assert missing.count(where("a") == 1) == 0
    assert missing.update({"a": 1}) == []
    missing.truncate()
    assert db.tables() == set()


def test_a_query_that_asks_the_table_itself_leaves_nothing_half_read(db):
    db.insert_multiple({"n": n} for n in range(5))
    asks = where("n").test(lambda n: db.contains(doc_id=n + 1) and db.count(where("n") == n) == 1)
    assert db.get(asks) == {"n": 0}
    assert db.contains(asks)
    assert db.search(asks, limit=2) == [{"n": 0}, {"n": 1}]
    db.drop_tables()  # would be locked by a half-read statement
    assert db.tables() == set()


def test_no_look_up_leaves_a_cursor_behind(db):
    """Of a cursor that is closed by hand apsw keeps the object: a store looks things up a million times a day."""

    def cursors():
        gc.collect()
        return sum(type(one) is apsw.Cursor for one in gc.get_objects())

    db.insert_multiple({"n": n % 3} for n in range(9))
    before = cursors()
    for _ in range(20):
        assert db.get(where("n") == 1)
        assert db.contains(where("n") == 2)
        assert len(db.search(where("n") == 0, limit=2)) == 2
        assert db.count(where("n").test(lambda n: n > 0)) == 6
        assert db.update({"m": 1}, where("n") == 2)
    assert cursors() - before < 3
