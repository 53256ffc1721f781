"""Repeat error: the same rendered faces captured again under other light, colour, pose, distance, JPEG, noise and blur.

The SD and ICC(2,1) per concern beside those that the product carries (`edge/vision/concerns/repeat.toml`). With
`PARLOUR_WRITE_REPEAT=1` the file is written anew. Rendered faces only: real people add expression and days.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

from benchmarks.common import Row, report
from edge.vision import concerns
from edge.vision.concerns._base import repeat_error
from edge.vision.repeat import CAPTURES, METHOD, PEOPLE, table, toml

AIM_ICC = 0.9


def main() -> None:
    people = int(os.environ.get("PARLOUR_BENCH_PEOPLE", PEOPLE))
    found = table(people, CAPTURES)
    rows = []
    for key in found.values:
        carried = repeat_error(key)
        sd, icc = found.sd(key), found.icc(key)
        if math.isfinite(sd) and carried is not None:
            rows.append(Row.of(f"{key}: repeat SD", sd, carried.sd or 1e-9, "repeat.toml", "raw unit"))
        if math.isfinite(icc):
            rows.append(Row.of(f"{key}: ICC(2,1)", icc, AIM_ICC, "aim", "share"))
    if os.environ.get("PARLOUR_WRITE_REPEAT") == "1":
        target = Path(concerns.__file__).parent / "repeat.toml"
        target.write_text(toml(found), "utf-8")
    below = [key for key in found.values if found.icc(key) < AIM_ICC]
    report(
        "repeat",
        rows,
        notes=(
            f"{people} rendered people, {found.accepted} of {found.captures} captures accepted; {METHOD}",
            f"shown as indicative, ICC < {AIM_ICC}: {', '.join(below) or 'none'}",
        ),
    )
