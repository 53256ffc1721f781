"""How far two captures of one face differ, and how far people do: `python -m edge.vision.repeat` prints `concerns/repeat.toml`.

Rendered people of all tones are captured again and again, each time in other light, pose, distance and camera error (the constants
below), and measured from the bytes on as a store would: each face is laid on the first one. The SD pooled over people is
the repeat error that the product uses; ICC(2,1) says how much of all spread is between people. What a rendering does not have
(another expression, make-up, another day) is not in these figures, so that they stay provisional until stores have measured.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.errors import EyesNotFound, NoFace
from edge.vision.face import Detector, Point, default_detector
from edge.vision.overlay import Pictures
from edge.vision.render import VERSION
from edge.vision.render.camera import Camera, jpeg_bytes, shoot
from edge.vision.render.face import CONCERNS, Person, Rendered, render
from edge.vision.render.tone import RANGE
from edge.vision.results import ScanResult
from edge.vision.scan import analyse, default_models

PEOPLE, CAPTURES = 14, 6
SEED = 20261122
# Between two captures, each uniform within these.
LIGHT = 0.20  # share
COLOUR = 0.05  # share a channel
POSE = 5.0  # degrees of yaw, pitch and roll
DISTANCE = 0.05  # share
JPEG = (80, 95)
NOISE = (0.5, 2.5)  # SD, bytes
BLUR = (0.3, 0.7)  # px, SD
TAP_PX = 6.0  # where no eyes are found the beautician taps them, about this far off: half a millimetre

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


def capture(who: Person, rng: np.random.Generator) -> tuple[bytes, tuple[Point, Point]]:
    """One photo of a person, and where the eyes are in it."""
    yaw, pitch, roll = (float(v) for v in rng.uniform(-POSE, POSE, 3))
    posed = Person(who.seed, who.ita, who.haemoglobin, who.doses, who.eyes_open, yaw, pitch)
    return photographed(render(posed), rng, roll)


def photographed(
    rendered: Rendered, rng: np.random.Generator, roll: float
) -> tuple[bytes, tuple[Point, Point]]:
    light = rendered.light
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
    data = jpeg_bytes(shoot(picture, camera, rng), int(rng.integers(*JPEG, endpoint=True)))
    right, left = (turn @ np.array([*eye, 1.0]) for eye in rendered.eyes)
    return data, ((float(right[0]), float(right[1])), (float(left[0]), float(left[1])))


def measured(
    data: bytes,
    eyes: tuple[Point, Point],
    detector: Detector,
    rng: np.random.Generator,
    like: NDArray[np.uint8] | None,
) -> ScanResult:
    """As in a store: found by the detector, or tapped where it finds no eyes."""
    result = analyse(data, detector=detector, like=like)
    if {refusal.code for refusal in result.refusals} & {EyesNotFound.code, NoFace.code}:
        (rx, ry), (lx, ly) = eyes
        off = rng.normal(0, TAP_PX, 4)
        tapped = ((rx + off[0], ry + off[1]), (lx + off[2], ly + off[3]))
        result = analyse(data, detector=detector, like=like, eyes=tapped)
    return result


@dataclass
class Table:
    """Values by concern: one row a person, one column a capture; NaN where there was none."""

    values: dict[str, list[list[float]]] = field(default_factory=lambda: defaultdict(list))
    captures: int = 0
    accepted: int = 0
    registered: int = 0

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


def table(people: int = PEOPLE, captures: int = CAPTURES) -> Table:
    detector = default_detector(default_models())
    found = Table()
    for number in range(people):
        rng = np.random.default_rng([SEED, number])
        who = person(number, rng)
        like: NDArray[np.uint8] | None = None
        rows: dict[str, list[float]] = defaultdict(list)
        for _ in range(captures):
            data, eyes = capture(who, rng)
            result = measured(data, eyes, detector, rng, like)
            found.captures += 1
            found.accepted += result.accepted
            found.registered += result.registered is not None
            pictures = result._pictures  # noqa: SLF001  # the canonical face, as the store would keep it
            if like is None and isinstance(pictures, Pictures):
                like = pictures.surface.canonical.rgb
            by_key = {concern.key: concern.value for concern in result.concerns}
            for key in ("tone", *CONCERNS):
                value = by_key.get(key)
                rows[key].append(math.nan if value is None else value)
        for key, row in rows.items():
            found.values[key].append(row)
    return found


def toml(found: Table) -> str:
    """The file that the product reads."""
    rows = [key for key in found.values if math.isfinite(found.sd(key))]
    lines = [
        "# Repeat error per concern (1 SD, raw units) and ICC(2,1). Written by `python -m edge.vision.repeat`.",
        'status = "provisional"',
        (
            f'method = "{len(next(iter(found.values.values())))} rendered people of all tones, {found.captures} captures, '
            f"{found.accepted} accepted, {found.registered} laid on the first; {METHOD}; "
            'no other expression, make-up or day"'
        ),
        "[sd]",
        *(f"{key} = {float(f'{found.sd(key):.2g}')}" for key in rows),
        "[icc]",
        *(f"{key} = {found.icc(key):.3f}" for key in rows if math.isfinite(found.icc(key))),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(toml(table()))
