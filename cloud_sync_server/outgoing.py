"""What a store reads: its inbox from a cursor on, a snapshot of all it may know, and members looked up by phone."""

from __future__ import annotations

import base64
import json
from binascii import Error as Base64Error
from typing import Any

from sqlalchemy import (
    ARRAY,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    func,
    literal,
    select,
    true,
    tuple_,
    update,
)

from cloud_sync_server import cursors, distribution, leases
from cloud_sync_server.clock import later, now, now_ms
from cloud_sync_server.errors import BadRequest
from cloud_sync_server.schema import changes, inbox, lookups, origins, owners, records, stores, subscriptions
from cloud_sync_server.settings import Settings
from cloud_sync_server.statements import Prepared, by_keys
from cloud_sync_server.vault import CHANGE, LOOKUP_BYTES, RECORD, Vault, row_name
from salon.reconcile import canonical
from salon.reconcile.protocol import (
    LookupAnswer,
    OwnAnswer,
    OwnChange,
    PullAnswer,
    PulledChange,
    RecordsAnswer,
    RecordState,
    SnapshotAnswer,
)

_KEY = (records.c.member, records.c.kind, records.c.rid)
_MEMBERS_AT_FIRST, _MEMBERS_AT_MOST = 4, 256
"""Whose records a statement of a snapshot reads: twice as many each time, so that a page takes a few statements of members with few
records, and reads little beyond itself of members with many."""

SEEN_EVERY_S = 10.0
"""A store that pulls every two seconds is written down as seen this often: a line that is up costs few writes."""

_PULLED = Prepared(select(stores.c.pulled_at, stores.c.pulled_seq).where(stores.c.store == bindparam("of")))
_NOTE_PULL = Prepared(
    update(stores)
    .where(stores.c.store == bindparam("of"))
    .values({one: bindparam(one) for one in ("seen_at", "pulled_at", "pulled_seq", "pending", "oldest_at")})
)
_origin = and_(
    changes.c.store == inbox.c.origin_store, changes.c.epoch == inbox.c.origin_epoch, changes.c.n == inbox.c.n
)
_INBOX = Prepared(
    select(inbox.c.seq, changes)
    .join(changes, _origin)
    .where(inbox.c.store == bindparam("of"), inbox.c.seq > bindparam("after"))
    .order_by(inbox.c.seq)
    .limit(bindparam("most"))
)


def pull(con: Connection, vault: Vault, store: str, cursor: str, limit: int, max_bytes: int) -> PullAnswer:
    """The store's inbox after a cursor. Raises CursorGone when the cursor is not one of this inbox."""
    epoch, seq, head = cursors.read(con, store, cursor)
    found = _INBOX.run(con, of=store, after=seq, most=limit).all() if seq < head else []
    ring = vault.reading(con, {row.member for row in found})
    ops: list[PulledChange] = []
    size = 0
    for row in found:
        if row.body is not None:
            wire = ring.open(row.member, row.body, row_name(CHANGE, row.store, row.epoch, row.n))
            size += len(canonical(wire))
            if ops and size > max_bytes:
                break
            ops.append(PulledChange(origin=f"{row.store}.{row.epoch}", op=wire))
        seq = row.seq
        cursor = cursors.text(epoch, seq, row.h)
    return PullAnswer(
        ops=ops,
        cursor=cursor,
        more=seq < head,
        recalls=leases.recalls(con, store),
        server_now=now_ms(),
    )


def is_news(con: Connection, store: str, cursor: str) -> bool:
    """Whether a pull from here is worth writing down: the cursor moved, or the last sign is some seconds old."""
    row = _PULLED.run(con, of=store).one()
    return bool(row.pulled_at < later(-SEEN_EVERY_S)) or cursors.sequence(cursor) != int(row.pulled_seq)


def note_pull(con: Connection, store: str, cursor: str, pending: int, oldest_at: str) -> None:
    """The store is there, and holds its inbox up to here."""
    at = now()
    seq = cursors.sequence(cursor)
    _NOTE_PULL.run(
        con, of=store, seen_at=at, pulled_at=at, pulled_seq=seq, pending=pending, oldest_at=oldest_at
    )


def snapshot(
    con: Connection, vault: Vault, settings: Settings, store: str, after: str, limit: int
) -> SnapshotAnswer:
    """A page of states. All pages carry the cursor of the moment in which the first was read."""
    if after:
        cursor, *key = _place(after)
    else:
        cursor, key = cursors.of_head(con, store), ["", "", ""]
    found = _after(con, settings, store, key, limit)
    full = len(found) == limit
    following = base64.urlsafe_b64encode(canonical([cursor, *found[-1][:3]])).decode() if full else ""
    return SnapshotAnswer(records=_states(con, vault, found), next=following, cursor=cursor)


def _after(con: Connection, settings: Settings, store: str, key: list[str], limit: int) -> list[Any]:
    """The next records, in the order of (member, kind, rid), that a store may read. They are found by their members: gone through in that
    order, all records of the chain were read for each new store.
    """
    mine = select(records).where(distribution.told(store))
    beyond = tuple_(*_KEY) > tuple_(*key)
    if settings.distribution == "all":
        return list(con.execute(mine.where(beyond).order_by(*_KEY).limit(limit)))
    member, found, many = key[0], [], _MEMBERS_AT_FIRST
    if distribution.known(con, settings, store, [member]):
        rest = mine.where(records.c.member == member, beyond).order_by(records.c.kind, records.c.rid)
        found = list(con.execute(rest.limit(limit)))
    while len(found) < limit:
        following = distribution.subscribed(store).where(subscriptions.c.member > member)
        following = following.order_by(subscriptions.c.member).limit(many)
        members = list(con.execute(following).scalars())
        if not members:
            break
        found += con.execute(_of(con, mine, members, limit - len(found)))
        member, many = members[-1], min(2 * many, _MEMBERS_AT_MOST)
    return found


def _of(con: Connection, mine: Select[Any], members: list[str], most: int) -> Select[Any]:
    """The first records of these members. PostgreSQL is told to look at each of them apart: given a list and a limit it may go through the
    table in its order, until it has met enough of them.
    """
    if con.dialect.name == "sqlite":
        return mine.where(records.c.member.in_(members)).order_by(*_KEY).limit(most)
    named = func.unnest(literal(members, ARRAY(Text))).table_valued("member").render_derived("wanted")
    each = mine.where(records.c.member == named.c.member).order_by(records.c.kind, records.c.rid).limit(most)
    of_each = each.lateral("of_each")
    columns = [of_each.c[column.name] for column in records.c]
    joined = select(*columns).select_from(named.join(of_each, true()))
    return joined.order_by(*(of_each.c[column.name] for column in _KEY)).limit(most)


def _place(after: str) -> list[str]:
    try:
        parts = json.loads(base64.urlsafe_b64decode(after))
    except (Base64Error, ValueError) as error:
        raise BadRequest("after: not a place in a snapshot") from error
    if not (isinstance(parts, list) and len(parts) == 4 and all(isinstance(part, str) for part in parts)):
        raise BadRequest("after: not a place in a snapshot")
    return parts


def look_up(con: Connection, vault: Vault, settings: Settings, store: str, phone_key: str) -> LookupAnswer:
    """Members of this number and all that is held of them; the store gets their changes from now on."""
    token = bytes.fromhex(phone_key)[:LOOKUP_BYTES]
    members = sorted(con.execute(select(lookups.c.member).where(lookups.c.token == token)).scalars())
    vault.keys(con, members)  # their lock: no change of theirs commits between the two steps that follow
    distribution.introduce(con, settings, store, members)
    of_them = and_(records.c.member.in_(members), distribution.visible_to(settings, store))
    found = con.execute(select(records).where(of_them).order_by(records.c.member, records.c.kind)).all()
    return LookupAnswer(members=members, records=_states(con, vault, found))


def _states(con: Connection, vault: Vault, rows: Any) -> list[RecordState]:
    ring = vault.reading(con, {row.member for row in rows})
    return [
        RecordState(
            kind=row.kind, rid=row.rid, state=ring.open(row.member, row.body, row_name(RECORD, *row[:3]))
        )
        for row in rows
    ]


def some(
    con: Connection, vault: Vault, settings: Settings, store: str, refs: list[tuple[str, str]]
) -> RecordsAnswer:
    """These records, as far as the store may know them. Found by whose they are: by their ids alone, all records were read."""
    homes = by_keys(con, owners, sorted({(rid, kind) for kind, rid in refs}))
    known = distribution.known(con, settings, store, {row.member for row in homes})
    rows = by_keys(con, records, [(row.member, row.kind, row.rid) for row in homes if row.member in known])
    told = [row for row in rows if row.kind not in distribution.STORES_OWN or row.store == store]
    return RecordsAnswer(records=_states(con, vault, told))


def own_changes(con: Connection, vault: Vault, store: str, known: dict[str, int], limit: int) -> OwnAnswer:
    """What HQ holds of a store's own changes beyond what the store says it has, in all its lives."""
    lives = con.execute(
        select(origins.c.epoch).where(origins.c.store == store).order_by(origins.c.first_at, origins.c.epoch)
    ).scalars()
    out: list[OwnChange] = []
    for epoch in lives:
        found = con.execute(
            select(changes)
            .where(changes.c.store == store, changes.c.epoch == epoch, changes.c.n > known.get(epoch, 0))
            .order_by(changes.c.n)
            .limit(limit - len(out))
        ).all()
        ring = vault.reading(con, {row.member for row in found})
        for row in found:
            op = None if row.body is None else ring.open(row.member, row.body, row_name(CHANGE, *row[:3]))
            out.append(OwnChange(epoch=epoch, n=row.n, h=bytes(row.h).hex(), op=op))
        if len(out) >= limit:
            return OwnAnswer(ops=out, more=True)
    return OwnAnswer(ops=out, more=False)
