"""The books: accounts, leases, and who owes whom, for the length of one transaction (sync.md 2.4).

Each entry of each store is posted exactly once, whatever was spent: a debit is covered by its lease, else by what is free on the
account, else by the store that let it happen (its liability, with a correcting entry for the member). So a balance is never below
zero, nothing that was spent is missing, and the sum of all entries is the balance. Members' keys are locked while this runs: two
transactions about one member come one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, update

from cloud_sync_server.clock import now
from cloud_sync_server.schema import accounts, leases, pots, settlements
from cloud_sync_server.statements import by_keys, of_each, put
from cloud_sync_server.vault import NOBODY

HQ = "hq"
"""The creditor of what a store let be spent without a right; also the author of correcting entries."""
MAX_AMOUNT = 10**12
"""Of one entry: ten thousand million yuan. Without an end to it, a few entries could bring a balance beyond what a column holds, and
the store's queue to a stop."""
POSTED = frozenset({"member", "unit", "amount", "store"})
"""What an entry said when it was posted: said otherwise later, by a slow clock or by somebody else, the books and the entries would differ."""
Key = tuple[str, str]
"""(member, unit)."""


@dataclass
class _Account:
    balance: int = 0
    leased: int = 0
    entries: int = 0

    @property
    def free(self) -> int:
        return self.balance - self.leased


class Books:
    """Posts entries; `save` writes what changed, `corrections` are the entries that HQ has to write."""

    def __init__(self, con: Connection, entries: Iterable[dict[str, Any]]) -> None:
        self._con = con
        every = list(entries)
        self._accounts: dict[Key, _Account] = {}
        self._pots: dict[Key, dict[str, list[Any]]] = {}
        self._spent: dict[str, int] = {}
        self._owed: dict[tuple[str, str, str, str], int] = {}
        self.corrections: list[dict[str, Any]] = []
        keys = sorted({(entry["member"], entry["unit"]) for entry in every})
        for row in by_keys(con, accounts, keys):
            self._accounts[row.member, row.unit] = _Account(row.balance, row.leased, row.entries)
        for row in of_each(con, pots, ("member", "unit"), keys):
            self._pots.setdefault((row.member, row.unit), {})[row.store] = [row.amount, row.first_at]
        named = sorted({(entry["member"], entry["lease"]) for entry in every if entry.get("lease")})
        self._leases: dict[str, Any] = {row.lease: row for row in by_keys(con, leases, named)}

    def post(self, rid: str, entry: dict[str, Any], store: str) -> None:
        """Post one new entry. `store` is who sent it."""
        key = (entry["member"], entry["unit"])
        account = self._accounts.setdefault(key, _Account())
        account.entries += 1
        if entry["amount"] >= 0:
            account.balance += entry["amount"]
            self._fill(key, entry.get("store") or store, entry["amount"])
            return
        wanted = -entry["amount"]
        under = self._under(entry, store, wanted)
        account.balance -= under
        account.leased -= under
        free = min(wanted - under, account.free)
        account.balance -= free
        self._drain(key, entry.get("store") or store, under + free)
        rest = wanted - under - free
        if rest:
            self._liable(rid, entry, store, rest)
            account.entries += 1  # the correcting entry

    def _under(self, entry: dict[str, Any], store: str, wanted: int) -> int:
        """How much of a debit its lease covers."""
        lease = self._leases.get(entry.get("lease", ""))
        if lease is None or (lease.store, lease.unit, lease.member) != (
            store,
            entry["unit"],
            entry["member"],
        ):
            return 0
        if lease.state != "open":
            return 0
        left = lease.remains - self._spent.get(lease.lease, 0)
        part = min(left, wanted)
        self._spent[lease.lease] = self._spent.get(lease.lease, 0) + part
        return int(part)

    def _fill(self, key: Key, store: str, amount: int) -> None:
        pot = self._pots.setdefault(key, {}).setdefault(store, [0, now()])
        pot[0] += amount

    def _drain(self, key: Key, store: str, amount: int) -> None:
        """Take money out of the pots: the spending store's own first, then the oldest. Whose it was owes it to where it was spent."""
        held = self._pots.setdefault(key, {})
        for owner in sorted(held, key=lambda one: (one != store, held[one][1], one)):
            part = min(held[owner][0], amount)
            held[owner][0] -= part
            amount -= part
            if part and owner != store:
                self._owe(owner, store, key[1], part)

    def _owe(self, debtor: str, creditor: str, unit: str, amount: int) -> None:
        key = (debtor, creditor, unit, now()[:7])
        self._owed[key] = self._owed.get(key, 0) + amount

    def _liable(self, rid: str, entry: dict[str, Any], store: str, rest: int) -> None:
        self._owe(store, HQ, entry["unit"], rest)
        self.corrections.append({
            "rid": f"{rid[:60]}.hq", "member": entry["member"], "unit": entry["unit"], "amount": rest,
            "reason": "correction", "at": now(), "store": store, "corrects": rid,
            "explain": "spent without a right: owed by the store",
        })  # fmt: skip

    def save(self) -> None:
        """Write what changed."""
        put(self._con, accounts, [
            {"member": member, "unit": unit, "balance": one.balance, "leased": one.leased, "entries": one.entries}
            for (member, unit), one in sorted(self._accounts.items())
        ])  # fmt: skip
        put(self._con, pots, [
            {"member": member, "unit": unit, "store": store, "amount": amount, "first_at": first_at}
            for (member, unit), held in sorted(self._pots.items())
            for store, (amount, first_at) in sorted(held.items())
        ])  # fmt: skip
        for lease, spent in self._spent.items():
            mine = and_(leases.c.member == self._leases[lease].member, leases.c.lease == lease)
            self._con.execute(update(leases).where(mine).values(remains=leases.c.remains - spent))
        for (debtor, creditor, unit, month), amount in sorted(self._owed.items()):
            put(self._con, settlements, [
                {"store": debtor, "creditor": creditor, "unit": unit, "month": month, "amount": 0}
            ], keep=True)  # fmt: skip
            mine = and_(
                settlements.c.store == debtor, settlements.c.creditor == creditor, settlements.c.unit == unit,
                settlements.c.month == month,
            )  # fmt: skip
            self._con.execute(update(settlements).where(mine).values(amount=settlements.c.amount + amount))


def is_entry(member: str, values: dict[str, Any]) -> bool:
    """Whether a ledger entry is whole: it names an account and an amount that the books can hold."""
    amount = values.get("amount")
    return (
        member != NOBODY
        and type(amount) is int  # `true` counts as one, and is no amount
        and abs(amount) <= MAX_AMOUNT
        and isinstance(values.get("unit"), str)
    )
