"""Giving stores the right to spend, calling it back, and taking it back once they have closed it (sync.md 2.4).

No lease ends by time: a late debit would overdraw. It ends when the store says that it has closed it and HQ holds all that the
store wrote before; or when head office declares the store lost, and later debits are the store's own.
"""

from __future__ import annotations

from sqlalchemy import Connection, and_, bindparam, select, update

from cloud_sync_server import refusals
from cloud_sync_server.clock import now
from cloud_sync_server.errors import Gap, NotYours
from cloud_sync_server.lease_limits import LeaseLimits, room
from cloud_sync_server.schema import accounts, leases, member_keys, origins
from cloud_sync_server.statements import Prepared, add
from salon.reconcile.protocol import LeaseAnswer, LeaseRequest, LeaseReturn, LeasesAnswer, LeasesCheck

_open = (leases.c.store == bindparam("of"), leases.c.state == "open")
_OPEN = Prepared(select(leases.c.lease, leases.c.remains).where(*_open))
_RECALLED = Prepared(
    select(leases.c.lease).where(*_open, leases.c.recalled_at != "").order_by(leases.c.lease)
)
_LEASE = Prepared(
    select(leases).where(leases.c.member == bindparam("of"), leases.c.lease == bindparam("called"))
)
_account = (accounts.c.member == bindparam("of"), accounts.c.unit == bindparam("kept_in"))
_ACCOUNT = Prepared(select(accounts.c.balance, accounts.c.leased).where(*_account))
_LEASED = Prepared(update(accounts).where(*_account).values(leased=accounts.c.leased + bindparam("more")))
_recallable = (
    leases.c.member == bindparam("of"), leases.c.unit == bindparam("kept_in"), leases.c.state == "open",
    leases.c.store != bindparam("wanted_by"), leases.c.remains > 0, leases.c.recalled_at == "",
)  # fmt: skip
_RECALL = Prepared(update(leases).where(*_recallable).values(recalled_at=bindparam("at")))
_MEMBER = Prepared(
    select(member_keys.c.member).where(member_keys.c.member == bindparam("of")).with_for_update()
)
_ACKED = Prepared(
    select(origins.c.acked).where(origins.c.store == bindparam("of"), origins.c.epoch == bindparam("life"))
)


def grant(con: Connection, limits: LeaseLimits, store: str, request: LeaseRequest) -> LeaseAnswer:
    """Set aside what is free, up to what is asked and to the store's limits; asked again with the same id, the same answer. Raises
    NotYours.
    """
    _lock(con, request.member)
    known = _LEASE.run(con, of=request.member, called=request.lease).first()
    if known is not None:
        if known.store != store:
            raise NotYours("the id is another store's")
        # What remains, not what was given: a store set back to before it asked may have spent of it in its other life.
        return LeaseAnswer(lease=request.lease, amount=known.remains if known.state == "open" else 0)
    account = _ACCOUNT.run(con, of=request.member, kept_in=request.unit).first()
    balance, leased = (account.balance, account.leased) if account else (0, 0)
    most = room(con, limits, store, request.member, request.unit, balance)
    wanted = max(0, min(balance - leased, request.amount))
    given = min(wanted, most.amount)
    # A no is kept, too: the same request, late on its way, would else get a lease of which the store knows nothing.
    add(con, leases, [{
        "member": request.member, "lease": request.lease, "store": store, "unit": request.unit, "amount": given,
        "remains": given, "state": "open" if given else "refused", "at": now(),
    }])  # fmt: skip
    if given:
        _LEASED.run(con, of=request.member, kept_in=request.unit, more=given)
    if given < wanted or not most.amount:
        # Nor does it have others give theirs back, for nothing.
        refusals.count(con, store, "lease_limit", f"{most.limit} {request.unit}")
        return LeaseAnswer(lease=request.lease, amount=given, limit=most.limit)
    recalled = 0 if given else _recall(con, store, request.member, request.unit)
    return LeaseAnswer(lease=request.lease, amount=given, recalled=recalled)


def take_back(con: Connection, store: str, message: LeaseReturn) -> LeaseAnswer:
    """A store has closed a lease, and HQ holds all that it wrote before: what remains is free again. Raises Gap."""
    mine = (leases.c.store == store, leases.c.state == "open", leases.c.lease == message.lease)
    found = con.execute(select(leases).where(*mine)).all()
    acked = _ACKED.run(con, of=store, life=message.epoch).scalar()
    if (acked or 0) < message.fence:
        raise Gap("changes before the fence are missing", acked=acked or 0)
    for row in found:
        _lock(con, row.member)
        _release(con, row.member, row.lease, "returned")
    return LeaseAnswer(lease=message.lease, amount=0)


def held(con: Connection, store: str, message: LeasesCheck) -> LeasesAnswer:
    """What HQ has set aside for a store, at a point that both know. What the store does not know it gives back, one by one:
    such a message may come twice, or years late, and frees nothing else.
    """
    acked = _ACKED.run(con, of=store, life=message.epoch).scalar()
    rows = _OPEN.run(con, of=store)
    return LeasesAnswer(moved=(acked or 0) != message.acked, leases={row.lease: row.remains for row in rows})


def recalls(con: Connection, store: str) -> list[str]:
    """Leases that another store waits for."""
    return list(_RECALLED.run(con, of=store).scalars())


def declare_lost(con: Connection, store: str) -> int:
    """A store will not come back: its leases are free again. What it spent all the same is its own (`Books`)."""
    rows = con.execute(select(leases).where(leases.c.store == store, leases.c.state == "open")).all()
    for row in sorted(rows, key=lambda one: one.member):
        _lock(con, row.member)
        _release(con, row.member, row.lease, "lost")
    return len(rows)


def _recall(con: Connection, store: str, member: str, unit: str) -> int:
    return int(_RECALL.run(con, of=member, kept_in=unit, wanted_by=store, at=now()).rowcount)


def _release(con: Connection, member: str, lease: str, state: str) -> None:
    mine = and_(leases.c.member == member, leases.c.lease == lease, leases.c.state == "open")
    row = con.execute(select(leases).where(mine)).first()
    if row is None:
        return
    con.execute(update(leases).where(mine).values(state=state))
    con.execute(
        update(accounts)
        .where(accounts.c.member == member, accounts.c.unit == row.unit)
        .values(leased=accounts.c.leased - row.remains)
    )


def _lock(con: Connection, member: str) -> None:
    """One transaction about a member at a time, as in a push (`vault.keys`)."""
    _MEMBER.run(con, of=member).all()
