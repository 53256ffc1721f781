"""Dose-response and cross-talk on rendered faces: eight steps of one concern at a time, everything else the same person.

Spearman's rank correlation of dose and value (aim >= 0.95), the smallest step that is more than two captures differ by (detection
limit), and how far a full dose of one concern moves the others, as a share of what their own full dose moves them (aim <= 20 %): the worst as a
row, all above a tenth in the notes. `PARLOUR_BENCH_TONES=35` measures the people of these tones alone (the others in another run).
"""

from __future__ import annotations

import os

import numpy as np
from scipy.stats import spearmanr

from benchmarks.common import Row, report, spread
from edge.vision.comparison import REAL
from edge.vision.concerns._base import repeat_error
from edge.vision.photo import Photo
from edge.vision.render.camera import Camera, shoot
from edge.vision.render.face import CONCERNS, Person, render
from edge.vision.scan import analyse

STEPS = np.linspace(0, 1, 8)
TONES = (35.0, -20.0)  # ITA of the two people
# px/mm of the rendering: relief needs the finest photo, and so does what a reflection does to it; all else is the same on a quicker one.
FINE, COARSE = 8.4, 5.3
RELIEF = ("pores", "texture", "shine")
AIM_RHO, AIM_TALK = 0.95, 0.20
SAID_FROM = 0.1


def values(person: Person) -> dict[str, float]:
    """All that is measured of one good photo, with the eyes where they are."""
    rendered = render(person)
    rgb = shoot(rendered.light, Camera(), np.random.default_rng(person.seed))
    result = analyse(Photo.from_frame(rgb), eyes=rendered.eyes)
    return {c.key: c.value for c in result.concerns if c.value is not None}


def _one(job: tuple[float, str, float]) -> dict[str, float]:
    ita, concern, dose = job
    px = FINE if concern in RELIEF else COARSE
    return values(Person(seed=7, ita=ita, doses={concern: float(dose)}, px_per_mm=px))


def main() -> None:
    chosen = os.environ.get("PARLOUR_BENCH_TONES", "")
    tones = tuple(float(ita) for ita in chosen.split(",")) if chosen else TONES
    bare = [(ita, key, 0.0) for ita in tones for key in ("redness", "pores")]
    jobs = bare + [(ita, key, float(step)) for ita in tones for key in CONCERNS for step in STEPS[1:]]
    found = dict(zip(jobs, spread("dose", _one, jobs), strict=True))
    bases = {(ita, key): found[ita, key, dose] for ita, key, dose in bare}
    rows: list[Row] = []
    notes = []
    for ita in tones:
        base = {key: bases[ita, "pores" if key in RELIEF else "redness"].get(key, np.nan) for key in CONCERNS}
        curves = {
            key: [base[key]] + [found[ita, key, float(s)].get(key, np.nan) for s in STEPS[1:]]
            for key in CONCERNS
        }
        effect = {key: abs(curve[-1] - curve[0]) for key, curve in curves.items()}
        for key, curve in curves.items():
            rho = float(spearmanr(STEPS, curve).statistic)
            rows.append(
                Row.of(f"{key} at ITA {ita:g}: Spearman", rho, AIM_RHO, "aim, at least", "rank correlation")
            )
            error = repeat_error(key)
            limit = np.nan if error is None else REAL * error.sd
            seen = [float(s) for s, v in zip(STEPS, curve, strict=True) if abs(v - curve[0]) > limit]
            notes.append(
                f"{key} at ITA {ita:g}: {curve[0]:.2f} to {curve[-1]:.2f}; repeats differ by {limit:.2g}; "
                f"seen from {f'{seen[0]:.2f} of the full dose' if seen else 'no step'}"
            )
        worst: dict[str, tuple[float, str]] = {}
        talk: list[str] = []
        for cause in CONCERNS:
            for other in CONCERNS:
                start = bases[ita, "pores" if cause in RELIEF else "redness"].get(other, np.nan)
                moved = abs(found[ita, cause, 1.0].get(other, np.nan) - start)
                if other != cause and effect[other] > 0 and np.isfinite(moved):
                    share = moved / effect[other]
                    worst[cause] = max(worst.get(cause, (0.0, "")), (share, other))
                    if share > SAID_FROM:
                        talk.append(f"{cause} moves {other} by {share:.2f}")
        notes.append(f"cross-talk at ITA {ita:g} above {SAID_FROM}: {', '.join(talk) or 'none'}")
        notes.append(
            f"bare skin at ITA {ita:g}: " + ", ".join(f"{key} {value:.2f}" for key, value in base.items())
        )
        for cause, (share, other) in worst.items():
            rows.append(
                Row.of(
                    f"full {cause} moves {other}, ITA {ita:g}",
                    share,
                    AIM_TALK,
                    "aim, at most",
                    "share of its own effect",
                )
            )
    report("dose", rows, notes=notes)


if __name__ == "__main__":
    main()
