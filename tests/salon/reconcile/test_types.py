"""A value is of its field's type as it stands, or the change is refused: nothing is read into it (SYN-08)."""

from __future__ import annotations

import pytest

from salon.reconcile import BadChange, Change, Origin, Stamp, check
from salon.reconcile.change import MAX_N
from salon.records import kinds, record_class

ORIGIN = Origin("s001", "0001")


def change(kind, fields):
    return Change(ORIGIN, 1, kind, "x-0001", fields, Stamp(1, 0, ORIGIN.node))


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("ledger_entry", {"amount": "100"}),
        ("ledger_entry", {"amount": True}),
        ("ledger_entry", {"amount": 1.0}),
        ("ledger_entry", {"amount": 10**30}),
        ("ledger_entry", {"amount": -MAX_N - 1}),
        ("visit", {"paid_fen": "12"}),
        ("member", {"large_type": "yes"}),
        ("member", {"large_type": 1}),
        ("member", {"surname": 7}),
        ("member", {"surname": None}),
        ("member", {"tags": {"add": [1]}}),
    ],
)
def test_a_value_of_another_type_is_refused(kind, fields):
    with pytest.raises(BadChange, match=next(iter(fields))):
        check(record_class(kind), change(kind, fields))


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_what_a_record_says_by_default_is_of_its_types(kind):
    cls = record_class(kind)
    sets = {name for name, about in cls.fields().items() if about.merge.value in {"set", "consent"}}
    check(cls, change(kind, {n: v for n, v in cls.defaults().items() if n not in sets and n != "rid"}))
