"""Who gets what: subscriptions, the stores' inboxes, pulls, snapshots and look-ups.

A store's inbox is numbered by a counter row that is taken last in a transaction, so numbers come in the order of commits and
without gaps (sync.md 2.5). A store that has nothing reads a snapshot of states first, then pulls on from where it began.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    true,
    union_all,
    update,
)

from cloud_sync_server.clock import later, now
from cloud_sync_server.ledger import HQ
from cloud_sync_server.schema import changes, identity, inbox, inbox_head, records, subscriptions
from cloud_sync_server.settings import Settings
from cloud_sync_server.statements import Prepared, add, by_keys, of_each, put
from cloud_sync_server.vault import NOBODY
from salon.reconcile import Origin

if TYPE_CHECKING:
    from cloud_sync_server.ingest import Placed

STORES_OWN = frozenset({"device"})
"""Kinds that no other store has a use for."""
SUBSCRIBED_FOR_S = 366 * 86_400
"""A member who came to a store is known there for a year (sync.md 2.6)."""
SUBSCRIBED_ANEW_S = 86_400
"""Of which a day more or less is nothing: who is there each day is written down once a day, not with each push."""

FOR_GOOD = "9999-12-31T00:00:00.000Z"
"""Since when a store knows the members whose home it is, or who were erased: they do not lapse."""
Numbered = tuple[str, str, int]
"""A change: store, epoch and number of who wrote it."""

_ROSTER = Prepared(select(identity.c.id).with_for_update(read=True))
_JOINING = Prepared(select(identity.c.id).with_for_update())
_STORES = Prepared(select(inbox_head.c.store).order_by(inbox_head.c.store))
_HEAD = Prepared(select(inbox_head.c.head).where(inbox_head.c.store == bindparam("of")))
_NUMBER = Prepared(
    update(inbox_head)
    .where(inbox_head.c.store == bindparam("of"))
    .values(head=inbox_head.c.head + bindparam("more"))
    .returning(inbox_head.c.head)
)


def hold_roster(con: Connection, *, to_join: bool = False) -> None:
    """Between reading which stores there are and committing, no store joins: else it would miss what is being committed."""
    (_JOINING if to_join else _ROSTER).run(con).all()


def deliver(
    con: Connection,
    settings: Settings,
    origin: Origin,
    placed: Sequence[Placed],
    refused: Collection[str] = (),
) -> int:
    """Put changes into the inboxes of all stores that want them. Of the `refused` members, who are erased, the sender has to hear if it does
    not know yet. Returns the head of the sender's own inbox.
    """
    hold_roster(con)
    rows: list[dict[str, Any]] = []
    told: dict[str, list[Numbered]] = {}
    if settings.distribution != "all":
        came_back = _came_back(con, origin, placed, refused)
        for missed in (came_back, _introduce(con, origin, placed), _erased(con, origin, placed)):
            for store, whose in missed.items():
                if whose:
                    told.setdefault(store, []).extend(whose)
    for store, numbers in _by_store(con, settings, origin, placed).items():
        told.setdefault(store, []).extend((origin.store, origin.epoch, n) for n in numbers)
    for store, whose in sorted(told.items()):
        rows += _append(con, store, whose)
    add(con, inbox, rows)
    return int(_HEAD.run(con, of=origin.store).scalar() or 0)


def _append(con: Connection, store: str, whose: list[Numbered]) -> list[dict[str, Any]]:
    """Take a place in a store's inbox for each of these; none where there is no inbox, as of HQ itself."""
    head = _NUMBER.run(con, of=store, more=len(whose)).scalar()
    if head is None:
        return []
    return [
        {"store": store, "seq": seq, "origin_store": by, "origin_epoch": epoch, "n": n}
        for seq, (by, epoch, n) in enumerate(whose, int(head) - len(whose) + 1)
    ]


def _introduce(con: Connection, origin: Origin, placed: Sequence[Placed]) -> dict[str, list[Numbered]]:
    """Members who have become a store's own, or are booked into it, are known there from now on. Returns what a store that did not know
    them gets first: all that was said of them before this batch.
    """
    named = [taken for taken, _ in placed if taken.place and taken.member != NOBODY]
    if not named:
        return {}
    members = sorted({one.member for one in named})
    rows = of_each(con, subscriptions, ("member",), [(one,) for one in members])
    before = {(row.store, row.member): row.since for row in rows}
    since = dict(before)
    enrolled = {origin.store} | _enrolled(con, {one.place for one in named} - {origin.store})
    at, lapsed = now(), later(-SUBSCRIBED_FOR_S)
    strangers: set[tuple[str, str]] = set()
    for one in named:
        key = (one.place, one.member)
        if one.place not in enrolled:
            continue
        if one.place != origin.store and since.get(key, "") < lapsed:
            strangers.add(key)
        if one.change.kind == "member":
            since |= {
                (store, member): _until(con, store, member, at)
                for store, member in since
                if member == one.member and since[store, member] == FOR_GOOD
            }
            since[key] = FOR_GOOD
        else:
            since[key] = max(_until(con, *key, at), since.get(key, ""))
    news = sorted((key, when) for key, when in since.items() if before.get(key) != when)
    put(
        con,
        subscriptions,
        [{"store": store, "member": member, "since": when} for (store, member), when in news],
    )
    batch = {taken.change.n for taken, _ in placed}
    return {
        store: _said_before(con, store, sorted(m for s, m in strangers if s == store), origin, batch)
        for store in sorted({store for store, _ in strangers})
    }


def _came_back(
    con: Connection, origin: Origin, placed: Sequence[Placed], refused: Collection[str]
) -> dict[str, list[Numbered]]:
    """A store wrote of members whom it does not know any more, as they had not come for a year, or as HQ was put back: what was said of them
    meanwhile. It gets to know those who are erased for good.
    """
    persons = ({taken.member for taken, _ in placed} | set(refused)) - {NOBODY}
    if origin.store == HQ or not persons:
        return {}
    since = later(-SUBSCRIBED_FOR_S)
    rows = by_keys(con, subscriptions, [(origin.store, one) for one in persons])
    strangers = persons - {row.member for row in rows if row.since >= since}
    erased = sorted(strangers & set(refused))
    put(
        con,
        subscriptions,
        [{"store": origin.store, "member": one, "since": FOR_GOOD} for one in erased],
    )
    batch = {taken.change.n for taken, _ in placed}
    if not strangers:
        return {}
    return {origin.store: _said_before(con, origin.store, sorted(strangers), origin, batch)}


def _erased(con: Connection, origin: Origin, placed: Sequence[Placed]) -> dict[str, list[Numbered]]:
    """That a member is erased is for each store that ever knew her, and for good: it has kept what it had, and has to answer (SEC-07). Her sums,
    of which it may have missed some, stay.
    """
    erased = sorted(
        {taken.member for taken, _ in placed if taken.change.kind == "member" and taken.change.erase}
    )
    if not erased:
        return {}
    since, batch = later(-SUBSCRIBED_FOR_S), {taken.change.n for taken, _ in placed}
    known: dict[str, set[str]] = {origin.store: set(erased)}
    strangers: dict[str, set[str]] = {}
    for row in of_each(con, subscriptions, ("member",), [(one,) for one in erased]):
        known.setdefault(row.store, set()).add(row.member)
        if row.since < since and row.store != origin.store:
            strangers.setdefault(row.store, set()).add(row.member)
    put(con, subscriptions, [
        {"store": store, "member": one, "since": FOR_GOOD} for store in sorted(known) for one in sorted(known[store])
    ])  # fmt: skip
    return {
        store: _said_before(con, store, sorted(members), origin, batch)
        for store, members in strangers.items()
    }


def introduce(con: Connection, settings: Settings, store: str, members: Collection[str]) -> None:
    """A store gets to know members, whose lock is held: what happens to them from now on, and in its inbox all that was said of them before,
    so that a copy of its card that is put back gets it, too.
    """
    if settings.distribution != "all":
        strangers = sorted(set(members) - known(con, settings, store, members))
        whose = _said_before(con, store, strangers, Origin(store, ""), set()) if strangers else []
        if whose:
            add(con, inbox, _append(con, store, whose))
    _look_after(con, store, members)


def _until(con: Connection, store: str, member: str, at: str) -> str:
    """The day of a member's last booking in a store, however far ahead; now where she has none. Bookings stand by when they begin."""
    mine = (records.c.member == member, records.c.kind == "appointment", records.c.store == store)
    return max(at, con.execute(select(func.max(records.c.at)).where(*mine)).scalar() or "")


def _enrolled(con: Connection, named: set[str]) -> set[str]:
    if not named:
        return set()
    return set(con.execute(select(inbox_head.c.store).where(inbox_head.c.store.in_(sorted(named)))).scalars())


def _said_before(
    con: Connection, store: str, members: list[str], origin: Origin, batch: set[int]
) -> list[Numbered]:
    """In the order in which HQ took it in. What the store wrote itself it has."""
    wanted = (
        select(changes.c.store, changes.c.epoch, changes.c.n)
        .where(
            changes.c.member.in_(members), changes.c.body.is_not(None), changes.c.store != store,
            changes.c.kind.not_in(STORES_OWN),
        )
        .order_by(changes.c.at, changes.c.store, changes.c.epoch, changes.c.n)
    )  # fmt: skip
    found = [(str(by), str(epoch), int(n)) for by, epoch, n in con.execute(wanted)]
    return [one for one in found if one[:2] != (origin.store, origin.epoch) or one[2] not in batch]


def _by_store(
    con: Connection, settings: Settings, origin: Origin, placed: Sequence[Placed]
) -> dict[str, list[int]]:
    """Which numbers each other store gets, in their order. The stores of the chain are gone through only for what all of them get: a
    push costs what it delivers, however long the chain is.
    """
    wanted = _wanted(con, settings, origin, {taken.member for taken, _ in placed})
    told = [taken for taken, _ in placed if taken.change.kind not in STORES_OWN]
    for_all = [one for one in told if wanted is None or one.member == NOBODY]
    everyone = [str(one) for one in _STORES.run(con).scalars()] if for_all else []
    out: dict[str, list[int]] = {}
    for one in told:
        for store in everyone if wanted is None or one.member == NOBODY else wanted[one.member]:
            if store != origin.store:
                out.setdefault(store, []).append(one.change.n)
    return out


def _wanted(
    con: Connection, settings: Settings, origin: Origin, members: Collection[str]
) -> dict[str, set[str]] | None:
    """The stores that know each member; None when all stores get all. What is about nobody is for everyone."""
    persons = set(members) - {NOBODY}
    if settings.distribution == "all":
        subscribe(con, origin.store, persons)
        return None
    out: dict[str, set[str]] = {member: set() for member in persons}
    since, recent, lately = later(-SUBSCRIBED_FOR_S), later(-SUBSCRIBED_ANEW_S), set()
    for row in of_each(con, subscriptions, ("member",), [(one,) for one in persons]):
        if row.since < since:
            continue
        out[row.member].add(row.store)
        if row.store == origin.store and row.since > recent:
            lately.add(row.member)
    subscribe(con, origin.store, persons - lately)
    return out


def _look_after(con: Connection, store: str, members: Collection[str]) -> None:
    """`subscribe`, but for those who are the store's own or booked into it: they lapse later, or not."""
    own = select(subscriptions.c.member).where(
        subscriptions.c.store == store, subscriptions.c.member.in_(sorted(members)), subscriptions.c.since >= now()
    )  # fmt: skip
    subscribe(con, store, set(members) - set(con.execute(own).scalars()))


def subscribe(con: Connection, store: str, members: Collection[str]) -> None:
    """From now on the store gets what happens to these members."""
    at = now()
    put(con, subscriptions, [{"store": store, "member": one, "since": at} for one in sorted(members)])


def told(store: str) -> ColumnElement[bool]:
    """Which records of members whom it knows, and of nobody, a store may read."""
    return or_(records.c.kind.not_in(STORES_OWN), records.c.store == store)


def visible_to(settings: Settings, store: str) -> ColumnElement[bool]:
    """Which records a store may read: as `deliver` sends them."""
    if settings.distribution == "all":
        return told(store)
    return and_(told(store), or_(records.c.member == NOBODY, records.c.member.in_(subscribed(store))))


def subscribed(store: str) -> Select[str]:
    """The members whom a store knows."""
    current = subscriptions.c.since >= later(-SUBSCRIBED_FOR_S)
    return select(subscriptions.c.member).where(subscriptions.c.store == store, current)


def of_known(
    con: Connection, settings: Settings, store: str, mine: Select[Any], member: ColumnElement[str]
) -> Select[Any] | CompoundSelect[Any]:
    """Of the rows of a selection those of nobody and of the members whom a store knows; `member` is its column of whose a row is. They are
    found by key: nobody's and hers are asked for apart, and PostgreSQL is told to look at each member for herself (`OFFSET 0` keeps the
    two from becoming one join). As one condition, or before it had statistics, it read the whole chain's rows for each of its stores.
    """
    if settings.distribution == "all":
        return mine
    if con.dialect.name == "sqlite":
        theirs = mine.where(member.in_(subscribed(store)))
    else:
        hers = subscribed(store).subquery("known")
        each = mine.where(member == hers.c.member).offset(0).lateral("of_each")
        theirs = select(*each.c).select_from(hers.join(each, true()))
    return union_all(mine.where(member == NOBODY), theirs)


def known(con: Connection, settings: Settings, store: str, members: Collection[str]) -> set[str]:
    """Those of these members whom a store knows, and nobody."""
    if settings.distribution == "all":
        return set(members)
    since = later(-SUBSCRIBED_FOR_S)
    rows = by_keys(con, subscriptions, [(store, one) for one in set(members)])
    return {NOBODY, *(row.member for row in rows if row.since >= since)} & set(members)


def who_knew(con: Connection, settings: Settings, member: str) -> set[str]:
    """The stores that may hold something of a member, though she has not come for years: who has to answer when she is erased."""
    if settings.distribution == "all":
        return set(_STORES.run(con).scalars())
    return set(con.execute(select(subscriptions.c.store).where(subscriptions.c.member == member)).scalars())
