"""What chance brings together too seldom: disks, cards and clocks that fail just when a right to spend is on its way."""

from __future__ import annotations

from contextlib import contextmanager

from cloud_sync_server import ingest, own
from edge.store import changelog, now
from salon.reconcile import BadChange, difference
from salon.records import Employee, Lane, Visit
from tests.simulation.people import (
    PUT_BACK,
    arrive,
    back_up_hq,
    book,
    book_the_busy_hour,
    come_and_pay,
    edit,
    erase,
    jump,
    merge_files,
    pay,
    restore_hq,
    sync,
    top_up,
)


def lease_behind_the_backup(world, machine):
    """HQ gives leases of which its backup knows nothing, and is put back from it; they are spent before or after it finds out, and others
    ask for the same money.
    """
    back_up_hq(world, machine)
    come_and_pay(world, machine)
    arrive(world, machine)
    sync(world, machine)
    world.seen["lease behind HQ's backup"] += 1
    restore_hq(world, machine)
    machine.line.cut = world.rng.random() < 0.5
    other = world.rng.choice([one for one in world.machines if one is not machine])
    come_and_pay(world, other)
    pay(world, machine)
    machine.line.cut = False
    sync(world, machine)
    pay(world, machine)


def recalled_restored_and_years_off(world, machine):
    """A lease is called back for another store, its own store's card is put back to before it had it, and its clock is years off."""
    arrive(world, machine)
    sync(world, machine)
    machine.back_up()
    come_and_pay(world, machine)
    other = world.rng.choice([one for one in world.machines if one is not machine])
    arrive(world, other)
    for one in (other, machine, other):
        sync(world, one)
    machine.restore()
    jump(world, machine)
    machine.line.cut = world.rng.random() < 0.3
    pay(world, machine)
    sync(world, machine)
    come_and_pay(world, other)
    world.seen["recalled, restored, years off"] += 1
    machine.line.cut = False


def edited_and_taken_apart(world, machine):
    """Two files are shown as one, both are written to, and then they are taken apart."""
    merge_files(world, machine)
    for one in world.machines:
        sync(world, one)
        edit(world, one)
        come_and_pay(world, one)
    merge_files(world, machine)
    world.seen["edited, then taken apart"] += 1


ATTACKS = {lease_behind_the_backup: 4, recalled_restored_and_years_off: 4, edited_and_taken_apart: 3}
ATTACKS_SHOW = ("lease behind HQ's backup", "recalled, restored, years off", "edited, then taken apart")
ACTS = PUT_BACK | ATTACKS


def new_life_between(world, machine):
    """A card, and then HQ, are put back: the store's new life begins in between, with or without a word acknowledged to it."""
    back_up_hq(world, machine)
    machine.back_up()
    top_up(world, machine)
    edit(world, machine)
    sync(world, machine)
    machine.restore()
    for _ in range(world.rng.randrange(3)):
        sync(world, machine)
    restore_hq(world, machine)
    if world.rng.random() < 0.5:
        top_up(world, machine)
    sync(world, machine)
    world.seen["new life between"] += 1


def decided_and_lost(world, machine):
    """Head office decides on files, some stores hear of it, its disk is put back, some come, and it decides anew."""
    back_up_hq(world, machine)
    merge_files(world, machine)
    for one in world.machines:
        if world.rng.random() < 0.6:
            sync(world, one)
    restore_hq(world, machine)
    for one in world.machines:
        if world.rng.random() < 0.6:
            sync(world, one)
    merge_files(world, machine)
    sync(world, machine)
    world.seen["decided and lost"] += 1


def answered_and_erased(world, machine):
    """Bookings made elsewhere are answered, HQ's disk is put back to before, a member is erased, and stores come in any order."""
    back_up_hq(world, machine)
    book(world, machine)
    for one in world.rng.sample(world.machines, 3):
        sync(world, one)
        sync(world, one)
    restore_hq(world, machine)
    if world.rng.random() < 0.7:
        erase(world, world.rng.choice(world.machines))
    for one in world.rng.sample(world.machines, 3):
        sync(world, one)
    world.seen["answered and erased"] += 1


def bed_given_twice(world, machine):
    """The busy hour is given away, heard of elsewhere, and given away anew by a card that was put back."""
    machine.back_up()
    book_the_busy_hour(world, machine)
    sync(world, machine)
    sync(world, world.rng.choice(world.machines))
    machine.restore()
    book_the_busy_hour(world, machine)
    if world.rng.random() < 0.5:
        restore_hq(world, machine)
    sync(world, machine)
    world.seen["bed given twice"] += 1


CORNERS = {new_life_between: 4, decided_and_lost: 3, answered_and_erased: 3, bed_given_twice: 3}
"""Found by asking what else is like the seeds that failed; a kind of its own, as with them the attacked seeds would be other histories."""
CORNERS_SHOW = ("new life between", "decided and lost", "answered and erased", "bed given twice")
CORNERED = ACTS | CORNERS
FIRST_BATCH = 3
"""Changes: a store of a history has few to send; so what it has goes in more than one batch, one ahead of the other."""


UNKNOWN_THERE = "not in this version"
"""What an entry or a document says that head office does not understand."""


@contextmanager
def understanding_less():
    """Head office is of another version than the stores: of what they write, some it puts aside for its content."""
    check = ingest.check

    def less(cls, change):
        for name, value in change.fields.items():
            if value == UNKNOWN_THERE:
                raise BadChange("bad_value", f"{name}: {UNKNOWN_THERE}")
        check(cls, change)

    ingest.check = less
    try:
        yield
    finally:
        ingest.check = check


def money_not_understood(world, machine):
    """Money in and, if she is in the house, out, by entries that head office will not take in as they are."""
    top_up(world, machine, explain=UNKNOWN_THERE)
    if world.rng.random() < 0.7:
        arrive(world, machine)
        sync(world, machine)
        sync(world, machine)
        pay(world, machine, explain=UNKNOWN_THERE)
    world.seen["money not understood"] += 1


def edit_not_understood(world, machine):
    """A member's file is edited here, in a way that head office will not take in; and perhaps once more, as it will."""
    with machine.running(deadly=True) as store:
        known = sorted(document["rid"] for document in store.members)
        if not known:
            return
        rid = world.rng.choice(known)
        tags = store.members.load(rid).tags
        fields = {"drink": UNKNOWN_THERE, "tags": [*tags, f"unknown-{len(world.writes)}-{machine.name}"]}
        if world.rng.random() < 0.5:
            fields |= {
                "given_name": world.rng.choice("明红静"),
                "allergens": world.rng.sample(("latex", "nickel"), 1),
            }
        store.members.edit(rid, **fields)
    world.seen["edit not understood"] += 1
    if world.rng.random() < 0.5:
        sync(world, machine)
    if world.rng.random() < 0.4:
        edit(world, machine)


def visit_not_understood(world, machine):
    """A record of which head office takes in no beginning, and what is said of it after."""
    with machine.running(deadly=True) as store:
        known = sorted(document["rid"] for document in store.members)
        if not known:
            return
        new = Visit(
            rid=f"v-{world.rng.getrandbits(40):010x}", member=world.rng.choice(known), store=machine.name, state="arrived",
            arrived_at=now(), drink=UNKNOWN_THERE,
        )  # fmt: skip
        store.visits.add(new)
        world.note(machine, ("record", "visits", new.rid, new.member))
        if world.rng.random() < 0.5:
            store.visits.edit(new.rid, bed=f"bed-{world.rng.randrange(2)}")
    world.seen["visit not understood"] += 1


def colleague(world, machine):
    """Somebody works here from today."""
    with machine.running(deadly=True) as store:
        number = world.rng.getrandbits(40)
        new = Employee(
            rid=f"e-{number:010x}", login=f"l{number:010x}", name="李", roles=["desk"], store=machine.name
        )
        store.employees.add(new)
        world.note(machine, ("record", "employees", new.rid, ""))


def another_stores_colleague(world, machine):
    """A store gives itself a say over another one's colleague: by force; or as it has not heard yet that head office moved her."""
    for one in (machine, *world.machines):
        colleague(world, one)
        sync(world, one)
    sync(world, machine)
    force = world.rng.random() < 0.6
    found = sorted(
        (one for one in machine.store.employees.select() if (one.store != machine.name) == force),
        key=lambda one: one.rid,
    )
    if not found:
        return
    her = world.rng.choice(found)
    roles = world.rng.sample(("desk", "owner", "consultant"), 2)
    if not force and world.state_at_hq("employee", her.rid) is None:
        return
    if not force:
        there = world.rng.choice([one.name for one in world.machines if one is not machine])
        world.write_at_hq(own.Draft("employee", her.rid, {"store": there}))
    with machine.running(deadly=True) as store:
        if force:
            _by_force(store, her.rid, roles=sorted(roles), name_en=f"Li {len(world.writes)}")
        else:
            store.employees.edit(her.rid, roles=roles)
    world.seen["another store's colleague"] += 1


def _by_force(store, rid, **fields):
    """Past the store's own tables, as broken code or somebody with the card in hand writes."""
    with store.transaction() as con:
        if (known := store.employees.find(rid)) is None:
            return
        after, state = known.document() | fields, changelog.load_state(con, rid)
        said, base = difference(Employee, known.document(), after, state)
        changelog.append(con, Employee, rid, {Lane.HQ: said}, base, state)
        store.employees.put(after)


REFUSED = CORNERED | {
    money_not_understood: 6, edit_not_understood: 5, visit_not_understood: 4, another_stores_colleague: 3,
}  # fmt: skip
REFUSED_SHOW = (
    "money not understood", "edit not understood", "visit not understood", "another store's colleague",
    "discarded for its content", "mended for its content", "alteration discarded", "alteration taken in",
)  # fmt: skip


def two_cards_of_one_store(world, machine):
    """A card is copied, and both run as one store for a while: people come to either, either speaks to HQ. Then one is thrown away, with or
    without a last word.
    """
    twin = machine.twin()
    for _ in range(world.rng.randrange(2, 9)):
        one = world.rng.choice((machine, twin))
        world.rng.choice((edit, top_up, arrive, come_and_pay, book_the_busy_hour, sync, sync))(world, one)
    machine.line.cut = False
    if world.rng.random() < 0.5:
        twin.line.cut = False
        for one in (twin, machine, twin):
            sync(world, one)
    twin.scrap()
    world.seen["two cards of one store"] += 1


TWINS = CORNERED | {two_cards_of_one_store: 6}
TWINS_SHOW = ("two cards of one store",)
