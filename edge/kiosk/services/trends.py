"""A concern over the visits of one customer, as points and as a small drawing (MEA-07).

Only scans measured with the models of the newest one are joined: a model change starts a new line. Each point carries what
two captures of one face differ by, so that the eye does not read a trend into noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup
from tinydb import where

from salon.rules import concerns

if TYPE_CHECKING:
    from edge.store import Store
    from salon.records import Scan

REMEASURED = "remeasured"
"""In a scan's geometry: the older record that it stands for (`edge.vision.remeasure`)."""
MOST = 12
"""Points of a drawing: a year of monthly visits."""
WIDTH, HEIGHT, EDGE = 320.0, 96.0, 14.0


@dataclass(frozen=True)
class Point:
    at: str
    value: float
    error: float
    """What repeats of the capture differ by: half of it lies above, half below."""


def of_member(store: Store, member: str, key: str) -> list[Point]:
    """The last scan of each visit and phase, oldest first."""
    found = [s for s in store.scans.select(where("member") == member, order_by="at") if s.accepted]
    replaced = {str(scan.geometry.get(REMEASURED, "")) for scan in found}
    found = [scan for scan in found if scan.rid not in replaced]
    if not found:
        return []
    models = found[-1].models
    last: dict[tuple[str, str], Scan] = {}
    for scan in found:
        if scan.models == models and concerns.measured(scan.concerns.get(key)):
            last[scan.visit, scan.phase] = scan
    points = []
    for scan in sorted(last.values(), key=lambda scan: scan.at):
        body = scan.concerns[key]
        points.append(Point(scan.at, float(body["value"]), concerns.repeat_error(body) or 0.0))
    return points[-MOST:]


def drawing(points: list[Point]) -> Markup:
    """An inline SVG of the points, with a bar of the repeat error each; empty with less than two."""
    if len(points) < 2:
        return Markup("")
    low = min(p.value - p.error / 2 for p in points)
    high = max(p.value + p.error / 2 for p in points)
    span = (high - low) or 1.0

    def y(value: float) -> float:
        return round(HEIGHT - EDGE - (value - low) / span * (HEIGHT - 2 * EDGE), 1)

    step = (WIDTH - 2 * EDGE) / (len(points) - 1)
    xs = [round(EDGE + k * step, 1) for k in range(len(points))]
    line = " ".join(f"{x},{y(p.value)}" for x, p in zip(xs, points, strict=True))
    parts = [f'<svg class="trend" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-hidden="true">']
    parts += [
        f'<line class="error" x1="{x}" x2="{x}" y1="{y(p.value - p.error / 2)}" y2="{y(p.value + p.error / 2)}"/>'
        for x, p in zip(xs, points, strict=True)
    ]
    parts.append(f'<polyline points="{line}"/>')
    parts += [f'<circle cx="{x}" cy="{y(p.value)}" r="3.5"/>' for x, p in zip(xs, points, strict=True)]
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704  # figures only, nothing a person wrote
