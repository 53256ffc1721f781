"""A customer's report: the address of her copy, and the one way to it (MEA-05, FUP-01).

A report is reached by its code alone: 128 bits in the address, nothing else of the store behind it. It ends after the days of the
policy, or at once when her file is erased; an address that tries codes is turned away.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import segno
from tinydb import where

from edge import report as edge_report
from edge.kiosk.services import devices, findings, finishing, scans, treatment
from edge.report import Picture, Report
from edge.store import MediaMissing, now, told
from salon.rules import advice, concerns, points, times, trends
from salon.rules.times import days_between

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.kiosk.settings import KioskSettings
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Reading, Scan, Visit

CODE = re.compile(r"[A-Za-z0-9_-]{22}")
"""As `finishing` makes it: 16 random bytes in base64url."""
TRIES = 10
"""Unknown codes from one address before it is turned away: nobody mistypes a QR code ten times."""
TRIES_WITHIN = 10 * 60.0
"""s"""
MOST_ADDRESSES = 1024
FACE = "face"
"""The overlay that is the bare face."""
MOST_VIEWS = 4
"""Views of the face in a report, each before and after: what fits a second page."""
CHANGE = "_change"
"""Ends the name of an overlay that is a difference map."""


class NoReport(LookupError):
    """Raised when no report has this code."""


class ReportEnded(LookupError):
    """Raised when a report's time is over."""


def link(settings: KioskSettings, code: str) -> str:
    """The address of a report, as a phone in the store's network opens it; empty without a report."""
    return f"{settings.address_for_phones()}/r/{code}" if code else ""


def qr_svg(text: str) -> str:
    """The address as a QR code, to put into a page; dark on the page's own ground, with the quiet zone of the standard."""
    if not text:
        return ""
    return str(
        segno.make(text, error="m").svg_inline(
            omitsize=True, border=2, dark="#2b2521", lineclass=None, svgclass="qr"
        )
    )


def visit_of(store: Store, policy: Policy, code: str) -> Visit:
    """The visit whose report has this code. Raises NoReport, ReportEnded."""
    if not CODE.fullmatch(code):
        raise NoReport(code)
    found = store.visits.select(where("report_code") == code, limit=1)
    if not found or found[0].state not in {"aftercare", "closed"}:
        raise NoReport(code)
    finished = found[0].aftercare_at or found[0].closed_at
    if days_between(finished, now()) >= policy.report.open_days:
        raise ReportEnded(code)
    return found[0]


class Guesses:
    """Unknown codes by address, in this process's memory: a restart costs a guesser nothing that 128 bits would miss."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[str, list[float]] = {}

    def too_many(self, address: str) -> bool:
        with self._lock:
            return len(self._recent(address)) >= TRIES

    def wrong(self, address: str) -> int:
        """One more unknown code; how many there were lately."""
        with self._lock:
            times = [*self._recent(address), self._clock()][-TRIES:]
            self._seen.pop(address, None)
            self._seen[address] = times
            while len(self._seen) > MOST_ADDRESSES:
                del self._seen[next(iter(self._seen))]
            return len(times)

    def _recent(self, address: str) -> list[float]:
        since = self._clock() - TRIES_WITHIN
        return [at for at in self._seen.get(address, []) if at > since]


# --- the report itself


@dataclass(frozen=True)
class View:
    """One view of the face: before and after, a difference map alone, or a month ago beside today."""

    concern: str
    """Empty for the bare face."""
    caption: str
    pictures: tuple[Picture, ...]

    @property
    def is_side(self) -> bool:
        """A side view or a close-up: camera and head stand a little differently each time, so that two lie beside, not on, each other."""
        return self.concern in concerns.SIDES or self.concern in concerns.NEAR

    @property
    def is_alone(self) -> bool:
        """A close-up that was taken once: neither before nor after."""
        return self.concern in concerns.NEAR and len(self.pictures) == 1

    @property
    def is_change(self) -> bool:
        return self.concern.endswith(CHANGE)


@dataclass(frozen=True)
class Shown:
    """A report with what only the page says of it."""

    report: Report
    views: tuple[View, ...]
    """Before and after."""
    changes: tuple[View, ...]
    """Where it changed today."""
    month: View | None
    """About a month ago beside today, as she came in (MEA-07)."""
    posted: bool
    """Whether the points are on the account already; before checkout they are not."""
    to_come: int
    """Points that checkout will post if the list price is paid."""


def build(store: Store, policy: Policy, settings: KioskSettings, visit: Visit, language: str) -> Shown:
    """The report of a visit in one language, from what the store holds now."""
    treated = treatment.bundle(store, visit)
    here = where("visit") == visit.rid
    entries = store.ledger.select((where("member") == visit.member) & (where("unit") == "points"))
    earned = [entry for entry in entries if entry.visit == visit.rid and entry.reason == "earn"]
    mine = findings.of_visit(store, visit.rid)
    last = mine.get("after") or mine.get("before")
    catalogue = store.products.select()
    home = store.stores.load(store.store_id)
    history = _history(store, visit, mine)
    views = [*_views(store, visit, mine, language), *_near(store, visit, language)]
    changes = _changes(store, visit, mine, language)
    month = _month(store, visit, mine, history, language)
    pictures = [picture for view in [*views[:1], *changes, *views[1:]] for picture in view.pictures]
    if month is not None:
        pictures.append(month.pictures[0])
    report = edge_report.build(
        edge_report.Material(
            visit=visit,
            member=treated.member,
            store=home,
            policy=policy,
            therapist=treated.therapist,
            services=treated.services,
            scans=list(mine.values()),
            closeups=store.closeups.select(here),
            readings=store.readings.select(here),
            history=history,
            past_readings=_past_readings(store, visit),
            reading_repeat_sd=devices.repeat_sds(store),
            pictures=pictures,
            uses=store.product_uses.select(here),
            products=catalogue,
            advice=advice.home_care(
                treated.member,
                last.concerns if last else {},
                catalogue,
                treated.services,
                language,
                told=told.of(store, treated.member),
            ),
            follow_ups=finishing.tasks(store, visit.rid),
            next_appointment=finishing.next_visit(store, treated).booked,
            points_earned=points.balance(earned, "points"),
            points_balance=points.balance(entries, "points"),
            url=link(settings, visit.report_code),
        ),
        now(),
        language,
    )
    to_come = finishing.points_to_come(treated, policy).amount
    return Shown(report, tuple(views), tuple(changes), month, bool(earned), to_come)


def _history(store: Store, visit: Visit, mine: dict[str, Scan]) -> list[Scan]:
    """Her scans up to this visit: a report does not know what came after it."""
    until = max((scan.at for scan in mine.values()), default=visit.aftercare_at or visit.closed_at)
    return [scan for scan in store.scans.select(where("member") == visit.member) if scan.at <= until]


def _past_readings(store: Store, visit: Visit) -> list[Reading]:
    hers = store.visits.select(where("member") == visit.member)
    until = [other.rid for other in hers if other.arrived_at <= visit.arrived_at]
    return store.readings.select(where("visit").one_of(until))


def _views(store: Store, visit: Visit, mine: dict[str, Scan], language: str) -> list[View]:
    """The face, then the concerns that changed, then the others; none without the customer's consent to photos."""
    if not mine or not scans.may_keep_photos(store, visit.member):
        return []
    compared = findings.side_by_side(mine.get("after") or mine["before"], mine.get("before"))
    changed = {row.key for row in compared.rows if row.verdict in {"better", "worse", "changed"}}
    names = dict.fromkeys(n for scan in mine.values() for n in scan.overlays if not n.endswith(CHANGE))
    sides = [name for name in names if name in concerns.SIDES]
    found = []
    drawn = [name for name in names if name not in concerns.SIDES]
    shown = sorted(drawn, key=lambda name: (name != FACE, name not in changed))[:MOST_VIEWS]
    for name in [*shown, *sides]:
        concern, caption = ("", "") if name == FACE else (name, concerns.label(name).in_(language))
        pictures = tuple(
            Picture(phase=phase, concern=concern, caption=caption, jpeg=jpeg)
            for phase in ("before", "after")
            if phase in mine and (jpeg := _jpeg(store, mine[phase].overlays.get(name, "")))
        )
        if pictures:
            found.append(View(concern, caption, pictures))
    return found


def _near(store: Store, visit: Visit, language: str) -> list[View]:
    """The close-ups of the visit, first and last, with what was counted drawn in."""
    found = []
    for of in concerns.NEAR:
        caption = concerns.label(of).in_(language)
        pictures = tuple(
            Picture(phase=phase, concern=of, caption=caption, jpeg=jpeg)
            for phase in ("before", "after")
            if (jpeg := _near_jpeg(store, visit, of, phase))
        )
        if pictures:
            found.append(View(of, caption, pictures))
    return found


def _near_jpeg(store: Store, visit: Visit, of: str, phase: str) -> bytes:
    """The first close-up of a visit, or its last if that is another; empty where there is none that may be shown."""
    if not scans.may_keep_photos(store, visit.member):
        return b""
    mine = store.closeups.select((where("visit") == visit.rid) & (where("of") == of))
    mine.sort(key=lambda closeup: times.instant(closeup.at))
    chosen = mine[:1] if phase == "before" else mine[1:][-1:]
    return _jpeg(store, chosen[0].overlay) if chosen else b""


def _changes(store: Store, visit: Visit, mine: dict[str, Scan], language: str) -> list[View]:
    """The difference maps of today, where before and after may be compared at all."""
    before, after = mine.get("before"), mine.get("after")
    if before is None or after is None or not scans.may_keep_photos(store, visit.member):
        return []
    if concerns.obstacles(before, after):
        return []
    found = []
    for name, media in after.overlays.items():
        jpeg = _jpeg(store, media) if name.endswith(CHANGE) else b""
        if jpeg:
            caption = concerns.label(name).in_(language)
            found.append(
                View(name, caption, (Picture(phase="after", concern=name, caption=caption, jpeg=jpeg),))
            )
    return found


def _month(
    store: Store, visit: Visit, mine: dict[str, Scan], history: list[Scan], language: str
) -> View | None:
    """The bare face of about a month ago beside today's."""
    today = mine.get("before") or mine.get("after")
    if today is None or not scans.may_keep_photos(store, visit.member):
        return None
    then = trends.month_ago(history, today)
    one = _jpeg(store, then.overlays.get(FACE, "")) if then else b""
    two = _jpeg(store, today.overlays.get(FACE, ""))
    if then is None or not (one and two):
        return None
    zone = store.stores.load(store.store_id).timezone
    day = times.day(times.local(then.at, zone).date()).in_(language)
    return View(
        "", day, (Picture(phase="month", caption=day, jpeg=one), Picture(phase=today.phase, jpeg=two))
    )


def picture(store: Store, visit: Visit, phase: str, concern: str) -> bytes:
    """One picture of a report; empty if it is not in it. The photo as it was taken is in none."""
    if concern in concerns.NEAR:
        return _near_jpeg(store, visit, concern, phase)
    mine = findings.of_visit(store, visit.rid)
    scan = mine.get(phase)
    if phase == "month" and concern == FACE:
        today = mine.get("before") or mine.get("after")
        scan = trends.month_ago(_history(store, visit, mine), today) if today else None
    if scan is None or not scans.may_keep_photos(store, visit.member):
        return b""
    return _jpeg(store, scan.overlays.get(concern, ""))


def _jpeg(store: Store, media_id: str) -> bytes:
    try:
        kept = store.media.get(media_id) if media_id else None
    except MediaMissing:
        return b""
    return kept.data if kept and kept.mime == "image/jpeg" else b""
