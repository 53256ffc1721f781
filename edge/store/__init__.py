"""The store: TinyDB's documents on encrypted SQLite, the log of all changes, the outbox, and the photos."""

from __future__ import annotations

from edge.store.clock import iso, new_rid, now
from edge.store.errors import (
    DoubleBooked,
    MediaMissing,
    MediaRefused,
    MediaTooLarge,
    NoLease,
    NotUnique,
    OldSQLite,
    StoreBusy,
    StoreError,
    StoreUnwritable,
    UnstorableValue,
    WrongKey,
)
from edge.store.feed import Feed, Notice
from edge.store.leases import Lease
from edge.store.lives import HqHas
from edge.store.records import FactIsFinal, NoSuchRecord, RecordTable
from edge.store.side import Job, LatestValue, NoSuchJob, Presence, Refusal
from edge.store.store import NewerStore, NoStore, Store, home, opened

__all__ = [
    "DoubleBooked",
    "FactIsFinal",
    "Feed",
    "HqHas",
    "Job",
    "LatestValue",
    "Lease",
    "MediaMissing",
    "MediaRefused",
    "MediaTooLarge",
    "NewerStore",
    "NoLease",
    "NoStore",
    "NoSuchJob",
    "NoSuchRecord",
    "NotUnique",
    "Notice",
    "OldSQLite",
    "Presence",
    "RecordTable",
    "Refusal",
    "Store",
    "StoreBusy",
    "StoreError",
    "StoreUnwritable",
    "UnstorableValue",
    "WrongKey",
    "home",
    "iso",
    "new_rid",
    "now",
    "opened",
]
