"""A measured close-up -> the store: numbers, and the photo where the customer agreed to photos."""

from __future__ import annotations

from typing import Any

from edge.store import Job, Store, new_rid, now
from edge.vision.closeup.scan import overlay
from edge.vision.recording import ScanRequest, keep, photos_withdrawn
from edge.vision.results import ConcernResult, ScanResult
from salon.records import CloseUp


def finish_closeup(store: Store, job: Job, request: ScanRequest, result: ScanResult, jpeg: bytes) -> None:
    """Record it and end the job, or leave nothing behind."""
    if request.of == "face":
        raise ValueError(request.of)
    rid = new_rid()
    drawn = overlay(result)
    pictures = {"photo": jpeg} | ({} if drawn is None else {"overlay": drawn})
    try:
        kept = keep(store, rid, pictures) if request.keep_photo else {}
        with store.acting(request.by or "system"), store.transaction():
            if kept and photos_withdrawn(store, request.member):
                # She said no meanwhile: what the request knew of her consent is not true any more.
                store.media.delete_owner(rid)
                kept = {}
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
    except BaseException:
        store.media.delete_owner(rid)
        raise


def _figures(row: ConcernResult) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "status": row.status,
        "unit": row.unit,
        "value": row.value,
        "repeat_sd": row.repeat_sd,
        "version": row.version,
    }
    if row.band is not None:
        figures["form"] = row.band.en
    if row.reason_code is not None:
        figures["reason"] = row.reason_code.removeprefix("reason.")
    return figures
