"""Photo -> the one face in it: box, two eye centres, roll, and the landmarks that are known.

YuNet finds faces when its model is installed, OpenCV's cascades do otherwise. No face, several faces and a face
without eyes are refused by name; who calls may then say where the eyes are (`eyes`). Sides are the
customer's own: `right_eye` is the one on the left of the picture.

The scale of every figure hangs on the distance of the eyes, and YuNet is not exact there: on three portraits
its eyes lay 4 to 11 % too far apart and moved by 2 to 4 % with the size of the picture. So open eyes are found
again: by their irises (`irises.py`), or else by the eye cascade near where they should be, which repeats within 1 to 2 %.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.errors import EyesNotFound, NoFace, SeveralFaces
from edge.vision.models import Registry
from edge.vision.resample import shrink

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # x, y, width, height
EyeSource = Literal["irises", "yunet", "cascade_eye", "cascade_lids", "tapped"]

# How far the distance of the eyes may be off, by how they were found (1 SD, share); measured by moving and
# scaling three portraits, "tapped" assumed from 2 mm a finger. Irises lay within 0.5 mm on rendered faces of all tones, 0.8 % of
# the distance; people squint and look aside, so that they are trusted no more than the cascade.
EYE_ERROR: dict[EyeSource, float] = {
    "irises": 0.015,
    "cascade_eye": 0.015,
    "cascade_lids": 0.06,
    "yunet": 0.05,
    "tapped": 0.045,
}
# What is found so is where it is said to be. A detector's closed eyes lay 4 to 10 mm too high on rendered faces, on dark skin most.
EXACT_EYES: frozenset[EyeSource] = frozenset({"irises", "cascade_eye", "tapped"})
YUNET_SPREAD = 1.06  # mean excess of YuNet's eye distance over the eye cascade's

# Detection runs on a copy with this longer side: faces of 8 % of it are still found, in tens of milliseconds.
SEARCH_SIDE = 640  # px
# A second face counts when it is this large beside the first: a poster on the wall does not.
SECOND_FACE = 0.4
EYES_AT = 0.4  # of the height of a cascade's box
# Eyes nearer or farther apart than this share of the face box are no eyes of this face.
EYE_DISTANCE = (0.28, 0.75)


@dataclass(frozen=True)
class Face:
    """One face in pixels of the photo."""

    box: Box
    right_eye: Point
    left_eye: Point
    source: EyeSource
    faces: int = 1
    nose: Point | None = None
    mouth: tuple[Point, Point] | None = None  # the customer's right corner, then the left

    @property
    def eye_distance(self) -> float:
        return math.dist(self.right_eye, self.left_eye)

    @property
    def roll(self) -> float:
        """Degrees; positive when the picture must be turned anticlockwise to be upright."""
        return math.degrees(
            math.atan2(self.left_eye[1] - self.right_eye[1], self.left_eye[0] - self.right_eye[0])
        )

    @property
    def middle(self) -> Point:
        return (
            (self.right_eye[0] + self.left_eye[0]) / 2,
            (self.right_eye[1] + self.left_eye[1]) / 2,
        )

    def scaled(self, factor: float) -> Face:
        """The same face in a picture `factor` times as large."""

        def s(p: Point) -> Point:
            return (p[0] * factor, p[1] * factor)

        x, y, w, h = (v * factor for v in self.box)
        return replace(
            self,
            box=(x, y, w, h),
            right_eye=s(self.right_eye),
            left_eye=s(self.left_eye),
            nose=None if self.nose is None else s(self.nose),
            mouth=None if self.mouth is None else (s(self.mouth[0]), s(self.mouth[1])),
        )

    def doubled(self) -> Face:
        """The same face in the picture whose half this one was found in; irises, alone exact to that, lie between pixels."""
        twice = self.scaled(2)
        if self.source != "irises":
            return twice
        (rx, ry), (lx, ly) = twice.right_eye, twice.left_eye
        return replace(twice, right_eye=(rx + 0.5, ry + 0.5), left_eye=(lx + 0.5, ly + 0.5))


@dataclass(frozen=True)
class Candidate:
    """A face as a detector saw it; the eyes may be missing. Only sure ones can be a second person."""

    box: Box
    eyes: tuple[Point, Point] | None
    source: EyeSource
    nose: Point | None = None
    mouth: tuple[Point, Point] | None = None
    sure: bool = True
    turn: int | None = None  # by which of a detector's ways the eyes were seen, where it has several


class Detector(Protocol):
    """Finds faces in a small RGB picture."""

    name: str

    def find(self, rgb: NDArray[np.uint8]) -> list[Candidate]: ...


class YuNet:
    """OpenCV's YuNet by the model the shop has installed."""

    name = "yunet"
    MIN_SCORE = 0.6
    SURE_SCORE = 0.88  # real faces give 0.92 to 0.96; a painted landscape once gave 0.82

    def __init__(self, data: bytes) -> None:
        self._data = np.frombuffer(data, dtype=np.uint8)

    @cached_property
    def _net(self) -> cv2.FaceDetectorYN:
        nothing = np.empty(0, dtype=np.uint8)
        return cv2.FaceDetectorYN.create("onnx", self._data, nothing, (320, 320), self.MIN_SCORE)

    def find(self, rgb: NDArray[np.uint8]) -> list[Candidate]:
        height, width = rgb.shape[:2]
        self._net.setInputSize((width, height))
        _, rows = self._net.detect(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        found = []
        for row in [] if rows is None else np.asarray(rows, dtype=np.float64):
            right, left, nose, mouth_right, mouth_left = (
                (float(x), float(y)) for x, y in row[4:14].reshape(5, 2)
            )
            box = (float(row[0]), float(row[1]), float(row[2]), float(row[3]))
            sure = float(row[14]) >= self.SURE_SCORE
            found.append(Candidate(box, (right, left), "yunet", nose, (mouth_right, mouth_left), sure))
        return found


def default_detector(models: Registry) -> Detector:
    """YuNet when it is installed and trusted, else the cascades that come with OpenCV."""
    from edge.vision.cascade import cascades

    model = models.find("face-detector")
    if model is None:
        return cascades()
    # Read once a thread and model: OpenCV's net keeps the size of the last picture while it looks.
    known: dict[str, YuNet] = _OWN.__dict__
    if model.manifest.sha256 not in known:
        known[model.manifest.sha256] = YuNet(model.data)
    return known[model.manifest.sha256]


_OWN = threading.local()


def locate(
    rgb: NDArray[np.uint8],
    detector: Detector,
    eyes: tuple[Point, Point] | None = None,
    *,
    exact: bool = True,
) -> Face:
    """The one face of the photo. `eyes`, in pixels of the photo, are those that a person has pointed at.

    Live guidance does without `exact`: it asks where a face is about, ten times a second.
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, SEARCH_SIDE / max(height, width))
    small = rgb
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = shrink(rgb, size)
    found = sorted(detector.find(small), key=lambda c: c.box[2], reverse=True)
    if eyes is not None:
        return _tapped(found, eyes, scale)
    if not found:
        raise NoFace
    sure = [c for c in found if c.sure] or found[:1]
    first = sure[0]
    large = [c for c in sure if c.box[2] >= SECOND_FACE * first.box[2]]
    if len(large) > 1:
        raise SeveralFaces(faces=len(large))
    eyes_seen = _by_irises(rgb, first.box, scale) if first.eyes is None else first.eyes
    if eyes_seen is None:
        raise EyesNotFound
    share = math.dist(*eyes_seen) / first.box[2]
    if not EYE_DISTANCE[0] <= share <= EYE_DISTANCE[1]:
        raise EyesNotFound(eye_distance=round(share, 2))
    face = Face(first.box, *eyes_seen, first.source, len(large), first.nose, first.mouth).scaled(1 / scale)
    return _refined(rgb, face) if exact else face


def _by_irises(rgb: NDArray[np.uint8], box: Box, scale: float) -> tuple[Point, Point] | None:
    """Eyes that the cascades missed in a face of theirs, in pixels of the small picture."""
    from edge.vision.irises import irises

    x, y, w, h = (v / scale for v in box)
    across, height = x + w / 2, y + EYES_AT * h
    apart = w * sum(EYE_DISTANCE) / 4
    found = irises(rgb, (x, y, w, h), (across - apart / 2, height), (across + apart / 2, height))
    if found is None:
        return None
    (rx, ry), (lx, ly) = found
    return (rx * scale, ry * scale), (lx * scale, ly * scale)


def _refined(rgb: NDArray[np.uint8], face: Face) -> Face:
    from edge.vision.cascade import cascades
    from edge.vision.irises import irises

    eyes = irises(rgb, face.box, face.right_eye, face.left_eye)
    if eyes is not None:
        return replace(face, right_eye=eyes[0], left_eye=eyes[1], source="irises")
    eyes = cascades().refine(rgb, face.right_eye, face.left_eye)
    if eyes is not None:
        return replace(face, right_eye=eyes[0], left_eye=eyes[1], source="cascade_eye")
    if face.source == "yunet":
        middle = face.middle

        def drawn_in(p: Point) -> Point:
            return tuple(m + (v - m) / YUNET_SPREAD for v, m in zip(p, middle, strict=True))  # type: ignore[return-value]

        return replace(face, right_eye=drawn_in(face.right_eye), left_eye=drawn_in(face.left_eye))
    return face


def _tapped(found: list[Candidate], eyes: tuple[Point, Point], scale: float) -> Face:
    right, left = sorted(eyes)
    distance = math.dist(right, left)
    if distance < 1:
        raise EyesNotFound(eye_distance=0)
    middle = ((right[0] + left[0]) / 2, (right[1] + left[1]) / 2)
    for candidate in found:
        x, y, w, h = (v / scale for v in candidate.box)
        if x <= middle[0] <= x + w and y <= middle[1] <= y + h:
            return Face((x, y, w, h), right, left, "tapped")
    # No detector saw a face: its box follows from the eyes (a face is about 2.2 eye distances wide).
    box = (middle[0] - 1.1 * distance, middle[1] - 0.9 * distance, 2.2 * distance, 2.9 * distance)
    return Face(box, right, left, "tapped")
