"""What happens in the stores of a simulated chain: people write, clocks jump, lines break, cards die."""

from __future__ import annotations

from sqlalchemy import select
from tinydb import where

from cloud_sync_server import own
from cloud_sync_server.schema import records
from edge.store import DoubleBooked, NoLease, iso, now
from edge.store.clock import parse
from salon.records import Appointment, Consent, LedgerEntry, Member, Visit

YEAR_MS = 365 * 86_400_000
JUMPS_MS = (-30 * YEAR_MS, 10 * YEAR_MS, 3_600_000, -3_600_000, 0, 61_000)


def act(world, acts):
    """One step of the history."""
    machine = world.rng.choice(world.machines)
    world.ms += world.rng.choice((50, 1_000, 20_000, 600_000))
    does = world.rng.choices(list(acts), weights=list(acts.values()))[0]
    does(world, machine)


def begin(world):
    """A chain that is at work: each store has a member whom the others know, with money on her account."""
    for machine in world.machines:
        register(world, machine)
        top_up(world, machine)
        sync(world, machine)
    for machine in world.machines:
        sync(world, machine)


def _members(store):
    return sorted(document["rid"] for document in store.members)


def _some(world, store):
    known = _members(store)
    return world.rng.choice(known) if known else None


def register(world, machine):
    number = f"138{world.rng.randrange(8):08d}"
    with machine.running(deadly=True) as store:
        rid = f"m-{world.rng.getrandbits(40):010x}"
        tag = f"new-{rid}"
        store.members.add(
            Member(rid=rid, surname="王", phone=number, home_store=machine.name, tags=[tag], joined_at=now())
        )
        world.note(machine, ("tag", rid, tag))


def edit(world, machine, rid=None, **more):
    with machine.running(deadly=True) as store:
        rid = rid or _some(world, store)
        if rid is None:
            return
        tag = f"t{len(world.writes)}-{machine.name}-{world.rng.getrandbits(20)}"
        fields = {"tags": [*store.members.load(rid).tags, tag], **more}
        if world.rng.random() < 0.6:
            fields["drink"] = world.rng.choice(("tea", "water", "coffee", "juice"))
        if world.rng.random() < 0.3:
            fields["allergens"] = world.rng.sample(("latex", "nickel", "alcohol"), world.rng.randrange(3))
        store.members.edit(rid, **fields)
        world.note(machine, ("tag", rid, tag))


def consent(world, machine):
    with machine.running(deadly=True) as store:
        rid = _some(world, store)
        if rid is None:
            return
        purpose = world.rng.choice(("share_health", "marketing"))
        known = store.consents.select((where("member") == rid) & (where("purpose") == purpose))
        if known:
            store.consents.edit(known[0].rid, granted=not known[0].granted, decided_at=now())
            return
        new = Consent(
            rid=f"c-{world.rng.getrandbits(40):010x}", member=rid, purpose=purpose, granted=world.rng.random() < 0.7,
            decided_at=now(), text_version="1", channel="kiosk",
        )  # fmt: skip
        store.consents.add(new)
        world.note(machine, ("record", "consents", new.rid, rid))


def arrive(world, machine, rid=None):
    with machine.running(deadly=True) as store:
        rid = rid or _some(world, store)
        if rid is None:
            return
        new = Visit(
            rid=f"v-{world.rng.getrandbits(40):010x}", member=rid, store=machine.name, state="arrived", arrived_at=now(),
            services=["facial"],
        )  # fmt: skip
        store.visits.add(new)
        world.note(machine, ("record", "visits", new.rid, rid))


def top_up(world, machine, explain="", rid=None):
    with machine.running(deadly=True) as store:
        rid = rid or _some(world, store)
        if rid is None:
            return
        entry = _entry(world, machine, rid, world.rng.randrange(1, 50) * 1_000, "top_up", explain)
        store.ledger.add(entry)
        world.note(machine, ("entry", entry.rid, entry.amount))


def pay(world, machine, explain=""):
    """With stored value: under a lease, with or without a line; then she leaves."""
    with machine.running(deadly=True) as store:
        here = store.visits.select((where("state") == "arrived") & (where("store") == machine.name))
        if not here:
            return
        visit = world.rng.choice(here)
        amount = world.rng.randrange(1, 40) * 1_000
        try:
            with store.transaction():
                entry = _entry(world, machine, visit.member, -amount, "spend", explain).model_copy(
                    update={"visit": visit.rid}
                )
                posted = store.leases.spend(entry)
                store.visits.edit(visit.rid, state="closed", closed_at=now(), paid_fen=amount)
        except NoLease:
            store.visits.edit(visit.rid, state="closed", closed_at=now())
            return
        world.seen["spent under a lease"] += 1
        for one in posted:
            world.note(machine, ("entry", one.rid, one.amount))


def come_and_pay(world, machine):
    """She arrives, the store asks for her lease if it has a line, and she pays once or twice, with or without one."""
    arrive(world, machine)
    machine.sync()
    machine.sync()
    if world.rng.random() < 0.3:
        machine.line.cut = True
    for _ in range(world.rng.randrange(1, 3)):
        pay(world, machine)


def _entry(world, machine, member, amount, reason, explain=""):
    return LedgerEntry(
        rid=f"l-{world.rng.getrandbits(48):012x}", member=member, unit="fen", amount=amount, reason=reason, at=now(),
        store=machine.name, explain=explain,
    )  # fmt: skip


def take_back_points(world, machine):
    """A refund takes points back that may be spent already: no lease, and yet nothing may go below zero (LOY-07)."""
    with machine.running(deadly=True) as store:
        rid = _some(world, store)
        if rid is None:
            return
        entry = _entry(world, machine, rid, -world.rng.randrange(1, 30) * 1_000, "refund")
        store.ledger.add(entry)
        world.note(machine, ("entry", entry.rid, entry.amount))


def book(world, machine, hours=12, beds=2):
    """In this store's calendar, or in another's: then it waits for an answer."""
    with machine.running(deadly=True) as store:
        rid = _some(world, store)
        if rid is None:
            return
        owner = world.rng.choice(world.machines).name
        start = 1_900_000_000 + world.rng.randrange(hours) * 1_800
        begin = parse(now()).fromtimestamp(start, parse(now()).tzinfo)
        end = parse(now()).fromtimestamp(start + 3_600, parse(now()).tzinfo)
        new = Appointment(
            rid=f"a-{world.rng.getrandbits(40):010x}", member=rid, store=owner, services=["facial"], starts_at=iso(begin),
            ends_at=iso(end), bed=f"bed-{world.rng.randrange(beds)}",
            booking="confirmed" if owner == machine.name else "provisional",
        )  # fmt: skip
        try:
            store.appointments.add(new)
        except DoubleBooked:
            world.seen["no bed free"] += 1
            return
        world.seen["booked elsewhere" if owner != machine.name else "booked"] += 1
        world.note(machine, ("record", "appointments", new.rid, rid))


def book_the_busy_hour(world, machine):
    """All want the same hour and the same bed."""
    book(world, machine, hours=3, beds=1)


def erase(world, machine, rid=None):
    with machine.running(deadly=True) as store:
        rid = rid or _some(world, store)
        if rid is None:
            return
        store.members.remove(where("rid") == rid)
        world.seen["erased"] += 1
        world.note(machine, ("erased", rid))


def sync(world, machine):
    machine.sync()


def lose_line(world, machine):
    machine.line.cut = not machine.line.cut


def jump(world, machine):
    """The clock of a machine without a battery."""
    machine.clock.frozen_at = None
    machine.clock.offset_ms = world.rng.choice(JUMPS_MS)
    world.seen[f"clock {machine.clock.offset_ms / 3_600_000:+.2f} h"] += 1
    if world.rng.random() < 0.15:
        world.seen["clock frozen"] += 1
        machine.clock.frozen_at = machine.clock.wall_ms()


def reboot(world, machine):
    machine.down()
    machine.clock.restart()
    machine.up()


def back_up(world, machine):
    machine.back_up()


def restore(world, machine):
    if machine.backup is not None:
        machine.restore()


def merge_files(world, _machine):
    """Head office shows two files of one person together, or takes them apart again."""
    known = select(records.c.rid).where(records.c.kind == "member", records.c.erased.is_(False))
    here = world.here
    members = sorted(here.database.read(lambda con: con.execute(known).scalars().all()))
    if len(members) < 2:
        return
    rid, into = world.rng.sample(members, 2)
    joined = [one for one in members if world.aliases.get(one)]
    if joined and world.rng.random() < 0.5:
        rid, into = world.rng.choice(joined), ""
    draft = own.Draft("member", rid, {"merged_into": into})
    if not world.write_at_hq(draft):
        return
    world.aliases[rid] = into
    world.seen["files joined" if into else "files taken apart"] += 1


def back_up_hq(world, _machine):
    world.back_up_hq()


def restore_hq(world, _machine):
    if world.hq_backup is not None:
        world.restore_hq()


EARLIER = {
    register: 4, edit: 14, consent: 5, arrive: 6, top_up: 6, pay: 8, take_back_points: 1, book: 4, erase: 1, sync: 22,
    lose_line: 3, jump: 5, reboot: 2, back_up: 4, restore: 3,
}  # fmt: skip
"""What histories were made of when the first seeds failed: told with any other act, they would be other histories."""
LATER = EARLIER | {merge_files: 4, come_and_pay: 6, book_the_busy_hour: 8}
PUT_BACK = LATER | {back_up_hq: 3, restore_hq: 3}
