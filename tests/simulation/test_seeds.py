"""Three hundred histories of a chain: whatever happened, all replicas end equal, the books right, and nothing said yes to is missing.

Seeds that once failed stay here for ever, each with what it found. More: `make simulate SEEDS=10000 [START=n]`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cloud_sync_server import postgres
from tests.simulation.attacks import ACTS, CORNERED, REFUSED
from tests.simulation.history import STEPS, run
from tests.simulation.people import EARLIER, LATER, PUT_BACK
from tests.simulation.strangers import SUBSCRIBED

ROOT = Path(__file__).parents[2]
SEEDS = int(os.environ.get("PARLOUR_SEEDS", "300"))
FOUND = {
    1: "a lease opened after a restore was freed by the message that gave the old life's leases back",
    15: "a restored store that had lost no change never learnt that it had lost a lease",
    16: "stamps that HQ had set right were unknown to the copy that was restored from before the answer",
    6156: "HQ, put back, gave a lease anew when an old request came late, and larger: the store never took what was more",
    8618: "an edit ahead of time, put aside as its record was not there yet: the store never learnt of the time that HQ gave it",
    20072: "an edit of a visit that HQ had refused, as its member was erased, named nobody and waited in quarantine for ever",
    1058: "a batch larger than the one sent after it: the stamps that HQ had given its end were never learnt",
    47: "an erasure among the changes fetched back stopped the recovery for ever",
    306: "a request for a lease, refused and long on its way a second time, opened one of which the store knew nothing",
    268: "a booking of an erased member came back among the changes that a restored store fetched back",
    1050: "a booking of which HQ's disk and its store's card died; a third store, which had answered it, did not say it again",
    30022: "a write made after HQ had set an earlier one right, by a clock that was years and then an hour slow, gave way to it",
    30150: "money spent in a store whose card, and then HQ's disk, were put back to before it: a third store's copy was the last",
    3060: "a debit that HQ, put back, judged anew: stores kept the correction of its lost life, and counted money twice",
    53: "a member's visits in HQ's backup, erased once more each by itself and not only with her: the store kept tombstones that HQ did not",
    131: "an answer to a booking, heard by an HQ put back, before it heard of the booking and of its member's erasure, waited for ever",
    534: "a card, and then HQ, put back: the new life, to which nothing was acknowledged yet, could not know what HQ lacked of the one before",
    835: "of two decisions of HQ's lost life a store had heard of the first: it came back, and the question was asked for the second",
    959: "a debit of a lost life, taken in by HQ under the lease that the next life had got anew: the store kept all of it",
    1409: "a booking of a lost life, said by a witness, took another's slots at HQ; its store said no, and they stayed free",
    50196: "what a store had heard in a snapshot, and HQ lost, went from that store in its night",
    70006: "the same, of a decision of HQ itself",
    311: "the answer was lost, and the store never heard that HQ had put a change aside",
    322: "HQ kept what was put aside of a member who had been erased before",
    416: "a refused change, written by a clock that was ahead, won in its own store over what was said anew",
    4: "a store wrote of a member who had not come for a year, and never got what was said of her meanwhile",
    20: "a store that had asked for a member by phone and never got the answer was never told that she was erased, and did not answer",
    1105: "HQ, put back to before a member was looked up, did not tell the store that did so that she was erased",
    2138: "a booking for a day beyond a year was in HQ's calendar, and not in its store's",
    4005: "the answer to a look-up was lost: the store got what was said of the member after, and never what was said before",
}
CORNER = frozenset({70006})
"""Found among the acts of KIND=cornered."""
REFUSALS = frozenset({311, 322, 416})
"""Found among the acts of KIND=refused."""
STRANGERS = frozenset({4, 20, 1105, 2138, 4005})
"""Found in a chain in which a store gets only whom it knows (KIND=subscribed)."""
NEWEST = frozenset({53, 131, 534, 835, 959, 1409, 6156, 8618, 30022, 30150, 50196})
"""Found after the attacks (attacks.py) were among the acts."""
HQ_PUT_BACK = frozenset({1050, 3060})
"""Found after HQ was put back, too."""
MORE_ACTS = frozenset({306})
"""Found after files could be joined, hours be busy, and payments be made more often."""
LONGER = frozenset({1, 15, 16, 47, 1058})
"""Of these, histories had fifty steps when they failed."""


def test_every_history_ends_with_all_equal_and_nothing_lost():
    """SYN-02, SYN-09, SYN-11, LOY-07: as many at once as there are cores."""
    _tell(SEEDS, "plain")


@pytest.mark.skipif(bool(postgres.missing()), reason=postgres.missing())
def test_histories_end_so_with_head_office_on_postgresql_too():
    """The same, attacked, of fewer: each begins with a database of its own."""
    _tell(SEEDS // 20, "attacked", PARLOUR_TEST_HQ="postgresql")


def test_histories_end_so_where_a_store_gets_only_whom_it_knows():
    """SYN-04: some are looked up, move, and stay away for a year."""
    _tell(SEEDS // 30, "subscribed")


def _tell(seeds, kind, **environment):
    command = [sys.executable, "-m", "tests.simulation.history", str(seeds), "1", kind]
    environment = {**os.environ, **environment}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


@pytest.mark.parametrize("seed", sorted(FOUND))
def test_a_seed_that_once_failed_holds(seed, templates, place):
    run(
        seed,
        templates,
        place / f"seed-{seed}",
        steps=50 if seed in LONGER else STEPS,
        acts=_acts(seed),
    )


def _acts(seed):
    """What histories were made of when it failed."""
    told = (
        (CORNER, CORNERED),
        (REFUSALS, REFUSED),
        (STRANGERS, SUBSCRIBED),
        (NEWEST, ACTS),
        (HQ_PUT_BACK, PUT_BACK),
        (MORE_ACTS, LATER),
    )
    return next((acts for seeds, acts in told if seed in seeds), EARLIER)


def test_a_history_is_the_same_each_time_it_is_told(templates, place):
    assert run(7, templates, place / "once") == run(7, templates, place / "again")
