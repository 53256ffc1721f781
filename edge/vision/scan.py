"""A photo in, a measured report out: the one door of the library.

`analyse` never raises for a bad photo: what was wrong comes back as refusals, in both languages. It reads no clock but
the stop watch, writes nothing, and gives the same figures for the same bytes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from edge.vision import gate, regions
from edge.vision.align import Canonical, align, with_fine
from edge.vision.card import Correction, find_card
from edge.vision.comparison import compare
from edge.vision.concerns import Concern, Measured, all_concerns
from edge.vision.concerns._places import FINE_ENOUGH
from edge.vision.detail import fine_boxes
from edge.vision.errors import EyesNotFound, FaceError, VisionError
from edge.vision.evaluate import evaluate
from edge.vision.face import Detector, Face, Point, default_detector, locate
from edge.vision.irises import FACE_PX
from edge.vision.models import Registry
from edge.vision.overlay import Pictures, draw_all
from edge.vision.photo import Photo, Rgb, half_of, open_photo
from edge.vision.registration import register
from edge.vision.results import (
    Calibration,
    Check,
    ConcernResult,
    FaceFound,
    ModelRef,
    Referral,
    Refusal,
    Registered,
    ScanResult,
)
from edge.vision.surface import IDENTITY, UNITY, Surface, colours, looked
from edge.vision.texts import say

# The roles a scan needs besides a detector; their versions are part of every result.
ROLES = ("color", "shine", "blobs", "relief", "lesions")
ROOM_AROUND = 0.25  # of the canonical frame's height, on each side, before a detector looks at it


@cache
def default_models() -> Registry:
    """The installed models, opened once a process."""
    return Registry()


class _Watch:
    """Milliseconds a stage."""

    def __init__(self) -> None:
        self.times: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            taken = 1000 * (time.perf_counter() - start)
            self.times[name] = round(self.times.get(name, 0.0) + taken, 1)


def analyse(
    photo: Photo | bytes | Path,
    *,
    detector: Detector | None = None,
    models: Registry | None = None,
    previous: ScanResult | None = None,
    eyes: tuple[Point, Point] | None = None,
    like: Rgb | None = None,
) -> ScanResult:
    """Measure one photo. `eyes` are those a person pointed at; `previous` is the scan to compare with.

    `like` is the canonical face of the customer's earlier scan: where the two share enough marks, the regions are laid
    exactly where they lay then.
    """
    models = default_models() if models is None else models
    watch = _Watch()
    result = ScanResult(accepted=False)
    try:
        with ThreadPoolExecutor(1, "scan") as beside:
            _analyse(photo, result, detector, models, eyes, like, watch, beside)
    except VisionError as error:
        result.accepted = False
        result.refusals.append(
            Refusal(
                code=error.code,
                reason=say(error.code, **error.data),
                instruction=say(f"{error.code}.instruction"),
            )
        )
    if previous is not None:
        result.comparison = compare(previous, result)
    result.models_refused = [f"{refused.path}: {refused.reason}" for refused in models.refused]
    result.timings_ms = {**watch.times, "total": round(sum(watch.times.values()), 1)}
    return result


def overlays(result: ScanResult, photo: Photo | bytes | Path | None = None) -> dict[str, bytes]:
    """JPEGs per concern, and `face`. A result read back from JSON has no pixels: give it its photo again."""
    pictures = result._pictures  # noqa: SLF001  # private to the record, ours to use
    if pictures is None and photo is not None:
        eyes = None if result.face is None else (result.face.right_eye, result.face.left_eye)
        pictures = analyse(photo, eyes=eyes)._pictures  # noqa: SLF001
    return draw_all(pictures) if isinstance(pictures, Pictures) else {}


def _analyse(
    source: Photo | bytes | Path,
    result: ScanResult,
    detector: Detector | None,
    models: Registry,
    eyes: tuple[Point, Point] | None,
    like: Rgb | None,
    watch: _Watch,
    beside: Executor,
) -> None:
    """Each step keeps one core busy, and even a Pi has more: what can go on at the same time is given to `beside`.

    That is pure work on what is given to it, so the figures do not depend on who is first.
    """
    if isinstance(source, Path):
        result.photo_name = source.name
    with watch.stage("decode"):
        whole, half = _decoded(source, beside)
    looked_for = beside.submit(_carded, whole, half)
    try:
        with watch.stage("face"):
            detector = default_detector(models) if detector is None else detector
            face = _located(whole, half, detector, eyes)
    finally:
        # What the file is comes before what it shows: a damaged one is told as that.
        with watch.stage("decode"):
            photo = whole.result()
        result.photo_name, result.photo_sha256 = photo.name, photo.sha256
        result.photo_width, result.photo_height = photo.width, photo.height
    result.face = _found(face, detector)
    with watch.stage("card"):
        card = looked_for.result()
        if card is not None:
            result.calibration = Calibration(kind=card.kind, error=card.error)
    with watch.stage("align"):
        canonical = _aligned(photo.rgb, face, like, result)
    result.mm_per_px = round(canonical.photo_mm_per_px, 4)
    result.scale_error_share = round(canonical.scale_error, 3)
    with watch.stage("graphs"):
        planes = colours(
            canonical, models, IDENTITY if card is None else card.ccm, UNITY if card is None else card.gain
        )
        closer = beside.submit(with_fine, canonical, photo.rgb, fine_boxes(canonical.stretch, models))
        surface = looked(canonical, planes, models)
    result.regions_version = regions.VERSION
    result.outlines = {
        name: [canonical.photo_pixel(corner) for corner in region.polygon]
        for name, region in surface.regions.items()
    }
    result.models = _used(models, detector)
    nod = None if like is None else _nodded(like, canonical.rgb, detector)
    with watch.stage("gate"):
        result.checks = gate.judge(gate.View(photo.rgb, face, canonical, surface, nod), beside)
        result.refusals = gate.refusals(result.checks)
        result.light = gate.light_of(surface)
    surface = replace(surface, canonical=closer.result())
    # Twelve megapixels are held no longer than they are looked at.
    del photo, source, whole, half, looked_for
    result.limited = any(check.level == "soft" for check in result.checks)
    if result.refusals:
        return
    result.accepted = True
    with watch.stage("concerns"):
        measured: dict[str, Measured] = {}
        for row, drawn_from in _evaluated(surface, result.checks, beside, calibrated=card is not None):
            result.concerns.append(row)
            if drawn_from is not None:
                measured[row.key] = drawn_from
                result.referrals += [
                    Referral(place=canonical.photo_place(place), text=say("referral"))
                    for place in drawn_from.referred
                ]
    result._pictures = Pictures(surface, measured)  # noqa: SLF001


def _decoded(source: Photo | bytes | Path, beside: Executor) -> tuple[Future[Photo], Rgb | None]:
    """The photo as it is being decoded, and a half of a large one, which is there much sooner."""
    if isinstance(source, Photo):
        known: Future[Photo] = Future()
        known.set_result(source)
        return known, half_of(source)
    opened = open_photo(source)
    whole = beside.submit(opened.whole)
    half = opened.half()
    return whole, half_of(whole.result()) if half is None else half


def _carded(whole: Future[Photo], half: Rgb | None) -> Correction | None:
    return find_card(whole.result().rgb, half)


def _located(
    whole: Future[Photo], half: Rgb | None, detector: Detector, eyes: tuple[Point, Point] | None
) -> Face:
    """The face by the half of a large photo, unless the half is too coarse for its eyes: then by all of it."""
    if half is not None:
        try:
            face = locate(half, detector, _halved(eyes))
        except EyesNotFound:
            face = None
        if face is not None and face.box[2] >= FACE_PX:
            return face.doubled()
    return locate(whole.result().rgb, detector, eyes)


def _halved(eyes: tuple[Point, Point] | None) -> tuple[Point, Point] | None:
    if eyes is None:
        return None
    (ax, ay), (bx, by) = eyes
    return (ax / 2, ay / 2), (bx / 2, by / 2)


def _evaluated(
    surface: Surface, checks: list[Check], beside: Executor, *, calibrated: bool
) -> list[tuple[ConcernResult, Measured | None]]:
    """Every concern in the order of the report. Those that need no closer look are measured while the network looks, those of places
    while relief is drawn.
    """

    def rows(concerns: Iterable[Concern]) -> dict[str, tuple[ConcernResult, Measured | None]]:
        return {c.key: evaluate(c, surface, checks, calibrated=calibrated) for c in concerns}

    fine_enough = surface.canonical.photo_mm_per_px <= FINE_ENOUGH
    looking = beside.submit(lambda: surface.detail) if fine_enough else None
    found = rows(c for c in all_concerns() if c.closer is None)
    if looking is not None:
        looking.result()
    by_relief = beside.submit(rows, [c for c in all_concerns() if c.closer == "relief"])
    found |= rows(c for c in all_concerns() if c.closer == "places") | by_relief.result()
    return [found[c.key] for c in all_concerns()]


def _nodded(like: Rgb, now: Rgb, detector: Detector) -> float | None:
    """Both faces as the same detector finds them in the same frame, with room around: a face that fills its picture is found at one size
    now and at another then, and its mouth a tenth of the way lower with it.
    """

    def found(face: Rgb) -> Face:
        room = round(ROOM_AROUND * face.shape[0])
        roomy = cv2.copyMakeBorder(face, room, room, room, room, cv2.BORDER_REPLICATE)
        return locate(np.asarray(roomy, dtype=np.uint8), detector)

    try:
        return gate.nodded(found(like), found(now))
    except FaceError:
        return None


def _aligned(rgb: Rgb, face: Face, like: Rgb | None, result: ScanResult) -> Canonical:
    canonical = align(rgb, face)
    if like is None:
        return canonical
    found = register(like, canonical.rgb, canonical.px_per_mm)
    if found is None:
        return canonical
    result.registered = Registered(
        inliers=found.inliers,
        shift_mm=round(found.shift_px / canonical.px_per_mm, 2),
        turn_deg=round(found.turn_deg, 2),
        scale=round(found.scale, 4),
    )
    return align(rgb, face, moved=found.matrix)


def _found(face: Face, detector: Detector) -> FaceFound:
    x, y, w, h = (round(v, 1) for v in face.box)
    return FaceFound(
        box=(x, y, w, h),
        right_eye=(round(face.right_eye[0], 2), round(face.right_eye[1], 2)),
        left_eye=(round(face.left_eye[0], 2), round(face.left_eye[1], 2)),
        source=face.source,
        detector=detector.name,
        roll_deg=round(face.roll, 2),
        faces=face.faces,
    )


def _used(models: Registry, detector: Detector) -> list[ModelRef]:
    roles = [*ROLES, "face-detector"] if detector.name == "yunet" else list(ROLES)
    found = [models.find(role) for role in roles]
    return [
        ModelRef(
            id=m.manifest.id,
            role=m.manifest.role,
            version=m.manifest.version,
            sha256=m.manifest.sha256,
            licence=m.manifest.licence,
            signed=m.signed,
        )
        for m in found
        if m is not None
    ]
