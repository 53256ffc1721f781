"""HQ's judgement of a store's clock: which stamps stand, and what time the others get (sync.md 2.2).

A store's absolute time is never trusted. It says how its clock stands now, from which change on its machine has run without a
restart, and how old (by a clock that nobody can set) each of these changes is whose stamp does not agree with that. What is
older than the restart is only put in order. Restamping happens before any other replica sees a change, so all agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from salon.reconcile.change import Change
from salon.reconcile.clock import Stamp, following

MAX_SKEW_MS = 60_000
"""A clock this far off is taken as right: NTP on a bad line, and the way of a request."""


@dataclass(frozen=True)
class Told:
    """What a store says of its own clock, with a batch."""

    client_now: int
    boot_n: int | None = None
    """The first change of this batch written since the machine started; None: none of them, or not known."""
    ages: Mapping[int, int] = field(default_factory=dict)
    """Number -> age in ms, for changes since then whose stamp does not agree with their age."""
    given: Mapping[int, Stamp] = field(default_factory=dict)
    """Number -> the stamp that HQ gave once, of changes that it gets again, as it was put back from its backup."""


def restamp(batch: Sequence[Change], told: Told, server_ms: int, last: Stamp | None) -> dict[int, Stamp]:
    """The changes (in order of n) that get another stamp. `last` is the origin's last accepted one."""
    out: dict[int, Stamp] = {}
    for change in batch:
        wanted = _true_ms(change, told, server_ms)
        stamp = change.stamp if wanted == change.stamp.ms else Stamp(wanted, 0, change.stamp.node)
        given = told.given.get(change.n)
        if given is not None and given.node == stamp.node and given.ms <= server_ms + MAX_SKEW_MS:
            stamp = given
        if stamp == change.stamp and stamp.node != change.origin.node:
            continue  # a write of an earlier life, numbered anew: it stands where it was written
        if last is not None and (stamp.ms, stamp.count) <= (last.ms, last.count):
            stamp = following(last, change.stamp.node)
        if stamp != change.stamp:
            out[change.n] = stamp
        last = stamp
    return out


def _true_ms(change: Change, told: Told, server_ms: int) -> int:
    written = change.stamp.ms
    skew = told.client_now - server_ms
    if change.n in told.ages:
        return server_ms - told.ages[change.n]
    since_start = told.boot_n is not None and change.n >= told.boot_n
    if since_start and abs(skew) > MAX_SKEW_MS:
        return min(written - skew, server_ms)
    return written if written <= server_ms + MAX_SKEW_MS else server_ms
