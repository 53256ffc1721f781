"""A member's page: the file, visits in all stores, balance, consents, and values that gave way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from cloud_sync_server import reviews
from cloud_sync_server.finding import question_terms
from cloud_sync_server.pages import reading
from cloud_sync_server.pages.language import language
from cloud_sync_server.pages.reading import Seen
from cloud_sync_server.reviews import Lost
from cloud_sync_server.schema import lookups, records
from cloud_sync_server.vault import Vault
from salon import policies
from salon.records import About, Member, Privacy
from salon.rules import followups, names, phones

LIST_LIMIT = 50
_SHOWN_ELSEWHERE = frozenset(
    {"merged_into", "rid", "surname", "given_name", "phone", "phone2", "home_store", "joined_at", "therapist"}
    | {"referred_by"}
)


@dataclass(frozen=True)
class Person:
    """All that a member's page shows."""

    member: Seen
    fields: list[tuple[About, Any]]
    visits: list[Seen]
    consents: list[Seen]
    balances: dict[str, int]
    follow_ups: list[Seen]
    gave_way: list[Lost]
    same_phone: list[Seen]
    merged: list[Seen]
    """Files of the same person: shown together, each as it was."""
    referred_by: Seen | None
    named: dict[str, reading.Named]


def full_name(member: Seen) -> str:
    """王丽 / Emma Smith."""
    surname, given = member.surname or "", member.given_name or ""
    return f"{surname}{given}" if names.is_chinese(surname) else f"{given} {surname}".strip()


def shown_phone(member: Seen, *, whole: bool) -> str:
    phone = member.phone or ""
    return phone if whole else phones.mask(phone)


def about_task(task: Seen) -> str:
    """What a follow-up is about, in the page's language; a rule that the policy no longer has as it was explained then."""
    rule = str(task.rule or "")
    said = followups.label(rule, policies.default())
    return said.in_(language()) if said.zh != rule else str(task.explain or rule)


def search(con: Connection, vault: Vault, question: str) -> list[Seen]:
    """Members by phone number, its last four digits, surname, full name or member code; without a question the newest."""
    which = [records.c.kind == "member"]
    if question.strip():
        tokens = [vault.lookup(*term) for term in question_terms(question)]
        found = select(lookups.c.member).where(lookups.c.token.in_(tokens))
        which.append(records.c.member.in_(found))
    return reading.find(con, vault, *which, limit=LIST_LIMIT)


def load(con: Connection, vault: Vault, rid: str) -> Person | None:
    """One member's page, or None when there is no such member."""
    found = reading.find(con, vault, records.c.member == rid)
    merged = _merged(con, vault, rid, found)
    for other in merged:
        found += [
            one
            for one in reading.find(con, vault, records.c.member == other.rid)
            if one.kind not in {"member", "consent"}
        ]
    by_kind: dict[str, list[Seen]] = {}
    for seen in found:
        by_kind.setdefault(seen.kind, []).append(seen)
    if "member" not in by_kind:
        return None
    [member] = by_kind["member"]
    balances: dict[str, int] = {}
    for entry in by_kind.get("ledger_entry", []):
        balances[entry.unit] = balances.get(entry.unit, 0) + entry.amount
    return Person(
        member=member,
        fields=_fields(member),
        visits=sorted(by_kind.get("visit", []), key=lambda one: one.at, reverse=True),
        consents=by_kind.get("consent", []),
        balances=balances,
        follow_ups=[seen for seen in by_kind.get("follow_up", []) if seen.state in {None, "open"}],
        gave_way=reviews.latest(con, vault, rid),
        same_phone=[
            one for one in _same_phone(con, vault, member) if one.rid not in {other.rid for other in merged}
        ],
        merged=merged,
        referred_by=_who(con, vault, member.referred_by),
        named=reading.names(con, vault, ["store", "service", "employee"]),
    )


def _who(con: Connection, vault: Vault, rid: str | None) -> Seen | None:
    """The member of this id, when head office has her file."""
    return next(
        iter(reading.find(con, vault, records.c.kind == "member", records.c.rid == (rid or ""))), None
    )


def _fields(member: Seen) -> list[tuple[About, Any]]:
    """Everything else that is filled in; how to reach a person stays with those who may see it."""
    return [
        (about, member.values[name])
        for name, about in Member.fields().items()
        if member.values.get(name) and name not in _SHOWN_ELSEWHERE and about.privacy is not Privacy.CONTACT
    ]


def _merged(con: Connection, vault: Vault, rid: str, found: list[Seen]) -> list[Seen]:
    """The file that this one was merged into, and those merged into this one: they have its number, or had it."""
    mine = next((one for one in found if one.kind == "member"), None)
    if mine is None:
        return []
    near = _with_number_of(vault, mine)
    named = records.c.member == (mine.merged_into or "")
    others = reading.find(con, vault, records.c.kind == "member", named | records.c.member.in_(near))
    return [one for one in others if one.rid == mine.merged_into or one.merged_into == rid]


def _same_phone(con: Connection, vault: Vault, member: Seen) -> list[Seen]:
    """Other files with one of her numbers (PRF-15): one person registered twice while two stores did not see each other."""
    near = _with_number_of(vault, member)
    return reading.find(con, vault, records.c.kind == "member", records.c.member.in_(near))


def _with_number_of(vault: Vault, member: Seen) -> Select[tuple[str]]:
    """Other files that have her first or her second number, as their first or their second."""
    tokens = [vault.lookup("phone", number) for number in (member.phone, member.phone2) if number]
    return select(lookups.c.member).where(lookups.c.token.in_(tokens), lookups.c.member != member.rid)
