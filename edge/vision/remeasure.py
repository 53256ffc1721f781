"""Old photos, measured anew with the models of today: a model change starts a new baseline, this carries the old one over.

Scans are facts: the old record stays, and a new one of the same visit and moment says in `geometry["remeasured"]` which it stands
for. Without a kept photo there is nothing to measure; that is counted, not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tinydb import where

from edge.store import MediaMissing, Store, new_rid
from edge.vision.face import Point
from edge.vision.models import Registry
from edge.vision.recording import ScanRequest, compose, earlier_face, keep_pictures, told, versions, writing
from edge.vision.scan import analyse, default_models
from salon.records import Scan

REMEASURED = "remeasured"


@dataclass(frozen=True)
class Outcome:
    """What became of the scans looked at."""

    anew: int
    up_to_date: int
    no_photo: int
    not_accepted: int


def remeasure(
    store: Store, member: str = "", *, models: Registry | None = None, by: str = "system"
) -> Outcome:
    """Measure all scans (of one member, or of all) again whose models, regions or formulas are not today's, the oldest first.

    Each is laid on the face of the customer's scan before it, as it was when it was taken.
    """
    models = default_models() if models is None else models
    scans = store.scans.select(where("member") == member) if member else store.scans.select()
    replaced = {str(scan.geometry.get(REMEASURED, "")) for scan in scans}
    counts = {"anew": 0, "up_to_date": 0, "no_photo": 0, "not_accepted": 0}
    for scan in sorted(scans, key=lambda scan: (scan.at, scan.rid)):
        if scan.rid not in replaced:
            counts[_anew(store, scan, models, by)] += 1
    return Outcome(**counts)


def _anew(store: Store, scan: Scan, models: Registry, by: str) -> str:
    """What became of one scan: a field of `Outcome`."""
    try:
        photo = store.media.get(scan.photo) if scan.photo else None
    except MediaMissing:
        photo = None
    if photo is None:
        return "no_photo"
    request = ScanRequest(visit=scan.visit, member=scan.member, phase=scan.phase, by=scan.by, keep_photo=True)
    earlier = earlier_face(store, request, before=scan.at)
    result = analyse(
        photo.data, models=models, eyes=_eyes(scan), like=None if earlier is None else earlier.face
    )
    if not result.accepted:
        return "not_accepted"
    if versions(result) == scan.models and formulas(told(result)) == formulas(scan.concerns):
        return "up_to_date"
    rid = new_rid()

    def pictures() -> dict[str, str]:
        return keep_pictures(store, request, result, photo.data, rid, earlier, models, old=photo)

    with store.acting(by), writing(store, request, rid, pictures) as kept:
        fresh = compose(request, result, rid, kept)
        geometry = {**fresh.geometry, REMEASURED: scan.rid}
        store.scans.add(fresh.model_copy(update={"at": scan.at, "geometry": geometry}))
    return "anew"


def formulas(concerns: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The version of each concern's formula: a new one begins a new line, as a new model does."""
    return {key: figures.get("version") for key, figures in concerns.items()}


def _eyes(scan: Scan) -> tuple[Point, Point] | None:
    """Where a person pointed at the eyes. Those that were found are found anew: that gets better too."""
    if scan.geometry.get("source") != "tapped":
        return None
    (rx, ry), (lx, ly) = scan.geometry["right_eye"], scan.geometry["left_eye"]
    return (rx, ry), (lx, ly)
