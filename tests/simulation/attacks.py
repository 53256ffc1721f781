"""What chance brings together too seldom: disks, cards and clocks that fail just when a right to spend is on its way."""

from __future__ import annotations

from tests.simulation.people import (
    PUT_BACK,
    arrive,
    back_up_hq,
    come_and_pay,
    edit,
    jump,
    merge_files,
    pay,
    restore_hq,
    sync,
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
FIRST_BATCH = 3
"""Changes: a store of a history has few to send; so what it has goes in more than one batch, one ahead of the other."""
