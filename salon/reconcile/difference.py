"""From a document edited in place to the change that says so: what a writer did, field by field."""

from __future__ import annotations

from functools import cache
from typing import Any

from salon.reconcile.merge import WITHDRAWN, State, empty, health_fields, live_dots
from salon.records import Lane, Merge, Privacy, Record

_UNSAID = object()
"""The old value of a field that a new record must name."""


def difference(
    cls: type[Record], before: dict[str, Any] | None, after: dict[str, Any], state: State | None
) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields of a change that turns one document into another, and the stamps it was based on.

    A new record names only fields that differ from their defaults: the defaults are known on both sides.
    """
    seen = state if state is not None else empty()
    fields: dict[str, Any] = {}
    base: dict[str, str] = {}
    defaults = cls.defaults()
    known = defaults if before is None else before
    for name, rule in _rules(cls):
        new = after[name]
        old = known[name] if name in known else defaults.get(name, _UNSAID)
        if old == new:
            continue
        if rule is Merge.SET:
            fields[name] = _set_change([] if old is _UNSAID else old, new, seen["s"].get(name, {}))
        elif rule is Merge.CONSENT:
            withdrawals = live_dots(seen["s"].get(name, {}), WITHDRAWN)
            fields[name] = {"grant": withdrawals} if new else {"withdraw": True}
        else:
            fields[name] = new
            if name in seen["t"]:
                base[name] = seen["t"][name]
    return fields, base


def split(cls: type[Record], fields: dict[str, Any], *, shares_health: bool) -> dict[Lane, dict[str, Any]]:
    """Which of the fields may go to HQ, and which stay in the store."""
    # A field of a later schema comes from a writer who knew its class: what reached us may go on.
    local, health = _local(cls), health_fields(cls)
    if local.isdisjoint(fields) and (shares_health or health.isdisjoint(fields)):
        return {Lane.HQ: dict(fields), Lane.STORE: {}}
    here = {
        name: value
        for name, value in fields.items()
        if name in local or (name in health and not shares_health)
    }
    return {Lane.HQ: {name: value for name, value in fields.items() if name not in here}, Lane.STORE: here}


@cache
def _rules(cls: type[Record]) -> tuple[tuple[str, Merge], ...]:
    return tuple((name, about.merge) for name, about in cls.fields().items() if name != "rid")


@cache
def _local(cls: type[Record]) -> frozenset[str]:
    return frozenset(name for name, about in cls.fields().items() if about.privacy is Privacy.LOCAL)


def _set_change(old: list[str], new: list[str], dots: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    added = sorted(set(new) - set(old))
    removed = sorted(set(old) - set(new))
    if added:
        out["add"] = added
    if removed:
        out["rm"] = {element: live_dots(dots, element) for element in removed}
    return out
