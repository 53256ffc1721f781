"""A measured close-up -> the store: numbers, and the photo where the customer agreed to photos."""

from __future__ import annotations

from typing import Any

from edge.store import Job, Store, new_rid, now
from edge.vision.closeup.scan import overlay
from edge.vision.recording import ScanRequest, figures_of, keep, writing
from edge.vision.results import ConcernResult, ScanResult
from salon.records import CloseUp


def finish_closeup(store: Store, job: Job, request: ScanRequest, result: ScanResult, jpeg: bytes) -> None:
    """Record it and end the job, or leave nothing behind. Raises Cancelled."""
    if request.of == "face":
        raise ValueError(request.of)
    rid = new_rid()

    def pictures() -> dict[str, str]:
        if not request.keep_photo:
            return {}
        drawn = overlay(result)
        return keep(store, rid, {"photo": jpeg} | ({} if drawn is None else {"overlay": drawn}))

    with store.acting(request.by or "system"), writing(store, request, rid, pictures, job.id) as kept:
        record = CloseUp(
            rid=rid,
            visit=request.visit,
            member=request.member,
            at=now(),
            of=request.of,
            by=request.by,
            figures={row.key: _figures(row) for row in result.concerns},
            models={model.id: model.version for model in result.models} | {"scan": result.schema_version},
            mm_per_px=result.mm_per_px or 0.0,
            **kept,
        )
        store.closeups.add(record)
        store.jobs.finish(job.id, {"closeup": rid, "timings_ms": result.timings_ms})


def _figures(row: ConcernResult) -> dict[str, Any]:
    return figures_of(row) if row.band is None else {**figures_of(row), "form": row.band.en}
