"""The gate on rendered faces of ten tones: good photos accepted, spoiled ones refused for the right reason, rate by class.

The detector is the installed one: YuNet where `PARLOUR_MODELS` has it, which also sees turned heads; else OpenCV's cascades,
which mostly do not find those. A class is one fault; where a fault only spoils part of a face (beard, glasses) the
right answer is that this part has no figure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks import _spoilt as spoilt
from benchmarks.common import Row, report, spread
from edge.vision.comparison import REAL
from edge.vision.face import default_detector
from edge.vision.gate import LIMITS
from edge.vision.render.camera import Camera
from edge.vision.render.face import Painted, Person, Rendered, paint, render
from edge.vision.render.tone import RANGE
from edge.vision.results import ScanResult
from edge.vision.scan import default_models

TONES = np.linspace(*RANGE, 10)
PX_PER_MM = 4.5
HELD_OUT = 2000  # people on whom no limit of the gate was chosen
TURNED, TILTED = 30.0, 25.0  # degrees
AT_REST = 4.0  # degrees: how far people hold their chins differently without being told
NOT_FOUND = {"no_face", "eyes_not_found"}

# What is done to a good photo, and the reasons one of which must be given.
REFUSED: dict[str, tuple[Callable[[Rendered], np.ndarray], set[str]]] = {
    "blurred": (lambda r: spoilt.picture(r, Camera(blur_px=9)), {"sharpness", *NOT_FOUND}),
    "dark": (lambda r: spoilt.picture(r, Camera(exposure=0.05)), {"highlights", "darkness", *NOT_FOUND}),
    "clipped": (lambda r: spoilt.picture(r, spoilt.overexposed(r)), {"clipping", *NOT_FOUND}),
    "masked": (spoilt.masked, {"covered", *NOT_FOUND}),
    "dark glasses": (spoilt.dark_glasses, {"eyes", "covered", *NOT_FOUND}),
    "two faces": (spoilt.two, {"several_faces"}),
}
POSES = {
    "turned left": (TURNED, 0.0),
    "turned right": (-TURNED, 0.0),
    "chin down": (0.0, TILTED),
    "chin up": (0.0, -TILTED),
}
POSE_REASONS = {"yaw", "pitch", "side_light", "covered", *NOT_FOUND}


class Tally:
    """Right answers and what was said, by class."""

    def __init__(self) -> None:
        self.right: dict[str, list[bool]] = defaultdict(list)
        self.said: dict[str, Counter[str]] = defaultdict(Counter)
        self.nods: list[tuple[float, float | None]] = []  # degrees of tilt, and the figure of the check

    def take(self, other: Tally) -> None:
        for name, right in other.right.items():
            self.right[name] += right
            self.said[name].update(other.said[name])
        self.nods += other.nods

    def add(self, name: str, result: ScanResult, right: bool) -> None:
        self.right[name].append(right)
        soft = [f"({c.key})" for c in result.checks if c.level == "soft" and c.key != "distance"]
        self.said[name].update([r.code for r in result.refusals] or soft or ["accepted"])

    def refused(self, name: str, result: ScanResult, reasons: set[str]) -> None:
        self.add(name, result, bool({r.code for r in result.refusals} & reasons))


def _without(result: ScanResult, region: str) -> bool:
    """Whether no concern gives a figure for a region; a refused photo gives none at all."""
    return all(row.value is None for c in result.concerns for row in c.regions if row.region == region)


def _as_before(good: ScanResult, spoiled: ScanResult, key: str) -> bool:
    """Whether a concern has no figure, or one that two photos of one face may differ by."""
    rows = [next((c for c in result.concerns if c.key == key), None) for result in (good, spoiled)]
    if any(row is None or row.value is None or row.repeat_sd is None for row in rows):
        return True
    before, after = rows
    assert before is not None and after is not None  # noqa: PT018
    return abs((after.value or 0) - (before.value or 0)) <= REAL * (after.repeat_sd or 0)


def _colour_withheld(result: ScanResult) -> bool:
    return not result.accepted or any(c.key == "cast" and c.level != "ok" for c in result.checks)


def _one(number: int) -> Tally:
    """All that is tried on one tone."""
    tally, ita = Tally(), float(TONES[number])
    person = Person(seed=HELD_OUT + number, ita=ita, px_per_mm=PX_PER_MM)
    painted = paint(person)
    rendered = painted.seen(0, 0)
    good = spoilt.scan(spoilt.picture(rendered))
    tally.add("good", good, good.accepted)
    for name, (spoil, reasons) in REFUSED.items():
        tally.refused(name, spoilt.scan(spoil(rendered)), reasons)
    for step in range(spoilt.HUES):
        strong = spoilt.scan(spoilt.picture(rendered, spoilt.tint(step, spoilt.STRONG)))
        tally.refused("tinted, 12 hues", strong, {"cast", *NOT_FOUND})
    for step in range(0, spoilt.HUES, 3):
        weak = spoilt.scan(spoilt.picture(rendered, spoilt.tint(step, spoilt.WEAK)))
        tally.add("slightly tinted, 4 hues: colour withheld", weak, _colour_withheld(weak))
    bearded, rims = spoilt.scan(spoilt.bearded(rendered)), spoilt.scan(spoilt.glasses(rendered))
    tally.add("beard: no figure for the chin", bearded, _without(bearded, "chin"))
    tally.add("glasses: dark circles as without, or none", rims, _as_before(good, rims, "dark_circles"))
    for name, (yaw, pitch) in POSES.items():
        tally.refused(name, spoilt.scan(spoilt.picture(painted.seen(yaw, pitch))), POSE_REASONS)
    _nods(tally, painted, spoilt.face_of(good))
    closed = render(replace(person, eyes_open=False))
    shut = spoilt.scan(spoilt.picture(closed))
    tally.add("good, eyes closed (accepted, or asked to open them)", shut, shut.accepted or _asked(shut))
    for step in range(0, spoilt.HUES, 3):
        blind = spoilt.scan(spoilt.picture(closed, spoilt.tint(step, spoilt.STRONG)))
        tally.add("tinted, eyes closed: colour withheld", blind, _colour_withheld(blind))
    return tally


def _nods(tally: Tally, painted: Painted, like: np.ndarray | None) -> None:
    """A chin up and down beside her earlier photo: as far as people hold it, and far beyond. Without an earlier photo there is no such check."""
    if like is None:
        return
    for name, sign in (("down", 1.0), ("up", -1.0)):
        tilted = spoilt.scan(spoilt.picture(painted.seen(0.0, sign * TILTED)), like)
        tally.refused(f"chin {name} beside her earlier photo", tilted, POSE_REASONS | {"nod"})
        rest = spoilt.scan(spoilt.picture(painted.seen(0.0, sign * AT_REST)), like)
        levels = {check.key: check.level for check in rest.checks}
        fine = rest.accepted and levels.get("nod", "ok") == "ok"
        tally.add(f"chin {AT_REST:.0f} degrees {name} beside it: not limited", rest, fine)
        for degrees, result in ((TILTED, tilted), (AT_REST, rest)):
            figure = next((check.figure for check in result.checks if check.key == "nod"), None)
            tally.nods.append((sign * degrees, figure))


def _asked(result: ScanResult) -> bool:
    return {r.code for r in result.refusals} == {"eyes_not_found"}


def main() -> None:
    tally, by_tone = Tally(), []
    for one in spread("gate", _one, range(len(TONES))):
        tally.take(one)
        by_tone.append({name: f"{sum(right)}/{len(right)}" for name, right in one.right.items()})
    tally.refused("empty", spoilt.scan(np.full((900, 900, 3), 128, dtype=np.uint8)), {"no_face"})
    rows = [
        Row.of(name, sum(right) / len(right), 1.0, "aim", f"right of {len(right)}")
        for name, right in tally.right.items()
    ]
    detector = default_detector(default_models()).name
    notes = [f"detector: {detector}", *(f"{name}: {dict(said)}" for name, said in tally.said.items())]
    notes += [f"by tone, ITA {TONES[0]:.0f} to {TONES[-1]:.0f} degrees:"]
    notes += [f"  {name}: {' '.join(rates[name] for rates in by_tone)}" for name in by_tone[0]]
    limit = next(limit for limit in LIMITS if limit.key == "nod")
    for degrees in sorted({degrees for degrees, _ in tally.nods}):
        figures = ["none" if f is None else f"{f:.3f}" for d, f in tally.nods if d == degrees]
        notes.append(
            f"nod at {degrees:+.0f} degrees (limited from {limit.ok:g}, refused from {limit.hard:g}): {' '.join(figures)}"
        )
    report("gate", rows, notes=notes)
