"""One seed: a history, then peace, then the questions. `python -m tests.simulation.history SEEDS START` runs many."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from multiprocessing import get_context
from multiprocessing.util import Finalize
from pathlib import Path

from sqlalchemy import func, select
from tinydb import where

from cloud_sync_server.made import owner
from cloud_sync_server.schema import accounts, leases, pots, quarantine, records, settlements, slots
from cloud_sync_server.vault import row_name
from edge.store import calendar
from salon.reconcile import document, without_health
from salon.records import Privacy, kinds
from tests.cloud_sync_server import postgres
from tests.cloud_sync_server.disk import ON
from tests.simulation.attacks import (
    ACTS,
    ATTACKS_SHOW,
    CORNERED,
    CORNERS_SHOW,
    FIRST_BATCH,
    REFUSED,
    REFUSED_SHOW,
    TWINS,
    TWINS_SHOW,
    understanding_less,
)
from tests.simulation.people import JUMPS_MS, PUT_BACK, act, begin
from tests.simulation.strangers import SUBSCRIBED, SUBSCRIBED_SHOW
from tests.simulation.world import Templates, World

STEPS = 36
MUST_HAPPEN = (
    "no line", "request lost", "request doubled", "request out of order", "answer lost", "store's power cut",
    "HQ's power cut", "backup put back", "HQ put back", "erased", "spent under a lease", "booked", "booked elsewhere", "files joined", "no bed free",
    "files taken apart", "clock frozen", *(f"clock {ms / 3_600_000:+.2f} h" for ms in JUMPS_MS),
)  # fmt: skip
"""In every `ENOUGH` histories: else they prove less than they promise."""
ENOUGH = 100
NIGHTS = 2
"""After HQ was put back: one in which the stores say what it lost, one in which all have heard it."""
ROUNDS = 40
"""Of peace: each store exchanges this often at most before all must be still."""


class Violation(AssertionError):
    """Raised when a promise does not hold."""


KINDS = {
    "attacked": ACTS,
    "cornered": CORNERED,
    "refused": REFUSED,
    "twins": TWINS,
    "plain": PUT_BACK,
    "subscribed": SUBSCRIBED,
}
SHOW = {
    "attacked": ATTACKS_SHOW,
    "cornered": ATTACKS_SHOW + CORNERS_SHOW,
    "refused": ATTACKS_SHOW + CORNERS_SHOW + REFUSED_SHOW,
    "twins": ATTACKS_SHOW + CORNERS_SHOW + TWINS_SHOW,
    "plain": (),
    "subscribed": SUBSCRIBED_SHOW,
}
"""What histories are made of, by the name that `make simulate KIND=` takes."""


def run(seed, templates, folder, steps=STEPS, acts=ACTS):
    """Raises Violation. Returns what happened, and how often."""
    first_batch = FIRST_BATCH if acts in (ACTS, CORNERED, REFUSED, TWINS) else 0
    distribution = "subscribed" if acts is SUBSCRIBED else "all"
    world = World(seed, templates, folder, first_batch, distribution)
    try:
        with understanding_less():
            begin(world)
            for _ in range(steps):
                act(world, acts)
            _peace(world)
            _check(world)
        return world.seen
    finally:
        world.close()


def _peace(world):
    world.faults = False
    for machine in world.machines:
        machine.line.cut = False
        machine.clock.frozen_at = None
        machine.clock.offset_ms = world.rng.choice((0, 0, 3_600_000, -3_600_000))
    still = 0
    for _ in range(ROUNDS):
        world.ms += 120_000
        reports = [machine.sync(deadly=False) for machine in world.machines]
        for report in reports:
            _must(world, not report.error, f"in peace an exchange ends with {report.error}: {report.detail}")
        moved = any(report.pushed or report.pulled or report.pending for report in reports)
        still = 0 if moved else still + 1
        if still == 2:
            return
    _must(world, False, "the exchange never comes to rest")


def _check(world):
    _must(world, not world.problems, f"HQ failed: {world.problems}")
    if world.seen["HQ put back"]:
        # What head office itself had decided comes back, where a store had it, when the night finds that it is missing.
        _nights(world)
        if world.decide_on_witnesses():
            _nights(world)
    if world.not_understood():
        _nights(
            world
        )  # what stands in a store and not at HQ has been said by then, so that one decision is enough
        world.decide_on_content()
        _nights(world)
    if world.decide_on_alterations():
        _nights(world)
    aside = world.here.database.read(
        lambda con: con.execute(select(quarantine).where(quarantine.c.state == "open")).all()
    )
    _must(world, not aside, f"put aside: {[(r.store, r.n, r.kind, r.reason, r.detail) for r in aside]}")
    _same_everywhere(world)
    _nothing_lost(world)
    _books(world)  # before the night has a chance to mend them
    for machine in world.machines:
        night = machine.night()
        _must(world, night.outcome == "equal", f"{machine.name}: the night found {night}")
    _books(world)
    _calendars(world)


def _nights(world):
    for _ in range(NIGHTS):
        for machine in world.machines:
            machine.night()
        _peace(world)


def _must(world, holds, what):
    if not holds:
        raise Violation(f"seed {world.seed}: {what}")


def _at_hq(world):
    def read(con):
        rows = con.execute(select(records)).all()
        ring = world.here.vault.reading(con, {row.member for row in rows})
        return {
            (row.kind, row.rid): ring.open(row.member, row.body, row_name("records", *row[:3]))
            for row in rows
        }

    return world.here.database.read(read)


def _shown(cls, values):
    """What both sides hold: health data is only where it may be."""
    hidden = {n for n, about in cls.fields().items() if about.privacy in {Privacy.HEALTH, Privacy.LOCAL}}
    return {name: value for name, value in values.items() if name not in hidden}


def _same_everywhere(world):
    """Of the members whom a store is to know, and of nobody. Of those who have not come for a year it keeps what it had (sync.md 2.6)."""
    held = _at_hq(world)
    for machine in world.machines:
        known, lapsed = world.knows(machine), world.lapsed(machine)
        for kind, cls in kinds().items():
            theirs = {
                rid: _shown(cls, cls.parse(document(cls, rid, without_health(cls, state))).document())
                for (its, rid), state in held.items()
                if its == kind
                and "x" not in state
                and (kind != "device")
                and owner(kind, rid, state["v"]) in known
            }
            mine = {
                d["rid"]: _shown(cls, dict(d))
                for d in machine.store.table(kind)
                if owner(kind, d["rid"], d) not in lapsed
            }
            unlike = [rid for rid in mine.keys() | theirs.keys() if mine.get(rid) != theirs.get(rid)]
            _must(
                world,
                not unlike,
                f"{machine.name} and HQ differ in {kind} {unlike[:3]}:"
                f" {[(mine.get(rid), theirs.get(rid)) for rid in unlike[:1]]}",
            )
        homeless = [
            rid
            for (kind, rid), state in held.items()
            if kind == "member" and state["v"].get("home_store") == machine.name and rid not in known
        ]
        _must(world, not homeless, f"{machine.name} does not know {homeless[:3]}, whose home it is")


def _nothing_lost(world):
    """At HQ, in the store that wrote it, and in each that is to know her."""
    held = _at_hq(world)
    gone = {rid for (kind, rid), state in held.items() if kind == "member" and "x" in state}
    erased = gone | {what[1] for _, what in world.writes if what[0] == "erased"}
    for name, what in world.writes:
        kind, rid = _of(what)
        if what[0] == "erased":
            _must(world, rid in gone, f"not erased at HQ: {what}, written at {name}")
        if rid in erased or what[-1] in erased:
            continue
        state = held.get((kind, rid))
        _must(world, state, f"missing at HQ: {what}, written at {name}")
        member = owner(kind, rid, state["v"])
        _must(world, _has(what, state["v"]), f"not as written at HQ: {what}, written at {name}")
        for machine in world.machines:
            if machine.name == name or member in world.knows(machine):
                found = machine.store.table(kind).find(rid)
                there = found is not None and _has(what, found.document())
                _must(world, there, f"missing at {machine.name}: {what}, written at {name}")
    for machine in world.machines:
        held_still = [rid for rid in sorted(erased) if machine.store.members.find(rid) is not None]
        _must(world, not held_still, f"{machine.name} still has {held_still}, erased")
        for rid, into in world.aliases.items():
            if rid in erased or rid not in world.knows(machine):
                continue
            merged = machine.store.members.find(rid).merged_into
            _must(world, merged == into, f"{machine.name}: {rid} is not merged into {into!r}")
    for rid in sorted(erased):
        receipts = {r.store for r in world.machines[0].store.erasure_receipts.select() if r.subject == rid}
        wanted = world.who_knew(rid)
        _must(world, receipts >= wanted, f"receipts of {rid}: only {receipts} of {wanted}")


def _of(what):
    """(kind, rid) of the record that a write was about."""
    match what:
        case ("record", table, rid, _):
            return _kind(table), rid
        case ("entry", rid, _):
            return "ledger_entry", rid
    return "member", what[1]


def _has(what, values):
    match what:
        case ("tag", _, tag):
            return tag in values["tags"]
        case ("entry", _, amount):
            return values["amount"] == amount
    return True


def _kind(table):
    return next(kind for kind, cls in kinds().items() if cls.table == table)


def _books(world):
    cls = kinds()["ledger_entry"]
    entries = [
        cls.parse(document(cls, rid, state))
        for (kind, rid), state in _at_hq(world).items()
        if kind == cls.kind
    ]
    sums = Counter()
    for entry in entries:
        sums[entry.member] += entry.amount

    def read(con):
        held = select(leases.c.member, func.sum(leases.c.remains)).where(leases.c.state == "open")
        return (
            {row.member: row for row in con.execute(select(accounts))},
            dict(con.execute(held.group_by(leases.c.member)).all()),
        )

    _pots_and_debts(world, entries)
    balances, leased = world.here.database.read(read)
    for member, row in balances.items():
        _must(
            world,
            row.balance == sums[member],
            f"{member}: the books say {row.balance}, the entries {sums[member]}",
        )
        _must(world, row.balance >= 0, f"{member} is below zero")
        _must(
            world,
            row.leased == leased.get(member, 0),
            f"{member}: leased {row.leased}, leases {leased.get(member, 0)}",
        )
    _must(world, set(sums) <= set(balances), "an account is missing")
    # Without a restore, what was given back is the same to a fen, too; with one, the store may not know it any more.
    put_back = any(world.seen[one] for one in ("backup put back", "HQ put back", "two cards of one store"))
    looked_at = ("open",) if put_back else ("open", "returned")
    held = {
        (m.name, one.lease): one.remains
        for m in world.machines
        for one in m.store.leases.in_state(*looked_at)
    }
    named = select(leases.c.store, leases.c.lease, leases.c.remains).where(leases.c.state.in_(looked_at))
    at_hq = world.here.database.read(lambda con: {(r.store, r.lease): r.remains for r in con.execute(named)})
    rightless = [e for e in entries if e.reason == "correction" and not put_back]
    for one in rightless:
        wrong = next(entry for entry in entries if entry.rid == one.corrects)
        _must(world, wrong.reason == "refund", f"{wrong.store} spent without a right: {wrong}")
    _must(world, held == at_hq, f"leases: stores have {held}, HQ {at_hq}")


def _pots_and_debts(world, entries):
    """Whose money a balance is, and who owes for what was spent without a right: to a fen."""

    def read(con):
        held = select(pots.c.member, pots.c.unit, func.sum(pots.c.amount)).group_by(
            pots.c.member, pots.c.unit
        )
        balances = select(accounts.c.member, accounts.c.unit, accounts.c.balance)
        debts = select(settlements.c.store, func.sum(settlements.c.amount)).where(
            settlements.c.creditor == "hq"
        )
        return (
            {row[:2]: row[2] for row in con.execute(held) if row[2]},
            {row[:2]: row[2] for row in con.execute(balances) if row[2]},
            dict(con.execute(debts.group_by(settlements.c.store)).all()),
        )

    held, balances, debts = world.here.database.read(read)
    _must(world, held == balances, f"pots: {held}, balances {balances}")
    corrected = Counter()
    for entry in entries:
        if entry.reason == "correction":
            corrected[entry.store] += entry.amount
    _must(world, debts == dict(corrected), f"stores owe {debts}, corrections say {dict(corrected)}")


def _calendars(world):
    """Who has which bed when is what the bookings say, once each, and every booking made elsewhere has its answer (APT-08)."""
    for machine in world.machines:
        wanted = {}
        for booking in machine.store.appointments.select(where("store") == machine.name):
            _must(
                world, booking.booking != "provisional", f"{booking.rid} was never answered by {machine.name}"
            )
            for slot in calendar.slots(booking.document(), machine.name):
                other = wanted.setdefault(slot, booking.rid)
                _must(world, other == booking.rid, f"{machine.name}: {slot} is {other}'s and {booking.rid}'s")
        held = machine.store.connections.get().execute("SELECT resource, slot, rid FROM slots").fetchall()
        held = {(resource, slot): rid for resource, slot, rid in held}
        _must(world, held == wanted, f"{machine.name} keeps slots {_unlike(held, wanted)}")
        mine = select(slots.c.resource, slots.c.slot, slots.c.rid).where(slots.c.store == machine.name)
        at_hq = world.here.database.read(
            lambda con, mine=mine: {row[:2]: row[2] for row in con.execute(mine)}
        )
        _must(world, at_hq == wanted, f"HQ keeps slots of {machine.name} {_unlike(at_hq, wanted)}")


def _unlike(held, wanted):
    return [
        (k, held.get(k), wanted.get(k))
        for k in sorted(held.keys() | wanted.keys())
        if held.get(k) != wanted.get(k)
    ][:3]


def quick_folder():
    """Memory, where there is such a folder: the histories are about our code, not about the card."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _begin_worker():
    """Each process has a folder and a first state of the chain of its own."""
    global _place, _templates  # noqa: PLW0603 - one of each a process, which is forked for this
    _place = tempfile.TemporaryDirectory(dir=quick_folder())
    hq = contextlib.ExitStack()
    server = hq.enter_context(postgres.server()) if os.environ.get(ON, "") == "postgresql" else ""
    Finalize(None, hq.close, exitpriority=1)
    _templates = Templates(Path(_place.name) / "templates", server)
    # What HQ refuses is what a history is made of: by the hundred thousand, and none of it a finding.
    _templates.app.logger.setLevel(logging.ERROR)
    Finalize(None, _place.cleanup, exitpriority=1)


def _one(seed, kind):
    """(seed, what happened, what was wrong)."""
    try:
        return seed, run(seed, _templates, Path(_place.name) / f"seed-{seed}", acts=KINDS[kind]), ""
    except Exception as error:
        return seed, Counter(), f"{type(error).__name__}: {error}"


def _on():
    """What has to stand before the command for the same database."""
    return f"{ON}={os.environ[ON]} " if os.environ.get(ON) else ""


def main(argv):
    """As many histories at once as there are cores."""
    count, start, kind = int(argv[0]), int(argv[1]), argv[2] if len(argv) > 2 else "attacked"
    if kind not in KINDS:
        print(f"KIND={kind}: there is {', '.join(KINDS)}")
        return 2
    total, failed, begun, done = Counter(), [], time.monotonic(), 0
    with get_context("fork").Pool(min(count, os.cpu_count() or 1), _begin_worker) as pool:
        for seed, seen, wrong in pool.imap_unordered(partial(_one, kind=kind), range(start, start + count)):
            done += 1
            total += seen
            if wrong:
                failed.append(seed)
                print(f"{wrong}\n  replay: {_on()}make simulate SEEDS=1 START={seed} KIND={kind}", flush=True)
            if done % 500 == 0:
                print(f"{done} seeds, {len(failed)} failed, {time.monotonic() - begun:.0f} s", flush=True)
        pool.close()
        pool.join()
    must = MUST_HAPPEN + SHOW[kind]
    missing = [what for what in must if count >= ENOUGH and not total[what]]
    taken = time.monotonic() - begun
    print(f"{count} seeds from {start}: {len(failed)} failed {sorted(failed)[:20]}, {taken:.0f} s")
    print("in them: " + ", ".join(f"{what} {times}" for what, times in sorted(total.items())))
    if missing:
        print(f"which is too little, there was no {', no '.join(missing)}")
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))


__all__ = ["STEPS", "Templates", "Violation", "main", "run"]
