"""The store's figures for its manager (KPI-01..08, KPI-10, KPI-17): computed from this store's records.

Each figure carries the people behind it, how many it rests on and the rule that made it; what rests on too few says so (KPI-13).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services import arrivals, catalogue_history, days
from edge.store import now
from salon.rules import kpis, lifecycle, surveys, vouchers
from salon.rules.figures import Figure, Person, share
from salon.rules.history import gather
from salon.rules.said import Said
from salon.rules.times import days_between, later

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Service, Visit
    from salon.rules.history import History

LOOKED_BACK = 400
"""Days of visits that the figures rest on: two quarters, a year's rhythm, and some."""
FIRST_HOUR, LAST_HOUR = 8, 22
"""Hours of the heat map, unless somebody came outside them."""

QUIET = 5
"""Arrivals in an hour of a quarter below which the busiest hour is not shown as busy: one guest is no rush."""

LABELS: dict[str, Said] = {
    "repurchase.all": Said("复购率", "Came again"),
    "repurchase.new": Said("新客复购率", "New guests who came again"),
    "repurchase.regular": Said("老客复购率", "Regulars who came again"),
    "ticket": Said("客单价", "Average ticket"),
    "satisfaction": Said("满意度", "Satisfied"),
    "nps": Said("推荐度（NPS）", "Would recommend (NPS)"),
    "sop": Said("标准流程执行率", "Steps of the SOP done"),
    "win_back": Said("唤回率", "Won back"),
    "benefit_use": Said("权益使用率", "Use of benefits"),
    "dormant": Said("沉睡顾客", "Dormant"),
    "identify": Said("识别用时", "Time to identify"),
    "waiting": Said("等候时间", "Waiting time"),
    "high_value": Said("高价值顾客", "Of high value"),
}
OF_TODAY = ("identify", "waiting")
OF_QUARTER = (
    "repurchase.all", "repurchase.new", "repurchase.regular", "ticket", "satisfaction", "nps", "sop", "win_back",
    "benefit_use", "high_value",
)  # fmt: skip


@dataclass(frozen=True)
class Heat:
    """Arrivals by weekday and hour (KPI-10)."""

    hours: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    """Monday first; each with a count an hour."""
    most: int

    def level(self, count: int) -> int:
        """0 (nobody) to 5 (the busiest hour)."""
        return 0 if not count else max(1, round(5 * count / max(self.most, QUIET)))


@dataclass(frozen=True)
class Slice:
    """One part of a pie of 100."""

    key: str
    label: Said
    count: int
    begins: float
    share: float
    enough: bool
    """Whether a percentage of so many visits says anything (KPI-13)."""


@dataclass(frozen=True)
class Board:
    """Everything the manager's first page shows."""

    at: str
    figures: dict[str, Figure]
    penetration: tuple[tuple[Service, Figure], ...]
    popular: tuple[tuple[Service, Figure], ...]
    ranking: tuple[Figure, ...]
    heat: Heat
    by_day: tuple[tuple[str, int], ...]
    kinds: tuple[Slice, ...]
    """What guests came for (KPI-10): the parts of the pie."""


def build(store: Store, policy: Policy) -> Board:
    """All figures, from the records of this store."""
    moment, zone = now(), days.zone_name(store)
    here = where("store") == store.store_id
    visits = store.visits.select(here & (where("arrived_at") > later(moment, days=-LOOKED_BACK)))
    services = store.services.select()
    own = {visit.rid for visit in visits}
    ticks = [tick for tick in store.sop_ticks.select() if tick.visit in own]
    answers = [survey for survey in store.surveys.select() if survey.visit in own]
    recent = [survey for survey in answers if 0 <= days_between(survey.at, moment) < kpis.QUARTER]
    issued = store.vouchers.select(here)
    used = vouchers.used(store.ledger.select(where("unit") == "voucher"))
    home = {*(visit.member for visit in visits)}
    histories = gather([m for m in store.members.select() if m.rid in home], visits, services)
    again = kpis.repurchase(visits, policy, moment)
    figures = {f"repurchase.{key}": figure for key, figure in again.items()}
    figures |= {
        "ticket": kpis.ticket(visits, policy, moment),
        "satisfaction": kpis.satisfaction(answers, policy, moment),
        "nps": surveys.nps(recent, policy),
        "sop": kpis.sop(visits, ticks, catalogue_history.editions(store, services), policy, moment),
        "win_back": kpis.win_back(visits, policy, moment),
        "benefit_use": kpis.benefit_use(issued, used, store.benefit_uses.select(here), policy, moment),
        "dormant": kpis.dormant(histories, policy, moment),
        "identify": kpis.identify(visits, policy, moment),
        "waiting": kpis.waiting(visits, policy, moment),
        "high_value": _high_value(histories, policy, moment),
    }
    catalogue = {service.rid: service for service in services}
    reach = kpis.penetration(visits, [s for s in services if s.active], policy, moment)
    most = kpis.popular(visits, policy, moment)
    return Board(
        at=moment,
        figures=figures,
        penetration=tuple((catalogue[rid], figure) for rid, figure in reach.items()),
        popular=tuple((catalogue[rid], figure) for rid, figure in most if rid in catalogue),
        ranking=tuple(kpis.ranking(visits, policy, moment)[:10]),
        heat=_heat(visits, zone, moment),
        by_day=tuple(kpis.by_day(visits, zone, moment)),
        kinds=_kinds(visits, catalogue, policy, moment),
    )


def _high_value(histories: list[History], policy: Policy, moment: str) -> Figure:
    """The share of customers of high value (SEG-05), with who they are and why."""
    found = lifecycle.high_value_share(histories, policy, moment)
    by_rid = {history.member.rid: history for history in histories}
    people = [
        Person(rid, lifecycle.high_value(by_rid[rid], policy, moment).explain.said) for rid in found.people
    ]
    return share(
        "high_value", "SEG-05", len(found.people), found.of, found.target, people, found.explain.said, policy
    )


def _kinds(
    visits: list[Visit], catalogue: dict[str, Service], policy: Policy, moment: str
) -> tuple[Slice, ...]:
    """Visits of the last quarter by the kind of what was done."""
    parts = kpis.parts(visits, lambda visit: arrivals.kind_of(visit, catalogue), moment)
    found = [(key, count) for key, count in parts if key in arrivals.KINDS]
    total = sum(count for _, count in found)
    slices, begins = [], 0.0
    for key, count in found:
        part, enough = round(100 * count / total, 2), total >= policy.targets.few
        slices.append(Slice(key, arrivals.KINDS[key], count, round(begins, 2), part, enough))
        begins += 100 * count / total
    return tuple(slices)


def _heat(visits: list[Visit], zone: str, moment: str) -> Heat:
    cells = kpis.heat(visits, zone, moment)
    busy = [hour for row in cells for hour, count in enumerate(row) if count]
    hours = tuple(range(min([FIRST_HOUR, *busy]), max([LAST_HOUR, *(hour + 1 for hour in busy)])))
    rows = tuple(tuple(row[hour] for hour in hours) for row in cells)
    return Heat(hours, rows, max((count for row in rows for count in row), default=0))


def find(board: Board, key: str) -> tuple[Said, Figure] | None:
    """A figure of the board with its name."""
    if key in board.figures:
        return LABELS[key], board.figures[key]
    kind, _, rid = key.partition(".")
    rows = {"penetration": board.penetration, "popular": board.popular}.get(kind, ())
    for service, figure in rows:
        if service.rid == rid:
            what = Said("做过的顾客", "Guests who had it") if kind == "penetration" else Said("次数", "Times")
            return Said(f"{service.name}：{what.zh}", f"{service.name_en}: {what.en}"), figure
    return None
