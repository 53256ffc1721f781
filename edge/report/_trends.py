"""The lines over the visits: which measures have one, and what becomes of it from the first visit to the last (MEA-05)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.report._model import TrendLine, TrendPoint
from edge.report._values import formatter
from salon.records import Reading, Scan
from salon.rules import concerns, times
from salon.rules import trends as rules
from salon.rules.measures import MEASURES
from salon.rules.said import Said


def trends(
    history: Sequence[Scan],
    readings: Sequence[Reading],
    reading_repeat_sd: Mapping[str, float],
    zone: str,
    language: str,
) -> list[TrendLine]:
    """A line for each measure with at least two visits: the probe's first, then the camera's."""
    lines = []
    for measure, meant in MEASURES.items():
        points = rules.of_readings(readings, measure, reading_repeat_sd.get(measure))
        unit = next((reading.unit for reading in readings if reading.measure == measure), "")
        lines.append(_line(measure, meant.label, Said(unit, unit), points, meant.better, zone, language))
    newest = rules.standing(history)[-1] if history else None
    for key in rules.keys(history):
        unit = str(newest.concerns.get(key, {}).get("unit", "")) if newest else ""
        better: concerns.Better = concerns.CONCERNS[key].better if key in concerns.CONCERNS else "neither"
        points = rules.of_scans(history, key)
        lines.append(_line(key, concerns.label(key), concerns.unit(unit), points, better, zone, language))
    return [line for line in lines if line is not None]


def _line(
    key: str,
    label: Said,
    unit: Said,
    points: Sequence[rules.Point],
    better: concerns.Better,
    zone: str,
    language: str,
) -> TrendLine | None:
    verdict, said = rules.said(points, better)
    if verdict is None or said is None:
        return None
    joined = rules.line(points)
    number = formatter([point.value for point in points])
    return TrendLine(
        key=key,
        label=label.in_(language),
        unit=unit.in_(language),
        first=number(joined[0].value),
        last=number(joined[-1].value),
        verdict=verdict,
        verdict_text=said.in_(language),
        points=[
            TrendPoint(
                day=times.day(times.local(point.at, zone).date()).in_(language),
                value=point.value,
                error=point.error,
                phase=point.phase,
                joined=point.joined,
            )
            for point in points
        ],
    )
