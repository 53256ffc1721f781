"""Repeat error: the same rendered faces captured again under other light, colour, pose, distance, JPEG, noise and blur.

The SD and ICC(2,1) per concern, without and with our printed grey strip in view, beside those that the product carries
(`edge/vision/concerns/repeat.toml`). With `PARLOUR_WRITE_REPEAT=1` the file is written anew. Rendered faces only: real people add
expression and days.
"""

from __future__ import annotations

import math
import os
from functools import partial
from pathlib import Path

from benchmarks.common import Row, report, spread
from edge.vision import concerns
from edge.vision.concerns._base import repeat_error
from edge.vision.evaluate import MIN_ICC
from edge.vision.render.face import CONCERNS
from edge.vision.repeat import METHOD, PEOPLE, Table, tables, toml


def _rows(found: Table, name: str, *, calibrated: bool) -> list[Row]:
    rows = []
    for key in found.whole:
        carried = repeat_error(key, calibrated=calibrated)
        sd, icc = found.sd(key), found.icc(key)
        if math.isfinite(sd) and carried is not None:
            rows.append(Row.of(f"{key}{name}: repeat SD", sd, carried.sd or 1e-9, "repeat.toml", "raw unit"))
        if math.isfinite(icc):
            rows.append(Row.of(f"{key}{name}: ICC(2,1)", icc, MIN_ICC, "aim", "share"))
    return rows


def _said(found: Table) -> str:
    return ", ".join(key for key in found.whole if found.icc(key) < MIN_ICC) or "none"


def main() -> None:
    people = int(os.environ.get("PARLOUR_BENCH_PEOPLE", PEOPLE))
    found = tables(people, partial(spread, "repeat"))
    rows = _rows(found.plain, "", calibrated=False) + _rows(found.card, ", strip", calibrated=True)
    if os.environ.get("PARLOUR_WRITE_REPEAT") == "1":
        target = Path(concerns.__file__).parent / "repeat.toml"
        target.write_text(toml(found), "utf-8")
    followed = ", ".join(f"{key} {found.follows(key):.2f}" for key in CONCERNS)
    plain, card = found.plain, found.card
    report(
        "repeat",
        rows,
        notes=(
            f"{people} rendered people, {plain.accepted} of {plain.captures} captures accepted; faces by {plain.detector}; {METHOD}",
            f"with the strip {card.accepted} of {card.captures} accepted, {card.calibrated} calibrated",
            f"correlation of people's means with what was rendered: {followed}",
            f"shown as indicative, ICC < {MIN_ICC}: {_said(plain)}; with the strip: {_said(card)}",
        ),
    )
