"""The table of values: camera and probe, before and after, with their repeat errors and verdicts (MEA-02, MEA-03)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edge.report._model import ValueRow
from salon.records import CloseUp, Reading, Scan
from salon.rules import concerns, times
from salon.rules.measures import MEASURES, Measure

_EMPTY: Mapping[str, Any] = {}


def values(
    before: Scan | None,
    after: Scan | None,
    readings: Sequence[Reading],
    reading_repeat_sd: Mapping[str, float],
    language: str,
) -> list[ValueRow]:
    """The probe's rows first: what can be felt; then the camera's, in the order of `concerns.CONCERNS`."""
    rows = [
        row
        for measure, known in MEASURES.items()
        if (row := _reading_row(measure, known, readings, reading_repeat_sd.get(measure), language))
    ]
    found = {**(before.concerns if before else {}), **(after.concerns if after else {})}
    order = list(concerns.CONCERNS)
    keys = sorted(found, key=lambda key: (order.index(key) if key in order else len(order), key))
    comparable = not (before and after and concerns.obstacles(before, after))
    for key in keys:
        one = before.concerns.get(key, _EMPTY) if before else _EMPTY
        two = after.concerns.get(key, _EMPTY) if after else _EMPTY
        if concerns.measured(one) or concerns.measured(two):
            rows.append(_concern_row(key, one, two, language, comparable=comparable))
    return rows


def of_closeups(closeups: Sequence[CloseUp], language: str) -> list[ValueRow]:
    """The first and the last close-up of the visit, of the scalp and of a nail."""
    rows = []
    for of in ("scalp", "nails"):
        mine = sorted((c for c in closeups if c.of == of), key=lambda c: times.instant(c.at))
        if not mine:
            continue
        one, two = mine[0], mine[-1]
        for key in concerns.CLOSEUPS:
            before = one.figures.get(key, _EMPTY)
            after = two.figures.get(key, _EMPTY) if two is not one else _EMPTY
            if not (concerns.measured(before) or concerns.measured(after)):
                continue
            row = _concern_row(key, before, after, language, comparable=one.models == two.models)
            if two is one:
                row = row.model_copy(update={"alone": row.before, "before": ""})
            if key == "nail_tip":  # a word says more than the share of the width that is left
                words = [_form(before, language), _form(after, language)]
                sides = ("alone",) if two is one else ("before", "after")
                row = row.model_copy(update={**dict(zip(sides, words, strict=False)), "error": ""})
            rows.append(row)
    return rows


def _form(body: Mapping[str, Any], language: str) -> str:
    form = concerns.FORMS.get(str(body.get("form", "")))
    return form.in_(language) if form else ""


def _concern_row(
    key: str, before: Mapping[str, Any], after: Mapping[str, Any], language: str, *, comparable: bool
) -> ValueRow:
    shown = [body for body in (before, after) if concerns.measured(body)]
    unit = str(shown[0].get("unit", ""))
    error = concerns.repeat_error(*shown)
    verdict = concerns.compare(key, before, after, same_model=comparable) if len(shown) == 2 else None
    scores = [f"{body['score']:.0f}" for body in shown if body.get("score") is not None]
    number = formatter([body["value"] for body in shown])
    return ValueRow(
        key=key,
        label=concerns.label(key).in_(language),
        unit=concerns.unit(unit).in_(language),
        before=number(before["value"]) if concerns.measured(before) else "",
        after=number(after["value"]) if concerns.measured(after) else "",
        meaning=concerns.MEANINGS[key].in_(language) if key in concerns.MEANINGS else "",
        score=" → ".join(scores),
        error=f"± {number(error)}" if error is not None else "",
        verdict=verdict,
        verdict_text=concerns.VERDICTS[verdict].in_(language) if verdict else "",
        sentence=_sentence(verdict, [body["value"] for body in shown], number, error, language),
        source="camera",
    )


def _reading_row(
    measure: str, meant: Measure, readings: Sequence[Reading], repeat_sd: float | None, language: str
) -> ValueRow | None:
    before, after = (_last(readings, measure, phase) for phase in ("before", "after"))
    known = before or after
    if known is None:
        return None
    error = None if repeat_sd is None else concerns.REPEATS * repeat_sd
    verdict = None
    if before and after:
        verdict = concerns.judge(after.value - before.value, error, meant.better)
    number = formatter([reading.value for reading in (before, after) if reading])
    return ValueRow(
        key=measure,
        label=meant.label.in_(language),
        unit=known.unit,
        before=number(before.value) if before else "",
        after=number(after.value) if after else "",
        score="",
        error=f"± {number(error)}" if error is not None else "",
        verdict=verdict,
        verdict_text=concerns.VERDICTS[verdict].in_(language) if verdict else "",
        sentence=_sentence(
            verdict, [reading.value for reading in (before, after) if reading], number, error, language
        ),
        source=meant.source,
    )


def _last(readings: Sequence[Reading], measure: str, phase: str) -> Reading | None:
    """The last reading of a phase that is not bad: a beautician repeats one that went wrong."""
    fitting = [r for r in readings if r.measure == measure and r.phase == phase and r.quality != "bad"]
    return max(fitting, key=lambda reading: times.instant(reading.at), default=None)


def _sentence(
    verdict: concerns.Verdict | None,
    shown: Sequence[float],
    number: Callable[[float], str],
    error: float | None,
    language: str,
) -> str:
    if verdict is None:
        return ""
    delta = shown[-1] - shown[0]
    said = concerns.sentence(verdict, delta, number(abs(delta)), "" if error is None else number(error))
    return said.in_(language) if said else ""


def formatter(shown: Sequence[float]) -> Callable[[float], str]:
    """One number of decimals for a whole row, as many as a person can use: 132, 41.5, 0.37."""
    size = max(map(abs, shown))
    decimals = 0 if size >= 100 else 1 if size >= 1 else 2
    return lambda value: f"{value:.{decimals}f}".replace("-", "\u2212")
