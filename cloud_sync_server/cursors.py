"""How far a store has read its inbox: `<epoch of this database>.<number>-<what stands there>`.

The last part is of the chain hash of the change at that number. An HQ that was put back from its backup numbers its inboxes anew from
there; a cursor of before is known by what it names, and the store reads a snapshot instead of missing what stands below it now. It also
shows that HQ was put back, where no store has written anything since the backup (cloud_sync_server/setback.py).
"""

from __future__ import annotations

from sqlalchemy import Connection, and_, bindparam, select

from cloud_sync_server.errors import CursorAhead, CursorGone
from cloud_sync_server.schema import changes, identity, inbox, inbox_head
from cloud_sync_server.statements import Prepared

_TAG_BYTES = 4

EPOCH = Prepared(select(identity.c.epoch))
_HEAD = Prepared(select(inbox_head.c.head, inbox_head.c.floor).where(inbox_head.c.store == bindparam("of")))
_THERE = Prepared(
    select(changes.c.h)
    .join(
        inbox,
        and_(
            changes.c.store == inbox.c.origin_store,
            changes.c.epoch == inbox.c.origin_epoch,
            changes.c.n == inbox.c.n,
        ),
    )
    .where(inbox.c.store == bindparam("of"), inbox.c.seq == bindparam("at"))
)


def text(epoch: str, seq: int, h: bytes | None) -> str:
    return f"{epoch}.{seq}" if h is None else f"{epoch}.{seq}-{bytes(h)[:_TAG_BYTES].hex()}"


def of_head(con: Connection, store: str) -> str:
    """Of a store that holds all there is for it now."""
    epoch = EPOCH.run(con).scalar_one()
    head = _HEAD.run(con, of=store).one().head
    return text(epoch, head, _THERE.run(con, of=store, at=head).scalar())


def read(con: Connection, store: str, cursor: str) -> tuple[str, int, int]:
    """(epoch, number, head). Raises CursorGone when the cursor is none of this inbox, CursorAhead when it was once."""
    epoch = EPOCH.run(con).scalar_one()
    head, floor = _HEAD.run(con, of=store).one()
    mine, _, rest = cursor.partition(".")
    number, _, tag = rest.partition("-")
    if mine != epoch or not (number.isascii() and number.isdecimal() and len(number) < 17):
        raise CursorGone(f"{cursor[:80]!r} is of no inbox here")
    seq = int(number)
    if seq > head:
        raise CursorAhead(f"{cursor[:80]!r}: this inbox ends with {head}")
    if seq < floor:
        raise CursorGone(f"{cursor[:80]!r}: this inbox begins after {floor}")
    h = _THERE.run(con, of=store, at=seq).scalar() if tag else None
    if h is not None and bytes(h)[:_TAG_BYTES].hex() != tag:
        raise CursorAhead(f"{cursor[:80]!r}: another change stands there now")
    return epoch, seq, head


def sequence(cursor: str) -> int:
    """The number of a cursor that `read` has taken."""
    return int(cursor.partition(".")[2].partition("-")[0])
