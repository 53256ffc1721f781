"""The merged base of the chain, for the length of one transaction: load what a batch touches, merge, write back.

`take` is `salon.reconcile.merge` with two additions that only HQ has: what HQ may not hold is dropped before it is merged, and
records are found by their member, under whose key they are sealed. What was made of a new record before (`made`) is not made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, delete, update

from cloud_sync_server import erasing, finding, health, slots
from cloud_sync_server.clock import now
from cloud_sync_server.ledger import HQ, POSTED, Books, is_entry
from cloud_sync_server.made import Made, Written, owner
from cloud_sync_server.schema import changes, conflicts, owners, records
from cloud_sync_server.statements import by_keys, locked, put
from cloud_sync_server.vault import CHANGE, CONFLICT, RECORD, Keyring, Vault, row_name
from salon.reconcile import BadChange, Change, Loser, Merged, State, canonical, empty, merge, orphaned, split
from salon.reconcile.merge import health_fields
from salon.records import Lane, Record, record_class

_PLACES = {"member": ("home_store",), "appointment": ("store", "starts_at")}
"""Kind -> the field that names a store which has to know the member, then what else moves until when."""


@dataclass
class Entry:
    """One record, as it is and as it becomes."""

    member: str
    kind: str
    rid: str
    state: State | None = None
    before: State | None = None
    """As it was when it was loaded."""
    store: str = ""
    known: bool = False
    """Whether it was there before."""
    dirty: bool = False
    posted: bool = True
    """For a ledger entry: whether the books have it."""
    sender: str = ""
    losers: list[Loser] = field(default_factory=list)
    made: Made | None = None
    """What became of its first change, if that was made before."""

    @property
    def as_made(self) -> Made | None:
        """The same, if no other change came after it."""
        return self.made if self.made is not None and self.made.merged.state is self.state else None


@dataclass(frozen=True)
class Taken:
    """A change as HQ holds it, and which of its fields HQ may not hold."""

    change: Change
    member: str
    dropped: list[str]
    place: str = ""
    """The store that it makes hers, or books her into: it has to know her (`distribution`)."""


class Base:
    """Records of one batch of changes, all of them known and fitting kinds (`ingest.read`)."""

    def __init__(
        self,
        con: Connection,
        vault: Vault,
        batch: list[Change],
        made: Mapping[int, Made] | None = None,
    ) -> None:
        self._con = con
        self._vault = vault
        self._made = made or {}
        homes: dict[tuple[str, str], str] = {}
        for change in batch:
            key = (change.kind, change.rid)
            homes[key] = homes.get(key) or owner(change.kind, change.rid, change.fields)
        for row in by_keys(con, owners, [(rid, kind) for kind, rid in homes]):
            homes[row.kind, row.rid] = row.member
        new = {
            one.change.rid: one.key for one in self._made.values() if one.key and one.change.kind == "member"
        }
        self._ring: Keyring = vault.keys(con, homes.values(), new)
        self._entries = {key: Entry(member, *key) for key, member in homes.items()}
        self._consents_seen: set[str] = set()
        self._erased_owners: list[dict[str, str]] = []
        self.corrections: list[dict[str, Any]] = []
        """Ledger entries that HQ has to write: what a store spent without a right."""
        old = [(member, *key) for key, member in homes.items() if member not in self._ring.new]
        for row in locked(con, records, old):
            self._fill(row)

    def _fill(self, row: Any) -> None:
        entry = self._entries.get((row.kind, row.rid))
        if entry is not None and row.member == entry.member:
            entry.state = self._ring.open(row.member, row.body, row_name(RECORD, *row[:3]))
            entry.before, entry.store, entry.known = entry.state, row.store, True

    @property
    def erased(self) -> set[str]:
        """The erased members of whom something was said that was not taken in."""
        return {row["member"] for row in self._erased_owners}

    def stamps(self, kind: str, rid: str) -> dict[str, str]:
        """The stamps of a record's fields: what a write made here is based on."""
        state = self._entries[kind, rid].state
        return {} if state is None else dict(state["t"])

    def differs(self, change: Change) -> bool:
        """Whether a change would make another value of what is held."""
        held = self._entries[change.kind, change.rid].state
        return held is None or merge(record_class(change.kind), held, change).state.get("v") != held["v"]

    def take(self, change: Change) -> Taken:
        """Merge a change. Raises BadChange; then nothing was done."""
        cls = record_class(change.kind)
        entry = self._entries[change.kind, change.rid]
        if (
            self._ring.destroyed(entry.member)
            and change.kind != "ledger_entry"
            and not (change.kind == "member" and change.erase)
        ):
            # What comes later of the same record names only its rid: it must be known whose it was.
            self._erased_owners.append({"rid": change.rid, "kind": change.kind, "member": entry.member})
            raise BadChange("erased", "the member was erased")
        _is_final(cls, entry, change)
        _is_kept(cls, entry, change)
        kept, dropped, merged = self._merge(cls, entry, change)
        if orphaned(cls, merged.state):
            raise BadChange("orphan", "its first change is missing")
        if change.kind == "ledger_entry" and entry.state is None:
            if not is_entry(entry.member, merged.state["v"]):
                raise BadChange("bad_value", "an entry needs an account and an amount")
            # What head office writes in a store's stead is that store's to answer for.
            sender = change.origin.store
            entry.posted, entry.sender = (
                False,
                (merged.state["v"].get("store") or sender) if sender == HQ else sender,
            )
        entry.dirty |= merged.changed
        entry.state = merged.state
        entry.losers += merged.losers
        entry.store = entry.store or change.origin.store
        if change.kind == "consent":
            self._consents_seen.add(entry.member)
        if change.kind == "member" and change.erase and not self._ring.destroyed(entry.member):
            erasing.member(
                self._con, self._vault, self._ring, entry.member, change.origin.store, change.actor
            )
            self._empty(entry.member)
        return Taken(kept, entry.member, dropped, _place(kept, entry.state))

    def _merge(self, cls: type[Record], entry: Entry, change: Change) -> tuple[Change, list[str], Merged]:
        """A change as HQ may hold it, what it may not hold of it, and what it makes of the record."""
        made = self._made.get(change.n)
        if made is not None and made.change is change and entry.state is None:
            entry.made = made
            return change, [], made.merged
        fields = split(cls, change.fields, shares_health=self._shares_health(entry.member, change))
        kept = replace(change, fields=fields[Lane.HQ]) if fields[Lane.STORE] else change
        return kept, sorted(fields[Lane.STORE]), merge(cls, entry.state, kept)

    def _empty(self, member: str) -> None:
        """What this batch said of a member before it erased her goes too; sums and the tombstone stay."""
        for entry in self._entries.values():
            if entry.member == member and entry.kind not in {"member", "ledger_entry"}:
                entry.dirty, entry.state = False, None
                entry.losers = []

    def _shares_health(self, member: str, change: Change) -> bool:
        if not health.has_any(change.kind, change.fields):
            return False
        mine = [e for e in self._entries.values() if e.kind == "consent" and e.member == member]
        return health.shared(self._con, self._ring, member, {e.rid: e.state for e in mine if e.state})

    def save(self, *, books: bool = True) -> None:
        """Write what changed."""
        dirty = [entry for entry in self._entries.values() if entry.dirty]
        at = now()
        put(self._con, records, [self._row(entry, at) for entry in dirty])
        put(self._con, owners, [{"rid": e.rid, "kind": e.kind, "member": e.member} for e in dirty], keep=True)
        put(self._con, owners, self._erased_owners, keep=True)
        self._save_conflicts()
        self._index([entry for entry in dirty if entry.kind == "member"])
        self._post([entry for entry in dirty if not entry.posted and books])
        for entry in dirty:
            if "x" in (entry.state or {}):
                self._forget(entry)
            if entry.kind == "appointment":
                self._book(entry.rid, (entry.before or empty())["v"], (entry.state or empty())["v"])
        for member in self._consents_seen:
            if not self._ring.destroyed(member) and not health.shared(self._con, self._ring, member, {}):
                health.drop(self._con, self._ring, member)

    def _book(self, rid: str, before: dict[str, Any], values: dict[str, Any]) -> None:
        slots.take(self._con, rid, values)
        if values.get("booking") == "conflict" != before.get("booking"):
            slots.give_back(self._con, self._vault, rid, values)

    def _post(self, entries: list[Entry]) -> None:
        if not entries:
            return
        read = {e.rid: (e.state or {}).get("v", {}) for e in entries}
        books = Books(self._con, read.values())
        # Credits first: money that came in with a batch can be spent in it, whatever its order in the store's log.
        for entry in sorted(entries, key=lambda one: read[one.rid]["amount"] < 0):
            books.post(entry.rid, read[entry.rid], entry.sender)
        books.save()
        self.corrections += books.corrections

    def seal_change(self, taken: Taken, plain: bytes | None = None) -> bytes | None:
        """A change as it is kept; None for what was said of a member before she was erased. `plain`: its canonical form, if known."""
        change = taken.change
        name = row_name(CHANGE, change.origin.store, change.origin.epoch, change.n)
        if self._ring.destroyed(taken.member) and change.kind != "ledger_entry" and not change.erase:
            return None
        made = self._made.get(change.n)
        if made is not None and made.change is change and self._ring.is_under(taken.member, made.key):
            return made.said
        return self._ring.seal_plain(taken.member, plain or canonical(change.wire()), name)

    def _row(self, entry: Entry, at: str) -> dict[str, Any]:
        assert entry.state is not None
        values, made = entry.state["v"], entry.as_made
        written = made.written if made else Written.of(entry.kind, entry.rid, entry.state)
        if made and self._ring.is_under(entry.member, made.key):
            body = made.state
        else:
            name = row_name(RECORD, entry.member, entry.kind, entry.rid)
            body = self._ring.seal_state(entry.member, entry.state, written.plain, name)
        return {
            "member": entry.member, "kind": entry.kind, "rid": entry.rid,
            "store": values.get("store") or values.get("home_store") or entry.store,
            "at": written.at, "body": body, "erased": "x" in entry.state, "updated_at": at, "digest": written.digest,
        }  # fmt: skip

    def _save_conflicts(self) -> None:
        """Of all records of the batch: what gives way as it comes in alters none."""
        rows = []
        for entry in self._entries.values():
            for loser in entry.losers:
                key = {"member": entry.member, "kind": entry.kind, "rid": entry.rid, "field": loser.field}
                name = row_name(CONFLICT, *key.values(), loser.stamp)
                body = self._ring.seal(entry.member, loser.value, name)
                rows.append({**key, "stamp": loser.stamp, "winner": loser.winner, "body": body, "at": now()})
        put(self._con, conflicts, rows, keep=True)

    def _index(self, members: list[Entry]) -> None:
        made = {one.rid: one.as_made.tokens for one in members if one.as_made and one.as_made.key}
        finding.index(self._con, self._vault, {
            entry.rid: ((entry.before or empty())["v"], (entry.state or empty())["v"])
            for entry in members if entry.rid not in made
        }, made)  # fmt: skip

    def _forget(self, entry: Entry) -> None:
        """An erased record's earlier changes and lost values go too; the numbers stay, so that the chain stays whole."""
        mine = (changes.c.member == entry.member, changes.c.kind == entry.kind, changes.c.rid == entry.rid)
        self._con.execute(update(changes).where(*mine).values(body=None))
        self._con.execute(
            delete(conflicts).where(
                conflicts.c.member == entry.member,
                conflicts.c.kind == entry.kind,
                conflicts.c.rid == entry.rid,
            )
        )


def _place(change: Change, state: dict[str, Any]) -> str:
    name, *moved_by = _PLACES.get(change.kind, ("",))
    value = state["v"].get(name, "") if {name, *moved_by} & change.fields.keys() else ""
    return value if isinstance(value, str) else ""


def _is_final(cls: type[Record], entry: Entry, change: Change) -> None:
    """A fact that is there is its writer's, and what the books have posted stands. Only health data that HQ does not hold may come later,
    from whichever store has it when its member consents. Raises BadChange.
    """
    if not cls.fact or entry.state is None or change.origin.store == HQ or "x" in entry.state:
        return
    held = entry.state["v"]
    writer = held.get("store") or entry.store
    if writer not in {"", change.origin.store} and not change.erase:
        told_later = health_fields(cls)
        for name, value in change.fields.items():
            if name not in told_later or held.get(name, value) != value:
                raise BadChange("foreign_fact", writer)
    if change.kind == "ledger_entry":
        for name in POSTED & change.fields.keys():
            if change.fields[name] != held.get(name):
                raise BadChange("bad_value", f"{name}: the entry is posted")


def _is_kept(cls: type[Record], entry: Entry, change: Change) -> None:
    """Who works in a store and with which roles, its beds, its devices: that store says so, and head office. What names another one, or
    would make another's its own, is put aside for a person. Raises BadChange.
    """
    writer = change.origin.store
    if not cls.kept_by or writer == HQ:
        return
    named = entry.rid if cls.kept_by == "rid" else change.fields.get(cls.kept_by, "")
    held = (entry.state or empty())["v"].get(cls.kept_by, named)
    if held not in {"", writer}:
        raise BadChange("foreign_fact", str(held))
