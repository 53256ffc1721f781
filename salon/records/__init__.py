"""What a member, a visit, a scan, a product... is: one module a family, one class a kind."""

from __future__ import annotations

from salon.records._base import (
    SCHEMA_VERSION,
    About,
    BadRecord,
    Lane,
    Merge,
    Privacy,
    Record,
    RecordError,
    UnknownKind,
    kinds,
    record_class,
)
from salon.records.care import Complaint, FollowUp, Survey
from salon.records.catalogue import Product, Service, Step, Store
from salon.records.devices import Device
from salon.records.measures import Reading, Scan
from salon.records.money import LedgerEntry
from salon.records.people import Consent, Employee, Member, Screening
from salon.records.visits import Appointment, ProductUse, SopTick, Visit

__all__ = [
    "SCHEMA_VERSION",
    "About",
    "Appointment",
    "BadRecord",
    "Complaint",
    "Consent",
    "Device",
    "Employee",
    "FollowUp",
    "Lane",
    "LedgerEntry",
    "Member",
    "Merge",
    "Privacy",
    "Product",
    "ProductUse",
    "Reading",
    "Record",
    "RecordError",
    "Scan",
    "Screening",
    "Service",
    "SopTick",
    "Step",
    "Store",
    "Survey",
    "UnknownKind",
    "Visit",
    "kinds",
    "record_class",
]
