"""Any order and any duplication of delivery gives byte-equal state: merge is commutative, associative, idempotent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salon.reconcile import canonical, join, merge
from salon.records import record_class
from tests.salon.reconcile.histories import STORES, Replica, histories, merged

KINDS = pytest.mark.parametrize("kind", ["member", "consent"])


@KINDS
@given(data=st.data())
def test_any_order_and_duplication_gives_byte_equal_state(kind, data):
    changes, _ = data.draw(histories(kind, erase=True))
    shuffled = data.draw(st.permutations(changes + data.draw(st.lists(st.sampled_from(changes), max_size=5))))
    assert canonical(merged(kind, shuffled)) == canonical(merged(kind, changes))


@KINDS
@given(data=st.data())
def test_a_second_delivery_changes_nothing_and_says_so(kind, data):
    changes, _ = data.draw(histories(kind, erase=True))
    state = merged(kind, changes)
    again = merge(record_class(kind), state, data.draw(st.sampled_from(changes)))
    assert not again.changed
    assert canonical(again.state) == canonical(state)


@KINDS
@given(data=st.data())
def test_joining_two_states_is_having_seen_what_both_have_seen(kind, data):
    changes, _ = data.draw(histories(kind, erase=True))
    picks = st.lists(st.sampled_from(changes), min_size=1)
    left, right = data.draw(picks), data.draw(picks)
    cls = record_class(kind)
    one, other = merged(kind, left), merged(kind, right)
    assert canonical(join(cls, one, other)) == canonical(merged(kind, left + right))
    assert canonical(join(cls, one, other)) == canonical(join(cls, other, one))
    assert canonical(join(cls, one, one)) == canonical(one)
    assert canonical(join(cls, None, one)) == canonical(one)


@given(data=st.data())
def test_even_two_values_under_one_stamp_of_a_cloned_store_converge(data):
    """A cloned card gives one stamp to two writes until HQ sees the fork; no two replicas may differ for it."""
    edits = st.fixed_dictionaries({"notes": st.text(max_size=3), "drink": st.sampled_from(["tea", "water"])})
    twins = [Replica(STORES[0], "member") for _ in range(2)]
    for twin in twins:
        twin.write(data.draw(edits), 1_000)
    changes = [change for twin in twins for change in twin.written]
    assert canonical(merged("member", changes)) == canonical(merged("member", changes[::-1]))


@given(data=st.data())
def test_the_state_given_is_not_altered(data):
    changes, _ = data.draw(histories("member"))
    state = merged("member", changes[:-1])
    before = canonical(state)
    merge(record_class("member"), state, changes[-1])
    assert canonical(state) == before
