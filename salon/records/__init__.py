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
from salon.records.benefits import BenefitUse, Voucher
from salon.records.care import Complaint, FollowUp, Survey
from salon.records.catalogue import STORE_ID, Product, Service, Step, Store
from salon.records.devices import Device
from salon.records.erasure import ErasureReceipt
from salon.records.house import Alert, ExportRequest, PolicyText, QualitySheet, Suggestion
from salon.records.measures import CloseUp, Observation, Reading, Scan
from salon.records.messages import Message
from salon.records.money import Bill, BillLine, LedgerEntry
from salon.records.people import Consent, Employee, Member, Screening
from salon.records.plans import CarePlan, Interaction, Offer
from salon.records.visits import Appointment, ProductUse, SopTick, Visit

__all__ = [
    "SCHEMA_VERSION",
    "STORE_ID",
    "About",
    "Alert",
    "Appointment",
    "BadRecord",
    "BenefitUse",
    "Bill",
    "BillLine",
    "CarePlan",
    "CloseUp",
    "Complaint",
    "Consent",
    "Device",
    "Employee",
    "ErasureReceipt",
    "ExportRequest",
    "FollowUp",
    "Interaction",
    "Lane",
    "LedgerEntry",
    "Member",
    "Merge",
    "Message",
    "Observation",
    "Offer",
    "PolicyText",
    "Privacy",
    "Product",
    "ProductUse",
    "QualitySheet",
    "Reading",
    "Record",
    "RecordError",
    "Scan",
    "Screening",
    "Service",
    "SopTick",
    "Step",
    "Store",
    "Suggestion",
    "Survey",
    "UnknownKind",
    "Visit",
    "Voucher",
    "kinds",
    "record_class",
]
