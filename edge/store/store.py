"""The store database: the only state of a store, opened by all its processes."""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tinydb.queries import Query, where

from edge.store import (
    again,
    aliases,
    calendar,
    changelog,
    erasing,
    health,
    holdings,
    lives,
    overruled,
    photos,
    receipts,
    remote,
    unanswered,
)
from edge.store.adopting import adopt
from edge.store.clock import now, wall_ms
from edge.store.errors import StoreError
from edge.store.feed import Feed
from edge.store.happened import Happenings, Held
from edge.store.keys import read_key
from edge.store.leases import Leases
from edge.store.media import MediaStore
from edge.store.outbox import Outbox
from edge.store.records import RecordTable
from edge.store.remote import Applied
from edge.store.schema import SCHEMA, Node, upgrade
from edge.store.side import Boundary, Jobs, Latest, Presences, Refusal, Refusals, Settings
from edge.store.telemetry import Telemetry
from edge.store.tinydb_sqlite import Connections
from edge.store.wanted import Wanted
from salon import records
from salon.reconcile import CHAIN_START, Change, Origin, State, keeps_state, orphaned
from salon.reconcile.protocol import RecordState

DATABASE, DATABASE_KEY = "store.db", "store.key"
MEDIA, MEDIA_KEY = "media.db", "media.key"
CLOCK_SLACK_MS = 5 * 60 * 1000
"""A wall clock this far behind the last write is not to be believed (sync.md 2.2)."""


def home() -> Path:
    """The folder of all of a store's data: `PARLOUR_HOME`, else `~/.parlour`."""
    return Path(os.environ.get("PARLOUR_HOME") or Path.home() / ".parlour").expanduser()


class NoStore(StoreError, FileNotFoundError):
    """Raised when a folder holds no store yet; `.home` is the folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        super().__init__(f"no store in {home}: make one with `parlour provision store` or `parlour run`")


class NewerStore(StoreError, RuntimeError):
    """Raised when the database was written by a later version of Parlour."""


class Store:
    """All tables of one store. Safe to share between threads; each process opens its own."""

    members: RecordTable[records.Member]
    consents: RecordTable[records.Consent]
    screenings: RecordTable[records.Screening]
    employees: RecordTable[records.Employee]
    stores: RecordTable[records.Store]
    services: RecordTable[records.Service]
    products: RecordTable[records.Product]
    appointments: RecordTable[records.Appointment]
    visits: RecordTable[records.Visit]
    sop_ticks: RecordTable[records.SopTick]
    product_uses: RecordTable[records.ProductUse]
    readings: RecordTable[records.Reading]
    scans: RecordTable[records.Scan]
    observations: RecordTable[records.Observation]
    closeups: RecordTable[records.CloseUp]
    ledger: RecordTable[records.LedgerEntry]
    bills: RecordTable[records.Bill]
    follow_ups: RecordTable[records.FollowUp]
    surveys: RecordTable[records.Survey]
    complaints: RecordTable[records.Complaint]
    devices: RecordTable[records.Device]
    erasure_receipts: RecordTable[records.ErasureReceipt]
    messages: RecordTable[records.Message]
    vouchers: RecordTable[records.Voucher]
    benefit_uses: RecordTable[records.BenefitUse]
    care_plans: RecordTable[records.CarePlan]
    offers: RecordTable[records.Offer]
    interactions: RecordTable[records.Interaction]
    alerts: RecordTable[records.Alert]
    quality_sheets: RecordTable[records.QualitySheet]
    suggestions: RecordTable[records.Suggestion]
    export_requests: RecordTable[records.ExportRequest]
    policy_texts: RecordTable[records.PolicyText]

    def __init__(self, home: Path, connections: Connections) -> None:
        self.home = home
        self.connections = connections
        self._tables: dict[str, RecordTable[Any]] = {}
        for kind, cls in records.kinds().items():
            table = RecordTable(connections, cls)
            self._tables[kind] = table
            setattr(self, cls.table, table)
        self.settings = Settings(connections)
        self.latest = Latest(connections)
        self.presence = Presences(connections)
        self.wanted = Wanted(home / "wanted")
        self.jobs = Jobs(connections, self.wanted)
        self.happened = Happenings(connections)
        self.held = Held(connections)
        self._refusals = Refusals(connections)
        self._telemetry: Telemetry | None = None
        self.outbox = Outbox(connections)
        self.leases = Leases(connections, self.ledger)
        self.media = MediaStore(home / MEDIA, read_key(home, MEDIA_KEY, create=True))

    @classmethod
    def open(cls, home: Path) -> Self:
        """Open the store of a folder. Raises NoStore, WrongKey, OldSQLite, NewerStore."""
        if not (home / DATABASE).is_file():
            raise NoStore(home)
        connections = Connections(home / DATABASE, read_key(home, DATABASE_KEY))
        version: int = connections.get().execute("PRAGMA user_version").get
        if version > SCHEMA:
            raise NewerStore(f"{home / DATABASE} has schema {version}; this version knows {SCHEMA}")
        if version == 0:  # made, but its maker died before it was whole
            raise NoStore(home)
        self = cls(home, connections)
        if version < SCHEMA:
            self._upgrade()
        return self

    @classmethod
    def create(cls, home: Path, store_id: str) -> Self:
        """Make a store's database, or open it if it is there. All of it, or nothing, even when two processes try at once."""
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        connections = Connections(home / DATABASE, read_key(home, DATABASE_KEY, create=True))
        with connections.transaction() as con:
            upgrade(con, con.execute("PRAGMA user_version").get)
            if not list(con.execute("SELECT 1 FROM node")):
                epoch = secrets.token_hex(8)
                Node(store_id, epoch, wall_ms(), 0, 0, CHAIN_START, 0, CHAIN_START, 0, "").create(con)
            self = cls(home, connections)
            self._upgrade()
        return self

    def _upgrade(self) -> None:
        """Tables, indexes and slots as this version has them."""
        with self.transaction() as con:
            version: int = con.execute("PRAGMA user_version").get
            upgrade(con, version)
            for table in self._tables.values():
                table.create_index("rid", unique=True)
                for fields in table.record_class.indexes:
                    table.create_index(*fields)
            if version == 1:
                for booking in self.appointments.select(where("ends_at") > now()):
                    calendar.take(con, self.store_id, booking.rid, booking.document(), strict=False)
            if version in {1, 2}:
                self._fill_tails()
            if 0 < version < 6:
                unanswered.mend(con, self.screenings)
            con.execute(f"PRAGMA user_version = {SCHEMA}")

    def _fill_tails(self) -> None:
        """Files written before numbers had their last digits beside them are found by these too."""
        for document in self.members.search(Query().noop()):
            whole = records.Member.parse(dict(document)).document()
            if whole["phone_tail"] != document.get("phone_tail", "") or "phone_tail" not in document:
                self.members.put(whole)

    # --- who and when

    @property
    def origin(self) -> Origin:
        node = Node.read(self.connections.get())
        return Origin(node.store, node.epoch)

    @property
    def store_id(self) -> str:
        return self.origin.store

    @property
    def cursor(self) -> str:
        """How far HQ's inbox for this store has been read; empty at first."""
        return Node.read(self.connections.get()).cursor

    def clock_suspect(self) -> bool:
        """Whether the wall clock is behind what was already written: a Pi that woke up in the past."""
        return wall_ms() < Node.read(self.connections.get()).clock_ms - CLOCK_SLACK_MS

    # --- writing

    def transaction(self) -> AbstractContextManager[Any]:
        """Several writes, all or none."""
        return self.connections.transaction()

    def acting(self, actor: str) -> AbstractContextManager[None]:
        """Whose writes these are."""
        return changelog.acting(actor)

    def table(self, kind: str) -> RecordTable[Any]:
        """The table of a kind. Raises UnknownKind."""
        records.record_class(kind)
        return self._tables[kind]

    def add(self, record: records.Record) -> None:
        """Insert a record into its own table."""
        self._tables[record.kind].add(record)

    def apply(self, changes: Sequence[Change], *, cursor: str) -> Applied:
        """Take in changes from HQ; what cannot be taken is kept as a refusal."""
        with self.transaction():
            applied = remote.apply(self.connections, self.table, changes, cursor)
            self._follow(applied)
        self._finish(applied)
        return applied

    def adopt(self, states: Sequence[RecordState], *, cursor: str | None = None) -> Applied:
        """Join records as HQ has them with what is here; with a cursor, go on reading the inbox from there."""
        with self.transaction():
            applied = adopt(self.connections, self.table, states, cursor)
            self._follow(applied)
            again.erasures(self, applied.risen)
        self._finish(applied)
        return applied

    def rebuild(self, kind: str, rid: str, known: State | None) -> None:
        """Make a record's state anew from what HQ has of it and all that the log says: after its stamps were changed. What others wrote stays:
        it may have come in a snapshot, which leaves no line in the log, and HQ may have lost it since.
        """
        self._rebuild(kind, rid, known, heard=True)

    def _rebuild(self, kind: str, rid: str, known: State | None, *, heard: bool) -> None:
        cls = records.record_class(kind)
        with self.transaction() as con:
            state = changelog.rebuild(con, cls, rid, known, health=True)
            if heard and state is not None:
                state = again.with_what_others_said(con, cls, rid, state)
            con.execute("DELETE FROM rebuilds WHERE rid = ?", (rid,))
            if state is not None and not orphaned(cls, state):
                applied = Applied()
                remote.place(con, self.connections, self._tables[kind], rid, state, applied)
                self._follow(applied)
            elif overruled.any_of(con, rid):
                self._take_out(con, kind, rid)

    def _take_out(self, con: Any, kind: str, rid: str) -> None:
        """A record of which head office will not have the beginning: here it goes, too. A tombstone stays."""
        held = self._tables[kind].find(rid)
        if "x" in (changelog.load_state(con, rid) or {}):
            return
        con.execute("DELETE FROM states WHERE rid = ?", (rid,))
        if held is not None:
            self._tables[kind].forget(rid)
            self._follow(Applied(consents={held.member} if isinstance(held, records.Consent) else set()))

    def mend(self, kind: str, rid: str, known: State) -> None:
        """Make a record what HQ and this store's own log say, whatever its bytes here were."""
        if keeps_state(records.record_class(kind)):
            self._rebuild(kind, rid, known, heard=False)

    def erased_of(self, rids: Collection[str]) -> set[str]:
        """Which of these records are erased here."""
        con = self.connections.get()
        return {
            rid for rid in rids if con.execute("SELECT 1 FROM erased WHERE rid = ?", (rid,)).get is not None
        }

    def begin_anew(self, has: Sequence[lives.HqHas], why: str) -> int:
        """Start a new life of this database, as a copy of which another life went on. Returns what had to be numbered anew."""
        return lives.begin_anew(self.connections, self.leases, has, why)

    def own_changes_known(self) -> dict[str, int]:
        """By epoch of this store: up to which number nothing is missing here."""
        return lives.known(self.connections.get())

    def _finish(self, applied: Applied) -> None:
        """What follows once it is committed: photos, which are in a database of their own."""
        if applied.erased:
            self.finish_erasures()
        if not self.connections.get().in_transaction:  # else the next sweep does it
            for member in applied.consents:
                photos.settle(self, member)

    def _follow(self, applied: Applied) -> None:
        """What follows from what was taken in: receipts, health data that may not stay, answers to bookings."""
        con = self.connections.get()
        for member, count in applied.erased.items():
            receipts.leave(con, self.connections, member, count)
        for member in applied.consents:
            if not health.is_home(self.connections, member, self.store_id) and not health.shared(
                self.connections, member
            ):
                health.drop(con, self.connections, member)
        for rid in applied.bookings:
            self._answer(rid)
        self._tell(applied)

    def _answer(self, rid: str) -> None:
        """Say yes or no to a booking in this store's calendar that was made or moved elsewhere (APT-08)."""
        booking = self.appointments.find(rid)
        if booking is None or booking.store != self.store_id or booking.status not in {"booked", "arrived"}:
            return
        con = self.connections.get()
        agreed = booking.model_copy(update={"booking": "confirmed"}).document()
        wanted = calendar.slots(agreed, self.store_id)
        if booking.booking == "confirmed" and (not wanted or calendar.holds(con, rid)):
            return
        possible = bool(calendar.span(agreed)) or not (booking.starts_at and booking.ends_at)
        free = possible and calendar.taken(con, wanted) is None
        with self.acting("calendar"):
            self.appointments.edit(rid, booking="confirmed" if free else "conflict")

    def erase(self, member: str) -> None:
        """Erase a member here and, through HQ, everywhere: for good. Raises NoSuchRecord."""
        with self.transaction():
            self.members.load(member)
            self.members.remove(where("rid") == member)
        self.finish_erasures()

    def finish_erasures(self) -> None:
        """After the commit (or, if that was when the power went, at the next start): photos, and the write-ahead log."""
        con = self.connections.get()
        if con.in_transaction:
            return  # photos are in a database of their own: they go once this one has committed
        owners: list[str] = [
            str(rid) for (rid,) in con.execute("SELECT rid FROM erased WHERE photos = 1").fetchall()
        ]
        if not owners:
            return
        for owner in owners:
            self.media.delete_owner(owner)
        with self.transaction() as con:
            con.executemany("UPDATE erased SET photos = 0 WHERE rid = ?", [(owner,) for owner in owners])
        erasing.scrub(self.connections)

    def _tell(self, applied: Applied) -> None:
        for declined in applied.refused:
            detail = f"{declined.what}: {declined.detail}"
            self.refuse("sync", declined.source, declined.code, detail, declined.raw)

    @property
    def telemetry(self) -> Telemetry:
        """The table of what is measured all day of no person."""
        if self._telemetry is None:  # made at first use: most processes of a store never ask
            self._telemetry = Telemetry(self.connections)
        return self._telemetry

    def refuse(self, boundary: Boundary, source: str, code: str, detail: str, raw: str | bytes = "") -> None:
        """Keep an input that was not taken where a technician sees it. Never put a secret or a PIN in it."""
        self._refusals.add(boundary, source, code, detail, raw)

    def refusals(self, limit: int = 100) -> list[Refusal]:
        return self._refusals.latest(limit)

    def refusal(self, number: int) -> Refusal | None:
        return self._refusals.get(number)

    def refusals_naming(self, text: str) -> list[Refusal]:
        """What the exchange could not take in, and in whose change a text stands."""
        return self._refusals.naming(text)

    def settle_refusal(self, number: int, state: str, by: str) -> None:
        """Note what was decided of a refused change (edge/store/putaside.py)."""
        self._refusals.settle(number, state, by)

    # --- reading

    def files(self, member: str) -> list[str]:
        """All files of the person of this file, the leading one first: itself alone, where nothing was merged."""
        return aliases.files(self.members, member)

    def holdings(self, member: str) -> dict[str, list[dict[str, Any]]]:
        """All that is held of the person of this file, by kind: health and money too (edge/store/holdings.py)."""
        with self.transaction():  # one moment of the store
            return holdings.of_files(self.connections, self.files(member))

    def feed(self) -> Feed:
        """A view on what is written from now on, by any process."""
        return Feed(self.connections)

    def close(self) -> None:
        self.media.close()
        self.connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def opened(folder: Path | None = None) -> Iterator[Store]:
    """The store of a folder, closed afterwards."""
    with Store.open(folder or home()) as store:
        yield store
