"""Values that gave way to one whose writer did not know of them: kept thirty days for a person to review (sync.md 2.3).

A name, a number or a consent that gave way is never silent: head office's first page says so until somebody has looked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select

from cloud_sync_server import own, trail
from cloud_sync_server.clock import later
from cloud_sync_server.schema import conflicts, records
from cloud_sync_server.settings import Settings
from cloud_sync_server.vault import CONFLICT, RECORD, Vault, row_name
from salon.records import About, Merge, Privacy, UnknownKind, record_class

KEPT_S = 30 * 86_400
ASKED = {"member": ("surname", "given_name", "phone", "phone2"), "consent": ("granted",)}
"""Kind -> fields of which somebody is told."""
MOST = 200
_DERIVED = frozenset({"phone_tail", "phone2_tail"})
"""They follow their numbers."""


@dataclass(frozen=True)
class Lost:
    """One value that gave way."""

    member: str
    kind: str
    rid: str
    field: str
    stamp: str
    at: str
    about: About
    value: Any
    now: Any
    """What stands there at present."""
    of: dict[str, Any]
    """The record as it stands: of a consent, its purpose."""

    @property
    def may_come_back(self) -> bool:
        """A consent is given by its member alone, a set's elements are never overwritten."""
        return self.about.merge not in {Merge.CONSENT, Merge.SET}


def waiting(con: Connection, vault: Vault) -> int:
    """How many names, numbers and consents nobody has looked at; at most MOST."""
    asked = or_(
        *(and_(conflicts.c.kind == kind, conflicts.c.field.in_(names)) for kind, names in ASKED.items())
    )
    return len(list(_read(con, vault, asked)))


def latest(con: Connection, vault: Vault, member: str = "") -> list[Lost]:
    """The newest first, at most MOST: of one member, or of all. None that stands again by now, and no health data."""
    return list(_read(con, vault, *([conflicts.c.member == member] if member else [])))


def looked_at(con: Connection, by: str, key: tuple[str, ...]) -> bool:
    """A person has seen it, and what stands is right. False when it is not there any more."""
    if not con.execute(delete(conflicts).where(_key(key))).rowcount:
        return False
    trail.leave(con, by, "review_seen", key[0], f"{key[1]} {key[2]} {key[3]}")
    return True


def put_back(con: Connection, vault: Vault, settings: Settings, by: str, key: tuple[str, ...]) -> bool:
    """What gave way is right: head office writes it, and every store gets it. False when it is not there any more, or not hers to write."""
    found = next(_read(con, vault, _key(key)), None)
    if found is None or not found.may_come_back:
        return False
    draft = own.Draft(found.kind, found.rid, {found.field: found.value})
    own.write(con, vault, settings, [draft], f"hq:{by}")
    con.execute(delete(conflicts).where(_key(key)))
    trail.leave(con, by, "review_put_back", key[0], f"{key[1]} {key[2]} {key[3]}")
    return True


def forget_old(con: Connection) -> None:
    """What nobody wanted in thirty days is kept no longer."""
    con.execute(delete(conflicts).where(conflicts.c.at < later(-KEPT_S)))


def _key(key: tuple[str, ...]) -> ColumnElement[bool]:
    return and_(*(column == part for column, part in zip(conflicts.primary_key, key, strict=True)))


def _read(con: Connection, vault: Vault, *which: ColumnElement[bool]) -> Iterator[Lost]:
    wanted = select(conflicts).where(conflicts.c.at >= later(-KEPT_S), *which)
    rows = con.execute(wanted.order_by(conflicts.c.at.desc()).limit(MOST)).all()
    ring = vault.reading(con, {row.member for row in rows})
    for row in rows:
        about = _about(row.kind, row.field)
        if about is None:
            continue
        held = and_(
            records.c.member == row.member, records.c.kind == row.kind, records.c.rid == row.rid, records.c.erased.is_(False)
        )  # fmt: skip
        body = con.execute(select(records.c.body).where(held)).scalar()
        if body is None:
            continue
        of = ring.open(row.member, body, row_name(RECORD, *row[:3]))["v"]
        value = ring.open(row.member, row.body, row_name(CONFLICT, *row[:4], row.stamp))
        if of.get(row.field) != value:
            yield Lost(
                row.member,
                row.kind,
                row.rid,
                row.field,
                row.stamp,
                row.at,
                about,
                value,
                of.get(row.field),
                of,
            )


def _about(kind: str, field: str) -> About | None:
    """None of what is not shown: a field of a later version, health data, what follows another field."""
    try:
        about = record_class(kind).fields().get(field)
    except UnknownKind:
        return None
    return None if about is None or about.privacy is Privacy.HEALTH or field in _DERIVED else about
