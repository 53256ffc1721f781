"""A close-up in, its rows out. Like `scan.analyse` it never raises for a bad photo, and gives the same figures for the same bytes."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np

from edge.vision.capture import jpeg_of
from edge.vision.closeup import _gate, _nails, _rows, _scalp
from edge.vision.closeup._picture import Mask, Picture, look
from edge.vision.errors import VisionError
from edge.vision.gate import refusals
from edge.vision.models import Registry
from edge.vision.photo import Photo, load_photo
from edge.vision.results import Calibration, ModelRef, Of, Refusal, ScanResult
from edge.vision.scan import default_models
from edge.vision.texts import say

HAIR = 0.5  # of a pixel: drawn as covered
DRAWN = (20, 170, 90)


def analyse_closeup(photo: Photo | bytes | Path, of: Of, *, models: Registry | None = None) -> ScanResult:
    """Measure one close-up of a scalp or of a nail."""
    models = default_models() if models is None else models
    result = ScanResult(accepted=False, of=of)
    start = time.perf_counter()
    try:
        _analyse(photo, of, result, models)
    except VisionError as error:
        text, instruction = say(error.code, **error.data), say(f"{error.code}.instruction")
        result.refusals.append(Refusal(code=error.code, reason=text, instruction=instruction))
    result.models_refused = [f"{refused.path}: {refused.reason}" for refused in models.refused]
    result.timings_ms = {"total": round(1000 * (time.perf_counter() - start), 1)}
    return result


def overlay(result: ScanResult) -> bytes | None:
    """The close-up with what was counted drawn in, as JPEG; None where nothing was."""
    drawn = result._pictures  # noqa: SLF001  # private to the record, ours to use
    return jpeg_of(drawn) if isinstance(drawn, np.ndarray) else None


def _analyse(source: Photo | bytes | Path, of: Of, result: ScanResult, models: Registry) -> None:
    if isinstance(source, Path):
        result.photo_name = source.name
    photo = load_photo(source)
    result.photo_name, result.photo_sha256 = photo.name, photo.sha256
    result.photo_width, result.photo_height = photo.width, photo.height
    picture = look(photo.rgb, models)
    if picture.photo_mm_per_px is not None:
        result.mm_per_px = round(picture.photo_mm_per_px, 4)
    if picture.card is not None:
        result.calibration = Calibration(kind=picture.card.kind, error=picture.card.error)
    used = models.get("color")
    result.models = [
        ModelRef(
            **used.manifest.model_dump(include={"id", "role", "version", "sha256", "licence"}),
            signed=used.signed,
        )
    ]
    result.checks = _gate.judge(picture)
    result.refusals = refusals(result.checks)
    result.limited = any(check.level == "soft" for check in result.checks)
    if result.refusals:
        return
    result.accepted = True
    if of == "scalp":
        scalp = _scalp.measure(picture)
        result.concerns = _rows.of_scalp(scalp)
        shown = scalp.flakes if scalp.flakes is not None else None
        result._pictures = _drawn(picture, shown, None if scalp.hair is None else scalp.hair > HAIR)  # noqa: SLF001
    else:
        nail = _nails.measure(picture)
        result.concerns = _rows.of_nail(nail)
        result._pictures = _drawn(picture, nail.plate, None)  # noqa: SLF001


def _drawn(picture: Picture, outlined: Mask | None, shaded: Mask | None) -> np.ndarray:
    shown = picture.rgb.copy()
    if shaded is not None:
        shown[shaded] = (0.6 * shown[shaded] + 0.4 * np.array((60, 110, 200))).astype(np.uint8)
    if outlined is not None:
        kernel = np.ones((5, 5), dtype=np.uint8)
        wide = np.asarray(cv2.dilate(outlined.astype(np.uint8), kernel), dtype=np.uint8)
        outlines, _ = cv2.findContours(wide, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.drawContours(shown, outlines, -1, DRAWN, 2)
    return shown
