"""The card the staff see when a customer arrives (PRF-20): who she is, how often she comes, what to mind, what is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from salon.records import Complaint, Consent, Employee, LedgerEntry, Member, Service, Visit
from salon.rules import allergens, drinks, names, points
from salon.rules.comfort import COLOURS
from salon.rules.greeting import service_names, therapist_name
from salon.rules.said import Explain, Said
from salon.rules.screening import CONDITIONS
from salon.rules.times import Now, days_between, instant, local

HALF_YEAR = 182
"""Days: "the last six months" of PRF-20."""
SKIN_TYPES: Mapping[str, Said] = {
    "normal": Said("中性", "Normal"),
    "dry": Said("干性", "Dry"),
    "oily": Said("油性", "Oily"),
    "combination": Said("混合性", "Combination"),
    "sensitive": Said("敏感性", "Sensitive"),
}
PRESSURES: Mapping[str, Said] = {
    "light": Said("轻", "Light"),
    "medium": Said("适中", "Medium"),
    "firm": Said("偏重", "Firm"),
}


@dataclass(frozen=True)
class LastService:
    """When she was here last, for what, with whom."""

    day: str
    """ISO day in the store's time zone."""
    days_ago: int
    services: str
    therapist: str
    hint: str


@dataclass(frozen=True)
class StaffCard:
    """Everything in the language of the staff's page."""

    name: str
    address: str
    visits_half_year: int
    every_days: int | None
    """Typical days between the visits of the half year; None with fewer than two."""
    last: LastService | None
    styles: tuple[str, ...]
    """Styles and colours liked (PRF-06), and tags: needs, habits."""
    allergens: tuple[str, ...]
    conditions: tuple[str, ...]
    preferences: tuple[str, ...]
    points: int
    stored_fen: int
    open_issues: tuple[str, ...]
    notes: str
    may_photograph: bool
    may_market: bool
    explain: Explain


def card(
    member: Member,
    visits: Sequence[Visit],
    services: Sequence[Service],
    employees: Sequence[Employee],
    ledger: Sequence[LedgerEntry],
    complaints: Sequence[Complaint],
    consents: Sequence[Consent],
    now: Now,
    lang: str,
    *,
    timezone: str = "Asia/Shanghai",
) -> StaffCard:
    """All records may be of several members: those of this one are taken."""
    own = sorted(
        (v for v in visits if v.member == member.rid and v.state == "closed" and v.arrived_at),
        key=lambda v: instant(v.arrived_at),
    )
    recent = [v for v in own if 0 <= days_between(v.arrived_at, now) <= HALF_YEAR]
    issues = [c for c in complaints if c.member == member.rid and c.state != "solved"]
    entries = [entry for entry in ledger if entry.member == member.rid]
    allowed = {c.purpose for c in consents if c.member == member.rid and c.granted}
    said = Said(f"近半年到店 {len(recent)} 次", f"{len(recent)} visits in the last six months")
    return StaffCard(
        name=names.full(member),
        address=names.address(member, lang),
        visits_half_year=len(recent),
        every_days=_typical_gap(recent),
        last=_last(own, services, employees, now, lang, timezone),
        styles=_styles(member, lang),
        allergens=tuple(allergens.label(key).in_(lang) for key in member.allergens),
        conditions=tuple(CONDITIONS.get(c, Said(c, c)).in_(lang) for c in member.contraindications),
        preferences=_preferences(member, lang),
        points=points.balance(entries, "points"),
        stored_fen=points.balance(entries, "fen"),
        open_issues=tuple(issue.story for issue in issues),
        notes=member.notes,
        may_photograph="photos" in allowed,
        may_market="marketing" in allowed,
        explain=Explain("staff card (PRF-20)", said, {"visits": len(own), "half_year_days": HALF_YEAR}),
    )


def _typical_gap(visits: Sequence[Visit]) -> int | None:
    """The median of the days between visits: one long holiday does not move it."""
    gaps = sorted(days_between(a.arrived_at, b.arrived_at) for a, b in pairwise(visits))
    return gaps[len(gaps) // 2] if gaps else None


def _last(
    own: Sequence[Visit],
    services: Sequence[Service],
    employees: Sequence[Employee],
    now: Now,
    lang: str,
    timezone: str,
) -> LastService | None:
    if not own:
        return None
    visit = own[-1]
    therapist = next((e for e in employees if e.rid == visit.therapist), None)
    return LastService(
        day=local(visit.arrived_at, timezone).date().isoformat(),
        days_ago=days_between(visit.arrived_at, now),
        services=service_names(visit.services, {s.rid: s for s in services}).in_(lang),
        therapist=therapist_name(therapist, lang),
        hint=visit.next_hint,
    )


def _styles(member: Member, lang: str) -> tuple[str, ...]:
    """What she likes to have done; what is written twice stands once."""
    liked = [COLOURS[key].in_(lang) if key in COLOURS else key for key in member.colours_liked]
    return tuple(dict.fromkeys(one for one in (member.nail_style, *liked, *member.tags) if one))


def _preferences(member: Member, lang: str) -> tuple[str, ...]:
    """Each preference that is known, with its label."""
    skin = SKIN_TYPES.get(member.skin_type, Said("", "")).in_(lang)
    pressure = PRESSURES.get(member.pressure, Said("", "")).in_(lang)
    values = {
        "drink": drinks.label(member.drink, lang),
        "pressure": pressure,
        "music": member.music,
        "scent": member.scent,
        "skin_type": skin,
    }
    colon = Said("：", ": ").in_(lang)
    return tuple(f"{Member.about(name).label(lang)}{colon}{value}" for name, value in values.items() if value)
