"""HQ was put back from its backup: it finds out by what the stores know of it, and asks for all that it lost.

A store that says that more of its changes were acknowledged than HQ holds proves it, and so does one that has read of its inbox what is
not in it. From then on this database is another one: it gets a new epoch, so that every store reads a snapshot (what HQ handed out since
the backup is numbered anew), and HQ's own changes begin a new chain instead of giving numbers away twice. The stores send again what is
missing (edge/store/again.py).
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, func, select, update

from cloud_sync_server import cursors, trail
from cloud_sync_server.clock import later, now
from cloud_sync_server.errors import SlowDown
from cloud_sync_server.schema import audit, identity

ACTION = "went_back"
_EPOCH_BYTES = 4
MOST_A_DAY = 6
"""What one store's word may make: each new epoch has all stores read a snapshot. HQ is put back once in years; a line that breaks while
the missing changes are sent again shows a few more."""
_DAY_S = 86_400
_ASK_AGAIN_S = 3_600


def noticed(con: Connection, store: str, what: str, detail: str) -> bool:
    """A store knows of more than there is here, of `what` (a life of its database, or its inbox). Returns whether that was news. Raises
    SlowDown for one that has said so too often today: its word has every other store read all anew.
    """
    epoch = cursors.EPOCH.run(con).scalar_one()
    subject = f"{store}.{what}"
    told = select(audit.c.id).where(
        audit.c.action == ACTION, audit.c.subject == subject, audit.c.detail == detail
    )
    if con.execute(told).first() is not None:
        return False  # it has not sent again yet what is missing
    today = select(func.count()).where(
        audit.c.action == ACTION, audit.c.actor == store, audit.c.at > later(-_DAY_S)
    )
    if con.execute(today).scalar_one() >= MOST_A_DAY:
        raise SlowDown(f"{store} said {MOST_A_DAY} times today that HQ went back", retry_after_s=_ASK_AGAIN_S)
    trail.leave(con, store, ACTION, subject, detail)
    fresh = hashlib.blake2b(
        f"{epoch}|{subject}|{detail}|{now()}".encode(), digest_size=_EPOCH_BYTES
    ).hexdigest()
    con.execute(update(identity).where(identity.c.epoch == epoch).values(epoch=fresh))
    return True
