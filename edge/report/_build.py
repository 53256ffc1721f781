"""From records to a report: which values stand side by side, which differences are real, what is said of the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from edge.report import _texts as t
from edge.report._model import AdviceItem, Picture, Report, ValueRow
from edge.report._trends import trends
from edge.report._values import of_closeups, values
from salon.policies import Policy
from salon.records import (
    Appointment,
    CloseUp,
    Employee,
    FollowUp,
    Member,
    Product,
    ProductUse,
    Reading,
    Scan,
    Service,
    Store,
    Visit,
)
from salon.rules import concerns, names, times
from salon.rules.advice import Advice
from salon.rules.greeting import service_names, therapist_name
from salon.rules.said import Said


@dataclass(frozen=True)
class Material:
    """What a report is made of. Scans, readings and uses are those of the visit; catalogues may hold more."""

    visit: Visit
    member: Member
    store: Store
    policy: Policy
    therapist: Employee | None = None
    services: Sequence[Service] = ()
    scans: Sequence[Scan] = ()
    closeups: Sequence[CloseUp] = ()
    readings: Sequence[Reading] = ()
    history: Sequence[Scan] = ()
    """All scans of this customer up to the visit, for the lines over the visits; those of the visit are among them."""
    past_readings: Sequence[Reading] = ()
    pictures: Sequence[Picture] = ()
    uses: Sequence[ProductUse] = ()
    products: Sequence[Product] = ()
    advice: Sequence[Advice] = ()
    follow_ups: Sequence[FollowUp] = ()
    next_appointment: Appointment | None = None
    points_earned: int = 0
    points_balance: int = 0
    url: str = ""
    reading_repeat_sd: Mapping[str, float] = field(default_factory=dict)
    """Measure -> SD of repeated readings of one place. Without it a probe's difference is shown, but not judged."""


def build(material: Material, now: times.Now, lang: str) -> Report:
    """The report of a visit, in one language."""
    m = material
    language: Literal["zh", "en"] = "zh" if lang.startswith("zh") else "en"
    zone = m.store.timezone
    before, after = _scan(m.scans, "before"), _scan(m.scans, "after")
    rows = values(before, after, m.readings, m.reading_repeat_sd, language)
    rows += of_closeups(m.closeups, language)
    helper = therapist_name(m.therapist, language)
    catalogue = {service.rid: service for service in m.services}
    who = names.address(m.member, language)
    lines = trends(m.history, m.past_readings, m.reading_repeat_sd, zone, language)
    return Report(
        language=language,
        code=m.visit.report_code,
        url=m.url,
        store_name=_of(m.store.name, m.store.name_en, language),
        store_line=" · ".join(filter(None, [m.store.city if language == "zh" else "", m.store.phone])),
        heading=t.HEADING.in_(language),
        greeting=t.THANKS.fill(who=who).in_(language),
        day=times.full_day(times.local(m.visit.arrived_at or now, zone).date()).in_(language),
        therapist=t.THERAPIST.fill(name=helper).in_(language) if helper else "",
        services=service_names(m.visit.services, catalogue).in_(language),
        pictures=list(m.pictures),
        values=rows,
        values_heading=(t.VALUES if _both(rows) else t.MEASURED).in_(language),
        values_note=(t.VALUES_NOTE if rows else t.NO_VALUES).in_(language),
        obstacle=_obstacle(before, after, language),
        not_measured=_not_measured(before, after, rows, m.closeups, language),
        referral=_referral([before, after], language),
        trends=lines,
        trends_note=t.TRENDS_NOTE.in_(language) if lines else "",
        advice=[AdviceItem(kind=a.kind, title=a.title, text=a.text, reason=a.reason) for a in m.advice],
        products=_products(m, language),
        next_visit=_next_visit(m, catalogue, now).in_(language),
        contacts=_contacts(m.follow_ups, zone, language),
        points_earned=m.points_earned,
        points_balance=m.points_balance,
        footer=_footer(m, [scan for scan in (before, after) if scan], language),
    )


def _both(rows: Sequence[ValueRow]) -> bool:
    """Whether anything was measured before and after, so that one may speak of change at all."""
    return any(row.before and row.after for row in rows)


def _of(zh: str, en: str, language: str) -> str:
    return Said(zh, en or zh).in_(language)


def _scan(scans: Sequence[Scan], phase: str) -> Scan | None:
    """The last accepted scan of a phase: it replaced the ones before it."""
    fitting = [scan for scan in scans if scan.phase == phase and scan.accepted]
    return max(fitting, key=lambda scan: times.instant(scan.at), default=None)


def _obstacle(before: Scan | None, after: Scan | None, language: str) -> str:
    why = concerns.obstacles(before, after) if before and after else []
    joined = Said("、".join(said.zh for said in why), ", ".join(said.en for said in why))
    return t.OBSTACLES.in_(language).format(why=joined.in_(language)) if why else ""


def _not_measured(
    before: Scan | None,
    after: Scan | None,
    rows: Sequence[ValueRow],
    closeups: Sequence[CloseUp],
    language: str,
) -> list[str]:
    """What the camera never measures, and what these photos did not carry."""
    lines = []
    scans = [scan for scan in (before, after) if scan]
    shown = {row.key for row in rows}
    figures = [*(scan.concerns for scan in scans), *(closeup.figures for closeup in closeups)]
    for reason, keys in _lacking(figures, shown).items():
        joined = Said("、".join(_labels(keys, "zh")), ", ".join(_labels(keys, "en")).lower())
        line = t.NOT_IN_PHOTO.in_(language).format(names=joined.in_(language))
        why_not = concerns.WHY_NOT.get(reason)
        lines.append(t.WHY.in_(language).format(line=line, why=why_not.in_(language)) if why_not else line)
    for key in sorted(shown):
        hint = concerns.hint(*(found[key] for found in figures if key in found))
        if hint is not None:
            words = {"name": concerns.label(key).in_(language), "hint": hint.in_(language)}
            lines.append(t.NOTED.in_(language).format(**words))
    if scans or closeups:
        lines += [concerns.NOT_BY_CAMERA.in_(language), concerns.NOT_AT_ALL.in_(language)]
    if any(row.source == "probe" for row in rows):
        lines.append(
            t.BY_PROBE.fill(names=_joined([row.label for row in rows if row.source == "probe"])).in_(language)
        )
    return lines


def _joined(names: Sequence[str]) -> str:
    return (", " if names and names[0].isascii() else "、").join(names)


def _lacking(measured: Sequence[Mapping[str, Any]], shown: set[str]) -> dict[str, list[str]]:
    """Reason -> concerns that have no figure for it; what only the probe measures is said elsewhere."""
    found: dict[str, list[str]] = {}
    for figures in measured:
        for key, body in figures.items():
            known = {k for keys in found.values() for k in keys}
            if key not in shown | known | _BY_CONTACT:
                found.setdefault(str(body.get("reason", "")), []).append(key)
    return found


_BY_CONTACT = {"moisture", "elasticity", "sebum"}


def _referral(scans: Sequence[Scan | None], language: str) -> str:
    referred = any(scan.checks.get("referrals") for scan in scans if scan)
    return concerns.REFERRAL.in_(language) if referred else ""


def _labels(keys: Sequence[str], language: str) -> list[str]:
    return [concerns.label(key).in_(language) for key in dict.fromkeys(keys)]


def _products(m: Material, language: str) -> list[str]:
    """Names and batches of what was really used; what was stopped was not."""
    catalogue = {product.rid: product for product in m.products}
    lines: dict[str, None] = {}
    for use in sorted(m.uses, key=lambda use: use.at):
        if use.outcome == "stopped" or use.product not in catalogue:
            continue
        product = catalogue[use.product]
        name = _of(product.name, product.name_en, language)
        batch = use.batch or product.batch
        lines[t.BATCH.fill(name=name, batch=batch).in_(language) if batch else name] = None
    return list(lines)


def _next_visit(m: Material, catalogue: Mapping[str, Service], now: times.Now) -> Said:
    """The booking, or the day that the shortest cycle of today's services suggests (APT-13)."""
    if m.next_appointment is not None:
        when = times.local(m.next_appointment.starts_at, m.store.timezone)
        day = times.day(when.date())
        return Said(
            t.BOOKED.zh.format(when=f"{day.zh} {when:%H:%M}"),
            t.BOOKED.en.format(when=f"{day.en}, {when:%H:%M}"),
        )
    cycles = [catalogue[rid].cycle_days for rid in m.visit.services if rid in catalogue]
    cycle = min((days for days in cycles if days), default=0)
    if not cycle:
        return t.NO_NEXT
    day = times.day(times.local(m.visit.arrived_at or now, m.store.timezone).date() + timedelta(days=cycle))
    return Said(t.SUGGESTED.zh.format(when=day.zh), t.SUGGESTED.en.format(when=day.en))


def _contacts(follow_ups: Sequence[FollowUp], zone: str, language: str) -> list[str]:
    lines = []
    for task in sorted(follow_ups, key=lambda task: task.due_at):
        words = t.CONTACT_LINES.get(task.rule)
        if words is not None and task.state == "open":
            when = times.day(times.local(task.due_at, zone).date()).in_(language)
            lines.append(words.in_(language).format(when=when))
    return lines


def _footer(m: Material, scans: Sequence[Scan], language: str) -> list[str]:
    models = sorted({f"{name} {version}" for scan in scans for name, version in scan.models.items()})
    versions = [t.MODELS.fill(models=", ".join(models)).in_(language)] if models else []
    versions.append(t.POLICY.fill(policy=m.policy.version).in_(language))
    return [concerns.COSMETIC.in_(language), " · ".join(versions)]
