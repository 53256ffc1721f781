"""The compiler never changes an answer: random queries over mixed documents, against stock TinyDB in memory."""

import random
import re

import pytest
from tinydb import Query, TinyDB, where
from tinydb.storages import MemoryStorage

from edge.store.tinydb_sqlite import SqliteDB
from edge.store.tinydb_sqlite.compile import compile_query

QUERIES = 5000
SCALARS = [
    *(None, True, False, 0, 1, -1, 2, 7, 1.0, 0.0, -0.0, 0.1, 0.30000000000000004, 1.5, 1e300, 5e-324),
    *(2**53, 2**53 + 1, 2**63, 2**64 + 1, float(2**53), float(2**64), -(2**70)),
    *(
        "",
        "a",
        "b",
        "ab",
        "A",
        "1",
        "true",
        "null",
        "é",
        "陈",
        "🙂",
        '{"k":1}',
        "[1]",
        'q"uote',
        "back\\slash",
        "'",
    ),
]
FIELDS = ["a", "b", "c", "n", "名", "it's", 'q"', "b\\", "x[0]", "", "0", "a.b"]


def value(chance, depth=0):
    kind = chance.random()
    if kind < 0.75 or depth > 2:
        return chance.choice(SCALARS)
    if kind < 0.88:
        return [value(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(FIELDS): value(chance, depth + 1) for _ in range(chance.randrange(3))}


def document(chance):
    return {field: value(chance) for field in FIELDS if chance.random() < 0.6}


def leaf(chance, depth):
    path = Query()
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        path = path[chance.choice(FIELDS[:6] * 4 + FIELDS)]  # mostly fields that SQL can name
    match chance.randrange(14):
        case 0 | 1 | 2:
            return path == value(chance)
        case 3:
            return path != value(chance)
        case 4:
            return path < chance.choice(SCALARS)
        case 5:
            return path <= chance.choice(SCALARS)
        case 6:
            return path > chance.choice(SCALARS)
        case 7:
            return path >= chance.choice(SCALARS)
        case 8:
            return path.exists()
        case 9:
            return path.one_of([value(chance) for _ in range(chance.randrange(5))])
        case 10:
            inner = [value(chance) for _ in range(2)] if chance.random() < 0.5 else query(chance, depth + 2)
            return chance.choice((path.any, path.all))(inner)
        case 11:
            pattern = chance.choice(("a", "^.$", "陈|b", ""))
            return chance.choice((path.matches, path.search))(pattern, chance.choice((0, re.IGNORECASE)))
        case 12:
            return path.fragment({chance.choice(FIELDS): value(chance)})
        case _:
            return path.test(lambda found: found == 1) if chance.random() < 0.5 else path.map(repr) == "1"


def query(chance, depth=0):
    kind = chance.random()
    if depth > 3 or kind < 0.45:
        return leaf(chance, depth)
    if kind < 0.65:
        return query(chance, depth + 1) & query(chance, depth + 1)
    if kind < 0.85:
        return query(chance, depth + 1) | query(chance, depth + 1)
    return ~query(chance, depth + 1)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    chance = random.Random(20261122)
    documents = [document(chance) for _ in range(60)]
    stock = TinyDB(storage=MemoryStorage)
    stock.insert_multiple(documents)
    with SqliteDB(tmp_path_factory.mktemp("fuzz") / "fuzz.sqlite", None) as ours:
        for fields in (("a",), ("b",), ("n", "a"), ("名",)):
            ours.create_index(*fields)
        ours.insert_multiple(documents)
        yield stock, ours


def test_no_random_query_is_answered_otherwise_than_by_stock(both):
    stock, ours = both
    chance = random.Random(409)
    asked = narrowed = counted_by_sql = 0
    for number in range(QUERIES):
        asking = query(chance)
        try:
            expected = [document.doc_id for document in stock.table("_default").search(asking)]
        except (TypeError, AttributeError):
            continue  # stock stops half-way when a text meets a number; ours may find what does fit
        asked += 1
        narrowing = compile_query(asking)
        narrowed += narrowing.over is not None
        counted_by_sql += narrowing.exact
        stock.clear_cache()
        assert [document.doc_id for document in ours.search(asking)] == expected, (number, asking)
        assert ours.count(asking) == len(expected), (number, asking)
        first = ours.get(asking)
        assert (first and first.doc_id) == (expected[0] if expected else None), (number, asking)
        assert ours.contains(asking) == bool(expected), (number, asking)
    # The test would be empty if few queries could be asked, or if SQL had little to say.
    assert asked > QUERIES * 0.5
    assert narrowed > asked * 0.5
    assert counted_by_sql > asked * 0.1


@pytest.mark.parametrize(
    ("stored", "asked", "found"),
    [
        (True, 1, True),  # as in Python
        (1, True, True),
        (1.0, 1, True),
        ("1", 1, False),
        (1, "1", False),
        ({"k": 1}, '{"k":1}', False),
        ('{"k":1}', {"k": 1}, False),
        ([1], [1], True),
        (None, None, True),
        (2**53 + 1, float(2**53), False),
        (2**64 + 1, 2**64, False),
    ],
)
def test_equality_is_pythons(db, stored, asked, found):
    db.create_index("a")
    db.insert({"a": stored})
    db.insert({})
    assert db.count(where("a") == asked) == found
    assert len(db.search(where("a") == asked)) == found
    assert db.count(~(where("a") == asked)) == 2 - found
    assert db.count(where("a") != asked) == 1 - found


def test_a_part_that_sql_cannot_say_is_left_to_python():
    known, unknown = where("a") == 1, where("a").test(bool)
    assert compile_query(known & unknown).over == compile_query(known).over
    assert compile_query(known | unknown).over is None
    assert compile_query(~unknown).over is None
    assert compile_query(lambda document: True).over is None
    assert compile_query(~(where("a").one_of([1, 2]))).over is None


def test_a_query_of_any_size_is_answered(db):
    db.insert_multiple({"n": n} for n in range(5))
    asking = where("n") == 0
    for n in range(1, 150):
        asking |= where("n") == n * 2
    assert db.count(asking) == 3
    many = where("n").one_of(list(range(3, 50_000)))
    assert [document["n"] for document in db.search(many)] == [3, 4]
