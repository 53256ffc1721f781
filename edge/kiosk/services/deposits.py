"""Deposits for bookings (APT-02): taken once, taken off the bill of the visit, given back where she cancelled in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.kiosk.services.once import add_once
from edge.store import now
from salon.records import Bill, BillLine

if TYPE_CHECKING:
    from edge.store import Store
    from salon.records import Appointment
    from salon.records.money import Method


def _rid(booking: Appointment) -> str:
    return f"deposit-{booking.rid}"[:64]


def take(store: Store, actor: str, booking: Appointment, fen: int, method: Method) -> Appointment:
    """Paid ahead for a booking; a second time for the same one changes nothing."""
    with store.acting(actor), store.transaction():
        if store.bills.find(_rid(booking)) is not None:
            return booking
        line = BillLine(kind="deposit", zh="预约定金", en="Deposit for the booking", fen=fen, ref=booking.rid)
        store.bills.add(
            Bill(
                rid=_rid(booking), member=booking.member, store=store.store_id, type="deposit", at=now(), by=actor,
                lines=[line], parts={method: fen},
            )
        )  # fmt: skip
        return store.appointments.edit(booking.rid, deposit_fen=fen)


def give_back(store: Store, actor: str, booking: Appointment) -> Bill | None:
    """The way it was paid, once. None where none was paid."""
    with store.acting(actor), store.transaction():
        paid = store.bills.find(_rid(booking))
        if paid is None:
            return None
        line = BillLine(
            kind="refund", zh="退还定金", en="Deposit given back", fen=-paid.total_fen, ref=booking.rid
        )
        store.appointments.edit(booking.rid, deposit_fen=0)
        fresh = {
            "rid": f"undo-{paid.rid}"[:64], "type": "refund", "at": now(), "by": actor, "lines": [line], "corrects": paid.rid,
            "parts": {method: -fen for method, fen in paid.parts.items()},
        }  # fmt: skip
        return add_once(store.bills, paid.model_copy(update=fresh))
