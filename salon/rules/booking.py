"""Rules of the calendar: preparation (APT-04), reminder (APT-05), clashes (APT-06, APT-08), priority (APT-07), missed bookings
(APT-02, APT-09), express service (APT-12), touch-up slots (APT-14).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from salon.policies import Policy
from salon.records import Appointment, FollowUp, Service, Step
from salon.rules.history import YEAR
from salon.rules.said import Explain, Said
from salon.rules.times import Now, days_between, instant, later, local


def preparation(booking: Appointment, policy: Policy) -> FollowUp:
    """The task to confirm the preparation, an hour before (APT-04). It ends when the booking begins."""
    minutes = policy.booking.prepare_min
    said = Said("确认床位、产品与偏好已备好", "Confirm that bed, products and preferences are ready")
    return FollowUp(
        rid=f"prep-{booking.rid}"[:64],
        member=booking.member,
        store=booking.store,
        rule="prepare",
        due_at=later(booking.starts_at, minutes=-minutes),
        expires_at=booking.starts_at,
        owner=booking.therapist,
        channel="store",
        what=said.zh,
        what_en=said.en,
        explain=f"预约前 {minutes} 分钟确认准备（APT-04）",
        policy=policy.version,
    )


@dataclass(frozen=True)
class Reminder:
    """When to remind (APT-05), until when it helps, and what with."""

    due_at: str
    expires_at: str
    early_min: int
    explain: Explain


def reminder(booking: Appointment, policy: Policy) -> Reminder | None:
    """The reminder the day before; None for a booking that is not to come."""
    if booking.status != "booked":
        return None
    rule = policy.booking
    said = Said(
        f"预约前 {rule.remind_hours} 小时提醒，请提前 {rule.early_min} 分钟到店",
        f"Reminder {rule.remind_hours} h before; come {rule.early_min} min early",
    )
    explain = Explain("reminder (APT-05)", said, {"starts_at": booking.starts_at}, policy.version)
    due = later(booking.starts_at, hours=-rule.remind_hours)
    return Reminder(due, later(booking.starts_at, hours=-1), rule.early_min, explain)


@dataclass(frozen=True)
class Allowed:
    """A yes or no with its reason."""

    holds: bool
    explain: Explain


def may_book(tier: str, day: date, now: Now, policy: Policy, timezone: str) -> Allowed:
    """Whether a member of a tier may book a day: silver and above see further ahead (APT-07)."""
    rule = policy.booking
    ahead = (day - local(now, timezone).date()).days
    first = tier in rule.priority_tiers
    limit = rule.open_days + (rule.priority_days if first else 0)
    said = Said(
        f"可提前 {limit} 天预约" + ("（优先）" if first else ""),
        f"May book {limit} days ahead" + (" (priority)" if first else ""),
    )
    figures = {"ahead": ahead, "limit": limit, "tier": tier}
    return Allowed(0 <= ahead <= limit, Explain("priority booking (APT-07)", said, figures, policy.version))


@dataclass(frozen=True)
class Attendance:
    """Bookings of a customer in the last year (APT-09)."""

    kept: int
    cancelled: int
    missed: int
    deposit: bool
    """Whether a deposit is asked for the next (APT-02)."""
    explain: Explain


def attendance(bookings: Iterable[Appointment], member: str, policy: Policy, now: Now) -> Attendance:
    """How she kept her bookings."""
    own = [b for b in bookings if b.member == member and abs(days_between(b.starts_at, now)) <= YEAR]
    count = {
        state: sum(b.status == state for b in own) for state in ("arrived", "done", "cancelled", "no_show")
    }
    kept, missed = count["arrived"] + count["done"], count["no_show"]
    limit = policy.booking.deposit_after_no_shows
    said = Said(
        f"近一年：到店 {kept}，取消 {count['cancelled']}，未到 {missed}",
        f"In a year: {kept} kept, {count['cancelled']} cancelled, {missed} missed",
    )
    deposit = bool(limit) and missed >= limit
    explain = Explain("attendance (APT-09)", said, {**count, "deposit_from": limit}, policy.version)
    return Attendance(kept, count["cancelled"], missed, deposit, explain)


def deposit_fen(services: Sequence[Service], policy: Policy) -> int:
    """What is paid ahead (APT-02)."""
    return round(sum(s.price_fen for s in services) * policy.booking.deposit_share)


def clashes(wanted: Appointment, bookings: Iterable[Appointment]) -> list[Appointment]:
    """Bookings at the same time with the same technician, bed, room or customer (APT-06, APT-08)."""
    begins, ends = instant(wanted.starts_at), instant(wanted.ends_at)
    return [
        other
        for other in bookings
        if other.rid != wanted.rid
        and other.store == wanted.store
        and other.status in {"booked", "arrived"}
        and instant(other.starts_at) < ends
        and begins < instant(other.ends_at)
        and any(
            getattr(other, key) and getattr(other, key) == getattr(wanted, key)
            for key in ("therapist", "bed", "room", "member")
        )
    ]


def snug(busy: Iterable[tuple[Now, Now]], opens: Now, closes: Now, minutes: int) -> list[datetime]:
    """Begins that leave no gap (APT-08): right behind a booking, or right before one; none of a day that is empty still."""
    first, last, length = instant(opens), instant(closes), timedelta(minutes=minutes)
    taken = [(instant(begin), instant(end)) for begin, end in busy]
    wanted = {end for _, end in taken} | {begin - length for begin, _ in taken}
    return [
        at
        for at in sorted(wanted)
        if at >= first
        and at + length <= last
        and all(at + length <= begin or at >= end for begin, end in taken)
    ]


@dataclass(frozen=True)
class Express:
    """A service in half an hour: which steps stay (APT-12)."""

    steps: tuple[Step, ...]
    left_out: tuple[Step, ...]
    minutes: int
    explain: Explain


def express(service: Service, policy: Policy) -> Express | None:
    """The core of a service; None where it does not fit into the time, or is not offered so. Disinfection always stays."""
    kept = tuple(step for step in service.steps if step.core or step.kind == "disinfect")
    left_out = tuple(step for step in service.steps if step not in kept)
    minutes = service.express_minutes or sum(step.minutes for step in kept)
    if not left_out or minutes > policy.booking.express_min:
        return None
    said = Said(
        f"快速护理 {minutes} 分钟，略去 {len(left_out)} 步",
        f"Express: {minutes} min without {len(left_out)} steps",
    )
    figures = {"minutes": minutes, "limit": policy.booking.express_min}
    return Express(kept, left_out, minutes, Explain("express (APT-12)", said, figures, policy.version))


@dataclass(frozen=True)
class Kept:
    """The days a slot is kept for a traveller who returns (APT-14)."""

    first: date
    last: date
    explain: Explain


def touch_up(returns: date, policy: Policy) -> Kept:
    """From the day she is back, for so many days."""
    days = policy.booking.touch_up_days
    said = Said(
        f"归来后 {days} 天内保留补护时段", f"A touch-up slot is kept for {days} days after her return"
    )
    explain = Explain("touch-up (APT-14)", said, {"days": days}, policy.version)
    return Kept(returns, returns + timedelta(days=days), explain)
