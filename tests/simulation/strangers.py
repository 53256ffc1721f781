"""What happens in a chain in which a store gets only whom it knows: a stranger comes, one moves house, one stays away for a year."""

from __future__ import annotations

from sqlalchemy import select

from cloud_sync_server import own
from cloud_sync_server.schema import records
from edge.sync.errors import SyncError
from tests.simulation.people import PUT_BACK, arrive, book, edit, erase, pay, sync, top_up

AWAY_MS = 367 * 86_400_000
"""Longer than a subscription holds."""


def _somebody(world, wanted):
    """A member at head office, (rid, phone), of whom `wanted` is true; None where there is none."""
    living = select(records.c.rid).where(records.c.kind == "member", records.c.erased.is_(False))
    rids = sorted(world.here.database.read(lambda con: con.execute(living).scalars().all()))
    found = [(rid, world.state_at_hq("member", rid)["v"]) for rid in rids]
    able = [(rid, values["phone"]) for rid, values in found if wanted(rid, values)]
    return world.rng.choice(able) if able else None


def _look_up(world, machine, phone):
    """Whether there was an answer."""
    with machine.running(deadly=True):
        try:
            machine.agent.look_up(phone)
        except SyncError:
            return False
        return True
    return False


def _write_of(world, machine, rid):
    """What people do with one who stands before them, if the store has her file."""
    for does in world.rng.sample((edit, arrive, top_up), world.rng.randrange(1, 4)):
        if machine.store.members.find(rid) is not None:
            does(world, machine, rid=rid)


def a_stranger_comes(world, machine):
    """A member whom this store does not know: looked up by phone, she is written to, here or also elsewhere before this store speaks to HQ."""
    found = _somebody(world, lambda rid, _: machine.store.members.find(rid) is None)
    if found is None:
        return
    rid, phone = found
    if not _look_up(world, machine, phone):
        world.seen["nobody to ask"] += 1
        return
    world.seen["looked up"] += 1
    if world.rng.random() < 0.5:
        other = world.rng.choice(world.machines)
        _write_of(world, other, rid)
        sync(world, other)
    _write_of(world, machine, rid)
    if world.rng.random() < 0.7:
        sync(world, machine)
        sync(world, machine)
        pay(world, machine)


def she_moves(world, machine):
    """Another store becomes her home: as this one writes, or head office."""
    other = world.rng.choice([one.name for one in world.machines if one is not machine])
    if world.rng.random() < 0.3:
        found = _somebody(world, lambda _, values: values.get("home_store") != other)
        moved = found and world.write_at_hq(own.Draft("member", found[0], {"home_store": other}))
    else:
        edit(world, machine, home_store=other)
        moved = True
    world.seen["moved home"] += bool(moved)


def a_year_away(world, machine):
    """A store has not seen a member for a year. Meanwhile others write of her, or erase her; then she may come again: she is looked up, or
    somebody writes to the file that is still there.
    """
    found = _somebody(
        world,
        lambda rid, values: (
            values.get("home_store") != machine.name and machine.store.members.find(rid) is not None
        ),
    )
    if found is None:
        found = _somebody(world, lambda _, values: values.get("home_store") != machine.name)
        if found is None or not _look_up(world, machine, found[1]):
            return
    rid, phone = found
    _write_of(world, machine, rid)
    sync(world, machine)
    world.ms += AWAY_MS
    world.seen["a year away"] += 1
    others = [one for one in world.machines if one is not machine]
    for other in others:
        _write_of(world, other, rid)
        if world.rng.random() < 0.15 and other.store.members.find(rid) is not None:
            erase(world, other, rid=rid)
        sync(world, other)
    comes = world.rng.random()
    if comes < 0.3:
        _look_up(world, machine, phone)
    if comes < 0.7:
        _write_of(world, machine, rid)
        book(world, machine)
        world.seen["came again"] += 1


SUBSCRIBED = PUT_BACK | {a_stranger_comes: 10, she_moves: 5, a_year_away: 3}
SUBSCRIBED_SHOW = ("looked up", "nobody to ask", "moved home", "a year away", "came again")
