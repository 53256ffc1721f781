"""Live guidance for a close-up: one camera frame -> the one thing to do next. All of it is judged on the grey strip and by the gate's own limits.

What the strip does not show (hair that is not parted, a finger on white paper) is said after the photo, by the measure that lacks it.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.card import STRIP_MARKS, marks_seen
from edge.vision.closeup._gate import LIMITS
from edge.vision.closeup._picture import home_of, outline
from edge.vision.closeup._scalp import FLAKE_PX_PER_MM
from edge.vision.gate import blur_of
from edge.vision.guide import Guidance, said
from edge.vision.resample import shrink
from edge.vision.surface import CLIPPED, brightest

SIDE = 960  # px: longer side of the copy looked at; a mark of 15 mm has 60 of them when the strip fills the picture
FOCUS_PX_PER_MM = 8.0  # the scale of the measures, at which the gate judges focus
MOTION_MM = 1.5  # of the strip between two frames: more is blur at 1/50 s
_GATE = {limit.key: limit for limit in LIMITS}


class CloseupGuide:
    """Guidance over a stream of frames; remembers where the strip was, to see motion."""

    def __init__(self) -> None:
        self._last: NDArray[np.float64] | None = None

    def look(self, frame: NDArray[np.uint8]) -> Guidance:
        """Judge one RGB frame."""
        scale = min(1.0, SIDE / max(frame.shape[:2]))
        small = frame
        if scale < 1:
            small = shrink(frame, (round(frame.shape[1] * scale), round(frame.shape[0] * scale)))
        marks = {k: v for k, v in marks_seen(small).items() if k in STRIP_MARKS}
        home, tilt = home_of(marks) if len(marks) == len(STRIP_MARKS) else (None, None)
        if home is None or tilt is None:
            self._last = None
            return said("guide.strip", "strip", {})
        figures = self._figures(frame, small, home / scale, home, tilt)
        code, key = _verdict(figures)
        return said(key, code, figures)

    def _figures(
        self,
        frame: NDArray[np.uint8],
        small: NDArray[np.uint8],
        whole: NDArray[np.float64],
        home: NDArray[np.float64],
        tilt: float,
    ) -> dict[str, float]:
        """`whole` lays the strip's millimetres into the frame, `home` into the small copy."""
        px_per_mm = float(np.hypot(whole[0, 0], whole[1, 0]))
        at = outline(whole).mean(axis=0)
        moved = 0.0 if self._last is None else math.dist(at, self._last) / px_per_mm
        self._last = at
        field = np.ones(small.shape[:2], dtype=np.uint8)
        cv2.fillPoly(field, [np.rint(outline(home)).astype(np.int32)], 0)
        bright = brightest(small)
        return {
            "mm_per_px": 1 / px_per_mm,
            "closeup_tilt": tilt,
            "highlights": float(np.percentile(bright[::2, ::2], 99.5)),
            "closeup_clipping": 100 * float((bright[field > 0] >= CLIPPED).mean()),
            "motion_mm": moved,
            "focus": _focus(frame, whole, px_per_mm),
        }


def _focus(frame: NDArray[np.uint8], home: NDArray[np.float64], px_per_mm: float) -> float:
    """As the gate judges it: of the strip alone, at the scale of the measures."""
    x, y, w, h = cv2.boundingRect(np.rint(outline(home)).astype(np.int32))
    part = frame[max(0, y) : y + h, max(0, x) : x + w]
    factor = FOCUS_PX_PER_MM / px_per_mm
    if factor < 1:
        part = shrink(part, (max(1, round(part.shape[1] * factor)), max(1, round(part.shape[0] * factor))))
    return blur_of(np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), dtype=np.uint8))


def _verdict(figures: dict[str, float]) -> tuple[str, str]:
    """The first thing wrong, as a code and the key of its sentence."""
    if figures["mm_per_px"] > 1 / FLAKE_PX_PER_MM:
        return "distance", "guide.nearer"
    for key in ("closeup_tilt", "highlights", "closeup_clipping"):
        if _GATE[key].level(figures[key]) != "ok":
            return key, f"gate.{key}.instruction"
    if figures["motion_mm"] > MOTION_MM:
        return "move", "guide.move"
    if _GATE["focus"].level(figures["focus"]) != "ok":
        return "focus", "gate.focus.instruction"
    return "ready", "guide.ready"
