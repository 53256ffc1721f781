"""Health data in a store that is not the member's own: held only while she shares it (SEC-07). The home store keeps its own."""

from __future__ import annotations

import json
from typing import Any

from tinydb.queries import where

from edge.store import changelog
from edge.store.records import RecordTable
from edge.store.tinydb_sqlite import Connections, SqliteTable
from salon.reconcile import canonical, document, shares, without_health
from salon.records import Consent, Member, Privacy, Record, kinds

_FIELDS = {
    cls: frozenset(name for name, about in cls.fields().items() if about.privacy is Privacy.HEALTH)
    for cls in kinds().values()
    if any(about.privacy is Privacy.HEALTH for about in cls.fields().values())
}


def shared(connections: Connections, member: str) -> bool:
    """Whether a member lets health data leave her store, by HQ's rule: granted somewhere, withdrawn nowhere."""
    mine = SqliteTable(connections, Consent.table).search(
        (where("member") == member) & (where("purpose") == "share_health")
    )
    return shares(mine)


def is_home(connections: Connections, member: str, store: str) -> bool:
    found = SqliteTable(connections, Member.table).get(where("rid") == member)
    return found is None or found["home_store"] in {"", store}


def drop(con: Any, connections: Connections, member: str) -> int:
    """Forget what other stores told of a member's health. Returns how many records were touched.

    What this store's own people wrote down stays: it is this store's record of its own work.
    """
    touched = 0
    for cls, names in _FIELDS.items():
        field = "rid" if cls is Member else "member"
        for found in SqliteTable(connections, cls.table).search(where(field) == member):
            touched += _drop_one(con, connections, cls, found["rid"], names)
    return touched


def _drop_one(con: Any, connections: Connections, cls: type[Record], rid: str, names: frozenset[str]) -> int:
    rows = con.execute(
        "SELECT seq, body FROM changes WHERE rid = ? AND h IS NULL AND body <> ''", (rid,)
    ).fetchall()
    for seq, body in rows:
        wire = json.loads(body)
        if not names.isdisjoint(wire.get("f", {})):
            wire["f"] = {name: value for name, value in wire["f"].items() if name not in names}
            con.execute("UPDATE changes SET body = ? WHERE seq = ?", (canonical(wire).decode(), seq))
    before = changelog.load_state(con, rid)
    if before is None:
        return 0
    own = changelog.rebuild(con, cls, rid, without_health(cls, before), health=True)
    if own is None or own == before:
        return 0
    changelog.save_state(con, cls.kind, rid, own)
    RecordTable(connections, cls).put(cls.parse(document(cls, rid, own)).document())
    return 1
