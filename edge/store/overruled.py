"""What this store said of a document and head office will not have: the document goes back to what head office and the rest of the log say.

Three ways lead here. A person at head office discarded what it had put aside, or wrote it otherwise. Or this store altered a record that another one keeps (decision 9):
that was never its own to say, and nobody need decide. The line stays in the log, in its place in the chain; where a state is made of the
log it is passed over from then on. What is written later is said, and judged, anew. Facts without a state go in another way
(edge/store/again.py).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from edge.store import changelog, putaside
from edge.store.clock import new_rid
from salon.reconcile import Change, keeps_state, without_removals
from salon.records import Record, kinds, record_class

if TYPE_CHECKING:
    from edge.store.store import Store

_REFUSALS = 10_000
FOREIGN = "foreign_fact"
"""HQ takes such a record from nobody but the store whose it is."""
ORPHAN = "orphan"
"""HQ lacks a record's first change."""
DISCARDED = "discarded"
"""Kind of the line that a record leaves in this store's log of which something went by head office's decision."""


def settle(store: Store) -> int:
    """Pass over what head office will not have, and have the records made anew (`Outbox.rebuilds`). Returns how many changes."""
    count = 0
    for refusal in store.refusals(_REFUSALS):
        if refusal.state not in {"", putaside.PUT_AWAY, putaside.MENDED}:
            continue
        aside = putaside.read(store, refusal, decided=True)
        if aside is None or not aside.own or not isinstance(aside.op.get("n"), int):
            continue
        if aside.kind not in kinds() or not keeps_state(cls := record_class(aside.kind)):
            continue
        with store.acting(putaside.HEAD_OFFICE), store.transaction() as con:
            count += _judge(store, con, cls, aside)
    return count


def _judge(store: Store, con: Any, cls: type[Record], aside: putaside.Aside) -> bool:
    """Whether a change is passed over from now on."""
    refusal = aside.refusal
    theirs = refusal.by == putaside.HEAD_OFFICE
    own_word = _is_own_word(con, aside)
    if refusal.state == putaside.MENDED:
        # Head office wrote it as its own word, or this store has said all of it anew: the first may bear a time that nobody set right.
        if theirs and not _is_passed_over(con, aside):
            _pass_over(con, cls, aside, with_others=False)
            return True
        return False
    discarded = theirs and refusal.state == putaside.PUT_AWAY
    if not discarded and not (own_word and _is_anothers(store, cls, aside)):
        return False
    _pass_over(con, cls, aside, with_others=refusal.code == FOREIGN and not own_word)
    store.settle_refusal(refusal.number, putaside.TAKEN_OUT, putaside.HEAD_OFFICE)
    return True


def _is_anothers(store: Store, cls: type[Record], aside: putaside.Aside) -> bool:
    """Whether head office did not take it because another store keeps the record. Where head office had lost the record, it could not say so."""
    if not cls.kept_by or aside.refusal.code not in {FOREIGN, ORPHAN}:
        return False
    held = store.table(cls.kind).find(aside.rid)
    kept_by = aside.rid if cls.kept_by == "rid" else getattr(held, cls.kept_by, "")
    return aside.refusal.code == FOREIGN or kept_by not in {"", store.store_id}


def _is_passed_over(con: Any, aside: putaside.Aside) -> bool:
    found = con.execute(
        "SELECT 1 FROM overruled WHERE node = ? AND n = ?", (aside.origin.node, aside.op["n"])
    )
    return found.get is not None


def _is_own_word(con: Any, aside: putaside.Aside) -> bool:
    """Whether this store's own people wrote it. What it says again of others, as their witness, bears the time and the life of who wrote it."""
    said = Change.of_log(aside.origin, aside.op).stamp.node
    return con.execute("SELECT 1 FROM changes WHERE node = ? LIMIT 1", (said,)).get is not None


def _pass_over(con: Any, cls: type[Record], aside: putaside.Aside, *, with_others: bool) -> None:
    """`with_others`: this store said as a witness what others had written; that goes, too, and comes again if it is delivered again."""
    rid = aside.rid
    con.execute(
        "INSERT OR IGNORE INTO overruled (node, n, rid) VALUES (?, ?, ?)",
        (aside.origin.node, aside.op["n"], rid),
    )
    changelog.note(con, DISCARDED, new_rid(), {"kind": cls.kind, "rid": rid})
    if aside.op.get("erase") and cls.kept_by:  # nobody's who has to be forgotten: it stands where it is kept
        con.execute("DELETE FROM erased WHERE rid = ?", (rid,))
        con.execute("DELETE FROM states WHERE rid = ?", (rid,))
    if with_others:
        changelog.unread(con, rid)
        con.execute("DELETE FROM states WHERE rid = ?", (rid,))
    state = changelog.load_state(con, rid)
    if state is not None:
        changelog.save_state(con, cls.kind, rid, without_removals(cls, state, aside.op.get("f", {})))
    if "x" not in (state or {}):
        con.execute("INSERT OR IGNORE INTO rebuilds (rid, kind) VALUES (?, ?)", (rid, cls.kind))


def any_of(con: Any, rid: str) -> bool:
    """Whether something was passed over of what this store said of a record."""
    return con.execute("SELECT 1 FROM overruled WHERE rid = ? LIMIT 1", (rid,)).get is not None


def without_a_beginning(store: Store, rids: Collection[str]) -> set[str]:
    """Which of these records went with their first change. What was said of them after it waits at head office for nothing."""
    con = store.connections.get()
    there = "SELECT 1 FROM states WHERE rid = ?1 UNION SELECT 1 FROM outbox WHERE rid = ?1 UNION SELECT 1 FROM rebuilds WHERE rid = ?1"
    return {rid for rid in rids if any_of(con, rid) and con.execute(there, (rid,)).get is None}
