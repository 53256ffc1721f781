"""A measure over the visits of one customer (MEA-05, MEA-07): which figures belong on one line, and what the line says.

Only figures of one and the same way of measuring stand together: a model change starts a new line, and a photo taken in other
light is shown but not joined. The line runs through the state on arrival; what a treatment did to it stands beside it, so
that the eye does not read the treatment's own effect into the weeks between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from salon.records import Reading, Scan
from salon.rules import concerns, times
from salon.rules.said import Said

MOST_VISITS = 12
"""On a line: a year of monthly visits."""
MONTH_DAYS = (21, 45)
"""How long ago the photo of the monthly comparison may lie: a visit is seldom on the day."""

REMEASURED = "remeasured"
"""In a scan's geometry: the older record that it stands for."""


@dataclass(frozen=True)
class Point:
    """One figure of a line."""

    at: str
    value: float
    error: float
    """What repeats of the capture differ by: half of it lies above, half below. 0: not known."""
    phase: Literal["before", "after"] = "before"
    joined: bool = True
    """False: measured in other light than the newest, so that the line passes it by."""


def standing(scans: Sequence[Scan]) -> list[Scan]:
    """The scans that count, oldest first: accepted, not measured anew since, the last of each visit and phase."""
    replaced = {str(scan.geometry.get(REMEASURED, "")) for scan in scans}
    last: dict[tuple[str, str], Scan] = {}
    for scan in sorted(scans, key=lambda scan: times.instant(scan.at)):
        if scan.accepted and scan.rid not in replaced:
            last[scan.visit, scan.phase] = scan
    return sorted(last.values(), key=lambda scan: times.instant(scan.at))


def of_scans(scans: Sequence[Scan], key: str) -> list[Point]:
    """A concern over the visits, oldest first; only what was measured with the models and the formula of the newest scan."""
    found = standing(scans)
    if not found:
        return []
    newest = found[-1]
    formula = newest.concerns.get(key, {}).get("version")
    points = []
    for scan in found:
        body = scan.concerns.get(key)
        if scan.models != newest.models or body is None or not concerns.measured(body):
            continue
        if body.get("version") != formula:
            continue
        error = concerns.repeat_error(body) or 0.0
        same_light = not concerns.obstacles(scan, newest)
        points.append(Point(scan.at, float(body["value"]), error, scan.phase, same_light))
    return _of_last_visits(points)


def of_readings(readings: Sequence[Reading], measure: str, repeat_sd: float | None) -> list[Point]:
    """A probe's measure over the visits: the last good reading of each visit and phase."""
    last: dict[tuple[str, str], Reading] = {}
    for reading in sorted(readings, key=lambda reading: times.instant(reading.at)):
        if reading.measure == measure and reading.phase in {"before", "after"} and reading.quality != "bad":
            last[reading.visit, reading.phase] = reading
    error = 0.0 if repeat_sd is None else concerns.REPEATS * repeat_sd
    found = sorted(last.values(), key=lambda reading: times.instant(reading.at))
    return _of_last_visits(
        [Point(r.at, r.value, error, "after" if r.phase == "after" else "before") for r in found]
    )


def _of_last_visits(points: list[Point]) -> list[Point]:
    arrivals = [point.at for point in points if point.phase == "before"]
    if len(arrivals) <= MOST_VISITS:
        return points
    return [point for point in points if point.at >= arrivals[-MOST_VISITS]]


def line(points: Sequence[Point]) -> list[Point]:
    """The points that the line joins."""
    return [point for point in points if point.phase == "before" and point.joined]


def said(points: Sequence[Point], better: concerns.Better) -> tuple[concerns.Verdict | None, Said | None]:
    """From the first arrival to the last: the verdict, and how many visits it spans; None with less than two."""
    joined = line(points)
    if len(joined) < 2:
        return None, None
    first, last = joined[0], joined[-1]
    error = max(first.error, last.error) or None
    verdict = concerns.judge(last.value - first.value, error, better)
    return verdict, concerns.VERDICTS[verdict]


def month_ago(scans: Sequence[Scan], newest: Scan) -> Scan | None:
    """The scan of about a month before `newest`, of the same state: the nearest to 30 days, if any lies near enough."""
    earliest, latest = MONTH_DAYS
    fitting = [
        (abs(days - 30), scan)
        for scan in standing(scans)
        if scan.phase == newest.phase
        and earliest <= (days := times.days_between(scan.at, newest.at)) <= latest
    ]
    return min(fitting, key=lambda pair: pair[0])[1] if fitting else None


def keys(scans: Sequence[Scan]) -> list[str]:
    """Concerns that have a line, in the order in which they are always shown."""
    found: Mapping[str, None] = {key: None for scan in standing(scans) for key in scan.concerns}
    order = list(concerns.CONCERNS)
    known = sorted(found, key=lambda key: (order.index(key) if key in order else len(order), key))
    return [key for key in known if len(line(of_scans(scans, key))) > 1]


# --- how a line lies on paper, the same on a page and in print


class Plotted(Protocol):
    """What a drawing needs of a point."""

    @property
    def value(self) -> float: ...

    @property
    def error(self) -> float: ...

    @property
    def phase(self) -> Literal["before", "after"]: ...

    @property
    def joined(self) -> bool: ...


@dataclass(frozen=True)
class Spot:
    """Where a point lies: shares of the drawing's width from the left and of its height from below."""

    x: float
    y: float
    low: float
    high: float
    phase: Literal["before", "after"]
    joined: bool


AFTER_STEP = 0.28
"""Of the space between two visits: how far right of the arrival its "after" stands."""


def plotted(points: Sequence[Plotted]) -> list[Spot]:
    """Visits at even distances, each "after" just right of its "before"; the errors fill the height."""
    low = min(p.value - p.error / 2 for p in points)
    span = (max(p.value + p.error / 2 for p in points) - low) or 1.0
    place = -1.0
    places: list[tuple[float, str]] = []
    for point in points:
        alone = point.phase == "after" and (not places or places[-1][1] == "after")
        place = place + 1 if point.phase == "before" or alone else place
        places.append((place + (AFTER_STEP if point.phase == "after" else 0.0), point.phase))
    width = (places[-1][0] if places else 0.0) or 1.0
    return [
        Spot(
            x / width,
            (point.value - low) / span,
            (point.value - point.error / 2 - low) / span,
            (point.value + point.error / 2 - low) / span,
            point.phase,
            point.joined,
        )
        for (x, _), point in zip(places, points, strict=True)
    ]
