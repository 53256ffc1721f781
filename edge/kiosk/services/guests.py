"""A scan for somebody who wants nothing kept: shown once, and erased by being shown.

No visit, no member, no picture. The outcome waits in the job for the one page that asked; showing it erases the job, and what
nobody came to look at is erased some minutes later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.kiosk.services import findings, scans
from edge.store import NoSuchJob, now
from salon.records import Scan

if TYPE_CHECKING:
    from edge.kiosk.services.findings import Compared
    from edge.store import Job, Store


def start(store: Store, actor: str, bed: str) -> str:
    """Ask for a guest's scan; returns the job."""
    body = {"visit": "", "member": "", "phase": "before", "by": actor, "bed": bed, "guest": True}
    return store.jobs.put(scans.KIND, body)


def find(store: Store, actor: str, job: str) -> Job | None:
    """The job, for whoever asked for it; None for all others, and once it was shown."""
    found = scans.find(store, job)
    mine = found is not None and found.body.get("guest") is True and found.body.get("by") == actor
    return found if mine else None


def show_once(store: Store, job: Job) -> Compared | None:
    """The outcome; it is erased before it is handed out, so that a second look finds nothing."""
    try:
        store.jobs.forget(job.id)
    except NoSuchJob:
        return None
    # Never written: a record only in form, so that it is shown like every other scan.
    checks = {"referrals": job.result.get("referrals", 0)}
    figures = job.result.get("guest", {})
    seen = Scan(rid="guest", visit="", member="", at=now(), phase="before", concerns=figures, checks=checks)
    return findings.side_by_side(seen, None)
