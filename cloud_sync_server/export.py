"""All that HQ holds on one member, complete by schema: every record of hers, every field with its label (SEC-07, PIPL 45)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from cloud_sync_server.schema import conflicts, records
from cloud_sync_server.vault import CONFLICT, RECORD, Vault, row_name
from salon.records import Member, kinds


def collect(con: Connection, vault: Vault, rid: str) -> dict[str, list[dict[str, Any]]]:
    """Kind -> her records, fields of a later schema included; `gave_way` are values kept for review. Empty when there is nothing."""
    ring = vault.reading(con, [rid])
    out: dict[str, list[dict[str, Any]]] = {}
    found = select(records).where(records.c.member == rid, records.c.erased.is_(False))
    for row in con.execute(found.order_by(records.c.kind, records.c.at, records.c.rid)):
        state = ring.open(row.member, row.body, row_name(RECORD, *row[:3]))
        out.setdefault(row.kind, []).append({"rid": row.rid, **state["v"]})
    lost = con.execute(select(conflicts).where(conflicts.c.member == rid)).all()
    if lost:
        out["gave_way"] = [
            {
                "kind": row.kind, "rid": row.rid, "field": row.field, "at": row.at,
                "value": ring.open(rid, row.body, row_name(CONFLICT, *row[:4], row.stamp)),
            }
            for row in lost
        ]  # fmt: skip
    return out


Section = tuple[str, list[list[tuple[str, str]]]]
"""(title, records as (label, value) lines)."""


def readable(found: dict[str, list[dict[str, Any]]], language: str) -> list[Section]:
    """The same for a person: kinds and fields by their names, empty fields left out."""
    out: list[Section] = []
    for kind in sorted(found, key=lambda one: (one != Member.kind, one)):
        cls = kinds().get(kind)
        title = kind if cls is None else (cls.zh if language == "zh" else cls.en)
        out.append((title, [_lines(kind, record, language) for record in found[kind]]))
    return out


def _lines(kind: str, record: dict[str, Any], language: str) -> list[tuple[str, str]]:
    cls = kinds().get(kind)
    lines = []
    for name, value in record.items():
        if value in ("", [], None):
            continue
        known = cls is not None and name in cls.model_fields
        label = cls.about(name).label(language) if cls is not None and known else name
        lines.append((label, " · ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return lines
