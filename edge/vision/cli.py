"""`parlour scan PHOTO|FOLDER... [--of face|scalp|nails] [--json] [--out DIR]`: measure photos without a store, and say all that is known.

Exit 0 when any photo was accepted, 2 when none was, 3 when the output folder cannot be written.
"""

from __future__ import annotations

import json as json_module
import os
import sys
from pathlib import Path
from typing import Any, Literal

from edge.vision.camera import PHOTO_SUFFIXES
from edge.vision.closeup import analyse_closeup, overlay
from edge.vision.results import ConcernResult, Of, ScanResult
from edge.vision.scan import analyse, overlays
from edge.vision.texts import Text, say


def scan_command(
    photos: list[Path], json: bool = False, out: Path | None = None, of: Of | Literal["face"] = "face"
) -> int:
    """Measure each photo and print what came of it."""
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError:
            print(_line(say("cli.bad_out", path=str(out))), file=sys.stderr)
            return 3
    rows: list[dict[str, Any]] = []
    accepted = False
    names: set[str] = set()
    found = _expanded(photos)
    if not found:
        print(_line(say("cli.no_photos", path=", ".join(map(str, photos)))), file=sys.stderr)
    for photo in found:
        result = analyse(photo) if of == "face" else analyse_closeup(photo, of)
        accepted |= result.accepted
        try:
            files = {} if out is None else _write(result, out, _free_stem(photo.stem, names))
        except OSError:
            print(_line(say("cli.bad_out", path=str(out))), file=sys.stderr)
            return 3
        if json:
            rows.append({"photo": str(photo), **result.model_dump(mode="json"), "overlays": files})
        else:
            _print(photo, result, files)
    if json:
        print(json_module.dumps(rows, ensure_ascii=False, indent=2))
    return 0 if accepted else 2


def _expanded(paths: list[Path]) -> list[Path]:
    """Folders stand for the photos in them."""
    found = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.iterdir() if p.suffix.lower() in PHOTO_SUFFIXES)
        else:
            found.append(path)
    return found


def _free_stem(stem: str, taken: set[str]) -> str:
    """Two photos of the same name from two folders do not overwrite each other."""
    name, count = stem, 2
    while name in taken:
        name, count = f"{stem}-{count}", count + 1
    taken.add(name)
    return name


def _write(result: ScanResult, out: Path, stem: str) -> dict[str, str]:
    files = {}
    if result.of == "face":
        pictures = overlays(result)
    else:
        drawn = overlay(result)
        pictures = {} if drawn is None else {result.of: drawn}
    for key, data in pictures.items():
        path = out / f"{stem}-{key}.jpg"
        path.write_bytes(data)
        files[key] = str(path)
    return files


def _language() -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return value
    return "en"


def _line(text: Text) -> str:
    return text.in_language(_language())


def _print(photo: Path, result: ScanResult, files: dict[str, str]) -> None:
    verdict = "cli.refused" if not result.accepted else "cli.limited" if result.limited else "cli.accepted"
    print(f"{photo}: {_line(say(verdict))}")
    for refusal in result.refusals:
        print(
            f"  ✗ {_line(refusal.reason)}{_figures(refusal.figure, refusal.threshold)}  → {_line(refusal.instruction)}"
        )
    for check in result.checks:
        if check.level == "soft" and check.reason is not None and check.instruction is not None:
            figures = _figures(check.figure, check.ok_limit)
            print(f"  ! {_line(check.reason)}{figures}  → {_line(check.instruction)}")
    if result.mm_per_px is not None and result.scale_error_share is not None:
        share = f"{100 * result.scale_error_share:.0f}"
        print(f"  {_line(say('cli.scale', mm=f'{result.mm_per_px:.2f}', share=share))}")
    for concern in result.concerns:
        _print_concern(concern)
    if result.models:
        print(f"  {_line(say('cli.models'))}: " + ", ".join(f"{m.id} {m.version}" for m in result.models))
    for refused in result.models_refused:
        print(f"  ! {refused}")
    if files:
        print(f"  {_line(say('cli.files'))}: " + ", ".join(files.values()))
    print(
        f"  {_line(say('cli.times'))}: " + ", ".join(f"{k} {v:.0f} ms" for k, v in result.timings_ms.items())
    )


def _figures(figure: float | None, limit: float | None) -> str:
    return "" if figure is None or limit is None else f" ({figure:g} / {limit:g})"


def _print_concern(concern: ConcernResult) -> None:
    if concern.value is None:
        print(f"  – {_line(concern.label)}: {'' if concern.reason is None else _line(concern.reason)}")
        return
    parts = [f"{concern.value:g} {concern.unit}"]
    if concern.band is not None:
        parts.append(_line(concern.band))
    if concern.score is not None:
        sd = "?" if concern.score_sd is None else f"{concern.score_sd:g}"
        parts.append(_line(say("cli.score", score=f"{concern.score:.0f}", sd=sd)))
    if concern.repeat_sd is not None:
        parts.append(_line(say("cli.repeat", sd=f"{concern.repeat_sd:g}")))
    print(f"  • {_line(concern.label)}: " + ", ".join(parts))
    if concern.reason is not None:
        print(f"      {_line(concern.reason)}")
    regions = [f"{_line(r.label)} {r.value:g}" for r in concern.regions if r.value is not None]
    if regions:
        print(f"      {' · '.join(regions)}")
