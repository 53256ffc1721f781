"""A surface and the gate's rows -> the rows of the report, each measured, indicative or with a reason why not."""

from __future__ import annotations

from edge.vision.concerns import Concern, Measured
from edge.vision.concerns._base import RepeatError, region_error, repeat_error
from edge.vision.results import Check, ConcernResult, RegionValue, Status
from edge.vision.surface import Surface
from edge.vision.texts import Text, say

# Lower limits of the words for a score.
BANDS = (80, 60, 40, 0)
MIN_ICC = 0.9  # of repeat captures: below it a figure tells two people apart no better than two photos


def evaluate(
    concern: Concern, surface: Surface, checks: list[Check], *, calibrated: bool = False
) -> tuple[ConcernResult, Measured | None]:
    """One row, and what it was drawn from when there is something to draw."""
    obstacle = _obstacle(concern, surface, checks)
    if obstacle is not None:
        return _row(concern, "not_measurable", *obstacle), None
    measured = None if concern.measure is None else concern.measure(surface)
    if measured is None:
        return _row(concern, "not_measurable", "reason.covered", say("reason.covered")), None
    row = _row(concern, "measured", None, None)
    own_only = None if calibrated else measured.own_only
    hint = own_only or _hint(concern, calibrated=calibrated)
    if hint is not None:
        row = _row(concern, "indicative", hint, say(hint))
    scored = own_only is None
    _fill(row, concern, measured, repeat_error(concern.key, calibrated=calibrated), scored=scored)
    row.regions = [
        _in_region(concern, measured, surface, name, calibrated=calibrated, scored=scored)
        for name in concern.regions
    ]
    return row, measured


def _hint(concern: Concern, *, calibrated: bool) -> str | None:
    """Why the value is only a hint, if it is: repeats that differ too much come first, as nothing mends them."""
    error = repeat_error(concern.key, calibrated=calibrated)
    if error is not None and error.icc is not None and error.icc < MIN_ICC:
        return "reason.repeat"
    if calibrated and concern.indicative == "reason.light_not_calibrated":
        return None
    return concern.indicative


def _obstacle(concern: Concern, surface: Surface, checks: list[Check]) -> tuple[str, Text] | None:
    pitch = surface.canonical.photo_mm_per_px
    if concern.not_measured == "reason.probe_only":
        return concern.not_measured, say(concern.not_measured)
    if pitch > concern.max_mm_per_px:
        text = say("reason.resolution", have=f"{pitch:.2f}", need=f"{concern.max_mm_per_px:.2f}")
        return "reason.resolution", text
    if concern.needs_eyes and not surface.canonical.eyes_exact:
        return "reason.eyes", say("reason.eyes")
    if concern.not_measured is not None:
        return concern.not_measured, say(concern.not_measured)
    for check in checks:
        if check.level != "ok" and check.key in concern.spoiled_by and check.reason is not None:
            return "reason.gate", say("reason.gate", check=check.reason)
    return None


def _row(concern: Concern, status: Status, code: str | None, reason: Text | None) -> ConcernResult:
    return ConcernResult(
        key=concern.key,
        version=concern.version,
        label=say(f"concern.{concern.key}"),
        meaning=say(f"concern.{concern.key}.meaning"),
        status=status,
        reason=reason,
        reason_code=code,
        unit=concern.unit,
        direction=concern.direction,
    )


def _fill(
    row: ConcernResult, concern: Concern, measured: Measured, error: RepeatError | None, *, scored: bool
) -> None:
    row.value = round(measured.value, concern.decimals)
    row.repeat_sd = None if error is None else error.sd
    if concern.anchors is not None and scored:
        row.score = round(concern.anchors.score(measured.value), 1)
        if error is not None:
            row.score_sd = round(concern.anchors.score_sd(measured.value, error.sd), 1)
        score = row.score
        row.band = say(f"band.{next(band for band in BANDS if score >= band)}")
    elif measured.band is not None:
        row.band = say(measured.band)
    row.details = {name: round(value, 3) for name, value in measured.details.items()}
    shown = f"{row.value:.{concern.decimals}f}"
    if row.band is not None:
        row.explanation = say(f"concern.{concern.key}.explain", value=shown, band=row.band)


def _in_region(
    concern: Concern, measured: Measured, surface: Surface, name: str, *, calibrated: bool, scored: bool
) -> RegionValue:
    """The region's own value on the concern's own scale, with the error that this region repeats with."""
    value = measured.regions.get(name)
    row = RegionValue(
        region=name, label=say(f"region.{name}"), value=None, skin_share=round(surface.regions[name].share, 3)
    )
    if value is None:
        return row
    row.value = round(value, concern.decimals)
    row.repeat_sd = region_error(concern.key, name, calibrated=calibrated)
    if concern.anchors is not None and scored:
        row.score = round(concern.anchors.score(value), 1)
        if row.repeat_sd is not None:
            row.score_sd = round(concern.anchors.score_sd(value, row.repeat_sd), 1)
    return row
