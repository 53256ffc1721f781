"""Live guidance: one camera frame -> the one thing the customer should do next, in a few tens of milliseconds.

It looks at a small copy of the frame with the same limits as the gate where both can be judged, in the order in
which people can act on them: be in view, be near, be straight, be lit, be still. `AutoCapture` counts good
frames in a row and says when to keep one. A side view is guided in the same way, only that the head shall be turned.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from edge.vision.align import PUPILS_MM
from edge.vision.cascade import TURNS, WAYS, Cascades, Following
from edge.vision.errors import EyesNotFound, FaceError, NoFace
from edge.vision.face import Box, Detector, Face, locate
from edge.vision.gate import LIMITS, blur_of
from edge.vision.graphs.color import srgb_table
from edge.vision.resample import shrink
from edge.vision.surface import CLIPPED, brightest, dimmest
from edge.vision.texts import Text, say

SIDE = 400  # px: longer side of the copy that guidance looks at
_GATE = {limit.key: limit for limit in LIMITS}
# Shares of the frame's shorter side that the distance between the eyes may fill: the whole face must fit.
EYES_MAX = 0.36
MOTION_MAX = 0.06  # of the eye distance between two frames: more is blur at 1/50 s
TURN_MAX = _GATE["yaw"].ok
# A side view: the tip of the nose, some 21 mm before the corners of the mouth, lies this far beside their middle, in eye
# distances: about 25 to 50 degrees. A front view ends at 0.10.
SIDE_TURN = (0.13, 0.45)
# Light that the gate would only find on the kept frame. Both are of the face against itself, so no tone of skin is dark or
# bright to them.
SIDE_LIGHT_MAX = 1.0  # EV between the cheeks: twice the light on one of them
GLARE_STEP = 60  # bytes above the median of the face in all channels: a reflection of the lamp
GLARE_MAX = 8.0  # % of the face
STEADY_FRAMES = 6  # good frames in a row before one is kept: half a second at 12 frames a second
# The cascades look at the whole frame once in so many, else about the last face: a second person is seen before a photo is kept.
WHOLE_EVERY = STEADY_FRAMES
NEAR_CREPT = 0.1  # of the face's width: a third of what the window leaves it


Pose = Literal["front", "left", "right"]
"""Which side of the face looks at the camera; `left` is the customer's own left."""


class Guidance(BaseModel):
    """What to say now. `ok` frames may be kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    ok: bool
    zh: str
    en: str
    figures: dict[str, float] = {}


@dataclass(frozen=True)
class _Seen:
    face: Face  # in pixels of the small copy
    small: NDArray[np.uint8]
    mm_per_px: float  # of the frame itself


class Guide:
    """Guidance over a stream of frames; remembers where the eyes were, to see motion, and the face, to look there first."""

    def __init__(
        self, detector: Detector, max_mm_per_px: float = _GATE["distance"].hard, pose: Pose = "front"
    ) -> None:
        self._detector = detector
        self._pose = pose
        self._max_mm_per_px = max_mm_per_px
        self._last: tuple[float, float] | None = None
        self._box: Box | None = None  # about where the last face was, in pixels of the small copy
        self._followed = 0  # frames since the whole one was looked at
        self._way: tuple[int, ...] | None = (
            None  # of the cascades', that saw the eyes last; empty: the irises did
        )
        self._missed = 0  # frames in a row in which they were not seen

    def look(self, frame: NDArray[np.uint8]) -> Guidance:
        """Judge one RGB frame."""
        scale = min(1.0, SIDE / max(frame.shape[:2]))
        size = (round(frame.shape[1] * scale), round(frame.shape[0] * scale))
        small = shrink(frame, size)
        try:
            face = self._found(small)
        except FaceError as error:
            self._last = None
            return said(f"{error.code}.instruction", error.code, {})
        seen = _Seen(face, small, PUPILS_MM / face.eye_distance * scale)
        figures = _figures(seen, self._last)
        self._last = face.middle
        if self._box is None or _gone_far(self._box, face.box):
            self._box = face.box
        code, key = self._verdict(figures)
        return said(key, code, figures)

    def _found(self, small: NDArray[np.uint8]) -> Face:
        """The face where it was a frame ago, or anywhere: what is not found there is looked for in the whole frame."""
        if not isinstance(self._detector, Cascades):
            return locate(small, self._detector, exact=False)
        if self._box is not None:
            self._followed = (self._followed + 1) % WHOLE_EVERY
            try:
                return self._sought(small, self._detector)
            except NoFace:
                self._box = None
        self._followed = 0
        return self._sought(small, self._detector)

    def _sought(self, small: NDArray[np.uint8], cascades: Cascades) -> Face:
        """By the cascades about the last face, or anywhere; a face whose eyes are long not seen is no longer followed."""
        seeker = Following(cascades, self._box, self._turns(), whole=self._followed == 0)
        try:
            face = locate(small, seeker, exact=False)
        except EyesNotFound:
            self._missed += 1
            if self._missed > len(WAYS):
                self._box = None
            raise
        except FaceError:
            self._missed = 0
            raise
        self._way, self._missed = next((way for way in WAYS if seeker.turn in way), ()), 0
        return face

    def _turns(self) -> tuple[int, ...]:
        """A frame has time for one way to look for eyes, and the irises: the one that saw them last, or each in turn. The first tries all."""
        if self._missed:
            return WAYS[self._missed % len(WAYS)]
        return TURNS if self._way is None else self._way

    def _verdict(self, figures: dict[str, float]) -> tuple[str, str]:
        """The first thing wrong, as a code and the key of its sentence."""
        if figures["eyes_share"] > EYES_MAX:
            return "too_close", "guide.too_close"
        if figures["mm_per_px"] > self._max_mm_per_px:
            return "distance", "gate.distance.instruction"
        if figures["outside"] > 0:
            return "framing", "gate.framing.instruction"
        if figures["roll"] > _GATE["roll"].ok:
            return "roll", "gate.roll.instruction"
        turn = self._turn(figures.get("turn"))
        return turn or self._light(figures) or self._still(figures) or ("ready", "guide.ready")

    def _turn(self, turn: float | None) -> tuple[str, str] | None:
        """The nose lies towards the side the face is turned to; the customer's left is the picture's right."""
        if self._pose == "front":
            if abs(turn or 0.0) <= TURN_MAX:
                return None
            side = "right" if turn and turn > 0 else "left"
            return f"turn_{side}", f"guide.turn_{side}"
        if turn is None:
            return "no_pose", "guide.no_pose"
        # The left side of the face shows when the head turns to the right, so that the nose goes left in the picture.
        seen = -turn if self._pose == "left" else turn
        least, most = SIDE_TURN
        if seen < least:
            return f"side_{self._pose}", f"guide.side_{self._pose}"
        return ("side_back", "guide.side_back") if seen > most else None

    def _light(self, figures: dict[str, float]) -> tuple[str, str] | None:
        if figures["brightest"] < _GATE["highlights"].ok:
            return "highlights", "gate.highlights.instruction"
        if figures["clipped"] > _GATE["clipping"].hard:
            return "clipping", "gate.clipping.instruction"
        if figures["glare"] > GLARE_MAX:
            return "glare", "gate.glare.instruction"
        # A head that is turned has one cheek in the shade, and that is no fault of the lamp.
        if self._pose == "front" and abs(figures["side_light"]) > SIDE_LIGHT_MAX:
            return "side_light", "guide.lamp"
        return None

    def _still(self, figures: dict[str, float]) -> tuple[str, str] | None:
        if figures["motion"] > MOTION_MAX:
            return "move", "guide.move"
        # The small copy hides some of the blur, so the stricter limit counts.
        if figures["blur"] > _GATE["sharpness"].ok:
            return "sharpness", "gate.sharpness.instruction"
        return None


def guide(frame: NDArray[np.uint8], detector: Detector) -> Guidance:
    """Guidance for a single frame, without motion."""
    return Guide(detector).look(frame)


class AutoCapture:
    """Says when to keep a frame: after some good ones in a row."""

    def __init__(self, needed: int = STEADY_FRAMES) -> None:
        self.needed = needed
        self.good = 0

    def see(self, guidance: Guidance) -> bool:
        self.good = self.good + 1 if guidance.ok else 0
        return self.good >= self.needed


def said(key: str, code: str, figures: dict[str, float]) -> Guidance:
    """A sentence of texts.toml; frames said to be `ready` may be kept."""
    text: Text = say(key)
    rounded = {name: round(value, 3) for name, value in figures.items()}
    return Guidance(code=code, ok=code == "ready", zh=text.zh, en=text.en, figures=rounded)


def _figures(seen: _Seen, last: tuple[float, float] | None) -> dict[str, float]:
    face, small = seen.face, seen.small
    height, width = small.shape[:2]
    eyes = face.eye_distance
    mx, my = face.middle
    # The face reaches about 1.1 eye distances to the sides, 1.0 up and 1.7 down from between the eyes.
    reach = (mx - 1.1 * eyes, my - 1.0 * eyes, width - mx - 1.1 * eyes, height - my - 1.7 * eyes)
    y0, y1 = max(0, int(my - 0.6 * eyes)), int(my + 1.3 * eyes)
    x0, x1 = max(0, int(mx - 0.8 * eyes)), int(mx + 0.8 * eyes)
    middle = small[y0:y1, x0:x1]
    figures = {
        "mm_per_px": seen.mm_per_px,
        "eyes_share": eyes / min(height, width),
        "outside": max(0.0, -min(reach)) / eyes,
        "roll": abs(face.roll),
        "brightest": float(np.percentile(brightest(small), 99.5)),
        "clipped": 100 * float((brightest(middle) >= CLIPPED).mean()),
        "glare": _glare(middle),
        "side_light": _side_light(small, face),
        "motion": 0.0 if last is None else math.dist(last, face.middle) / eyes,
        "blur": blur_of(np.asarray(cv2.cvtColor(middle, cv2.COLOR_RGB2GRAY), dtype=np.uint8)),
    }
    if face.nose is not None and face.mouth is not None:
        # Beside the mouth, as the gate judges it.
        turn = math.radians(-face.roll)
        dx, dy = (n - (r + e) / 2 for n, r, e in zip(face.nose, *face.mouth, strict=True))
        figures["turn"] = (dx * math.cos(turn) - dy * math.sin(turn)) / eyes
    return figures


def _glare(middle: NDArray[np.uint8]) -> float:
    """Share of the face that is much brighter than the face, in all channels, %."""
    if not middle.size:
        return 0.0
    lowest = dimmest(middle).astype(np.int16)
    return 100 * float((lowest > np.median(lowest) + GLARE_STEP).mean())


def _gone_far(start: Box, now: Box) -> bool:
    """A still face is looked for in the same window each time: one that crept after every find would find other eyes each time."""
    return max(abs(a - b) for a, b in zip(start, now, strict=True)) > NEAR_CREPT * start[2]


def _side_light(small: NDArray[np.uint8], face: Face) -> float:
    """The cheek on the picture's left against the other, EV."""
    mx, my = face.middle
    eyes = face.eye_distance
    y0, y1 = int(my + 0.45 * eyes), int(my + 0.9 * eyes)
    levels = []
    for side in (-0.62, 0.62):
        x = mx + side * eyes
        patch = small[max(0, y0) : max(0, y1), max(0, int(x - 0.18 * eyes)) : max(0, int(x + 0.18 * eyes))]
        if not patch.size:
            return 0.0
        levels.append(max(float(_LINEAR[patch].mean()), 1e-3))
    return math.log2(levels[0] / levels[1])


_LINEAR = srgb_table()
