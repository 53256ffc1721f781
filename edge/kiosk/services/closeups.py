"""Close-ups of scalp and nails at the bed (MEA-14): the last one of the visit beside the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tinydb import where

from salon.rules import concerns
from salon.rules.times import instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.kiosk.services.treatment import Treatment
    from edge.store import Store
    from salon.records import CloseUp, Service
    from salon.rules.said import Said

Of = Literal["scalp", "nails"]
CATEGORY: dict[str, Of] = {"hair": "scalp", "nails": "nails"}
"""Category of a service -> what is looked at closely during it."""


@dataclass(frozen=True)
class Row:
    """One figure, or why there is none."""

    label: Said
    value: str
    """Empty where there is none."""
    unit: str
    error: str
    """What two photos of the same differ by."""
    earlier: str
    said: Said | None
    """The verdict on the difference."""
    verdict: str
    word: Said | None
    """A form instead of a figure."""
    why: Said | None


@dataclass(frozen=True)
class Shown:
    closeup: CloseUp
    earlier: CloseUp | None
    rows: tuple[Row, ...]


def wanted(services: Sequence[Service]) -> list[Of]:
    """What the services of a visit give reason to look at."""
    return list(dict.fromkeys(CATEGORY[s.category] for s in services if s.category in CATEGORY))


def result(store: Store, treatment: Treatment, of: Of) -> Shown | None:
    """The last close-up of this visit beside the customer's one before it."""
    mine = store.closeups.select((where("member") == treatment.member.rid) & (where("of") == of))
    mine.sort(key=lambda closeup: instant(closeup.at))
    if not mine or mine[-1].visit != treatment.visit.rid:
        return None
    last, earlier = mine[-1], mine[-2] if len(mine) > 1 else None
    return Shown(last, earlier, tuple(_row(key, last, earlier) for key in last.figures))


def _row(key: str, closeup: CloseUp, earlier: CloseUp | None) -> Row:
    body = closeup.figures[key]
    old = earlier.figures.get(key) if earlier else None
    measured, before = concerns.measured(body), concerns.measured(old)
    verdict = ""
    if measured and before and earlier:
        verdict = concerns.compare(key, old, body, same_model=closeup.models == earlier.models)
    error = concerns.repeat_error(body) if measured else None
    return Row(
        label=concerns.label(key),
        value=_figure(body["value"]) if measured else "",
        unit=str(body.get("unit", "")),
        error="" if error is None else _figure(error),
        earlier=_figure(old["value"]) if old and before else "",
        said=concerns.VERDICTS[verdict] if verdict else None,  # type: ignore[index]
        verdict=verdict,
        word=concerns.FORMS.get(str(body.get("form", ""))) if measured else None,
        why=None if measured else concerns.WHY_NOT.get(str(body.get("reason", ""))),
    )


def _figure(value: float) -> str:
    """Flakes are hundredths of a percent, cover tens: two decimals where one would say nothing."""
    return f"{value:.1f}" if abs(value) >= 2 else f"{value:.2f}"
