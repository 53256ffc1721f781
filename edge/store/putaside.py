"""Changes that could not be taken in, here or at head office: read, tried again, or written as they should have been (sync.md 2.6).

A refusal of the exchange keeps the change as it came. What another store wrote is tried again as it is (this version may understand it
by now). What this store wrote is sent once more as the record stands now. Mended, it is a new write of this store either way, under the
name of who mended it: what was sent stays in the chain.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edge.store.errors import StoreError
from edge.store.records import FactIsFinal, RecordTable
from edge.store.side import Refusal
from salon.reconcile import BadChange, Change, Origin, merge
from salon.records import BadRecord, Record, UnknownKind, kinds, record_class

if TYPE_CHECKING:
    from edge.store.store import Store

FOR_INFORMATION = frozenset(
    {"dropped", "overdrawn", "restored", "hq_went_back", "erased", "heads_key_changed", "head_forged"}
)
"""What was told with a change that was taken in, or may never be: there is nothing to try again."""

PUT_AWAY = "put_away"
MENDED = "mended"
TAKEN_OUT = "taken_out"
"""Put away by head office, and this store's own copy went with it (edge/store/again.py)."""
HEAD_OFFICE = "hq"
"""Who decided, where head office did."""


class StillRefused(StoreError, ValueError):
    """Raised when a change cannot be taken in as it is now; `.code` and `.detail` say why."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}" if detail else code)


@dataclass(frozen=True)
class Aside:
    """One change that waits for a decision."""

    refusal: Refusal
    origin: Origin
    op: dict[str, Any]
    own: bool
    """Whether this store wrote it, and head office did not take it."""

    @property
    def kind(self) -> str:
        return str(self.op.get("kind", ""))

    @property
    def rid(self) -> str:
        return str(self.op.get("rid", ""))


def envelope(origin: str, op: Any) -> str:
    """A change as a refusal keeps it."""
    return json.dumps({"origin": origin, "op": op}, ensure_ascii=False)


def read(store: Store, refusal: Refusal, *, decided: bool = False) -> Aside | None:
    """The change that a refusal is about, if it is about one that can be decided on (or, if asked for, was `decided` on)."""
    if refusal.boundary != "sync" or refusal.code in FOR_INFORMATION or (refusal.state and not decided):
        return None
    try:
        kept = json.loads(refusal.raw)
        origin, op = Origin.of_node(kept["origin"]), kept["op"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not isinstance(op, dict):
        return None
    return Aside(refusal, origin, op, own=origin.store == store.store_id)


def undecided(store: Store, lease: str) -> bool:
    """Whether head office put aside a debit of this store under a lease, and has not said yet what becomes of it, or not heard yet that it
    is sent again (sync.md 2.6).
    """
    asides = (read(store, one, decided=True) for one in store.refusals_naming(lease))
    own = [aside for aside in asides if aside is not None and aside.own]
    waits = "SELECT 1 FROM outbox WHERE rid = ?"
    return any(
        (aside.refusal.by != HEAD_OFFICE and aside.refusal.state in {"", PUT_AWAY})
        or store.connections.get().execute(waits, (aside.rid,)).get is not None
        for aside in own
    )


def values(store: Store, aside: Aside) -> dict[str, Any]:
    """What the change says of its record, as a person reads it: of this store's own as it stands now."""
    said = aside.op.get("f", {})
    if not isinstance(said, dict):
        return {}
    if aside.kind not in kinds():
        return said
    table = store.table(aside.kind)
    if aside.own:
        held = table.find(aside.rid)
        now_held = {} if held is None else held.document()
        return {name: now_held.get(name, value) for name, value in said.items()}
    try:
        merged = merge(table.record_class, None, Change.from_wire(aside.origin, aside.op))
    except (BadChange, ValueError):
        return said
    return {name: value for name, value in merged.state["v"].items() if name in said}


def again(store: Store, number: int, by: str) -> None:
    """Try a change once more. Raises StillRefused; then it waits on."""
    aside = _open(store, number)
    with store.acting(by), store.transaction():
        if aside.own:
            _send(store, aside)
        else:
            _take(store, aside)
        store.settle_refusal(number, "again", by)


def mend(store: Store, number: int, text: str, by: str) -> None:
    """Write what a change should have said (a JSON object of values). Raises StillRefused; then it waits on."""
    aside = _open(store, number)
    try:
        said = json.loads(text)
    except ValueError as error:
        raise StillRefused("malformed", str(error)) from error
    if not isinstance(said, dict) or "rid" in said:
        raise StillRefused("malformed", "an object of fields and values")
    with store.acting(by), store.transaction():
        table: RecordTable[Any] = store.table(_class(aside).kind)
        try:
            before = table.find(aside.rid)
            if before is None:
                table.add(table.record_class.parse({"rid": aside.rid, **said}))
            elif table.edit(aside.rid, **said) == before:
                _send(store, aside)
        except (BadRecord, FactIsFinal) as error:
            raise StillRefused("bad_record", str(error)) from error
        store.settle_refusal(number, MENDED, by)


def put_away(store: Store, number: int, by: str) -> None:
    """Decide that a change is not wanted. It stays readable, with who decided."""
    _open(store, number)
    store.settle_refusal(number, PUT_AWAY, by)


def _open(store: Store, number: int) -> Aside:
    refusal = store.refusal(number)
    aside = None if refusal is None else read(store, refusal)
    if aside is None:
        raise StillRefused("not_open")
    return aside


def _class(aside: Aside) -> type[Record]:
    try:
        return record_class(aside.kind)
    except UnknownKind as error:
        raise StillRefused("unknown_kind", aside.kind) from error


def _take(store: Store, aside: Aside) -> None:
    """In a transaction: what is refused again leaves nothing, not even another refusal."""
    try:
        change = Change.from_wire(aside.origin, aside.op)
    except (BadChange, ValueError) as error:
        raise StillRefused("malformed", str(error)) from error
    applied = store.apply([change], cursor="")
    if applied.refused:
        raise StillRefused(applied.refused[0].code, applied.refused[0].detail)


def _send(store: Store, aside: Aside) -> None:
    """The fields of the change as the record has them now, as a new change."""
    table = store.table(_class(aside).kind)
    if not table.has(aside.rid):
        raise StillRefused("not_there", aside.rid)
    said = aside.op.get("f", {})
    if not table.say_again(aside.rid, said if isinstance(said, dict) else {}):
        raise StillRefused("nothing_to_send", aside.rid)
