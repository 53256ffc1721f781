"""Faces and eyes by the cascades that come with OpenCV 4: no model to install, closed eyes too.

The eye cascade wants open eyes; on a treatment bed they are often closed, and then the two "2splits" cascades
still answer. Their boxes take in the brow, so that their eye lies lower than their centre.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from functools import cached_property
from itertools import product
from typing import NamedTuple

import cv2
import cv2.data
import numpy as np
from numpy.typing import NDArray

from edge.vision.face import EYE_DISTANCE, SECOND_FACE, Box, Candidate, EyeSource, Point
from edge.vision.resample import sample

FACE_SIDE = 300  # px: faces are looked for on a copy of this longer side, their eyes on the picture itself
SCALE_STEP = 1.15  # between two sizes looked for: half the time of the usual 1.1, the same faces
MIN_FACE = 0.08  # of the shorter side: smaller faces carry nothing that can be measured
LEAST_FACE = 24  # px: what the cascade was trained on, and a little more
# Looked for first, of the shorter side: small sizes are what takes the time, and a face of 2.5 times this leaves none that counts below it.
NEAR_FACE = 0.25
OVERLAP = 1.5  # a face about that size is found by windows up to a third larger
# Stage weight of the frontal cascade: real faces give 50 and more, chance finds stay below 20.
MIN_WEIGHT = 25.0
# A face that was there a frame ago: how far it may have moved, and its size changed, in shares of its width. Small sizes are what
# takes the time, so that looking for this face alone costs a fifteenth of looking for any.
NEAR_MOVED = 0.3
NEAR_SIZE = (0.75, 1.35)
# The smallest eye looked for, a share of the face's width; those of a face that is followed are known to be larger, and sizes cost time.
LEAST_EYE, NEAR_EYE = 1 / 8, 1 / 6
EYE_BAND = 180  # px: width of the face at which eyes are looked for
MAX_EYE_SLOPE = 0.4  # rise over run: about 22 degrees of roll, the most these cascades find
# Where an eye may lie in the face box (shares of its width and height).
RIGHT_EYE_X = (0.15, 0.48)
LEFT_EYE_X = (0.52, 0.85)
EYE_Y = (0.24, 0.52)


# Refining looks at each eye in an upright window in which the eyes would be this far apart.
REFINE_PX = 80
REFINE_REACH = 0.16  # of the eye distance: an eye found farther from the first guess is a brow


_Pixels = tuple[int, int, int, int]  # x, y, width, height


class _EyeCascade(NamedTuple):
    file: str
    centre: float  # share of the box height at which the eye lies
    source: EyeSource


_EYES = (
    _EyeCascade("haarcascade_eye.xml", 0.5, "cascade_eye"),
    _EyeCascade("haarcascade_lefteye_2splits.xml", 0.6, "cascade_lids"),
    _EyeCascade("haarcascade_righteye_2splits.xml", 0.6, "cascade_lids"),
)


TURNS = tuple(range(2 * len(_EYES)))
"""The ways to look for eyes, surest first: each cascade on the greys as they are, then on them spread evenly."""
WAYS = ((0,), (1,), (2, 4), (3, 5))
"""Those that belong together: of the lids, one cascade knows the left eye and the other the right."""


def _load(name: str) -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(cv2.data.haarcascades + name)


_OWN = threading.local()


def cascades() -> Cascades:
    """The thread's own, read from their files once: OpenCV's classifiers keep notes while they look."""
    if not hasattr(_OWN, "cascades"):
        _OWN.cascades = Cascades()
    own: Cascades = _OWN.cascades
    return own


class Cascades:
    """The detector that is always there."""

    name = "cascades"

    @cached_property
    def _faces(self) -> cv2.CascadeClassifier:
        return _load("haarcascade_frontalface_alt2.xml")

    @cached_property
    def _eyes(self) -> list[tuple[_EyeCascade, cv2.CascadeClassifier]]:
        return [(kind, _load(kind.file)) for kind in _EYES]

    def find(self, rgb: NDArray[np.uint8], turns: Sequence[int] = TURNS) -> list[Candidate]:
        """Every face; eyes are looked for in the largest alone, as it is the one that counts, in the ways `turns` names."""
        gray, small, scale = _small(rgb)
        boxes = sorted(self._anywhere(small, scale), key=lambda box: box[2], reverse=True)
        return [self._seen(gray, box, turns) for box in boxes[:1]] + [_blind(box) for box in boxes[1:]]

    def follow(
        self, rgb: NDArray[np.uint8], near: Box, *, whole: bool, turns: Sequence[int] = TURNS
    ) -> list[Candidate]:
        """The face that was at `near` a frame ago, or none; with `whole`, others beside it too, without their eyes."""
        gray, small, scale = _small(rgb)
        x, y, w, h = (scale * v for v in near)
        left, top = max(0, int(x - NEAR_MOVED * w)), max(0, int(y - NEAR_MOVED * w))
        right, bottom = math.ceil(x + w + NEAR_MOVED * w), math.ceil(y + h + NEAR_MOVED * w)
        least, most = (round(share * w) for share in NEAR_SIZE)
        here = self._boxes(small[top:bottom, left:right], least, most)
        mine = [_enlarged((bx + left, by + top, bw, bh), scale) for bx, by, bw, bh in here]
        mine.sort(key=lambda box: box[2], reverse=True)
        found = [self._seen(gray, box, turns, NEAR_EYE) for box in mine[:1]] + [
            _blind(box) for box in mine[1:]
        ]
        if found and whole:
            least = max(LEAST_FACE, int(SECOND_FACE * min(bw for _, _, bw, _ in here)))
            others = [_enlarged(box, scale) for box in self._boxes(small, least, max(small.shape))]
            beside = [box for box in others if not any(_same(box, own) for own in mine)]
            found += [_blind(box) for box in beside]
        return found

    def _anywhere(self, small: NDArray[np.uint8], scale: float) -> list[_Pixels]:
        """All faces that matter: beside a near one, small ones are no second person, and are not looked for."""
        near = round(NEAR_FACE * min(small.shape))
        boxes = self._boxes(small, near, max(small.shape))
        if max((w for _, _, w, _ in boxes), default=0) * SECOND_FACE < near:
            # Where there is no near face at all, sizes well above the border need no second look.
            most = max(small.shape) if boxes else round(OVERLAP * near)
            boxes = self._boxes(small, max(LEAST_FACE, round(MIN_FACE * min(small.shape))), most)
        return [_enlarged(box, scale) for box in boxes]

    def _boxes(self, small: NDArray[np.uint8], least: int, most: int) -> list[_Pixels]:
        boxes, _, weights = self._faces.detectMultiScale3(
            small, SCALE_STEP, 4, minSize=(least, least), maxSize=(most, most), outputRejectLevels=True
        )
        return [
            (int(x), int(y), int(w), int(h))
            for (x, y, w, h), weight in zip(boxes, weights, strict=True)
            if float(weight) >= MIN_WEIGHT
        ]

    def refine(self, rgb: NDArray[np.uint8], right: Point, left: Point) -> tuple[Point, Point] | None:
        """Open eyes, each looked for again near where it should be: 1 % repeat error instead of 2 to 4 %."""
        distance = math.dist(right, left)
        step = distance / REFINE_PX
        cos, sin = (left[0] - right[0]) / REFINE_PX, (left[1] - right[1]) / REFINE_PX
        found: list[Point] = []
        for x, y in (right, left):
            half = REFINE_PX / 2
            to_photo = np.array(
                [[cos, -sin, x - half * cos + half * sin], [sin, cos, y - half * sin - half * cos]]
            )
            window = cv2.cvtColor(sample(rgb, to_photo, (REFINE_PX, REFINE_PX)), cv2.COLOR_RGB2GRAY)
            least, most = round(0.4 * REFINE_PX), round(0.95 * REFINE_PX)
            near: list[NDArray[np.float64]] = []
            for greys in (window, cv2.equalizeHist(window)):
                boxes = self._eyes[0][1].detectMultiScale(
                    greys, 1.06, 2, minSize=(least,) * 2, maxSize=(most,) * 2
                )
                centres = [to_photo @ (bx + bw / 2, by + bh / 2, 1) for bx, by, bw, bh in boxes]
                near = [c for c in centres if math.dist(c, (x, y)) <= REFINE_REACH * REFINE_PX * step]
                if near:
                    break
            if not near:
                return None
            best = min(near, key=lambda c: math.dist(c, (x, y)))
            found.append((float(best[0]), float(best[1])))
        return found[0], found[1]

    def _seen(
        self, gray: NDArray[np.uint8], box: _Pixels, turns: Sequence[int], smallest: float = LEAST_EYE
    ) -> Candidate:
        """The most plausible pair of eyes: level, and as far apart as eyes of this face are."""
        x, y, w, h = box
        zoom = min(1.0, EYE_BAND / w)
        band = cv2.resize(
            gray[y : y + int(0.62 * h), x : x + w], None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA
        )
        # On dark skin an eye is little darker than what is around it, and the cascade, trained on other faces, misses it: the
        # same band with its greys spread evenly is the second try.
        bands = (band, np.asarray(cv2.equalizeHist(band), dtype=np.uint8))
        least = round(smallest * w * zoom)
        right: list[Point] = []
        left: list[Point] = []
        source: EyeSource = "cascade_eye"
        ways = list(product(self._eyes, bands))
        last: int | None = None
        for turn in turns:
            if right and left:
                break
            (kind, cascade), greys = ways[turn]
            source, last = kind.source, turn
            for ex, ey, ew, eh in cascade.detectMultiScale(greys, 1.05, 3, minSize=(least, least)):
                px, py = (ex + ew / 2) / (w * zoom), (ey + kind.centre * eh) / (h * zoom)
                if not EYE_Y[0] <= py <= EYE_Y[1]:
                    continue
                if RIGHT_EYE_X[0] <= px <= RIGHT_EYE_X[1]:
                    right.append((float(x + px * w), float(y + py * h)))
                elif LEFT_EYE_X[0] <= px <= LEFT_EYE_X[1]:
                    left.append((float(x + px * w), float(y + py * h)))
        pairs = [(r, e) for r in right for e in left if _plausible(r, e, w)]
        if not pairs:
            return Candidate(box, None, source)
        best = min(pairs, key=lambda p: abs(math.dist(*p) / w - 0.42) + abs(p[0][1] - p[1][1]) / w)
        return Candidate(box, best, source, turn=last)


class Following:
    """The cascades looking where the face of the frame before was, at nothing else or also at who is beside it.

    Without a `box` they look everywhere. `turn` is the way in which the eyes were seen, once they were.
    """

    name = Cascades.name

    def __init__(self, cascades: Cascades, box: Box | None, turns: Sequence[int], *, whole: bool) -> None:
        self._cascades = cascades
        self._box = box
        self._turns = turns
        self._whole = whole
        self.turn: int | None = None

    def find(self, rgb: NDArray[np.uint8]) -> list[Candidate]:
        if self._box is None:
            found = self._cascades.find(rgb, self._turns)
        else:
            found = self._cascades.follow(rgb, self._box, whole=self._whole, turns=self._turns)
        self.turn = found[0].turn if found else None
        return found


def _small(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8], float]:
    """The greys, those that faces are looked for in, and the scale of these."""
    gray = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    scale = min(1.0, FACE_SIDE / max(gray.shape))
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return gray, np.asarray(small, dtype=np.uint8), scale


def _enlarged(box: _Pixels, scale: float) -> _Pixels:
    x, y, w, h = (round(v / scale) for v in box)
    return x, y, w, h


def _blind(box: _Pixels) -> Candidate:
    """A face whose eyes nobody asked for."""
    return Candidate(box, None, "cascade_eye")


def _same(one: _Pixels, other: _Pixels) -> bool:
    """Two finds of one face: the middle of one lies in the other."""
    x, y = one[0] + one[2] / 2, one[1] + one[3] / 2
    return other[0] <= x <= other[0] + other[2] and other[1] <= y <= other[1] + other[3]


def _plausible(right: Point, left: Point, width: int) -> bool:
    across, down = left[0] - right[0], left[1] - right[1]
    return abs(down) <= MAX_EYE_SLOPE * across and EYE_DISTANCE[0] <= across / width <= EYE_DISTANCE[1]
