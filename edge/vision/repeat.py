"""How far two captures of one face differ, and how far people do: `python -m edge.vision.repeat` prints `concerns/repeat.toml`.

Rendered people of all tones are captured again and again, each time in other light, pose, distance and camera error (the constants
below), and measured from the bytes on as a store would: each face is laid on the first one. The SD pooled over people is
the repeat error that the product uses; ICC(2,1) says how much of all spread is between people. Both are found twice: without and with our
printed grey strip in view, which takes the lamp's level and warmth out. What a rendering does not have
(another expression, make-up, another day) is not in these figures, so that they stay provisional until stores have measured.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.card import draw_strip
from edge.vision.concerns import all_concerns
from edge.vision.face import Detector, default_detector
from edge.vision.graphs.color import srgb_table
from edge.vision.overlay import Pictures
from edge.vision.render import VERSION
from edge.vision.render.anatomy import TOP
from edge.vision.render.camera import Camera, jpeg_bytes, shoot
from edge.vision.render.face import CONCERNS, Painted, Person, paint
from edge.vision.render.tone import LEVEL, RANGE
from edge.vision.scan import analyse, default_models

PEOPLE, CAPTURES = 14, 6
WITH_CARD = 4  # of the captures of each person, again with the strip
STRIP_TOP_MM = 112.0  # below the chin
SEED = 20261122
# Between two captures, each uniform within these.
LIGHT = 0.20  # share
COLOUR = 0.05  # share a channel
POSE = 5.0  # degrees of yaw, pitch and roll
DISTANCE = 0.05  # share
JPEG = (80, 95)
NOISE = (0.5, 2.5)  # SD, bytes
BLUR = (0.3, 0.7)  # px, SD

METHOD = (
    f"{VERSION}: light +-{LIGHT:.0%}, colour +-{COLOUR:.0%}, pose +-{POSE:g} degrees, distance +-{DISTANCE:.0%}, "
    f"JPEG {JPEG[0]} to {JPEG[1]}, noise {NOISE[0]:g} to {NOISE[1]:g}, blur {BLUR[0]:g} to {BLUR[1]:g} px"
)


def person(number: int, rng: np.random.Generator) -> Person:
    """Tones flat over the range; each concern absent in a third of the people."""
    doses = {key: float(rng.uniform(0.1, 1)) if rng.random() > 0.33 else 0.0 for key in CONCERNS}
    share = (number + 0.5) / PEOPLE
    ita = RANGE[0] + share * (RANGE[1] - RANGE[0])
    return Person(seed=100 + number, ita=ita, haemoglobin=float(rng.uniform(0.25, 0.45)), doses=doses)


@dataclass(frozen=True)
class Capture:
    """One photo of a person, and the same with the strip in view."""

    data: bytes
    with_card: bytes


def capture(who: Painted, rng: np.random.Generator) -> Capture:
    yaw, pitch, roll = (float(v) for v in rng.uniform(-POSE, POSE, 3))
    rendered = who.seen(yaw, pitch)
    errors = int(rng.integers(2**32))
    data = photographed(rendered.light, np.random.default_rng(errors), roll)
    strip = _with_strip(rendered.light, who.grid.px_per_mm)
    return Capture(data, photographed(strip, np.random.default_rng(errors), roll))


def _with_strip(light: NDArray[np.float32], px_per_mm: float) -> NDArray[np.float32]:
    """The printed strip below the chin, facing the lamps."""
    strip = srgb_table()[draw_strip(px_per_mm)] * np.float32(LEVEL)
    held = light.copy()
    top = round((STRIP_TOP_MM - TOP) * px_per_mm)
    left = (light.shape[1] - strip.shape[1]) // 2
    held[top : top + strip.shape[0], left : left + strip.shape[1]] = strip
    return held


def photographed(light: NDArray[np.float32], rng: np.random.Generator, roll: float) -> bytes:
    """A camera's bytes, from a little nearer or farther and with the head inclined."""
    size = (light.shape[1], light.shape[0])
    turn = np.array(
        cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), roll, 1 + float(rng.uniform(-DISTANCE, DISTANCE)))
    )
    moved = cv2.warpAffine(light, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    balance = 1 + rng.uniform(-COLOUR, COLOUR, 3)
    camera = Camera(
        exposure=1 + float(rng.uniform(-LIGHT, LIGHT)),
        balance=(float(balance[0]), float(balance[1]), float(balance[2])),
        blur_px=float(rng.uniform(*BLUR)),
        noise=float(rng.uniform(*NOISE)),
        jpeg=None,
    )
    picture: NDArray[np.float32] = np.maximum(np.asarray(moved, dtype=np.float32), 0)
    return jpeg_bytes(shoot(picture, camera, rng), int(rng.integers(*JPEG, endpoint=True)))


@dataclass
class Table:
    """Values by concern, and by `concern/region`: one row a person, one column a capture; NaN where there was none."""

    values: defaultdict[str, list[list[float]]] = field(default_factory=lambda: defaultdict(list))
    captures: int = 0
    accepted: int = 0
    registered: int = 0
    calibrated: int = 0
    detector: str = ""

    @property
    def whole(self) -> list[str]:
        """The concerns, without their regions."""
        return [key for key in self.values if "/" not in key]

    def add(self, others: Table) -> None:
        """The rows of other people below these."""
        for key, rows in others.values.items():
            self.values[key] += rows
        self.captures += others.captures
        self.accepted += others.accepted
        self.registered += others.registered
        self.calibrated += others.calibrated
        self.detector = others.detector

    def sd(self, key: str) -> float:
        """Within people, pooled."""
        rows = [np.array(row)[np.isfinite(row)] for row in self.values[key]]
        rows = [row for row in rows if len(row) > 1]
        freedom = sum(len(row) - 1 for row in rows)
        return math.sqrt(sum(float(row.var()) * len(row) for row in rows) / freedom) if freedom else math.nan

    def icc(self, key: str) -> float:
        """ICC(2,1) of the people who have all captures: one value, any capture (Shrout & Fleiss 1979)."""
        rows = np.array([row for row in self.values[key] if np.isfinite(row).all()])
        if len(rows) < 3:
            return math.nan
        n, k = rows.shape
        grand = rows.mean()
        between = k * float(np.square(rows.mean(axis=1) - grand).sum()) / (n - 1)
        columns = n * float(np.square(rows.mean(axis=0) - grand).sum()) / (k - 1)
        rest = rows - rows.mean(axis=1, keepdims=True) - rows.mean(axis=0, keepdims=True) + grand
        error = float(np.square(rest).sum()) / ((n - 1) * (k - 1))
        below = between + (k - 1) * error + k * (columns - error) / n
        return (between - error) / below if below > 0 else math.nan


@dataclass
class Tables:
    """Without the strip, and with it."""

    plain: Table = field(default_factory=Table)
    card: Table = field(default_factory=Table)
    doses: list[dict[str, float]] = field(default_factory=list)  # what was rendered, person by person

    def follows(self, key: str) -> float:
        """Correlation of a person's mean figure with what was rendered on that person: repeating well is not yet being right."""
        pairs = [
            (float(np.nanmean(row)), doses[key])
            for row, doses in zip(self.plain.values[key], self.doses, strict=True)
            if np.isfinite(row).any()
        ]
        if len(pairs) < 3:
            return math.nan
        means, asked = zip(*pairs, strict=True)
        return float(np.corrcoef(means, asked)[0, 1])


def tables(people: int = PEOPLE, each: Callable[..., Iterable[Tables]] = map) -> Tables:
    """All people measured. `each` is a map: one that spreads the people over the cores finds the same."""
    found = Tables()
    for one in each(tables_of, range(people)):
        found.plain.add(one.plain)
        found.card.add(one.card)
        found.doses += one.doses
    return found


def tables_of(number: int) -> Tables:
    """One person, painted, captured and measured."""
    detector = default_detector(default_models())
    rng = np.random.default_rng([SEED, number])
    one = person(number, rng)
    who = paint(one)
    shots = [capture(who, rng) for _ in range(CAPTURES)]
    found = Tables(doses=[one.doses])
    _measure_all(found.plain, [shot.data for shot in shots], detector)
    _measure_all(found.card, [shot.with_card for shot in shots[:WITH_CARD]], detector)
    return found


def _measure_all(found: Table, shots: list[bytes], detector: Detector) -> None:
    """One person's captures as a row of each concern and of each of its regions."""
    like: NDArray[np.uint8] | None = None
    found.detector = detector.name
    rows: dict[str, list[float]] = defaultdict(list)
    regions = {concern.key: concern.regions for concern in all_concerns()}
    for data in shots:
        result = analyse(data, detector=detector, like=like)
        found.captures += 1
        found.accepted += result.accepted
        found.registered += result.registered is not None
        found.calibrated += result.calibration is not None
        pictures = result._pictures  # noqa: SLF001  # the canonical face, as the store would keep it
        if like is None and isinstance(pictures, Pictures):
            like = pictures.surface.canonical.rgb
        by_key = {concern.key: concern.value for concern in result.concerns}
        by_key |= {f"{c.key}/{row.region}": row.value for c in result.concerns for row in c.regions}
        for key in ("tone", *CONCERNS):
            for name in (key, *(f"{key}/{region}" for region in regions[key])):
                value = by_key.get(name)
                rows[name].append(math.nan if value is None else value)
    for key, row in rows.items():
        found.values[key].append(row)


def toml(found: Tables) -> str:
    """The file that the product reads."""
    plain, card = found.plain, found.card
    people = len(next(iter(plain.values.values())))
    lines = [
        "# Repeat error per concern (1 SD, raw units) and ICC(2,1). Written by `python -m edge.vision.repeat`.",
        "# `_card`: with a colour card in view.",
        'status = "provisional"',
        (
            f'method = "{people} rendered people of all tones, {plain.captures} captures, {plain.accepted} accepted, '
            f"{plain.registered} laid on the first; with the strip {card.captures}, {card.calibrated} calibrated; faces by {plain.detector}; {METHOD}; "
            'no other expression, make-up or day"'
        ),
    ]
    for suffix, values in (("", plain), ("_card", card)):
        rows = [key for key in values.whole if math.isfinite(values.sd(key))]
        lines += [f"[sd{suffix}]", *(f"{key} = {float(f'{values.sd(key):.2g}')}" for key in rows)]
        lines += [f"[icc{suffix}]"]
        lines += [f"{key} = {values.icc(key):.3f}" for key in rows if math.isfinite(values.icc(key))]
        lines += [f"[region_sd{suffix}]", *(line for key in rows if (line := _regions(values, key)))]
    return "\n".join(lines) + "\n"


def _regions(values: Table, key: str) -> str:
    """One line: how far each region of a concern repeats."""
    found = {
        name.removeprefix(f"{key}/"): values.sd(name) for name in values.values if name.startswith(f"{key}/")
    }
    # Where nothing was ever found nothing is known of how it repeats.
    sds = ", ".join(
        f"{name} = {float(f'{sd:.2g}')}" for name, sd in found.items() if math.isfinite(sd) and sd > 0
    )
    return f"{key} = {{ {sds} }}" if sds else ""


if __name__ == "__main__":
    sys.stdout.write(toml(tables()))
