"""A store's clock after HQ has set its stamps right: what is written later comes later (SYN-02, sync.md 2.2)."""

from __future__ import annotations

import pytest

from edge.store import trail
from edge.store.changelog import load_state
from edge.sync import recovery
from edge.sync.nightly import reconcile
from tests.edge.sync.conftest import member, visit

HOUR_MS = 3_600_000
YEAR_MS = 365 * 24 * HOUR_MS


def stamps(shop, rid):
    return load_state(shop.store.connections.get(), rid)["t"]


@pytest.mark.parametrize("then_ms", [-HOUR_MS, -30 * YEAR_MS, 0])
def test_a_write_after_hq_set_an_earlier_one_right_does_not_give_way_to_it(shops, off, then_ms):
    one, two = shops("s001"), shops("s002")
    one.store.members.add(member())
    one.sync(), two.sync()
    off.off_ms = -30 * YEAR_MS
    one.store.visits.add(visit())
    one.sync()
    right = stamps(one, "v-0001")["state"]
    off.off_ms = then_ms
    one.store.visits.edit("v-0001", state="closed")
    assert stamps(one, "v-0001")["state"] > right
    # Numbered anew in another life it stands where it was written, so that was the only chance.
    recovery.recover(one.store, one.agent.line, "a copy")
    for shop in (one, two) * 2:
        assert shop.sync().error == ""
    assert one.store.visits.load("v-0001").state == two.store.visits.load("v-0001").state == "closed"
    assert reconcile(one.agent).outcome == reconcile(two.agent).outcome == "equal"


def test_a_clock_is_no_longer_suspect_once_hq_has_said_when_it_was(shops, off):
    """Written while the wall clock was a year ahead: it is right now, and only HQ can say so (sync.md 2.2)."""
    one = shops("s001")
    off.off_ms = YEAR_MS
    one.store.members.add(member())
    off.off_ms = 0
    assert one.store.clock_suspect()
    assert one.sync().error == ""
    assert not one.store.clock_suspect()


def test_what_is_no_record_and_was_noted_by_a_clock_ahead_does_not_stop_the_exchange(shops, off):
    """Somebody signed in, which the log keeps, while the wall clock was a year ahead."""
    one = shops("s001")
    off.off_ms = YEAR_MS
    one.store.members.add(member())
    with one.store.transaction() as con:
        trail.signed_in(con, "pin", "desk")
    off.off_ms = 0
    assert one.sync().error == ""
    assert one.store.outbox.rebuilds() == []
    assert reconcile(one.agent).outcome == "equal"
    with one.store.transaction() as con:
        assert [line.kind for line in trail.read(con, kind=trail.SIGN_IN)] == [trail.SIGN_IN]


def test_a_clock_behind_is_suspect_until_the_wall_clock_is_set_whatever_hq_says(shops, off):
    one = shops("s001")
    one.store.members.add(member())
    off.off_ms = -HOUR_MS
    assert one.sync().error == ""
    assert one.store.clock_suspect()
    off.off_ms = 0
    assert not one.store.clock_suspect()
