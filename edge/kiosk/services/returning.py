"""Customers who may be lost (CHN-01..08): who, why, what to do first; the call with its reason, and the remedy it brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tinydb import where

from edge.kiosk.services import clocklock, days
from edge.kiosk.services.once import add_once
from edge.store import new_rid, now
from salon.records import Interaction
from salon.rules import churn, vouchers, winback
from salon.rules.history import History, gather
from salon.rules.said import Said
from salon.rules.times import days_between

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Alert, Member, Voucher
    from salon.records.benefits import VoucherKind


@dataclass(frozen=True)
class Lost:
    """A customer at risk, with every sign side by side."""

    member: Member
    churn: churn.Churn
    days_away: int
    called: Interaction | None
    offer: Said | None
    """What the house offers a dormant customer (CHN-08); None for who is not dormant, or has it already."""


def at_risk(store: Store, policy: Policy) -> list[Lost]:
    """Customers of this store for whom a sign holds: those not called yet first, the longest away on top."""
    moment = now()
    visits = store.visits.select(where("store") == store.store_id)
    came = {visit.member for visit in visits}
    members = [m for m in store.members.select() if m.rid in came and not m.merged_into]
    histories = gather(
        members, visits, store.services.select(),
        surveys=store.surveys.select(), appointments=store.appointments.select(where("store") == store.store_id),
    )  # fmt: skip
    calls = store.interactions.select(where("type") == "call")
    found = []
    for history in histories:
        judged = churn.assess(history, policy, moment)
        if judged.at_risk:
            mine = [c for c in calls if c.member == history.member.rid]
            recent = [c for c in mine if days_between(c.at, moment) < policy.churn_triggers.called_days]
            called = max(recent, key=lambda c: c.at, default=None)
            offer = _open_offer(
                store, policy, history.member.rid, judged, history.last.rid if history.last else ""
            )
            found.append(Lost(history.member, judged, history.days_since(moment) or 0, called, offer))
    return sorted(found, key=lambda lost: (lost.called is not None, -lost.days_away))


def of_member(store: Store, policy: Policy, member: Member) -> churn.Churn:
    """Every sign of one customer."""
    own = where("member") == member.rid
    history = History.of(
        member, store.visits.select(own), store.services.select(),
        surveys=store.surveys.select(own), appointments=store.appointments.select(own),
    )  # fmt: skip
    return churn.assess(history, policy, now())


class NoReason(ValueError):
    """Raised when a call is kept without why she stayed away; `.said` is for the page."""

    said = Said("请选择原因", "Please choose the reason")


def called(store: Store, actor: str, policy: Policy, member: str, reason: str, words: str) -> Voucher | None:
    """She was called (CHN-06): the reason is kept, and its remedy (CHN-07) given as a voucher where it has one. Raises NoReason."""
    if reason not in winback.REASONS:
        raise NoReason(reason)
    code = cast("winback.Reason", reason)
    remedy = winback.remedy(code, policy)
    moment = now()
    with store.acting(actor), store.transaction():
        call = store.interactions.add(
            Interaction(
                rid=new_rid(), member=store.members.load(member).rid, store=store.store_id, type="call", at=moment,
                topic="win-back", reason=code, text=words.strip()[:1000], by=actor,
            )
        )  # fmt: skip
        for alert in alerts(store, member):
            if alert.key.startswith("churn."):
                store.alerts.edit(
                    alert.rid, state="closed", closed_at=moment, closed_by=actor,
                    result=f"{winback.REASONS[code].zh} / {winback.REASONS[code].en}",
                )  # fmt: skip
        if not remedy.voucher:
            return None
        basic = winback.basic_treatment(store.services.select())
        free = basic.rid if basic and remedy.free_treatments and not remedy.discount else ""
        if clocklock.why_not(store, "give_voucher"):
            name = vouchers.KINDS[cast("VoucherKind", remedy.voucher)]
            clocklock.owe(store, member, call.rid, moment, [name])
            return None
        given = vouchers.issue(
            cast("VoucherKind", remedy.voucher), member, store.store_id, call.at[:10], remedy.explain, policy, moment,
            days.zone_name(store), yuan=remedy.value_yuan, discount=remedy.discount, service=free,
        )  # fmt: skip
        return add_once(store.vouchers, given)


def _dormant(judged: churn.Churn) -> bool:
    return "dormant" in {signal.key for signal in judged.raised}


def _open_offer(store: Store, policy: Policy, member: str, judged: churn.Churn, absence: str) -> Said | None:
    given = any(store.vouchers.find(vouchers.rid_of(kind, member, absence)) for kind in _OFFERED)
    return None if given or not _dormant(judged) else winback.offer(policy).said


_OFFERED: tuple[VoucherKind, ...] = ("return", "care", "gift", "trial")
"""Kinds of vouchers that a return offer may hold, by the house's policy."""


def welcome_back(store: Store, actor: str, policy: Policy, member: str) -> list[Voucher]:
    """The return offer of the house as vouchers (CHN-08): once for an absence, and only to who is dormant. Raises NoSuchRecord,
    ClockWrong.
    """
    clocklock.check(store, "give_voucher")
    with store.acting(actor), store.transaction():
        known = store.members.load(member)
        visits = store.visits.select(where("member") == member)
        absence = max(visits, key=lambda visit: visit.arrived_at, default=None)
        if absence is None or not _dormant(of_member(store, policy, known)):
            return []
        rule, reason = policy.win_back, winback.offer(policy).explain
        basic = winback.basic_treatment(store.services.select())
        moment, zone = now(), days.zone_name(store)
        wanted: list[tuple[VoucherKind, int, str]] = []
        if rule.voucher_yuan:
            wanted.append(("return", rule.voucher_yuan, ""))
        if rule.free_care and basic:
            wanted.append(("care", 0, basic.rid))
        if rule.gift:
            wanted.append(("gift", 0, ""))
        if rule.trial_voucher:
            wanted.append(("trial", policy.vouchers.trial_yuan, ""))
        return [
            add_once(
                store.vouchers,
                vouchers.issue(
                    kind,
                    member,
                    store.store_id,
                    absence.rid,
                    reason,
                    policy,
                    moment,
                    zone,
                    yuan=yuan,
                    service=service,
                ),
            )
            for kind, yuan, service in wanted
        ]


def alerts(store: Store, member: str = "") -> list[Alert]:
    """Open alerts of this store, the most urgent first; of one customer if named."""
    wanted = (where("state") == "open") & (where("store") == store.store_id)
    if member:
        wanted &= where("member") == member
    order = {"urgent": 0, "warn": 1, "info": 2}
    return sorted(store.alerts.select(wanted), key=lambda alert: (order[alert.level], alert.at))


def close_alert(store: Store, actor: str, rid: str, result: str) -> None:
    """Somebody has seen to it."""
    with store.acting(actor), store.transaction():
        if store.alerts.load(rid).state == "open":
            store.alerts.edit(
                rid, state="closed", closed_at=now(), closed_by=actor, result=result.strip()[:1000]
            )
