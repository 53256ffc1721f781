"""The clock never runs backwards, whatever the wall says; stamps sort as their texts do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salon.reconcile import BadStamp, Clock, Stamp

MS = st.integers(0, 2**47 - 2)
STAMPS = st.builds(Stamp, MS, st.integers(0, 0xFFFF), st.sampled_from(["s001.aa", "s002.bb", "s010.cc"]))
EVENTS = st.lists(
    st.one_of(st.tuples(st.just("send"), MS), st.tuples(st.just("receive"), MS, STAMPS)), max_size=30
)


@given(events=EVENTS)
def test_stamps_only_grow_and_follow_all_that_was_received(events):
    clock = Clock("s009.zz")
    last = None
    for event in events:
        if event[0] == "receive":
            clock.receive(event[2], event[1])
            seen = event[2]
        else:
            seen = clock.send(event[1])
            assert last is None or seen > last
        if last is None or (seen.ms, seen.count) > (last.ms, last.count):
            last = Stamp(seen.ms, seen.count, "s009.zz")
        assert (clock.ms, clock.count) >= (last.ms, last.count)
        assert Stamp.parse(str(Clock("s009.zz", clock.ms, clock.count).send(0)))


def test_a_counter_that_runs_over_moves_the_milliseconds():
    clock = Clock("s001.aa", 1_000, 0xFFFF)
    assert clock.send(0) == Stamp(1_001, 0, "s001.aa")


@given(a=STAMPS, b=STAMPS)
def test_texts_sort_as_the_stamps_do(a, b):
    assert (str(a) < str(b)) == (a < b)
    assert Stamp.parse(str(a)) == a


@pytest.mark.parametrize(
    "text",
    ["", "x", "00000000000a0001", "00000000000a0001-", "00000000000a0001-s001.aa\n", "00000000000A0001-s001.aa",
     "f0000000000a0001-s001.aa", "00000000000a0001-S001"],
)  # fmt: skip
def test_what_is_no_stamp_is_refused(text):
    with pytest.raises(BadStamp):
        Stamp.parse(text)
