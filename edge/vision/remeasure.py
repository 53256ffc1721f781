"""Old photos, measured anew with the models of today: a model change starts a new baseline, this carries the old one over.

Scans are facts: the old record stays, and a new one of the same visit and moment says in `geometry["remeasured"]` which it stands
for. Without a kept photo there is nothing to measure; that is counted, not guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

from tinydb import where

from edge.store import MediaMissing, Store, new_rid
from edge.vision.models import Registry
from edge.vision.recording import ScanRequest, compose, keep_pictures, versions
from edge.vision.scan import analyse, default_models

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
    """Measure all scans (of one member, or of all) again whose models are not today's."""
    models = default_models() if models is None else models
    scans = store.scans.select(where("member") == member) if member else store.scans.select()
    replaced = {str(scan.geometry.get(REMEASURED, "")) for scan in scans}
    counts = {"anew": 0, "up_to_date": 0, "no_photo": 0, "not_accepted": 0}
    for scan in scans:
        if scan.rid in replaced:
            continue
        try:
            data = store.media.get(scan.photo).data if scan.photo else None
        except MediaMissing:
            data = None
        if data is None:
            counts["no_photo"] += 1
            continue
        geometry = scan.geometry
        eyes = (
            (tuple(geometry["right_eye"]), tuple(geometry["left_eye"])) if "right_eye" in geometry else None
        )
        result = analyse(data, models=models, eyes=eyes)
        if not result.accepted:
            counts["not_accepted"] += 1
            continue
        if versions(result) == scan.models:
            counts["up_to_date"] += 1
            continue
        request = ScanRequest(
            visit=scan.visit, member=scan.member, phase=scan.phase, by=scan.by, keep_photo=True
        )
        rid = new_rid()
        kept = keep_pictures(store, request, result, data, rid)
        fresh = compose(request, result, rid, kept)
        geometry = {**fresh.geometry, REMEASURED: scan.rid}
        with store.acting(by), store.transaction():
            store.scans.add(fresh.model_copy(update={"at": scan.at, "geometry": geometry}))
        counts["anew"] += 1
    return Outcome(**counts)
