"""Rights to spend: what HQ has set aside for this store on members' accounts (sync.md 2.4).

A debit against a cached balance overdraws as soon as two stores are offline; a lease lives in one place at a time. It never ends by
time alone: only this store's own closing (the fence), pushed to HQ, gives money back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from tinydb.queries import where

from edge.store import aliases
from edge.store.clock import new_rid, now, parse
from edge.store.errors import NoLease
from edge.store.records import RecordTable
from edge.store.schema import Node
from edge.store.tinydb_sqlite import Connections, SqliteTable
from salon.records import LedgerEntry, Member
from salon.records.money import Unit

State = Literal["asked", "open", "closed", "returned", "refused"]
_COLUMNS = "lease, member, unit, amount, remains, state, at, fence"


@dataclass(frozen=True)
class Lease:
    """One right: how much was given, how much of it remains."""

    lease: str
    member: str
    unit: Unit
    amount: int
    remains: int
    state: State
    at: str
    fence: int
    """Once closed: the last change of this store that may spend under it."""


class Leases:
    """The leases of one store."""

    def __init__(self, connections: Connections, ledger: RecordTable[LedgerEntry]) -> None:
        self._connections = connections
        self._ledger = ledger
        self._members = SqliteTable(connections, Member.table)

    def held(self, member: str, unit: Unit) -> int:
        """What a person may spend here now, with or without a line: of all her files."""
        return sum(self.on_account(one, unit) for one in self._accounts(member))

    def on_account(self, member: str, unit: Unit) -> int:
        """The same of one file's account alone."""
        return int(
            self._connections.get().execute(
                "SELECT coalesce(sum(remains), 0) FROM leases WHERE member = ? AND unit = ? AND state = 'open'", (member, unit)
            ).get
        )  # fmt: skip

    def spend(self, entry: LedgerEntry) -> list[LedgerEntry]:
        """Post a debit under this store's leases: an entry a lease it takes, on the account of that lease. Asked twice, it is
        posted once. Raises NoLease.
        """
        wanted = -entry.amount
        if wanted <= 0:
            raise ValueError(f"a debit is below zero, not {entry.amount}")
        with self._connections.transaction() as con:
            if self._ledger.has(entry.rid):
                return [self._ledger.load(entry.rid)]
            held = self.held(entry.member, entry.unit)
            if held < wanted:
                limit = self.limit(entry.member, entry.unit)
                raise NoLease(entry.member, entry.unit, held, wanted, limit)
            posted: list[LedgerEntry] = []
            every = [one for account in self._accounts(entry.member) for one in self._of(account, entry.unit)]
            for lease in every:
                part = min(lease.remains, wanted)
                if part == 0:
                    continue
                con.execute(
                    "UPDATE leases SET remains = remains - ? WHERE lease = ? AND state = 'open'",
                    (part, lease.lease),
                )
                rid = entry.rid if not posted else f"{entry.rid}-{len(posted) + 1}"
                posted.append(
                    self._ledger.add(
                        entry.model_copy(
                            update={"rid": rid, "amount": -part, "lease": lease.lease, "member": lease.member}
                        )
                    )
                )
                wanted -= part
            return posted

    def ask(self, member: str, unit: Unit, amount: int) -> str:
        """Wish for the right to spend so much more, on whichever of her files it is; the sync agent asks HQ. Returns a wish's id."""
        with self._connections.transaction():
            leading, *others = self._accounts(member)
            asked = ""
            for account in others:
                part = min(amount, self.balance(account, unit) - self.on_account(account, unit))
                if part > 0:
                    asked = self.ask_on_account(account, unit, part)
                    amount -= part
            return self.ask_on_account(leading, unit, amount) if amount > 0 or not asked else asked

    def ask_on_account(self, account: str, unit: Unit, amount: int) -> str:
        """The same of one file's account alone: one wish at a time."""
        with self._connections.transaction() as con:
            for lease in self._of(account, unit, "asked"):
                return lease.lease
            rid = new_rid()
            con.execute(f"INSERT INTO leases ({_COLUMNS}) VALUES (?, ?, ?, ?, 0, 'asked', ?, 0)",  # noqa: S608
                        (rid, account, unit, amount, now()))  # fmt: skip
            return rid

    def balance(self, account: str, unit: Unit) -> int:
        """What the entries known here say is on one file's account."""
        entries = self._ledger.search((where("member") == account) & (where("unit") == unit))
        return sum(entry["amount"] for entry in entries)

    def opened(self, lease: str, amount: int, why: str = "") -> None:
        """HQ gave the lease. Told twice, it is opened once. `why`: the limit for which it is less than was asked."""
        self._move(
            lease, "asked", "UPDATE leases SET state = 'open', amount = ?, remains = ?, why = ?",
            (amount, amount, why),
        )  # fmt: skip

    def refused(self, lease: str, why: str = "") -> None:
        """HQ said no, or less. `why`: the limit that this store has reached there (`salon.reconcile.protocol.Limit`)."""
        self._move(lease, "asked", "UPDATE leases SET state = 'refused', at = ?, why = ?", (now(), why))

    def limit(self, member: str, unit: Unit) -> str:
        """Which of head office's limits kept this store from more of a person's money, when it last asked; "" if none did."""
        accounts = self._accounts(member)
        found = self._connections.get().execute(
            f"SELECT why FROM leases WHERE member IN ({', '.join('?' * len(accounts))}) AND unit = ? AND state <> 'asked'"  # noqa: S608
            " ORDER BY at DESC, lease DESC LIMIT 1", (*accounts, unit)
        ).get  # fmt: skip
        return found or ""

    def close(self, lease: str) -> None:
        """Spend no more under it: the fence. What remains goes back once HQ holds all that was spent before."""
        with self._connections.transaction() as con:
            self._move(lease, "open", "UPDATE leases SET state = 'closed', fence = ?", (Node.read(con).hq_n,))

    def corrected(self, lease: str, seen: int, remains: int) -> None:
        """What HQ has of it: less than a copy that was set back; more where HQ, put back to before it gave the lease, gave it anew when an old
        request came late. Unless something was spent since it was seen, which HQ will judge.
        """
        if remains != seen:
            with self._connections.transaction() as con:
                con.execute(
                    "UPDATE leases SET remains = ?, amount = max(amount, ?) WHERE lease = ? AND state = 'open' AND remains = ?",
                    (remains, remains, lease, seen),
                )

    def forgotten(self, lease: str, seen: int) -> None:
        """HQ does not know of it: it was given back by another life of this database, or HQ was put back to before it gave it."""
        with self._connections.transaction() as con:
            con.execute(
                "UPDATE leases SET remains = 0, state = 'returned' WHERE lease = ? AND state = 'open' AND remains = ?",
                (lease, seen),
            )

    def returned(self, lease: str) -> None:
        self._move(lease, "closed", "UPDATE leases SET state = 'returned'", ())

    def get(self, lease: str) -> Lease | None:
        found = self._read("lease = ?", (lease,))
        return found[0] if found else None

    def in_state(self, *states: State) -> list[Lease]:
        marks = ", ".join("?" * len(states))
        return self._read(f"state IN ({marks})", states)

    def was_refused(self, member: str, unit: Unit, within: timedelta) -> bool:
        """Whether HQ said no a short while ago: not to ask every second."""
        moment = parse(now())
        return any(abs(moment - parse(one.at)) < within for one in self._of(member, unit, "refused"))

    def void(self) -> None:
        """After a restore from a copy: what the copy held may have been spent since. None of it is spent again; HQ frees it when
        the leases of both sides are compared.
        """
        with self._connections.transaction() as con:
            con.execute("DELETE FROM leases WHERE state IN ('open', 'asked', 'closed')")

    def _accounts(self, member: str) -> list[str]:
        return aliases.files(self._members, member)

    def _of(self, member: str, unit: Unit, state: State = "open") -> list[Lease]:
        return self._read("member = ? AND unit = ? AND state = ?", (member, unit, state))

    def _read(self, which: str, values: Any) -> list[Lease]:
        sql = f"SELECT {_COLUMNS} FROM leases WHERE {which} ORDER BY remains DESC, lease"  # noqa: S608  # texts above
        rows: list[Any] = self._connections.get().execute(sql, tuple(values)).fetchall()
        return [Lease(*row) for row in rows]

    def _move(self, lease: str, before: State, statement: str, values: tuple[Any, ...]) -> None:
        with self._connections.transaction() as con:
            con.execute(f"{statement} WHERE lease = ? AND state = ?", (*values, lease, before))


def judged(con: Any, said: LedgerEntry, now_said: LedgerEntry | None) -> None:
    """A debit of this store is now what head office says of it, or nothing: what it took less of its lease may be spent again. Of a lease
    that was given back before, head office took nothing. In a transaction.
    """
    kept = now_said.amount if now_said is not None else 0
    if said.lease and said.amount < 0 and kept != said.amount:
        con.execute(
            "UPDATE leases SET remains = max(0, min(amount, remains - ? + CASE state WHEN 'returned' THEN 0 ELSE ? END))"
            " WHERE lease = ? AND state <> 'asked'",
            (said.amount, kept, said.lease),
        )
