"""Rights to spend, while there is a line: asked for who is in the house, given back when others need them (sync.md 2.4)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from statistics import median

from tinydb.queries import where

from edge.store import Lease, Store, iso, putaside
from edge.sync.errors import Refused
from edge.sync.line import Line
from salon.reconcile.change import MAX_N
from salon.reconcile.protocol import LeaseRequest, LeaseReturn, LeasesCheck
from salon.records import Visit
from salon.records.money import Unit

IN_THE_HOUSE = ("arrived", "treatment", "feedback", "aftercare")
UNITS: tuple[Unit, ...] = ("fen", "points")
ASK_AGAIN = timedelta(seconds=60)
"""After a no: another store's lease is being called back, or there is nothing."""
VISITS_LOOKED_AT = 5
LIKELY_WITHIN = timedelta(days=2)
"""Members with a booking this soon get their lease in the night, so that a day without a line is a day like any other."""


class Leasing:
    """One store's leases with HQ."""

    def __init__(self, store: Store, line: Line) -> None:
        self._store = store
        self._line = line
        self.recalled: Collection[str] = ()
        """Leases that another store waits for, as HQ last said."""
        self.checked = False
        """Whether the leases here were compared with HQ's since this process (or this life of the database) began."""

    def step(self) -> None:
        """Wish, ask, close and give back what is due now. Raises SyncError."""
        if not self.checked:
            self.checked = self.check()
        here = {account for visit in self._in_the_house() for account in self._store.files(visit.member)}
        for member in sorted(here):
            self._wish(member)
        self._close(here)
        for lease in self._store.leases.in_state("closed"):
            self._give_back(lease)
        for lease in self._store.leases.in_state("asked"):
            self._ask(lease)

    def check(self, *, proved: bool = False) -> bool:
        """At each start, and each night: the leases here against HQ's, as a copy set back may know too few or old ones. That more is left of
        one than is known here is believed only where the night has just `proved` that HQ holds all that was spent under it.
        """
        store = self._store
        with store.transaction():
            if store.outbox.count():
                return False
            message = LeasesCheck(epoch=store.origin.epoch, acked=store.outbox.acked)
            seen = {one.lease: one for one in store.leases.in_state("asked", "open", "closed")}
        answer = self._line.check_leases(message)
        if answer.moved:
            return False
        for one in seen.values():
            if one.state == "open" and one.lease not in answer.leases:
                store.leases.forgotten(one.lease, one.remains)
            elif one.state == "open":
                there = answer.leases[one.lease]
                if there < one.remains or (proved and not putaside.undecided(store, one.lease)):
                    store.leases.corrected(one.lease, one.remains, there)
        for lease in sorted(answer.leases.keys() - seen.keys()):
            self._line.return_lease(LeaseReturn(lease=lease, epoch=message.epoch, fence=message.acked))
        return True

    def wish_for_bookings(self) -> int:
        """Before the night is over: leases for who will probably come to this, her own, store."""
        soon = iso(datetime.now(UTC) + LIKELY_WITHIN)
        mine = (where("store") == self._store.store_id) & (where("status") == "booked")
        members = {
            account
            for booking in self._store.appointments.select(mine & (where("starts_at") < soon))
            if self._is_home(booking.member)
            for account in self._store.files(booking.member)
        }
        return sum(self._wish(member) for member in sorted(members))

    def _in_the_house(self) -> list[Visit]:
        here = where("state").one_of(list(IN_THE_HOUSE)) & (where("store") == self._store.store_id)
        return self._store.visits.select(here)

    def _wish(self, member: str) -> int:
        wished = 0
        for unit in UNITS:
            leases = self._store.leases
            if leases.on_account(member, unit) or leases.was_refused(member, unit, ASK_AGAIN):
                continue
            amount = min(
                self._likely(member, unit), MAX_N
            )  # a mistyped amount that HQ will refuse counts until it does
            if amount > 0:
                leases.ask_on_account(member, unit, amount)
                wished += 1
        return wished

    def _likely(self, member: str, unit: Unit) -> int:
        """Twice the usual visit, at most what the account shows; all of it where no visit is known, and of points."""
        balance = self._store.leases.balance(member, unit)
        if unit != "fen":
            return balance
        paid = [
            visit.paid_fen
            for visit in self._store.visits.select(
                where("member") == member, order_by="arrived_at", descending=True
            )
            if visit.paid_fen
        ][:VISITS_LOOKED_AT]
        return min(balance, 2 * round(median(paid))) if paid else balance

    def _close(self, here: Collection[str]) -> None:
        """A lease stays with the home store until another one asks; elsewhere it ends with the visit."""
        for lease in self._store.leases.in_state("open"):
            wanted = lease.lease in self.recalled or not self._is_home(lease.member) or lease.remains == 0
            if wanted and lease.member not in here:
                self._store.leases.close(lease.lease)

    def _is_home(self, member: str) -> bool:
        found = self._store.members.find(member)
        return found is not None and found.home_store in {"", self._store.store_id}

    def _ask(self, lease: Lease) -> None:
        request = LeaseRequest(lease=lease.lease, member=lease.member, unit=lease.unit, amount=lease.amount)
        try:
            answer = self._line.lease(request)
        except Refused as error:
            if error.passes:
                raise
            self._store.leases.refused(lease.lease)
            return
        if answer.amount:
            self._store.leases.opened(lease.lease, answer.amount, answer.limit)
        else:
            self._store.leases.refused(lease.lease, answer.limit)

    def _give_back(self, lease: Lease) -> None:
        """Only once HQ holds all that was spent under it, and has decided on what it did not take in: else that money could be spent twice."""
        if self._store.outbox.acked < lease.fence or putaside.undecided(self._store, lease.lease):
            return
        self._line.return_lease(
            LeaseReturn(lease=lease.lease, epoch=self._store.origin.epoch, fence=lease.fence)
        )
        self._store.leases.returned(lease.lease)


__all__ = ["UNITS", "Leasing"]
