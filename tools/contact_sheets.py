"""Every concern's overlay on rendered people of ten tones and on photos, to look at: `python -m tools.contact_sheets [PHOTO ...]`.

Writes one JPEG a concern into `screenshots/scan/`, which git ignores, and one of close-ups of scalps and of nails on the same tones (`--near`: these alone).
The people have some of everything, so that each overlay
has something to show; where a concern was not measured, its place in the sheet stays grey and says why.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.closeup import analyse_closeup, overlay
from edge.vision.photo import Photo, load_photo
from edge.vision.render import nail, scalp
from edge.vision.render.camera import Camera, shoot
from edge.vision.render.face import Person, render
from edge.vision.render.tone import RANGE
from edge.vision.results import Of, ScanResult
from edge.vision.scan import analyse, overlays

OUT = Path(__file__).resolve().parents[1] / "screenshots" / "scan"
TONES = np.linspace(*RANGE, 10)
PX_PER_MM = 8.4  # fine enough for pores
DOSES = {
    "redness": 0.4, "pigmentation": 0.4, "evenness": 0.4, "dark_circles": 0.5, "shine": 0.4, "pores": 0.5, "texture": 0.4,
    "wrinkles": 0.5, "spots": 0.4, "acne_like": 0.3,
}  # fmt: skip
SIZE = (300, 390)  # px of one face: the shape of the canonical frame
ACROSS = 5
NEAR_PX = 6.0  # px/mm of the close-ups: about the least at which everything is measured
NEAR_SIZE = (432, 288)

Rgb = NDArray[np.uint8]


def people() -> list[tuple[str, Photo, ScanResult]]:
    found = []
    for number, ita in enumerate(TONES):
        rendered = render(Person(seed=60 + number, ita=float(ita), doses=DOSES, px_per_mm=PX_PER_MM))
        photo = Photo.from_frame(shoot(rendered.light, Camera(), np.random.default_rng(number)))
        found.append((f"{ita:.0f} deg", photo, analyse(photo, eyes=rendered.eyes)))
    return found


def near(of: Of) -> list[Rgb]:
    """Close-ups of ten tones, with what was counted drawn in."""
    cells = []
    for number, ita in enumerate(TONES):
        if of == "scalp":
            hairs, flakes = 1500 + 1500 * number, (0, 40, 120, 300)[number % 4]
            light = scalp.render(
                scalp.Scalp(seed=80 + number, ita=float(ita), hairs=hairs, flakes=flakes, px_per_mm=NEAR_PX)
            ).light
            shown = ("hair_cover", "flakes")
        else:
            form = tuple(nail.ENDS)[number % 3]
            polish = ((0.5, 0.03, 0.05), None)[number % 2]
            light = nail.render(
                nail.Finger(seed=90 + number, ita=float(ita), form=form, polish=polish, px_per_mm=NEAR_PX)
            ).light
            shown = ("nail_length", "nail_width")
        photo = Photo.from_frame(shoot(light, Camera(), np.random.default_rng(number)))
        result = analyse_closeup(photo, of)
        rows = {row.key: row for row in result.concerns}
        said = ", ".join(r.code for r in result.refusals) or "  ".join(
            (reason.en if (reason := rows[key].reason) else "")
            if rows[key].value is None
            else f"{key} {rows[key].value}"
            for key in shown
        )
        cells.append(cell(f"{ita:.0f} deg", overlay(result), said, NEAR_SIZE))
    return cells


def cell(title: str, picture: bytes | None, said: str, size: tuple[int, int] = SIZE) -> Rgb:
    """One picture with a line below it."""
    face = np.full((size[1], size[0], 3), 90, dtype=np.uint8)
    if picture is not None:
        face = cv2.resize(
            cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR),
            size,
            interpolation=cv2.INTER_AREA,
        )
    strip = np.full((22, size[0], 3), 255, dtype=np.uint8)
    # OpenCV writes ASCII only.
    line = (
        f"{title}  {said}".replace("\u00b2", "2")
        .replace("\u00b0", "deg")
        .replace("\u2030", "o/oo")
        .replace("\u00b5", "u")
    )
    cv2.putText(
        strip, line[: size[0] // 7], (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA
    )
    return np.vstack([face, strip])


def sheet(cells: list[Rgb]) -> Rgb:
    blank = np.full_like(cells[0], 255)
    rows = [cells[k : k + ACROSS] for k in range(0, len(cells), ACROSS)]
    return np.vstack([np.hstack(row + [blank] * (ACROSS - len(row))) for row in rows])


def main(paths: list[str]) -> int:
    OUT.mkdir(parents=True, exist_ok=True)
    kinds: tuple[Of, ...] = ("scalp", "nails")
    for of in kinds:
        target = OUT / f"near_{of}.jpg"
        cv2.imwrite(str(target), sheet(near(of)), [cv2.IMWRITE_JPEG_QUALITY, 88])
        print(target)
    if paths == ["--near"]:
        return 0
    shown = people()
    for path in paths:
        photo = load_photo(Path(path))
        shown.append((Path(path).stem, photo, analyse(photo)))
    drawn = [overlays(result) if result.accepted else {} for _, _, result in shown]
    keys = ["face", *(c.key for c in shown[0][2].concerns)]
    for key in keys:
        cells = []
        for (title, _, result), files in zip(shown, drawn, strict=True):
            row = next((c for c in result.concerns if c.key == key), None)
            said = (
                ""
                if row is None
                else f"{row.value} {row.unit}"
                if row.value is not None
                else (row.reason.en if row.reason else "")
            )
            if not result.accepted:
                said = ", ".join(refusal.code for refusal in result.refusals)
            cells.append(cell(title, files.get(key), said))
        if any(key in files for files in drawn):
            target = OUT / f"{key}.jpg"
            cv2.imwrite(str(target), sheet(cells), [cv2.IMWRITE_JPEG_QUALITY, 88])
            print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
