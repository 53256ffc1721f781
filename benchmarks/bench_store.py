"""The store: insert, get by id, get by an indexed field, at 1,000, 10,000 and 100,000 members.

Beside `SqliteTable` stand apsw by hand (the same key, pragmas, index and JSON work, `BEGIN IMMEDIATE`), which shows
what TinyDB's API costs, and stock TinyDB on its JSON file, which shows what it would cost without SQLite. Stock
rewrites and parses the whole file each time, so at 100,000 it is given a few operations only.

To measure another layer on the same data, add a `Contender` to `contenders()`.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinydb import TinyDB, where

from benchmarks.common import Row, interleaved, report
from edge.store.tinydb_sqlite import SqliteDB
from edge.store.tinydb_sqlite.opening import open_connection

SIZES = (1_000, 10_000, 100_000)
READS, INSERTS = 2_000, 300  # operations a measure
STOCK_OPERATIONS = {1_000: 50, 10_000: 10, 100_000: 3}
BY_PHONE = """SELECT id, body FROM members WHERE json_extract(body,'$."phone_key"') = ?"""
INDEX = """CREATE INDEX members_phone ON members (json_extract(body,'$."phone_key"'))"""


@dataclass(frozen=True)
class Contender:
    insert: Callable[[dict[str, Any]], object]
    get: Callable[[int], Any]
    find: Callable[[str], Any]


def member(number: int) -> dict[str, Any]:
    """About 470 bytes, as a member of a salon has."""
    chance = random.Random(number)
    return {
        "rid": f"{chance.getrandbits(128):032x}",
        "store": "s001",
        "surname": chance.choice("陈王李张刘杨黄赵吴周"),
        "given": chance.choice(("美丽", "丽华", "小红", "静", "Rosa")),
        "phone_key": f"{number:08d}{chance.getrandbits(64):016x}",
        "phone_tail": f"{chance.randrange(10_000):04d}",
        "birthday": f"19{chance.randrange(60, 99)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}",
        "sex": "f",
        "language": "zh",
        "tier": chance.choice(("basic", "silver", "gold")),
        "points": chance.randrange(10_000),
        "drink": "warm water with lemon",
        "skin_type": chance.choice(("dry", "oily", "combination")),
        "allergens": ["salicylic acid", "lanolin"][: chance.randrange(3)],
        "tags": ["quiet", "evening"],
        "home_therapist": "e017",
        "created_at": "2026-11-22T02:00:00.000Z",
        "last_visit": "2026-11-20T07:30:00.000Z",
        "note": "",
        "active": True,
    }


def main() -> None:
    rows: list[Row] = []
    for size in SIZES:
        rows += _measure(size)
    stock = ", ".join(f"{count} at {size:,}" for size, count in STOCK_OPERATIONS.items())
    report(
        "store",
        rows,
        notes=[
            f"Median microseconds; {INSERTS} inserts (synchronous=FULL) and {READS} reads of each kind.",
            f"Stock TinyDB works on the whole file each time, so it is given fewer operations: {stock}.",
        ],
    )


def _measure(size: int) -> Iterator[Row]:
    members = [member(number) for number in range(size + INSERTS)]
    there, new = members[:size], members[size:]
    chance = random.Random(size)
    picked = [chance.randrange(size) for _ in range(READS)]
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder, contenders(Path(folder), there) as found:
        stock = found.pop("stock")
        inserts = interleaved({name: each.insert for name, each in found.items()}, new)
        gets = interleaved({name: each.get for name, each in found.items()}, [pick + 1 for pick in picked])
        finds = interleaved(
            {name: each.find for name, each in found.items()}, [there[pick]["phone_key"] for pick in picked]
        )
        few = STOCK_OPERATIONS[size]
        stock_insert = interleaved({"stock": stock.insert}, new[:few])["stock"]
        stock_get = interleaved({"stock": stock.get}, [pick + 1 for pick in picked[:few]])["stock"]
        stock_find = interleaved({"stock": stock.find}, [there[pick]["phone_key"] for pick in picked[:few]])[
            "stock"
        ]
    for name, taken, stock_taken in (
        ("insert (durable)", inserts, stock_insert),
        ("get by id", gets, stock_get),
        ("get by indexed field", finds, stock_find),
    ):
        for ours in found.keys() - {"apsw"}:
            measure = f"{ours}: {name}, {size:,} members"
            yield Row.of(measure, taken[ours], taken["apsw"], "apsw by hand, same key and pragmas", "µs")
            yield Row.of(measure, taken[ours], stock_taken, "stock TinyDB, JSON file", "µs")


@contextmanager
def contenders(folder: Path, members: list[dict[str, Any]]) -> Iterator[dict[str, Contender]]:
    """Each with the members in it, ready to be measured. Every read answers with a parsed document."""
    key = os.urandom(32)
    with SqliteDB(folder / "ours.sqlite", key) as db, TinyDB(folder / "stock.json") as stock:
        table = db.table("members")
        table.create_index("phone_key")
        table.insert_multiple(members)
        stock.insert_multiple(members)
        yield {
            "SqliteTable": Contender(
                table.insert,
                lambda doc_id: table.get(doc_id=doc_id),
                lambda phone: table.get(where("phone_key") == phone),
            ),
            "apsw": _by_hand(folder / "apsw.sqlite", key, members),
            "stock": Contender(
                stock.insert,
                lambda doc_id: stock.get(doc_id=doc_id),
                lambda phone: stock.get(where("phone_key") == phone),
            ),
        }


def _by_hand(path: Path, key: bytes, members: list[dict[str, Any]]) -> Contender:
    con = open_connection(path, key, synchronous="FULL", busy_timeout_ms=1000)
    con.execute("CREATE TABLE members (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL)")
    con.execute(INDEX)
    with con:
        con.executemany(
            "INSERT INTO members (body) VALUES (?)",
            [(json.dumps(each, ensure_ascii=False, separators=(",", ":")),) for each in members],
        )

    def insert(document: dict[str, Any]) -> None:
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        con.execute("BEGIN IMMEDIATE")
        con.execute("INSERT INTO members (body) VALUES (?)", (body,))
        con.execute("COMMIT")

    def get(doc_id: int) -> Any:
        for (body,) in con.execute("SELECT body FROM members WHERE id = ?", (doc_id,)):
            return json.loads(body)
        return None

    def find(phone: str) -> Any:
        for doc_id, body in con.execute(BY_PHONE, (phone,)):
            return doc_id, json.loads(body)
        return None

    return Contender(insert, get, find)
