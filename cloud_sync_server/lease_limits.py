"""How much one store may have set aside for itself: a store with a right key that is broken, or in wrong hands, cannot take every
member's money out of every other store's reach.

The figures are data (`lease_limits.toml`; a chain's own in the file that the settings name). A person at head office multiplies them for
one store. What is refused is counted by the hour with the refused requests, and the store says why at its desk.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, bindparam, func, select

from cloud_sync_server.clock import later
from cloud_sync_server.schema import leases, stores
from cloud_sync_server.statements import Prepared
from salon.reconcile.protocol import Limit

MOST_TIMES = 100
"""By how much a person may multiply: beyond, the figures themselves are wrong."""
_DAY_S = 86_400
_REACHED = 1 << 53
"""More than any account holds."""

_TIMES = Prepared(select(stores.c.lease_times).where(stores.c.store == bindparam("of")).with_for_update())
_OPEN = Prepared(
    select(leases.c.unit, func.count(), func.sum(leases.c.remains))
    .where(leases.c.store == bindparam("of"), leases.c.state == "open")
    .group_by(leases.c.unit)
)
_GIVEN = Prepared(
    select(leases.c.unit, func.count(), func.sum(leases.c.amount))
    .where(leases.c.store == bindparam("of"), leases.c.at > bindparam("since"), leases.c.amount > 0)
    .group_by(leases.c.unit)
)
_ON_ACCOUNT = Prepared(
    select(func.coalesce(func.sum(leases.c.remains), 0)).where(
        leases.c.member == bindparam("whose"), leases.c.unit == bindparam("kept_in"), leases.c.store == bindparam("of"),
        leases.c.state == "open",
    )
)  # fmt: skip
_open_there = (leases.c.store == stores.c.store, leases.c.state == "open")
_SET_ASIDE = select(
    stores.c.store,
    stores.c.lease_times,
    select(func.count()).where(*_open_there).scalar_subquery().label("open"),
    select(func.coalesce(func.sum(leases.c.remains), 0))
    .where(*_open_there, leases.c.unit == "fen")
    .scalar_subquery()
    .label("fen"),
)


class LeaseLimits(BaseModel):
    """What one store may have set aside."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    open: int = Field(ge=1, title="Rights open at once")
    open_fen: int = Field(ge=0, title="Fen that remain in them")
    open_points: int = Field(ge=0, title="Points that remain in them")
    day: int = Field(ge=1, title="Rights given within 24 hours")
    day_fen: int = Field(ge=0, title="Fen given with them")
    day_points: int = Field(ge=0, title="Points given with them")
    account_percent: int = Field(ge=1, le=100, title="Percent of one account")

    @classmethod
    def load(cls, own: Path | None = None) -> LeaseLimits:
        """The house's figures, and over them those of a chain's own TOML file. Raises OSError, tomllib.TOMLDecodeError and
        pydantic.ValidationError for a file that cannot be read: HQ does not start with limits that nobody meant.
        """
        usual = files(__package__).joinpath("lease_limits.toml").read_text("utf-8")
        given = tomllib.loads(own.read_text("utf-8")) if own else {}
        return cls.model_validate(tomllib.loads(usual) | given)


@dataclass(frozen=True)
class Room:
    """How much more a store may have now, and which limit says so."""

    amount: int
    limit: Limit


def room(con: Connection, limits: LeaseLimits, store: str, member: str, unit: str, balance: int) -> Room:
    """For a right on one account, whose balance is given. Two requests of a store are looked at one after the other, as both may not take
    the same room: call it with the member locked, as last of the locks.
    """
    times = max(1, _TIMES.run(con, of=store).scalar() or 1)
    count, held = _sums(_OPEN.run(con, of=store), unit)
    day_count, given = _sums(_GIVEN.run(con, of=store, since=later(-_DAY_S)), unit)
    most: dict[str, int] = limits.model_dump()
    rooms = [
        Room(_REACHED if count < most["open"] * times else 0, "open"),
        Room(_REACHED if day_count < most["day"] * times else 0, "day"),
    ]
    if f"open_{unit}" in most:
        rooms.append(Room(most[f"open_{unit}"] * times - held, "open_amount"))
        rooms.append(Room(most[f"day_{unit}"] * times - given, "day_amount"))
    if limits.account_percent < 100:
        mine = int(_ON_ACCOUNT.run(con, of=store, whose=member, kept_in=unit).scalar() or 0)
        rooms.append(Room(balance * limits.account_percent // 100 - mine, "account"))
    least = min(rooms, key=lambda one: one.amount)
    return Room(max(0, least.amount), least.limit)


def _sums(rows: Any, unit: str) -> tuple[int, int]:
    """(rights of all units, what is in those of one)."""
    found = [(row[0], int(row[1]), int(row[2])) for row in rows]
    return sum(count for _, count, _ in found), sum(total for its, _, total in found if its == unit)


@dataclass(frozen=True)
class Held:
    """What is set aside for one store, for head office to see."""

    open: int
    fen: int
    times: int


def held(con: Connection) -> dict[str, Held]:
    """Of every store. Each store's open rights are looked up in the index: of one sum by store, all rights that ever were would be read."""
    return {row.store: Held(row.open, int(row.fen), row.lease_times) for row in con.execute(_SET_ASIDE).all()}
