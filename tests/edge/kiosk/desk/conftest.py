"""A visit that is ready to be paid, and money on the account."""

from __future__ import annotations

import pytest

from edge.kiosk.services import checkin
from edge.store import now
from salon import records


@pytest.fixture
def due(store):
    """A visit of Ms Wang whose treatment is over: 398 yuan by the list."""
    made = checkin.arrive(store, "kiosk", "m-wang", "phone", 9000)
    with store.acting("e-mei"):
        return store.visits.edit(
            made.rid, state="aftercare", services=["svc-calm"], therapist="e-mei", aftercare_at=now()
        )


@pytest.fixture
def post(store):
    """Posts an entry on an account, as if it had come from head office."""

    def entry(amount, unit="fen", member="m-wang", reason="import", **fields):
        rid = fields.pop("rid", f"l-{member}-{unit}-{amount}")
        values = {
            "member": member,
            "unit": unit,
            "amount": amount,
            "reason": reason,
            "at": now(),
            "store": "s001",
        }
        return store.ledger.add(records.LedgerEntry(rid=rid, **{**values, **fields}))

    return entry


@pytest.fixture
def release(store):
    """Head office gives this store the right to spend, as the sync agent would bring it."""

    def lease(amount, unit="fen", member="m-wang"):
        store.leases.opened(store.leases.ask(member, unit, amount), amount)

    return lease


@pytest.fixture
def balance(store):
    def of(unit, member="m-wang"):
        return sum(e.amount for e in store.ledger.select() if (e.unit, e.member) == (unit, member))

    return of
