"""Joining two states of one record: what a snapshot does, where `merge` takes in one change.

    join(merge(s, a), merge(s, b)) == merge(merge(s, a), b)

so a store may read a snapshot page by page while changes go on arriving, and take both in any order.
"""

from __future__ import annotations

from typing import Any

from salon.reconcile.merge import SET_RULES, State, later, rule_of, visible
from salon.records import Record


def join(cls: type[Record], mine: State | None, theirs: State) -> State:
    """The state that has seen all that either has seen. Neither is altered."""
    if mine is None:
        return theirs
    erased = [state["x"] for state in (mine, theirs) if "x" in state]
    if erased:
        return {"v": {}, "t": {}, "s": {}, "x": min(erased)}
    out: State = {"v": dict(mine["v"]), "t": dict(mine["t"]), "s": dict(mine["s"])}
    for name, stamp in theirs["t"].items():
        value = theirs["v"][name]
        if name not in out["t"] or later(
            rule_of(cls, name), (stamp, value), (out["t"][name], out["v"][name])
        ):
            out["v"][name], out["t"][name] = value, stamp
    for name, dots in theirs["s"].items():
        rule = rule_of(cls, name)
        out["s"][name] = _join_dots(out["s"].get(name, {}), dots)
        out["v"][name] = visible(rule, out["s"][name]) if rule in SET_RULES else out["v"].get(name)
    return out


def _join_dots(mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    none: dict[str, list[str]] = {"+": [], "-": []}
    return {
        element: {
            sign: sorted({*mine.get(element, none)[sign], *theirs.get(element, none)[sign]}) for sign in "+-"
        }
        for element in {*mine, *theirs}
    }
