"""The diagnostics bundle: what support needs to help from afar, and nothing that names a person.

Counts, states, codes and times. What was refused goes without its raw text and detail, jobs without their bodies: both may quote what a person typed.
"""

from __future__ import annotations

import io
import json
import platform
import zipfile
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from edge.kiosk.services import technician
from edge.store import now

if TYPE_CHECKING:
    from edge.store import Store

REFUSALS = 500


def bundle(store: Store, bus: Any | None, version: str) -> bytes:
    """A ZIP of JSON files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts(store, bus, version).items():
            archive.writestr(
                f"parlour-{store.store_id}/{name}.json", json.dumps(part, indent=1, ensure_ascii=False)
            )
    return packed.getvalue()


def parts(store: Store, bus: Any | None, version: str) -> dict[str, Any]:
    """What the bundle holds."""
    health = technician.health(store, bus)
    presence = store.presence.all()
    return {
        "about": {
            "store": store.store_id, "made_at": now(), "version": version, "python": platform.python_version(),
            "machine": platform.machine(), "kernel": platform.release(),
        },
        "health": {
            "machine": asdict(health.machine), "disk_free": health.disk_free, "disk_share": round(health.disk_share, 3),
            "clock_suspect": health.clock_suspect, "records_bytes": health.records_bytes,
            "photos_bytes": health.photos_bytes, "broker": health.broker, "pending": health.pending,
            "oldest": health.oldest, "models": health.models, "units": [asdict(unit) for unit in health.units],
            "telemetry": [asdict(usage) for usage in health.telemetry],
            "sync": {key: health.sync.get(key) for key in ("last_push_at", "last_pull_at")},
            "tables": {name: len(store.table(kind)) for kind, name in _tables().items()},
        },
        "devices": [
            {
                "device": d.device, "profile": d.profile, "state": d.state, "added_at": d.added_at,
                "online": bool(presence.get(d.device) and presence[d.device].online),
                "last_seen": presence[d.device].last_seen if d.device in presence else "",
                "firmware": presence[d.device].firmware if d.device in presence else "",
                "calibrated": {measure: c.at for measure, c in d.calibration.items()},
            }
            for d in store.devices.select()
        ],
        "refused": [
            {"at": r.at, "boundary": r.boundary, "source": r.source if r.boundary in {"mqtt", "serial"} else "", "code": r.code}
            for r in store.refusals(REFUSALS)
        ],
        "jobs": [
            {"kind": j.kind, "state": j.state, "asked_at": j.asked_at, "changed_at": j.changed_at, "code": j.code}
            for j in store.jobs.latest()
        ],
    }  # fmt: skip


def _tables() -> dict[str, str]:
    from salon.records import kinds

    return {kind: cls.table for kind, cls in kinds().items()}
