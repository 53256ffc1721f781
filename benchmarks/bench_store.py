"""The store: insert, change of a field, get by id, get by an indexed field, at 1,000, 10,000 and 100,000 members.

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
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinydb import TinyDB, where

from benchmarks.common import Row, interleaved, report
from edge.store import Store
from edge.store.tinydb_sqlite import SqliteDB
from edge.store.tinydb_sqlite.opening import open_connection
from salon.records import Member

FIRST_MS = 1_760_000_000_000  # when the first member joined, ms since 1970
SIZES = (1_000, 10_000, 100_000)
READS, INSERTS, UPDATES = 2_000, 300, 300  # operations a measure
STOCK_OPERATIONS = {1_000: 50, 10_000: 10, 100_000: 3}
BY_RID = """SELECT id, body FROM members WHERE json_extract(body,'$."rid"') = ?"""
BY_PHONE = """SELECT id, body FROM members WHERE json_extract(body,'$."phone"') = ?"""
# All contenders keep the look-ups that the store keeps of its members.
LOOKUPS = [("rid",), *Member.indexes]


def _index(fields: tuple[str, ...]) -> str:
    values = ", ".join(f"""json_extract(body,'$."{field}"')""" for field in fields)
    return f"CREATE INDEX members_{'_'.join(fields)} ON members ({values})"


@dataclass(frozen=True)
class Contender:
    insert: Callable[[dict[str, Any]], object]
    get: Callable[[int], Any]
    find: Callable[[str], Any]
    update: Callable[[tuple[str, str]], object]


def member(number: int) -> dict[str, Any]:
    """A member of a salon as the store keeps one: about 600 bytes of JSON."""
    chance = random.Random(number)
    return Member(
        rid=_rid(number, chance),
        surname=chance.choice("陈王李张刘杨黄赵吴周"),
        given_name=chance.choice(("美丽", "丽华", "小红", "静", "Rosa")),
        phone=f"1{number:010d}",
        birthday=f"19{chance.randrange(60, 99)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}",
        gender="female",
        language="zh",
        drink="warm water with lemon",
        skin_type=chance.choice(("dry", "oily", "combination")),
        tags=["quiet", "evening"],
        therapist="e-017",
        home_store="s001",
        joined_at="2026-11-22T02:00:00.000Z",
    ).document()


def _rid(number: int, chance: random.Random) -> str:
    """As the store makes them (UUIDv7): one a second, in the order of making, with 74 random bits."""
    value = (FIRST_MS + 1_000 * number) << 80 | 0x7 << 76 | chance.getrandbits(12) << 64 | 0b10 << 62
    return str(uuid.UUID(int=value | chance.getrandbits(62)))


def main() -> None:
    rows: list[Row] = []
    for size in SIZES:
        rows += _measure(size)
    stock = ", ".join(f"{count} at {size:,}" for size, count in STOCK_OPERATIONS.items())
    report(
        "store",
        rows,
        notes=[
            f"Median microseconds; {INSERTS} inserts, {UPDATES} changes of one field, {READS} reads of each kind.",
            "Writes are durable one by one (synchronous=FULL), with the same cipher, pragmas and indexes on both sides.",
            "By hand writes the document alone; the Store, in the same transaction, checks it and logs, chains and queues its change.",
            f"Stock TinyDB works on the whole file each time, so it is given fewer operations: {stock}.",
        ],
    )


def _measure(size: int) -> Iterator[Row]:
    members = [member(number) for number in range(size + INSERTS)]
    there, new = members[:size], members[size:]
    chance = random.Random(size)
    picked = [chance.randrange(size) for _ in range(READS)]
    with (
        tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder,
        contenders(Path(folder), there) as found,
    ):
        stock = found.pop("stock")
        inserts = interleaved({name: each.insert for name, each in found.items()}, new)
        gets = interleaved({name: each.get for name, each in found.items()}, [pick + 1 for pick in picked])
        finds = interleaved(
            {name: each.find for name, each in found.items()}, [there[pick]["phone"] for pick in picked]
        )
        changed = [(there[pick]["rid"], f"tea {number}") for number, pick in enumerate(picked[:UPDATES])]
        updates = interleaved({name: each.update for name, each in found.items()}, changed)
        few = STOCK_OPERATIONS[size]
        stock_insert = interleaved({"stock": stock.insert}, new[:few])["stock"]
        stock_update = interleaved({"stock": stock.update}, changed[:few])["stock"]
        stock_get = interleaved({"stock": stock.get}, [pick + 1 for pick in picked[:few]])["stock"]
        stock_find = interleaved({"stock": stock.find}, [there[pick]["phone"] for pick in picked[:few]])[
            "stock"
        ]
    for name, taken, stock_taken in (
        ("insert (durable)", inserts, stock_insert),
        ("change of a field (durable)", updates, stock_update),
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
    with (
        SqliteDB(folder / "ours.sqlite", key) as db,
        TinyDB(folder / "stock.json") as stock,
        Store.create(folder / "store", "s001") as store,
    ):
        store.members.insert_multiple(members)
        table = db.table("members")
        for fields in LOOKUPS:
            table.create_index(*fields)
        table.insert_multiple(members)
        stock.insert_multiple(members)
        yield {
            # What the appliance uses: the same write also checks the record and logs, chains and queues its change.
            "Store": Contender(
                store.members.insert,
                lambda doc_id: store.members.get(doc_id=doc_id),
                lambda phone: store.members.get(where("phone") == phone),
                lambda change: store.members.update({"drink": change[1]}, where("rid") == change[0]),
            ),
            "SqliteTable": Contender(
                table.insert,
                lambda doc_id: table.get(doc_id=doc_id),
                lambda phone: table.get(where("phone") == phone),
                lambda change: table.update({"drink": change[1]}, where("rid") == change[0]),
            ),
            "apsw": _by_hand(folder / "apsw.sqlite", key, members),
            "stock": Contender(
                stock.insert,
                lambda doc_id: stock.get(doc_id=doc_id),
                lambda phone: stock.get(where("phone") == phone),
                lambda change: stock.update({"drink": change[1]}, where("rid") == change[0]),
            ),
        }


def _by_hand(path: Path, key: bytes, members: list[dict[str, Any]]) -> Contender:
    con = open_connection(path, key, synchronous="FULL", busy_timeout_ms=1000)
    con.execute("CREATE TABLE members (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL)")
    for fields in LOOKUPS:
        con.execute(_index(fields))
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

    def update(change: tuple[str, str]) -> None:
        con.execute("BEGIN IMMEDIATE")
        for doc_id, there in con.execute(BY_RID, (change[0],)).fetchall():
            document = json.loads(there) | {"drink": change[1]}
            body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
            con.execute("UPDATE members SET body = ? WHERE id = ?", (body, doc_id))
        con.execute("COMMIT")

    return Contender(insert, get, find, update)
