"""Changes on the wire: read back equal, refused with a reason, chained so that any alteration shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salon.reconcile import CHAIN_START, BadChange, Change, Stamp, canonical, chain, chain_wire, check
from salon.reconcile.change import chain_text, chained, gone, wire_text
from salon.records import Member, Visit
from tests.salon.reconcile.histories import STORES, histories

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
GOOD = {"n": 1, "kind": "member", "rid": "m-0001", "t": "00000000000a0001", "sv": 1, "f": {"surname": "王"}}


@given(data=st.data())
def test_the_wire_form_reads_back_equal(data):
    for change in data.draw(histories("member", erase=True))[0]:
        assert Change.from_wire(change.origin, change.wire()) == change


@given(value=JSON)
def test_any_json_is_a_change_or_refused_with_a_reason(value):
    with pytest.raises(BadChange) as caught:
        Change.from_wire(STORES[0], value)
    assert caught.value.reason == "malformed"


@given(
    name=st.sampled_from(["n", "kind", "rid", "t", "sv", "f", "base", "actor", "erase", "extra"]),
    value=JSON | st.sampled_from([float("inf"), 2**64, -1, "f" * 16, "7" + "f" * 15 + "-s001\n"]),
)
def test_one_wild_part_never_escapes_as_another_error(name, value):
    try:
        change = Change.from_wire(STORES[0], {**GOOD, name: value})
        check(Member, change)
    except BadChange:
        return
    assert Stamp.parse(str(change.stamp)) == change.stamp


@pytest.mark.parametrize(
    ("cls", "fields"),
    [
        (Member, {"surname": ""}),
        (Member, {"phone": "not a number"}),
        (Member, {"allergens": {"add": [""]}}),
        (Member, {"rid": "m-0002"}),
        (Member, {"notes": "\ud800"}),
        (Visit, {"paid_fen": -5}),
        (Visit, {"state": "dreaming"}),
        (Visit, {"arrived_at": "yesterday"}),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_refused_without_knowing_the_record(cls, fields):
    with pytest.raises(BadChange) as caught:
        check(cls, Change(STORES[0], 1, cls.kind, "m-0001", fields, Stamp(1, 0, "s001.aa")))
    assert caught.value.reason == "bad_value"
    assert caught.value.detail.startswith(next(iter(fields)))


@given(data=st.data())
def test_whatever_the_records_write_passes_the_check(data):
    for change in data.draw(histories("member"))[0]:
        check(Member, change)


@given(data=st.data())
def test_the_chain_shows_a_change_altered_dropped_repeated_or_moved(data):
    """SEC-10."""
    wires = [change.wire() for change in data.draw(histories("member"))[0]]
    wires = [{**wire, "n": n} for n, wire in enumerate(wires, 1)]

    def head(items):
        h = CHAIN_START
        for item in items:
            h = chain_wire(h, item)
        return h

    i = data.draw(st.integers(0, len(wires) - 1))
    altered = [*wires[:i], {**wires[i], "actor": "somebody else"}, *wires[i + 1 :]]
    dropped = [*wires[:i], *wires[i + 1 :]]
    repeated = [*wires[: i + 1], *wires[i:]]
    for other in (altered, dropped, repeated):
        assert head(other) != head(wires)
    if len(wires) > 1:
        assert head(wires[::-1]) != head(wires)


def test_a_change_and_its_wire_form_have_one_link():
    change = Change.from_wire(STORES[0], GOOD)
    assert chain(CHAIN_START, change) == chain_wire(CHAIN_START, GOOD)
    assert canonical(change.wire()) == canonical(GOOD)


def test_even_what_cannot_be_encoded_has_its_link():
    assert chain_wire(CHAIN_START, {"n": 1, "f": {"notes": "\ud800"}}) != chain_wire(CHAIN_START, {"n": 1})


@pytest.mark.parametrize("erased", [0, 1, 2])
def test_the_chain_goes_on_over_a_change_whose_content_was_erased_sec_07(erased):
    texts = [wire_text({**GOOD, "n": n}) for n in (1, 2, 3)]
    links = chained(CHAIN_START, texts)
    assert links == [
        chain_wire(before, {**GOOD, "n": n}) for n, before in enumerate([CHAIN_START, *links[:2]], 1)
    ]
    texts[erased] = gone(erased + 1, links[erased]).encode()
    assert chained(CHAIN_START, texts) == links


def test_what_only_looks_like_an_erased_place_is_a_change_like_any():
    text = b'{"gone":"00","n":1}'
    assert chained(CHAIN_START, [text]) == [chain_text(CHAIN_START, text)]
