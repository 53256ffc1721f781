"""Changes that were acknowledged but not taken in: listed for a person, tried again, or put away for good."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from cloud_sync_server import distribution, own
from cloud_sync_server.base import Base
from cloud_sync_server.clock import now, now_ms
from cloud_sync_server.ingest import read
from cloud_sync_server.schema import changes, owners, quarantine, records
from cloud_sync_server.settings import Settings
from cloud_sync_server.statements import Among, Prepared
from cloud_sync_server.vault import ASIDE, Vault, row_name
from salon.reconcile import BadChange, Change, Origin, Stamp, Told, check, restamp, wire_text, with_stamp
from salon.reconcile.protocol import Push
from salon.records import UnknownKind, record_class

_RID = re.compile(r"[0-9a-z._-]{1,64}")
"""What a record may be called: no database has to be asked for anything else."""
_OPEN_OF = Prepared(
    select(quarantine)
    .where(Among(quarantine.c.rid, "rids"), quarantine.c.state == "open")
    .order_by(quarantine.c.store, quarantine.c.epoch, quarantine.c.n)
)


def count(con: Connection, store: str | None = None) -> int:
    """Changes that wait for a decision."""
    waiting = select(func.count()).select_from(quarantine).where(quarantine.c.state == "open")
    if store is not None:
        waiting = waiting.where(quarantine.c.store == store)
    return int(con.execute(waiting).scalar_one())


def replay(con: Connection, vault: Vault, settings: Settings, store: str, epoch: str, n: int, by: str) -> str:
    """Try one change again. Returns what still stands against it, or nothing when it is now taken in."""
    key = _key(store, epoch, n)
    row = con.execute(select(quarantine).where(key, quarantine.c.state == "open").with_for_update()).first()
    if row is None:
        return "not_open"
    origin = Origin(store, epoch)
    wire = vault.take_back(row.body, row_name(ASIDE, store, epoch, n))
    try:
        change = read(origin, n, wire, len(wire_text(wire)))
        for stamp in restamp([change], Told(now_ms()), now_ms(), None).values():
            change = with_stamp(change, stamp)
        base = Base(con, vault, [change])
        taken = base.take(change)
    except BadChange as error:
        still: dict[str, Any] = {"reason": error.reason, "detail": error.detail[:200]}
        if error.reason == "erased":  # nothing of it may be kept, and there is nothing to decide
            still |= {"body": b"", "state": "erased", "detail": ""}
        con.execute(update(quarantine).where(key).values(still))
        return error.reason
    base.save()
    body = base.seal_change(taken)
    mine = and_(changes.c.store == store, changes.c.epoch == epoch, changes.c.n == n)
    con.execute(
        update(changes).where(mine).values(member=taken.member, kind=change.kind, rid=change.rid, body=body)
    )
    con.execute(update(quarantine).where(key).values(state="replayed", decided_at=now(), decided_by=by))
    distribution.deliver(con, settings, origin, [(taken, body)])
    drafts = [own.Draft("ledger_entry", one.pop("rid"), one) for one in base.corrections]
    own.write(con, vault, settings, drafts, by, books=False)
    _orphans(con, vault, settings, change.kind, change.rid, by)
    return ""


def discard(con: Connection, store: str, epoch: str, n: int, by: str) -> None:
    """Decide that a change is not wanted. Its content is kept, with who decided."""
    decided = {"state": "discarded", "decided_at": now(), "decided_by": by}
    con.execute(update(quarantine).where(_key(store, epoch, n), quarantine.c.state == "open").values(decided))


def decided(con: Connection, store: str, asked: Collection[tuple[str, int]]) -> list[tuple[str, int, str]]:
    """(epoch, number, decision) of those of a store's changes on which somebody has decided."""
    wanted = set(asked)
    found = con.execute(
        select(quarantine.c.epoch, quarantine.c.n, quarantine.c.state).where(
            quarantine.c.store == store,
            quarantine.c.epoch.in_(sorted({epoch for epoch, _ in wanted})),
            quarantine.c.n.in_(sorted({n for _, n in wanted})),
            quarantine.c.state != "open",
        )
    )
    return [(epoch, n, state) for epoch, n, state in found if (epoch, n) in wanted]


def orphans(con: Connection, store: str, most: int) -> list[tuple[str, int, str]]:
    """(epoch, number, record) of a store's changes that wait for their record's first one."""
    mine = (quarantine.c.store == store, quarantine.c.state == "open", quarantine.c.reason == "orphan")
    found = select(quarantine.c.epoch, quarantine.c.n, quarantine.c.rid).where(*mine)
    ordered = found.order_by(quarantine.c.epoch, quarantine.c.n).limit(most)
    return [(epoch, n, rid) for epoch, n, rid in con.execute(ordered)]


def erased(con: Connection, store: str, said: Collection[tuple[str, int]]) -> None:
    """What waits for its record's first change is of somebody whom its store has erased: that change may never come, and nothing of it may
    be kept.
    """
    nothing = {"body": b"", "state": "erased", "detail": "", "decided_at": now(), "decided_by": store}
    for epoch, n in said:
        waits = (quarantine.c.state == "open", quarantine.c.reason == "orphan")
        con.execute(update(quarantine).where(_key(store, epoch, n), *waits).values(nothing))


def unwanted(con: Connection, store: str, said: Collection[tuple[str, int]]) -> None:
    """What waits for its record's first change, which somebody here discarded: its store says that no other is on its way. The content is kept."""
    decided = {"state": "discarded", "decided_at": now(), "decided_by": store}
    for epoch, n in said:
        waits = (quarantine.c.state == "open", quarantine.c.reason == "orphan")
        con.execute(update(quarantine).where(_key(store, epoch, n), *waits).values(decided))


def mend(
    con: Connection, vault: Vault, settings: Settings, store: str, epoch: str, n: int, by: str, text: str
) -> str:
    """Write what a change should have said, as HQ's own write: so it reaches its sender too. What was sent stays in the chain."""
    key = _key(store, epoch, n)
    row = con.execute(select(quarantine).where(key, quarantine.c.state == "open").with_for_update()).first()
    if row is None:
        return "not_open"
    try:
        fields = json.loads(text)
    except ValueError:
        return "malformed"
    wire = vault.take_back(row.body, row_name(ASIDE, store, epoch, n))
    if not (isinstance(wire, dict) and isinstance(fields, dict)):
        return "malformed"
    if "f" not in wire or not isinstance(wire.get("kind"), str) or not isinstance(wire.get("rid"), str):
        return "malformed"
    change = Change(Origin(store, epoch), n, wire["kind"], wire["rid"], fields, Stamp(0, 0, store))
    try:
        check(record_class(change.kind), change)
        own.write(con, vault, settings, [own.Draft(change.kind, change.rid, fields)], by)
    except UnknownKind:
        return "unknown_kind"
    except BadChange as error:
        return error.reason
    con.execute(update(quarantine).where(key).values(state="mended", decided_at=now(), decided_by=by))
    _orphans(con, vault, settings, change.kind, change.rid, by)
    return ""


def fields(con: Connection, vault: Vault, store: str, epoch: str, n: int) -> str:
    """What a change that was put aside says, for a person to read and mend."""
    row = con.execute(select(quarantine).where(_key(store, epoch, n))).first()
    wire = (
        None if row is None or not row.body else vault.take_back(row.body, row_name(ASIDE, store, epoch, n))
    )
    return json.dumps(
        wire.get("f", {}) if isinstance(wire, dict) else wire, ensure_ascii=False, indent=1, sort_keys=True
    )


def settle(con: Connection, vault: Vault, settings: Settings, message: Push) -> None:
    """After a push: an edit whose record's first change has come now is taken in (or goes, where that one says that it was of somebody
    erased since), and what its store has said anew since (as somebody mended it there) is not asked for again.
    """
    named = {op["rid"] for op in message.ops if isinstance(op, dict) and isinstance(op.get("rid"), str)}
    for row in _waiting(con, {rid for rid in named if _RID.fullmatch(rid)}):
        reason = row.reason
        if reason == "orphan" and _whose(con, row.kind, row.rid) is not None:
            reason = replay(con, vault, settings, row.store, row.epoch, row.n, "hq")
            if reason != "foreign_fact":
                continue
        if (
            reason == "foreign_fact"
            and row.store != message.origin.store
            and _is_there(con, row.kind, row.rid)
            and not _would_change(con, vault, row)
        ):  # A witness said it while its own store was away, which has said it now.
            decided = {"state": "replayed", "decided_at": now(), "decided_by": message.origin.store}
            con.execute(update(quarantine).where(_key(row.store, row.epoch, row.n)).values(decided))
        elif row.store == message.origin.store and _said_anew(con, vault, row, message):
            decided = {"state": "mended", "decided_at": now(), "decided_by": row.store}
            con.execute(update(quarantine).where(_key(row.store, row.epoch, row.n)).values(decided))


def _waiting(con: Connection, rids: Collection[str]) -> Sequence[Row[*tuple[Any, ...]]]:
    return _OPEN_OF.run(con, rids=sorted(rids)).all() if rids else []


def _whose(con: Connection, kind: str, rid: str) -> str | None:
    """The member of a record of which HQ has heard enough to know; None of another."""
    known = select(owners.c.member).where(owners.c.kind == kind, owners.c.rid == rid)
    return con.execute(known).scalar()


def _is_there(con: Connection, kind: str, rid: str) -> bool:
    there = select(records.c.rid).where(
        records.c.member == _whose(con, kind, rid), records.c.kind == kind, records.c.rid == rid
    )
    return con.execute(there).first() is not None


def _would_change(con: Connection, vault: Vault, row: Any) -> bool:
    """Whether another store's word on a document is other than what is held: that is no witness, and a person's to decide. A fact that is
    there stands.
    """
    if record_class(row.kind).fact:
        return False
    wire = vault.take_back(row.body, row_name(ASIDE, row.store, row.epoch, row.n))
    change = Change.from_wire(Origin(row.store, row.epoch), wire)
    return Base(con, vault, [change]).differs(change)


def _said_anew(con: Connection, vault: Vault, row: Any, message: Push) -> bool:
    """Whether later changes of this batch, taken in, name all that the one put aside named."""
    wire = vault.take_back(row.body, row_name(ASIDE, row.store, row.epoch, row.n))
    said = wire.get("f") if isinstance(wire, dict) else None
    if not isinstance(said, dict) or not said:
        return False
    mine = (changes.c.store == message.origin.store, changes.c.epoch == message.origin.epoch)
    ours = select(changes.c.n).where(
        *mine, changes.c.n >= message.n, changes.c.n < message.n + len(message.ops), changes.c.kind == row.kind,
        changes.c.rid == row.rid, changes.c.body.is_not(None),
    )  # fmt: skip
    later = [n for n in con.execute(ours).scalars() if row.epoch != message.origin.epoch or n > row.n]
    since: dict[str, list[Any]] = {}
    for n in later:
        for name, value in message.ops[n - message.n].get("f", {}).items():
            since.setdefault(name, []).append(value)
    return all(
        name in since and _elements(value) <= set().union(*map(_elements, since[name]))
        for name, value in said.items()
    )


def _elements(value: Any) -> set[str]:
    """What a change of a set names: of one that was put aside, each has to be named anew. What does not fit names none."""
    parts = (value.get("add"), value.get("rm")) if isinstance(value, dict) else ()
    return {one for part in parts if isinstance(part, list | dict) for one in part if isinstance(one, str)}


def _orphans(con: Connection, vault: Vault, settings: Settings, kind: str, rid: str, by: str) -> None:
    """Once a record's first change is there, what came after it can be taken in too."""
    waiting = select(quarantine.c.store, quarantine.c.epoch, quarantine.c.n).where(
        quarantine.c.state == "open",
        quarantine.c.reason == "orphan",
        quarantine.c.kind == kind,
        quarantine.c.rid == rid,
    )
    for store, epoch, n in con.execute(
        waiting.order_by(quarantine.c.store, quarantine.c.epoch, quarantine.c.n)
    ).all():
        replay(con, vault, settings, store, epoch, n, by)


def _key(store: str, epoch: str, n: int) -> ColumnElement[bool]:
    return and_(quarantine.c.store == store, quarantine.c.epoch == epoch, quarantine.c.n == n)
