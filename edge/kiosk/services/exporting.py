"""Taking customer data out (SEC-03): an application with purpose and scope, a second person's PIN, a file once, a trace of all."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk import signin
from edge.store import new_rid, now
from salon.records import Member, Privacy
from salon.rules import rights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.store import Store
    from salon.records import Employee, ExportRequest

USUAL = ("surname", "given_name", "phone", "therapist", "joined_at")
"""What an export begins with; each more has to be chosen."""
_NOT_OFFERED = frozenset({"rid", "merged_into", "phone_tail", "phone2_tail", "card_code", "card_uid"})


def columns(language: str) -> dict[str, str]:
    """Fields that may leave the store, with their labels: never health, never what is local."""
    return {
        name: about.label(language)
        for name, about in Member.fields().items()
        if about.privacy not in {Privacy.HEALTH, Privacy.LOCAL} and name not in _NOT_OFFERED
    }


def requests(store: Store) -> list[ExportRequest]:
    """The applications of this store, newest first."""
    return store.export_requests.select(
        where("store") == store.store_id, order_by="at", descending=True, limit=30
    )


def ask(store: Store, employee: Employee, purpose: str, wanted: Sequence[str]) -> ExportRequest:
    """Apply. Raises rights.ExportRefused."""
    request = rights.ask_export(new_rid(), employee, purpose, wanted, [], now())
    with store.acting(employee.rid):
        return store.export_requests.add(request)


def decide(store: Store, rid: str, login: str, pin: str, *, approve: bool, source: str) -> ExportRequest:
    """A second person decides, with her own PIN. Raises ExportRefused, SignInRefused, NoSuchRecord."""
    request = store.export_requests.load(rid)
    second = signin.with_pin(store, login, pin, source)
    changes = rights.decide_export(request, second, approve, now())
    with store.acting(second.rid):
        return store.export_requests.edit(rid, **changes)


def take(store: Store, employee: Employee, rid: str) -> bytes:
    """The file, once, to who asked for it. Raises ExportRefused, NoSuchRecord."""
    with store.acting(employee.rid), store.transaction():
        request = store.export_requests.load(rid)
        rights.is_applicant(request, employee)
        home = store.members.select(where("home_store") == store.store_id)
        rows, changes = rights.export(request, home, now())
        store.export_requests.edit(rid, **changes)
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8-sig")  # with its mark, so that spreadsheets read Chinese as such
