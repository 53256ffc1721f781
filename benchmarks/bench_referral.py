"""How often "please see a doctor" is said, by tone: of large dark places that ask for it, and of faces that do not.

All rendered. A place that asks for it is made of five overlapping marks within 3 mm, so that it is 7 to 9 mm wide and has several shades;
"strong" ones are as dark as moles, "faint" ones half as dark. None of the people was looked at when the limits were chosen.
"""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np

from benchmarks.common import Row, report, spread
from edge.vision.photo import Photo
from edge.vision.render import lesions
from edge.vision.render.camera import Camera, shoot
from edge.vision.render.face import Painted, Person, paint
from edge.vision.render.tone import RANGE
from edge.vision.scan import analyse

TONES = np.linspace(*RANGE, 10)
PX_PER_MM = 4.5
PEOPLE = 8000  # seeds
PLACES = ((-45.0, 36.0), (40.0, 38.0), (5.0, -42.0))  # mm: cheeks and forehead
DENSITY = {"strong": (0.7, 2.2), "faint": (0.35, 1.1)}  # of melanin, each of the five marks
HARMLESS: dict[str, dict[str, float]] = {
    "freckles": {"spots": 1.0},
    "freckles and patches": {"spots": 1.0, "pigmentation": 1.0},
    "blemishes": {"acne_like": 1.0},
    "flush, uneven": {"redness": 1.0, "evenness": 1.0},
}
Said = dict[str, list[bool]]


def _said(painted: Painted) -> bool | None:
    """Whether a doctor is named; None where the photo was not accepted."""
    rendered = painted.seen(0, 0)
    rgb = shoot(rendered.light, Camera(), np.random.default_rng(1))
    result = analyse(Photo.from_frame(rgb), eyes=rendered.eyes)
    return bool(result.referrals) if result.accepted else None


def _marked(painted: Painted, rng: np.random.Generator, place: tuple[float, float], density: str) -> None:
    px = painted.person.px_per_mm
    x, y = painted.grid.pixel(place)
    for _ in range(5):
        angle, far = rng.uniform(0, 2 * math.pi), rng.uniform(0, 3.0)
        at = (x + far * math.cos(angle) * px, y + far * math.sin(angle) * px)
        lesions.spot(
            painted.layers, rng, *at, float(rng.uniform(1.6, 2.8)), float(rng.uniform(*DENSITY[density]))
        )


def _one(number: int) -> Said:
    said: Said = defaultdict(list)

    def note(name: str, painted: Painted) -> None:
        answer = _said(painted)
        if answer is not None:
            said[name].append(answer)

    ita = float(TONES[number])
    for name, doses in HARMLESS.items():
        note(name, paint(Person(seed=PEOPLE + number, ita=ita, doses=doses, px_per_mm=PX_PER_MM)))
    plain = paint(Person(seed=PEOPLE + 100 + number, ita=ita, doses={"spots": 0.3}, px_per_mm=PX_PER_MM))
    bare = plain.layers.melanin.copy()
    for density in DENSITY:
        for k, place in enumerate(PLACES):
            plain.layers.melanin[:] = bare
            _marked(plain, np.random.default_rng(PEOPLE + 10 * number + k), place, density)
            note(f"{density} dark place", plain)
    plain.layers.melanin[:] = bare
    x, y = plain.grid.pixel(PLACES[0])
    lesions.spot(plain.layers, np.random.default_rng(number), x, y, 2.4, 1.4)
    note("round mole of 5 mm", plain)
    return dict(said)


def main() -> None:
    answers = list(spread("referral", _one, range(len(TONES))))
    rows = []
    for name in answers[0]:
        every = [answer for said in answers for answer in said.get(name, [])]
        asked = name.endswith("dark place")
        right = sum(every) if asked else len(every) - sum(every)
        rows.append(
            Row.of(name, right / len(every), 1.0, "named" if asked else "silent", f"right of {len(every)}")
        )
    notes = [f"named a doctor, by tone, ITA {TONES[0]:.0f} to {TONES[-1]:.0f} degrees:"]
    for name in answers[0]:
        rates = (said.get(name, []) for said in answers)
        notes.append(f"  {name}: " + " ".join(f"{sum(r)}/{len(r)}" for r in rates))
    report("referral", rows, notes=notes)
