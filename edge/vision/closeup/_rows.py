"""The rows of a close-up's report: unit, direction, repeat error, and those that no photo of this kind can give."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from edge.vision.closeup import _nails, _scalp
from edge.vision.results import ConcernResult, Direction
from edge.vision.texts import say

VERSIONS = {"scalp": "1", "nails": "2"}
"""Of how figures are made: other ones are not compared with them. nails 2: the plate by its lack of yellow."""


@dataclass(frozen=True)
class Row:
    """One figure. `never` is a key of texts.toml: why no close-up of ours gives it."""

    key: str
    unit: str
    direction: Direction = "none"
    decimals: int = 1
    never: str | None = None


ROWS: dict[str, tuple[Row, ...]] = {
    "scalp": (
        Row("hair_cover", "%"),
        Row("flakes", "%", "lower_is_better", 2),
        Row("flakes_per_cm2", "1/cm²", "lower_is_better"),
        Row("scalp_oil", "%", never="reason.oil"),
        Row("hair_count", "1/cm²", never="reason.roots"),
    ),
    "nails": (
        Row("nail_length", "mm"),
        Row("nail_width", "mm"),
        Row("nail_ratio", "", decimals=2),
        Row("nail_tip", "", decimals=2),
        Row("nail_l", "L*"),
        Row("nail_a", "a*"),
        Row("nail_b", "b*"),
        Row("nail_health", "", never="reason.nail_health"),
    ),
}
KEYS = {of: tuple(row.key for row in rows) for of, rows in ROWS.items()}


@cache
def _repeat_file() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("repeat.toml").read_text("utf-8"))


def of_scalp(scalp: _scalp.Scalp) -> list[ConcernResult]:
    values = {
        "hair_cover": scalp.cover_pct,
        "flakes": scalp.flakes_pct,
        "flakes_per_cm2": scalp.flakes_per_cm2,
    }
    why = {"hair_cover": scalp.why, "flakes": scalp.why_flakes, "flakes_per_cm2": scalp.why_flakes}
    return [_row("scalp", row, values.get(row.key), why.get(row.key)) for row in ROWS["scalp"]]


def of_nail(nail: _nails.Nail) -> list[ConcernResult]:
    values: dict[str, float] = {}
    if nail.lab is not None:
        values = {
            "nail_length": nail.length_mm,
            "nail_width": nail.width_mm,
            "nail_ratio": nail.length_mm / nail.width_mm,
            "nail_tip": nail.tip,
            **dict(zip(("nail_l", "nail_a", "nail_b"), nail.lab, strict=True)),
        }
    rows = [_row("nails", row, values.get(row.key), nail.why) for row in ROWS["nails"]]
    for row in rows:
        if row.key == "nail_tip" and row.value is not None:
            row.band = say(f"nail.{nail.form}")
    return rows


def _row(of: str, row: Row, value: float | None, why: str | None) -> ConcernResult:
    code = row.never or (why if value is None else "reason.closeup_rendered")
    return ConcernResult(
        key=row.key,
        version=VERSIONS[of],
        label=say(f"closeup.{row.key}"),
        meaning=say(f"closeup.{row.key}.meaning"),
        status="not_measurable" if value is None else "indicative",
        reason=None if code is None else say(code),
        reason_code=code,
        unit=row.unit,
        value=None if value is None else round(value, row.decimals),
        repeat_sd=None if value is None else _repeat_file()["sd"].get(row.key),
        direction=row.direction,
    )
