"""One process of a tortured store: `python -m tests.torture.worker ROLE HOME LINES`. It says what it wrote, after it was written.

Four of them work on one store: the desk, the kiosk, a sensor and the sync agent. They are killed at any moment.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from edge.store import NoLease, Store, StoreUnwritable, new_rid, now
from edge.sync import Agent
from edge.sync.service import Service
from salon.records import LedgerEntry, Member, Reading, Visit


def main(role, home, lines):
    with Store.open(Path(home)) as store:
        if role == "sync":
            agent = Agent(store, store.settings.get("hq_url"))
            Service(agent, threading.Event()).run()
            return
        said = os.open(lines, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        store.connections.get()
        while True:
            for kind, rid in WORK[role](store):
                os.write(said, f"{kind} {rid}\n".encode())  # in the kernel's hands: it outlives this process


def desk(store):
    member = Member(rid=new_rid(), surname="王", home_store=store.store_id, tags=["new"], joined_at=now())
    credit = LedgerEntry(
        rid=new_rid(), member=member.rid, unit="fen", amount=1_000, reason="top_up", at=now(), store=store.store_id
    )  # fmt: skip
    with store.transaction():
        store.members.add(member)
        store.ledger.add(credit)
    return [("member", member.rid), ("ledger_entry", credit.rid)]


def kiosk(store):
    member = "m-0001"
    visit = Visit(rid=new_rid(), member=member, store=store.store_id, state="arrived", arrived_at=now())
    store.visits.add(visit)
    written = [("visit", visit.rid)]
    entry = LedgerEntry(
        rid=new_rid(), member=member, unit="fen", amount=-10, reason="spend", at=now(), store=store.store_id, visit=visit.rid
    )  # fmt: skip
    try:
        with store.transaction():
            written += [("ledger_entry", one.rid) for one in store.leases.spend(entry)]
            store.visits.edit(visit.rid, state="closed", closed_at=now())
    except NoLease:
        store.visits.edit(visit.rid, state="closed", closed_at=now())
    return written


def sensor(store):
    reading = Reading(
        rid=new_rid(), device="probe-1", measure="skin_moisture", value=41.5, at=now(), member="m-0001"
    )
    try:
        store.readings.add(reading)
    except StoreUnwritable:
        return []
    return [("reading", reading.rid)]


WORK = {"desk": desk, "kiosk": kiosk, "sensor": sensor}

if __name__ == "__main__":
    main(*sys.argv[1:])
