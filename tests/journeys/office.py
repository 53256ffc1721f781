"""Head office after some days: nights that proved equal and one that did not, a store that owes another, changes that wait for a decision,
requests that were refused, a customer who was erased. Written where head office itself writes them, so that each page has something to show.
"""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import Connection

from cloud_sync_server import refusals
from cloud_sync_server.clock import now
from cloud_sync_server.context import Hq
from cloud_sync_server.errors import BrokenChain, NotAllowed
from cloud_sync_server.schema import erasures, quarantine, reports, settlements
from cloud_sync_server.settings import Settings
from cloud_sync_server.statements import add
from cloud_sync_server.vault import ASIDE, Vault, row_name

EPOCH = "9" * 16
NIGHT = {
    "records": 1482, "count": 1482, "differences": 0, "mended": 0, "last_equal": "", "root": "5f2a90c4d1e7b866",
    "ledger": {"fen": [12, 358_000], "points": [61, 20_480]}, "ledger_there": {},
}  # fmt: skip
ASIDES = {
    41: ("follow_up", "t-elsewhere", "bad_value", "channel: none of its values", {"channel": "pigeon"}),
    42: ("hologram", "h-0001", "unknown_kind", "hologram", {"colour": "blue"}),
}


def set_up(home: Path) -> None:
    """For the head office of a demo in this folder, which may be running."""
    here = Hq.open(Settings(home=home / "hq"))
    try:
        here.database.write(lambda con: _write(con, here.vault))
    finally:
        here.database.close()


def _write(con: Connection, vault: Vault) -> None:
    at = now()
    nights = {
        ("s001", "2026-01-03T19:00:00.000Z"): ("equal", {"last_equal": "2026-01-03T19:00:00.000Z"}),
        ("s002", "2026-01-03T19:02:00.000Z"): (
            "different", {"differences": 2, "mended": 2, "last_equal": "2026-01-02T19:00:00.000Z", "count": 1480},
        ),
    }  # fmt: skip
    add(con, reports, [
        {"store": store, "at": moment, "outcome": outcome, "body": json.dumps(NIGHT | more)}
        for (store, moment), (outcome, more) in nights.items()
    ])  # fmt: skip
    add(con, settlements, [
        {"store": "s001", "creditor": "s002", "unit": "fen", "month": at[:7], "amount": 128_000},
        {"store": "s002", "creditor": "hq", "unit": "points", "month": at[:7], "amount": 300},
    ])  # fmt: skip
    add(con, quarantine, [
        {
            "store": "s002", "epoch": EPOCH, "n": n, "at": at, "kind": kind, "rid": rid, "reason": reason, "detail": detail,
            "body": vault.put_aside({"n": n, "kind": kind, "rid": rid, "f": said}, row_name(ASIDE, "s002", EPOCH, n)),
            "state": "open",
        }
        for n, (kind, rid, reason, detail, said) in ASIDES.items()
    ])  # fmt: skip
    refusals.note(con, "s002", "/v1/changes", BrokenChain("the batch does not hash to what its sender says"))
    for _ in range(3):
        refusals.note(con, "s404", "/v1/changes", NotAllowed())
    add(con, erasures, [{"member": "m-long-gone", "at": at, "by": "owner", "store": "s001"}])
