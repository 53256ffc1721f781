"""The gate on rendered faces of ten tones: good photos accepted, spoiled ones refused for the right reason, rate by tone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

import cv2
import numpy as np

from benchmarks.common import Row, report
from edge.vision.photo import Photo
from edge.vision.render.camera import Camera, shoot
from edge.vision.render.face import Person, Rendered, render
from edge.vision.render.tone import RANGE
from edge.vision.results import ScanResult
from edge.vision.scan import analyse

TONES = np.linspace(*RANGE, 10)
GOOD = Camera()
TURNED = 22.0  # degrees


def _shot(rendered: Rendered, camera: Camera = GOOD, mask: bool = False) -> ScanResult:
    rgb = shoot(rendered.light, camera, np.random.default_rng(1))
    if mask:
        (rx, ry), (lx, _) = rendered.eyes
        apart = lx - rx
        top, bottom = int(ry + 0.35 * apart), int(ry + 2.0 * apart)
        rgb[top:bottom, int(rx - 0.55 * apart) : int(lx + 0.55 * apart)] = (140, 180, 205)
    return analyse(Photo.from_frame(rgb))


def _two(rendered: Rendered) -> ScanResult:
    rgb = shoot(rendered.light, GOOD, np.random.default_rng(1))
    small = cv2.resize(rgb, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return analyse(Photo.from_frame(np.hstack([small, small])))


SPOILED: dict[str, tuple[Callable[[Rendered], ScanResult], set[str]]] = {
    "blurred": (lambda r: _shot(r, Camera(blur_px=12)), {"sharpness", "no_face", "eyes_not_found"}),
    "dark": (lambda r: _shot(r, Camera(exposure=0.05)), {"highlights", "darkness", "no_face"}),
    "clipped": (
        lambda r: _shot(r, Camera(exposure=6.0)),
        {"clipping", "highlights", "no_face", "eyes_not_found"},
    ),
    "tinted": (lambda r: _shot(r, Camera(exposure=0.7, balance=(0.5, 0.9, 1.6))), {"cast"}),
    "masked": (lambda r: _shot(r, mask=True), {"covered", "cast", "no_face", "eyes_not_found"}),
    "two faces": (_two, {"several_faces"}),
}


def main() -> None:
    right: dict[str, int] = defaultdict(int)
    said: dict[str, Counter[str]] = defaultdict(Counter)
    for number, ita in enumerate(TONES):
        rendered = render(Person(seed=number, ita=float(ita)))
        good = _shot(rendered)
        right["good"] += good.accepted
        said["good"].update([r.code for r in good.refusals] or ["accepted"])
        for name, (spoil, reasons) in SPOILED.items():
            result = spoil(rendered)
            codes = {r.code for r in result.refusals}
            right[name] += bool(codes & reasons)
            said[name].update(codes or ["accepted"])
        turned = _shot(render(Person(seed=number, ita=float(ita), yaw=TURNED)))
        codes = {r.code for r in turned.refusals}
        unusable = not turned.accepted or any(
            c.key in {"yaw", "side_light"} and c.level != "ok" for c in turned.checks
        )
        right["turned"] += unusable
        said["turned"].update(codes or ["limited" if unusable else "accepted"])
    empty = analyse(Photo.from_frame(np.full((900, 900, 3), 128, dtype=np.uint8)))
    right["empty"] = 10 * (not empty.accepted)
    rows = [
        Row.of(f"{name}: right answer", count / 10, 1.0, "aim", "share of ten tones")
        for name, count in right.items()
    ]
    report("gate", rows, notes=[f"{name}: {dict(answers)}" for name, answers in said.items()])
