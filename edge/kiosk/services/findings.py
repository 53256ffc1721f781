"""What scans say (MEA-01, MEA-02): one beside another, concern by concern, and whether a difference is real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tinydb import where

from salon.rules import concerns, trends

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.kiosk.services.scans import Phase
    from edge.kiosk.services.treatment import Treatment
    from edge.store import Store
    from salon.records import Scan
    from salon.rules.said import Said


@dataclass(frozen=True)
class Part:
    """One concern in one region of the face."""

    label: Said
    value: float
    score: float | None
    error: float | None
    """What repeats of it differ by: of the score where there is one, else of the value. None: not known."""


@dataclass(frozen=True)
class Row:
    """One concern of a scan, beside the same concern of another."""

    key: str
    label: Said
    value: float | None
    """None: not measurable in this photo."""
    unit: Said
    score: float | None
    earlier: float | None
    delta: float | None
    verdict: concerns.Verdict | None
    """None when there is nothing to compare with."""
    image: bool
    """Whether an overlay of it was kept."""
    change: str = ""
    """The difference map against the earlier face, if one was kept: its name among the overlays."""
    indicative: bool = False
    """Whether the value is only a hint: the light was not calibrated, or repeats differ too much."""
    hint: Said | None = None
    """What must be said beside the figure."""
    meaning: Said | None = None
    """What the value is, and which way is better."""
    parts: tuple[Part, ...] = ()
    """Region by region, as far as the photo showed them."""

    @property
    def said(self) -> Said | None:
        return concerns.VERDICTS[self.verdict] if self.verdict else None


@dataclass(frozen=True)
class Compared:
    """A scan, the one it is held against, and the concerns of both."""

    scan: Scan
    earlier: Scan | None
    obstacles: tuple[Said, ...]
    """Why the two must not be compared."""
    rows: tuple[Row, ...]

    @property
    def measured(self) -> list[Row]:
        return [row for row in self.rows if row.value is not None]

    @property
    def referred(self) -> bool:
        """Whether a place was left unscored because a doctor should see it."""
        return bool(self.scan.checks.get("referrals"))

    @property
    def scale(self) -> Said | None:
        """How a score is to be read, where there is one."""
        return concerns.SCORES if any(row.score is not None for row in self.rows) else None

    @property
    def lacking(self) -> list[tuple[Said | None, list[Row]]]:
        """The concerns without a figure, by the reason why: some of them she can do something about."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            if row.value is None:
                reason = str(self.scan.concerns[row.key].get("reason", ""))
                found.setdefault(reason if reason in concerns.WHY_NOT else "", []).append(row)
        return [(concerns.WHY_NOT.get(reason), rows) for reason, rows in found.items()]


def of_visit(store: Store, visit: str) -> dict[str, Scan]:
    """The last accepted scan of each phase."""
    return {scan.phase: scan for scan in trends.standing(store.scans.select(where("visit") == visit))}


def result(store: Store, treatment: Treatment, phase: Phase) -> Compared | None:
    """The phase's scan beside the last one: after beside before, before beside the last visit's."""
    mine = of_visit(store, treatment.visit.rid)
    scan = mine.get(phase)
    if scan is None:
        return None
    earlier = mine.get("before") if phase == "after" else _of_earlier_visit(store, treatment)
    return side_by_side(scan, earlier)


def _of_earlier_visit(store: Store, treatment: Treatment) -> Scan | None:
    visit = treatment.visit
    others = trends.standing(store.scans.select(where("member") == treatment.member.rid))
    earlier = [s for s in others if s.visit != visit.rid and s.at < visit.arrived_at]
    return max(earlier, key=lambda s: s.at, default=None)


def side_by_side(scan: Scan, earlier: Scan | None) -> Compared:
    """Every concern of a scan with the earlier scan's value and the verdict on the difference."""
    obstacles = concerns.obstacles(earlier, scan) if earlier else []
    rows = tuple(
        _row(key, body, scan, earlier, comparable=not obstacles) for key, body in scan.concerns.items()
    )
    return Compared(scan, earlier, tuple(obstacles), rows)


def _row(key: str, body: Mapping[str, Any], scan: Scan, earlier: Scan | None, *, comparable: bool) -> Row:
    old = earlier.concerns.get(key, {}) if earlier else {}
    value = body["value"] if concerns.measured(body) else None
    before = old["value"] if concerns.measured(old) else None
    verdict = None
    if value is not None and before is not None:
        verdict = concerns.compare(key, old, body, same_model=comparable)
    return Row(
        key=key,
        label=concerns.label(key),
        value=value,
        unit=concerns.unit(str(body.get("unit", ""))),
        score=body.get("score") if value is not None else None,
        earlier=before,
        delta=None if value is None or before is None or verdict == "not_comparable" else value - before,
        verdict=verdict,
        image=key in scan.overlays,
        change=f"{key}_change" if f"{key}_change" in scan.overlays else "",
        indicative=body.get("status") == "indicative",
        hint=concerns.hint(body) if value is not None else None,
        meaning=concerns.MEANINGS.get(key),
        parts=_parts(body) if value is not None else (),
    )


def _parts(body: Mapping[str, Any]) -> tuple[Part, ...]:
    found = []
    for name, label in concerns.REGIONS.items():
        own = body.get("regions", {}).get(name)
        if isinstance(own, dict) and concerns.measured(own):  # older scans kept the value alone
            score = own.get("score")
            sd = own.get("repeat_sd" if score is None else "score_sd")
            found.append(Part(label, own["value"], score, None if sd is None else concerns.REPEATS * sd))
    return tuple(found)
