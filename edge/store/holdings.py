"""What is held of a member, found by schema: each kind that can name her, new ones too. Erasure and her export both ask here (SEC-07)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tinydb.queries import where

from edge.store.tinydb_sqlite import Connections, SqliteTable
from salon.records import kinds

GAVE_WAY = "gave_way"
"""In an export, beside the kinds: values of her records that lost a merge and are kept for review."""


def of(
    connections: Connections, member: str, without: Collection[str] = ()
) -> dict[str, list[dict[str, Any]]]:
    """The documents that are about a member, by kind, hers included."""
    out: dict[str, list[dict[str, Any]]] = {}
    for kind, cls in kinds().items():
        if kind in without or (kind != "member" and "member" not in cls.model_fields):
            continue
        field = "rid" if kind == "member" else "member"
        found = SqliteTable(connections, cls.table).search(where(field) == member)
        if found:
            out[kind] = [dict(document) for document in found]
    return out


def of_files(connections: Connections, files: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """The same over all files of one person, and what gave way in a merge."""
    out: dict[str, list[dict[str, Any]]] = {}
    for member in files:
        for kind, documents in of(connections, member).items():
            out.setdefault(kind, []).extend(documents)
    rids = sorted({document["rid"] for documents in out.values() for document in documents})
    lost = SqliteTable(connections, "conflicts").search(where("rid").one_of(rids))
    if lost:
        out[GAVE_WAY] = [dict(one) for one in lost]
    return out
