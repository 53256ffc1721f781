"""Skin scans as the bed station asks for them (MEA-01, MEA-02): a job for the vision process, and its result put side by side.

The request lies in the store, so that a scan works with the broker down. Without the customer's consent to photos the scan is
a guest's: measured, and its pictures kept nowhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from tinydb import where

from edge.store import MediaRefused, MediaTooLarge, NoSuchJob, iso, now
from salon.rules import concerns
from salon.rules.said import Said
from salon.rules.times import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.kiosk.services.treatment import Treatment
    from edge.store import Job, Store
    from salon.records import Scan

Phase = Literal["before", "after"]
KIND = "scan"
ASKED = "station.scans"
"""Setting: visit and phase -> the last job asked for, so that a second tap finds the first one's."""
ASKED_MOST = 64
UPLOAD_KEPT = timedelta(hours=1)
"""How long an uploaded file waits for the vision process: it is measured within seconds, or not at all."""
MOST_BYTES = 20 * 1024 * 1024
"""Of an uploaded photo: what the media store keeps at most."""
UPLOAD_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}

REFUSED: dict[str, Said] = {
    "empty": Said("没有选择照片", "No photo was chosen"),
    "too_large": Said("照片超过 20 MB，请选小一些的", "The photo is larger than 20 MB: choose a smaller one"),
    "not_a_photo": Said("这不是 JPEG 或 PNG 照片", "This is not a JPEG or PNG photo"),
}
NO_ANSWER = Said("测量没有完成，请再试一次", "The measurement did not finish: please try again")


class PhotoRefused(ValueError):
    """Raised when an uploaded file is not taken; `.code` is a key of REFUSED."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)

    @property
    def said(self) -> Said:
        return REFUSED[self.code]


# --- asking for a scan


def may_keep_photos(store: Store, member: str) -> bool:
    """Whether the customer agreed to photos being kept in the store."""
    given = store.consents.select((where("member") == member) & (where("purpose") == "photos"))
    return any(consent.granted for consent in given)


def start(store: Store, actor: str, treatment: Treatment, phase: Phase, bed: str, photo: str = "") -> str:
    """Ask for a scan; returns the job. While one of this visit and phase is under way, it is that one."""
    visit = treatment.visit
    key = f"{visit.rid}/{phase}"
    with store.transaction():
        asked: dict[str, str] = store.settings.get(ASKED, {})
        running = find(store, asked.get(key, ""))
        if running is not None and running.state in {"waiting", "running"}:
            return running.id
        body = {
            "visit": visit.rid, "member": visit.member, "phase": phase, "by": actor, "bed": bed,
            "keep_photo": may_keep_photos(store, visit.member), "photo": photo,
        }  # fmt: skip
        job = store.jobs.put(KIND, body)
        kept = [item for item in asked.items() if item[0] != key]
        store.settings.set(ASKED, dict([*kept, (key, job)][-ASKED_MOST:]))
        return job


def find(store: Store, job: str) -> Job | None:
    try:
        return store.jobs.get(job) if job else None
    except NoSuchJob:
        return None


def take_photo(store: Store, treatment: Treatment, data: bytes, source: str) -> str:
    """Hold an uploaded photo for the vision process; returns its media id. Raises PhotoRefused, and keeps the refusal."""
    try:
        return _take(store, treatment, data)
    except PhotoRefused as refused:
        # Of a file that is no photo the beginning helps a technician; of a photo nothing is shown to one.
        raw = data[:64] if refused.code == "not_a_photo" else b""
        store.refuse("photo", source, refused.code, f"{refused.said.en} ({len(data)} bytes)", raw)
        raise


def _take(store: Store, treatment: Treatment, data: bytes) -> str:
    if not data:
        raise PhotoRefused("empty")
    mime = next((mime for magic, mime in UPLOAD_TYPES.items() if data.startswith(magic)), "")
    if not mime:
        raise PhotoRefused("not_a_photo")
    moment = now()
    until = iso(instant(moment) + UPLOAD_KEPT)
    try:
        return store.media.put(
            data,
            mime=mime,
            owner=treatment.visit.rid,
            purpose="scan-upload",
            taken_at=moment,
            keep_until=until,
        )
    except MediaTooLarge as error:
        raise PhotoRefused("too_large") from error
    except MediaRefused as error:
        raise PhotoRefused("not_a_photo") from error


def why_failed(job: Job) -> Said:
    """What to tell the beautician. The vision process says it in both languages, as JSON in the job's detail."""
    try:
        told = json.loads(job.detail)
        return Said(str(told["zh"]), str(told["en"]))
    except (ValueError, TypeError, KeyError):
        return NO_ANSWER


# --- what came of it


@dataclass(frozen=True)
class Row:
    """One concern of a scan, beside the same concern of another."""

    key: str
    label: Said
    value: float | None
    unit: str
    score: float | None
    earlier: float | None
    delta: float | None
    verdict: concerns.Verdict | None
    """None when there is nothing to compare with."""
    image: bool
    """Whether an overlay of it was kept."""

    @property
    def said(self) -> Said | None:
        return concerns.VERDICTS[self.verdict] if self.verdict else None


@dataclass(frozen=True)
class Compared:
    """A scan, the one it is held against, and the concerns of both."""

    scan: Scan
    earlier: Scan | None
    rows: tuple[Row, ...]

    @property
    def unmeasured(self) -> list[Row]:
        return [row for row in self.rows if row.value is None]

    @property
    def measured(self) -> list[Row]:
        return [row for row in self.rows if row.value is not None]


def of_visit(store: Store, visit: str) -> dict[str, Scan]:
    """The last accepted scan of each phase."""
    found = store.scans.select(where("visit") == visit, order_by="at")
    return {scan.phase: scan for scan in found if scan.accepted}


def result(store: Store, treatment: Treatment, phase: Phase) -> Compared | None:
    """The phase's scan beside the last one: after beside before, before beside the last visit's."""
    mine = of_visit(store, treatment.visit.rid)
    scan = mine.get(phase)
    if scan is None:
        return None
    earlier = mine.get("before") if phase == "after" else _of_earlier_visit(store, treatment)
    return side_by_side(scan, earlier)


def _of_earlier_visit(store: Store, treatment: Treatment) -> Scan | None:
    others = store.scans.select(where("member") == treatment.member.rid)
    earlier = [
        s
        for s in others
        if s.visit != treatment.visit.rid and s.accepted and s.at < treatment.visit.arrived_at
    ]
    return max(earlier, key=lambda s: s.at, default=None)


def side_by_side(scan: Scan, earlier: Scan | None) -> Compared:
    old = earlier.concerns if earlier else {}
    same_model = earlier is not None and earlier.models == scan.models
    rows = [
        _row(
            key,
            body,
            old.get(key),
            compared=earlier is not None,
            same_model=same_model,
            image=key in scan.overlays,
        )
        for key, body in scan.concerns.items()
    ]
    return Compared(scan, earlier, tuple(rows))


def _row(
    key: str,
    body: Mapping[str, Any],
    old: Mapping[str, Any] | None,
    *,
    compared: bool,
    same_model: bool,
    image: bool,
) -> Row:
    verdict = concerns.compare(key, old, body, same_model=same_model) if compared else None
    value, before = body.get("value"), old.get("value") if old else None
    comparable = verdict not in {None, "not_measured", "not_comparable"}
    return Row(
        key=key,
        label=concerns.label(key),
        value=value,
        unit=str(body.get("unit", "")),
        score=body.get("score"),
        earlier=before,
        delta=value - before if comparable and value is not None and before is not None else None,
        verdict=verdict,
        image=image,
    )
