"""Merging: the one function by which a store and HQ take a change in.

The state of a record is plain JSON. Applying the same changes in any order, any number of times, gives the same bytes
(tests/salon/reconcile proves it with Hypothesis), so a lost answer is mended by sending again.

    state = {"v": {field: value}, "t": {field: stamp}, "s": {field: {element: {"+": [dots], "-": [dots]}}}, "x": stamp | absent}
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from salon.reconcile.change import BadChange, Change, canonical
from salon.records import Merge, Privacy, Record

State = dict[str, Any]


@dataclass(frozen=True)
class Loser:
    """A value that gave way to one whose writer did not know of it: kept for a person to review."""

    field: str
    value: Any
    stamp: str
    winner: str


@dataclass(frozen=True)
class Merged:
    """What a change made of a state."""

    state: State
    changed: bool
    losers: list[Loser] = field(default_factory=list)

    @property
    def erased(self) -> bool:
        return "x" in self.state


def empty() -> State:
    return {"v": {}, "t": {}, "s": {}}


def merge(cls: type[Record], state: State | None, change: Change) -> Merged:
    """Take one change in. The state given is not altered. Raises BadChange for a value that does not fit its merge rule."""
    before = state if state is not None else empty()
    stamp = str(change.stamp)
    if change.erase:
        first = min(stamp, before.get("x", stamp))
        return Merged({"v": {}, "t": {}, "s": {}, "x": first}, before.get("x") != first)
    if "x" in before:
        # Erase wins and never comes back, whatever the order of arrival.
        return Merged(before, changed=False)
    values, stamps, sets = dict(before["v"]), dict(before["t"]), dict(before["s"])
    after: State = {"v": values, "t": stamps, "s": sets}
    losers: list[Loser] = []
    rules, dotted = _rules(cls), _dotted(cls)
    # First words on a field are taken in at once: a new record says nothing else.
    first = {
        name: value for name, value in change.fields.items() if name not in stamps and name not in dotted
    }
    values |= first
    stamps |= dict.fromkeys(first, stamp)
    for name, value in change.fields.items():
        if name in first:
            continue
        if name in dotted:
            rule = rules[name]
            held, operation = sets.get(name, {}), _set_operation(name, rule, value)
            loser = _lost_grant(name, held, operation, stamp) if rule is Merge.CONSENT else None
            losers += [loser] if loser else []
            sets[name] = _merge_dots(held, operation, stamp)
            values[name] = visible(rule, sets[name])
        else:
            rule = rules.get(name, Merge.LAST)
            loser = _merge_register(after, name, value, stamp, rule, change.base.get(name, ""))
            losers += [loser] if loser else []
    return Merged(after, after != before, losers)


def document(cls: type[Record], rid: str, state: State) -> dict[str, Any]:
    """The record's document as the state has it; fields nobody has written take their defaults."""
    return {"rid": rid, **{name: value for name, value in state["v"].items() if name in cls.model_fields}}


def unknown_fields(cls: type[Record], state: State) -> dict[str, Any]:
    """Values of fields that this version does not know: carried verbatim until a later version does."""
    return {name: value for name, value in state["v"].items() if name not in cls.model_fields}


SET_RULES = frozenset({Merge.SET, Merge.CONSENT})
"""Fields whose state is dots; all others are registers of one value and its stamp."""


def rule_of(cls: type[Record], name: str) -> Merge:
    """How a field merges. One of a later schema merges as the last writer's, so that it is carried and not lost."""
    return _rules(cls).get(name, Merge.LAST)


@cache
def _rules(cls: type[Record]) -> dict[str, Merge]:
    return {name: about.merge for name, about in cls.fields().items()}


@cache
def _dotted(cls: type[Record]) -> frozenset[str]:
    return frozenset(name for name, rule in _rules(cls).items() if rule in SET_RULES)


@cache
def required(cls: type[Record]) -> frozenset[str]:
    """What a record cannot be without: only its first change names all of it."""
    return frozenset(name for name, info in cls.model_fields.items() if info.is_required() and name != "rid")


@cache
def health_fields(cls: type[Record]) -> frozenset[str]:
    return frozenset(name for name, about in cls.fields().items() if about.privacy is Privacy.HEALTH)


def later(rule: Merge, new: tuple[str, Any], current: tuple[str, Any]) -> bool:
    """Whether (stamp, value) takes the place of the current one. A cloned store can give one stamp to two values: the bytes decide."""
    if new[0] != current[0]:
        return new[0] < current[0] if rule is Merge.FIRST else new[0] > current[0]
    return new[1] != current[1] and canonical(new[1]) > canonical(current[1])


def _merge_register(after: State, name: str, value: Any, stamp: str, rule: Merge, base: str) -> Loser | None:
    current = after["t"][name]
    if after["v"][name] == value and current == stamp:
        return None
    # Who writes knows what it wrote before, also where HQ has given that another stamp than the `base` names.
    concurrent = base != current and after["v"][name] != value and _node(stamp) != _node(current)
    if later(rule, (stamp, value), (current, after["v"][name])):
        loser = Loser(name, after["v"][name], current, stamp)
        after["v"][name], after["t"][name] = value, stamp
    else:
        loser = Loser(name, value, stamp, current)
    return loser if concurrent else None


def _node(stamp: str) -> str:
    return stamp.partition("-")[2]


GRANT, WITHDRAWN = "grant", "withdrawn"
"""A consent is a set of these two marks: granted while there is a grant and no withdrawal that a grant has not seen."""


def _set_operation(name: str, rule: Merge, value: Any) -> dict[str, Any]:
    """Bring a set's or a consent's change into one form: {"add": [...], "rm": {element: [dots]}}."""
    if not isinstance(value, dict):
        raise BadChange(
            "wrong_value", f"{name}: a {rule.value} change is an object, not {type(value).__name__}"
        )
    if rule is Merge.CONSENT:
        if value.get("withdraw") is True:
            value = {"add": [WITHDRAWN]}
        elif isinstance(value.get("grant"), list):
            value = {"add": [GRANT], "rm": {WITHDRAWN: value["grant"]}}
        else:
            raise BadChange("wrong_value", f"{name}: neither grant nor withdraw")
    add, remove = value.get("add", []), value.get("rm", {})
    if not (isinstance(add, list) and all(isinstance(e, str) for e in add) and isinstance(remove, dict)):
        raise BadChange("wrong_value", f"{name}: add must be a list of texts, rm an object")
    if not all(isinstance(d, list) and all(isinstance(e, str) for e in d) for d in remove.values()):
        raise BadChange("wrong_value", f"{name}: rm must map elements to lists of dots")
    return {"add": add, "rm": remove}


def _merge_dots(dots: dict[str, Any], operation: dict[str, Any], stamp: str) -> dict[str, Any]:
    """Add-wins: an addition is a dot (its stamp); a removal names the dots it saw, and takes away no other."""
    out = {element: {"+": list(d["+"]), "-": list(d["-"])} for element, d in dots.items()}
    for element in operation["add"]:
        mine = out.setdefault(element, {"+": [], "-": []})
        mine["+"] = sorted({*mine["+"], stamp})
    for element, seen in operation["rm"].items():
        mine = out.setdefault(element, {"+": [], "-": []})
        mine["-"] = sorted({*mine["-"], *seen})
    return out


def _lost_grant(name: str, held: dict[str, Any], operation: dict[str, Any], stamp: str) -> Loser | None:
    """A grant beside a withdrawal that it knew nothing of: the withdrawal wins, and a person is told. One that was made before the withdrawal
    is no loser: the member has changed her mind.
    """
    seen = operation["rm"].get(WITHDRAWN, [])
    if GRANT in operation["add"] and stamp not in live_dots(held, GRANT):
        unseen = [dot for dot in live_dots(held, WITHDRAWN) if dot not in seen and dot != stamp]
        return Loser(name, True, stamp, max(unseen)) if unseen else None
    if WITHDRAWN in operation["add"] and stamp not in held.get(WITHDRAWN, {"+": []})["+"]:
        later_grants = [dot for dot in live_dots(held, GRANT) if dot > stamp]
        return Loser(name, True, max(later_grants), stamp) if later_grants else None
    return None


def without_removals(cls: type[Record], state: State, fields: dict[str, Any]) -> State:
    """The state without what a change took out of its sets. A set notes what was taken out, and not by whom. What does not fit took nothing out."""
    if "x" in state:
        return state
    sets = dict(state["s"])
    for name in fields.keys() & sets.keys():
        try:
            seen = _set_operation(name, rule_of(cls, name), fields[name])["rm"]
        except BadChange:
            continue
        sets[name] = {
            element: {"+": signs["+"], "-": sorted(set(signs["-"]) - set(seen.get(element, ())))}
            for element, signs in sets[name].items()
        }
    shown = {name: visible(rule_of(cls, name), sets[name]) for name in fields.keys() & sets.keys()}
    return {**state, "v": state["v"] | shown, "s": sets}


def live_dots(dots: dict[str, Any], element: str) -> list[str]:
    """The additions of an element that nobody has removed: what a removal made now has seen."""
    mine = dots.get(element, {"+": [], "-": []})
    return sorted(set(mine["+"]) - set(mine["-"]))


def visible(rule: Merge, dots: dict[str, Any]) -> Any:
    """The value of a set or a consent, as its dots have it."""
    if rule is Merge.CONSENT:
        return bool(live_dots(dots, GRANT)) and not live_dots(dots, WITHDRAWN)
    return sorted(element for element, mine in dots.items() if not set(mine["+"]).issubset(mine["-"]))


def orphaned(cls: type[Record], state: State | None) -> bool:
    """Whether a record's first change has not come: only that one names the fields that cannot be left out."""
    if state is None:
        return True
    if "x" in state:
        return False
    return not required(cls) <= state["v"].keys()


def shares(consents: Iterable[dict[str, Any]], purpose: str = "share_health") -> bool:
    """Whether a member allows a purpose, by all consents there are (values): granted somewhere, withdrawn nowhere."""
    said = [values.get("granted") is True for values in consents if values.get("purpose") == purpose]
    return bool(said) and all(said)


def without_health(cls: type[Record], state: State) -> State:
    """The state of one who may not hold health data."""
    health = health_fields(cls)
    if "x" in state or not any(health & state[part].keys() for part in "vts"):
        return state
    return {
        part: {name: value for name, value in state[part].items() if name not in health} for part in "vts"
    }


def with_stamp(change: Change, stamp: Any) -> Change:
    """The same change under another stamp."""
    return replace(change, stamp=stamp)
