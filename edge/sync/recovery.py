"""A store that finds out that it is a copy: it fetches its own changes back from HQ and goes on as a new life (sync.md 2.1)."""

from __future__ import annotations

from edge.store import HqHas, Store
from edge.sync.line import Line
from salon.reconcile import BadChange, Change, Origin
from salon.reconcile.protocol import OwnChange, OwnRequest


def recover(store: Store, line: Line, why: str) -> tuple[int, int]:
    """Returns how many changes came back, and how many were numbered anew. Raises SyncError; then nothing was done."""
    found = _fetch(store, line)
    read = [(one, _read(store, one)) for one in found]
    has = [
        HqHas(one.epoch, one.n, bytes.fromhex(one.h), str(change.stamp) if change else "")
        for one, change in read
    ]
    changes = [change for _, change in read if change is not None]
    with store.transaction():
        again = store.begin_anew(has, why)
        back = store.apply(changes, cursor="").applied
        store.refuse("sync", "hq", "restored", f"{back} changes fetched back, {again} numbered anew: {why}")
    store.finish_erasures()
    return back, again


def _fetch(store: Store, line: Line) -> list[OwnChange]:
    known = store.own_changes_known()
    out: list[OwnChange] = []
    more = True
    while more:
        answer = line.own(OwnRequest(known=known))
        for one in answer.ops:
            known[one.epoch] = max(known.get(one.epoch, 0), one.n)
        out += answer.ops
        more = answer.more and bool(answer.ops)
    return out


def _read(store: Store, one: OwnChange) -> Change | None:
    if one.op is None:
        return None
    try:
        return Change.from_wire(Origin(store.store_id, one.epoch), one.op)
    except (BadChange, ValueError) as error:
        store.refuse("sync", "hq", "malformed", str(error), str(one.op))
        return None
