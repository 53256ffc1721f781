"""The quality gate: may this photo be measured? Each check is a figure, two limits and a sentence.

Beyond the hard limit the photo is refused; between the limits it is accepted and the concerns that suffer are
not measured. No limit may depend on how dark a skin is: exposure is judged by what the sensor can still tell
apart and by the brightest thing in the picture, colour by the band of hues that all human skin lies in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.align import LEFT_MM, PUPILS_MM, TOP_MM, Canonical, align
from edge.vision.cast import cast
from edge.vision.face import Face
from edge.vision.middle import median
from edge.vision.neutral import EYE_AXES_MM, EYE_MM
from edge.vision.regions import count
from edge.vision.results import Check, Level, Light, Refusal
from edge.vision.surface import CLIPPED, Surface, brightest
from edge.vision.texts import say

VERSION = "gate-5"

# A sharp rendered face has 0.51 on light and 0.54 on dark skin, and a blur of 0.2 mm brings both to 0.6: the soft limit
# lies where the tone makes no difference.
SHARP_PX_PER_MM = 4.0  # focus is judged at the scale of the colour frame; finer blur does not reach it
SHARP_BOX_MM = (-48.0, -30.0, 48.0, 75.0)  # brows, eyes, nose and mouth: every face has edges there
BLUR_TAPS = 9  # of the reference blur (Crete 2007, 10.1117/12.702790)
SAMPLED = 150_000  # pixels of the whole picture that tell how bright its brightest are
GLARE = 0.35  # of white: a reflection this strong hides the skin below it
FRONTAL = 0.57  # where the tip of the nose lies between eyes and mouth: 0.51, 0.62 and 0.63 on three frontal portraits


@dataclass(frozen=True)
class Limit:
    """One check: its unit, its limits, and whether they are lower ones."""

    key: str
    unit: str
    ok: float
    hard: float
    at_least: bool = False

    def level(self, figure: float) -> Level:
        sign = -1 if self.at_least else 1
        if sign * figure <= sign * self.ok:
            return "ok"
        return "soft" if sign * figure <= sign * self.hard else "hard"


LIMITS = (
    Limit("distance", "mm/px", 0.25, 1.6),
    Limit("framing", "%", 2, 20),
    Limit("sharpness", "blur 0-1", 0.59, 0.70),
    Limit("darkness", "byte", 15, 8, at_least=True),
    Limit("highlights", "byte", 160, 90, at_least=True),
    Limit("clipping", "% of skin", 0.5, 10),
    Limit("cast", "dE", 2, 6),
    Limit("glare", "% of skin", 4, 20),
    Limit("side_light", "EV", 0.45, 1.6),
    Limit("roll", "deg", 8, 30),
    Limit("yaw", "eye distances", 0.10, 0.15),
    Limit("pitch", "of eyes to mouth", 0.14, 0.22),
    Limit("nod", "of her earlier face", 0.05, 0.075),
    Limit("covered", "% bare skin", 80, 45, at_least=True),
    Limit("eyes", "of the cheeks' light", 0.25, 0.15, at_least=True),
)


@dataclass(frozen=True, eq=False)
class View:
    """All a check may look at."""

    photo: NDArray[np.uint8]
    face: Face
    canonical: Canonical
    surface: Surface
    nod: float | None = None  # beside her earlier photo, if there is one: `nodded`


def judge(view: View, beside: Executor | None = None) -> list[Check]:
    """All checks that this photo allows; a figure that cannot be had (no nose found: no yaw) has no row.

    The colour of the light takes as long as all other figures, and is found at the same time where there is somebody `beside`.
    """
    light = None if beside is None else beside.submit(_FIGURES["cast"], view)
    figures = {key: figure(view) for key, figure in _FIGURES.items() if light is None or key != "cast"}
    if light is not None:
        figures["cast"] = light.result()
    return checks_of(LIMITS, figures)


def checks_of(limits: Iterable[Limit], figures: Mapping[str, float | None]) -> list[Check]:
    """One row a limit, in words; none where the figure cannot be had."""
    checks = []
    for limit in limits:
        figure = figures[limit.key]
        if figure is None:
            continue
        level = limit.level(figure)
        bad = level != "ok"
        checks.append(
            Check(
                key=limit.key,
                level=level,
                figure=round(figure, 3),
                ok_limit=limit.ok,
                hard_limit=limit.hard,
                at_least=limit.at_least,
                unit=limit.unit,
                label=say(f"gate.{limit.key}"),
                reason=say(f"gate.{limit.key}.reason") if bad else None,
                instruction=say(f"gate.{limit.key}.instruction") if bad else None,
            )
        )
    return checks


def refusals(checks: list[Check]) -> list[Refusal]:
    """The hard ones, as reasons."""
    return [
        Refusal(
            code=check.key,
            reason=check.reason,
            instruction=check.instruction,
            figure=check.figure,
            threshold=check.hard_limit,
        )
        for check in checks
        if check.level == "hard" and check.reason is not None and check.instruction is not None
    ]


def light_of(surface: Surface) -> Light | None:
    """Level, warmth and side of the light; None where no skin was found."""
    if not surface.skin.any():
        return None
    red, _, blue = (max(float(level), 1e-4) for level in surface.body)
    level = max(median(surface.light[surface.skin]), 1e-4)
    side = _side_light(surface)
    return Light(
        level_ev=round(math.log2(level), 3),
        warmth=round(math.log2(red / blue), 3),
        side_ev=round(0.0 if side is None else side, 3),
    )


def blur_of(gray: NDArray[np.uint8]) -> float:
    """0 sharp to 1 blurred: how much of the change between neighbours a further blur takes away (Crete 2007).

    It is a ratio of a picture to itself, so neither the light nor the tone of the skin moves it.
    """
    plane = gray.astype(np.float32)
    worst = 0.0
    for dx, dy, taps in ((0, 1, (1, BLUR_TAPS)), (1, 0, (BLUR_TAPS, 1))):
        sharp = np.abs(np.asarray(cv2.Sobel(plane, cv2.CV_32F, dx, dy)))
        blurred = np.abs(np.asarray(cv2.Sobel(cv2.blur(plane, taps), cv2.CV_32F, dx, dy)))
        total = float(sharp.sum())
        kept = total - float(np.maximum(0, sharp - blurred).sum())
        worst = max(worst, 1.0 if total <= 0 else kept / total)
    return worst


def _sharpness(view: View) -> float:
    scale = min(SHARP_PX_PER_MM, 1 / view.canonical.photo_mm_per_px)
    frame = view.canonical if scale == view.canonical.px_per_mm else None
    x0, y0, x1, y1 = SHARP_BOX_MM
    left, top = (x0 - LEFT_MM) * scale, (y0 - TOP_MM) * scale
    width, height = round((x1 - x0) * scale), round((y1 - y0) * scale)
    if frame is not None:
        box = frame.rgb[round(top) : round(top) + height, round(left) : round(left) + width]
    else:
        small = align(view.photo, view.face, scale)
        box = small.rgb[round(top) : round(top) + height, round(left) : round(left) + width]
    return blur_of(np.asarray(cv2.cvtColor(box, cv2.COLOR_RGB2GRAY), dtype=np.uint8))


def _skin_bytes(view: View) -> NDArray[np.uint8]:
    """The brightest channel of every skin pixel of the regions."""
    mask = np.zeros(view.surface.skin.shape, dtype=np.bool_)
    for region in view.surface.regions.values():
        mask |= region.skin
    return brightest(view.canonical.rgb)[mask]


def _darkness(view: View) -> float:
    skin = _skin_bytes(view)
    return float(np.percentile(skin, 5)) if skin.size else 0.0


def _clipping(view: View) -> float:
    """Of all that the regions hold: what is clipped may be too bright to pass as skin."""
    mask = np.zeros(view.surface.skin.shape, dtype=np.bool_)
    for region in view.surface.regions.values():
        mask |= region.shape
    mask &= view.canonical.inside
    return 100 * float((brightest(view.canonical.rgb)[mask] >= CLIPPED).mean()) if mask.any() else 100.0


def _highlights(view: View) -> float:
    # Every so many pixels of the whole picture: catchlights, whites of the eyes, a towel.
    step = max(1, round(math.sqrt(view.photo.size / 3 / SAMPLED)))
    return float(np.percentile(brightest(view.photo[::step, ::step]), 99.5))


def _glare(view: View) -> float:
    skin = np.zeros(view.surface.skin.shape, dtype=np.bool_)
    for region in view.surface.regions.values():
        skin |= region.shape
    return 100 * float((view.surface.shine[skin] > GLARE).mean())


def _side_light(surface: Surface) -> float | None:
    right, left = surface.regions["right_cheek"], surface.regions["left_cheek"]
    if not (right.usable and left.usable):
        return None
    levels = [max(median(surface.light[r.box][r.skin[r.box]]), 1e-4) for r in (right, left)]
    return math.log2(levels[0] / levels[1])


def _uneven(view: View) -> float | None:
    side = _side_light(view.surface)
    return None if side is None else abs(side)


def _landmarks(view: View) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Tip of the nose and middle of the mouth, in millimetres from the middle between the eyes."""
    if view.face.nose is None or view.face.mouth is None:
        return None
    right, left = (view.canonical.millimetres(corner) for corner in view.face.mouth)
    return view.canonical.millimetres(view.face.nose), ((right[0] + left[0]) / 2, (right[1] + left[1]) / 2)


def _yaw(view: View) -> float | None:
    """How far the tip of the nose lies beside the mouth: it stands out most, so a turn moves it most.

    Beside the mouth and not beside the eyes, because those are found again by another detector with errors of its own.
    """
    marks = _landmarks(view)
    return None if marks is None else abs(marks[0][0] - marks[1][0]) / PUPILS_MM


def _pitch(view: View) -> float | None:
    """How far the tip of the nose lies above or below its place between eyes and mouth."""
    marks = _landmarks(view)
    if marks is None or marks[1][1] <= 0:
        return None
    return abs(marks[0][1] / marks[1][1] - FRONTAL)


def mouth_below(face: Face) -> float | None:
    """How far the mouth lies below the line of the eyes, in eye distances: the same in every photo of one upright head at rest."""
    if face.mouth is None:
        return None
    (x, y), (ex, ey) = np.mean(face.mouth, axis=0), face.middle
    turn = math.radians(face.roll)
    return float(((y - ey) * math.cos(turn) - (x - ex) * math.sin(turn)) / face.eye_distance)


def nodded(earlier: Face, now: Face) -> float | None:
    """How much nearer or farther mouth and eyes lie than in her earlier photo: a tilt foreshortens it, however her face is made.

    Both must be found in the same frame and the same way: the landmarks of a detector move with the size of the picture. A smile
    lifts the mouth as much as a tilt of 15 degrees.
    """
    one, two = mouth_below(earlier), mouth_below(now)
    if one is None or two is None or one <= 0 or earlier.source != now.source:
        return None
    return abs(two / one - 1)


def _framing(view: View) -> float:
    shapes = [r.shape for r in view.surface.regions.values()]
    total = sum(count(shape) for shape in shapes)
    outside = ~view.canonical.inside
    beyond = sum(count(shape & outside) for shape in shapes) if outside.any() else 0
    return 100 * beyond / max(1, total)


def _covered(view: View) -> float:
    regions = view.surface.regions.values()
    total = sum(count(r.shape) for r in regions)
    return 100 * sum(count(r.skin) for r in regions) / max(1, total)


def _eyes(view: View) -> float | None:
    """How light the lighter part of an eye is, be it open or closed: behind dark glasses or hair there is none."""
    cheeks = view.surface.regions["left_cheek"].skin | view.surface.regions["right_cheek"].skin
    if not cheeks.any():
        return None
    light = max(median(view.surface.light[cheeks]), 1e-4)
    px = view.canonical.px_per_mm
    found = []
    for side in (-1, 1):
        x, y = view.canonical.pixel((side * EYE_MM, 0.0))
        across, down = (round(mm * px) for mm in EYE_AXES_MM)
        eye = view.surface.light[round(y) - down : round(y) + down, round(x) - across : round(x) + across]
        found.append(float(np.percentile(eye, 75)) / light)
    return max(found)


_FIGURES: dict[str, Callable[[View], float | None]] = {
    "distance": lambda view: view.canonical.photo_mm_per_px,
    "framing": _framing,
    "sharpness": _sharpness,
    "darkness": _darkness,
    "highlights": _highlights,
    "clipping": _clipping,
    "cast": lambda view: cast(view.canonical, view.surface),
    "glare": _glare,
    "side_light": _uneven,
    "roll": lambda view: abs(view.face.roll),
    "yaw": _yaw,
    "pitch": _pitch,
    "nod": lambda view: view.nod,
    "covered": _covered,
    "eyes": _eyes,
}
