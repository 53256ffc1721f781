"""A measure over the visits of one customer, as a small drawing on a page (MEA-05, MEA-07)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup
from tinydb import where

from edge import report as edge_report
from edge.kiosk.services import devices
from salon.rules import trends as rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.report import TrendLine
    from edge.store import Store
    from salon.records import Scan

FACE = "face"

WIDTH, HEIGHT, EDGE = 320.0, 96.0, 12.0


def of_member(store: Store, member: str, key: str) -> list[rules.Point]:
    """A concern over her visits, oldest first."""
    return rules.of_scans(store.scans.select(where("member") == member), key)


@dataclass(frozen=True)
class History:
    """All that was measured of a customer, over her visits (MEA-05, MEA-07)."""

    lines: list[TrendLine]
    scans: list[Scan]
    """One a visit and phase, the newest first."""
    month: tuple[Scan, Scan] | None
    """The bare faces of about a month ago and of now."""


def history(store: Store, member: str, language: str) -> History:
    """Her lines, her scans, and the monthly comparison."""
    mine = store.scans.select(where("member") == member)
    visits = [visit.rid for visit in store.visits.select(where("member") == member)]
    readings = store.readings.select(where("visit").one_of(visits))
    zone = store.stores.load(store.store_id).timezone
    lines = edge_report.trends(mine, readings, devices.repeat_sds(store), zone, language)
    scans = rules.standing(mine)[::-1]
    newest = next((scan for scan in scans if scan.phase == "before"), None)
    then = rules.month_ago(mine, newest) if newest else None
    both = (then, newest) if then and newest and FACE in then.overlays and FACE in newest.overlays else None
    return History(lines, scans, both)


def drawing(points: Sequence[rules.Plotted]) -> Markup:
    """An inline SVG: the line of arrivals, a hollow point after each treatment, a bar of the repeat error each.

    Empty with less than two points.
    """
    if len(points) < 2:
        return Markup("")
    spots = rules.plotted(points)

    def x(share: float) -> float:
        return round(EDGE + share * (WIDTH - 2 * EDGE), 1)

    def y(share: float) -> float:
        return round(HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE), 1)

    parts = [f'<svg class="trend" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" aria-hidden="true">']
    parts += [
        f'<line class="error" x1="{x(s.x)}" x2="{x(s.x)}" y1="{y(s.low)}" y2="{y(s.high)}"/>' for s in spots
    ]
    line = " ".join(f"{x(s.x)},{y(s.y)}" for s in spots if s.phase == "before" and s.joined)
    parts.append(f'<polyline points="{line}"/>')
    parts += [
        f'<circle class="{s.phase}{"" if s.joined else " pale"}" cx="{x(s.x)}" cy="{y(s.y)}" r="4"/>'
        for s in spots
    ]
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704  # figures only, nothing a person wrote
