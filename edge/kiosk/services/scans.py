"""Skin scans as the bed station asks for them (MEA-01): a job for the vision process.

The request lies in the store, so that a scan works with the broker down. Without the customer's consent to photos the scan is
a guest's: measured, and its pictures kept nowhere.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from edge.store import MediaRefused, MediaTooLarge, NoSuchJob, allowed, iso, now
from salon.rules.said import Said
from salon.rules.times import instant

if TYPE_CHECKING:
    from edge.kiosk.services.treatment import Treatment
    from edge.store import Job, Store

Phase = Literal["before", "after"]
Eyes = tuple[tuple[float, float], tuple[float, float]]
KIND = "scan"
ASKED = "station.scans"
"""Setting: visit and phase -> the last job asked for, so that a second tap finds the first one's."""
ASKED_MOST = 64
CAMERAS = "scan.cameras"
"""Setting: which cameras are plugged in, written by the vision process."""
UPLOAD_KEPT = timedelta(hours=1)
"""How long an uploaded file waits for the vision process: it is measured within seconds, or not at all."""
MOST_BYTES = 20 * 1024 * 1024
"""Of an uploaded photo: what the media store keeps at most."""
UPLOAD_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"RIFF": "image/webp"}

REFUSED: dict[str, Said] = {
    "empty": Said("没有选择照片", "No photo was chosen"),
    "too_large": Said("照片超过 20 MB，请选小一些的", "The photo is larger than 20 MB: choose a smaller one"),
    "not_a_photo": Said("这不是 JPEG、PNG 或 WebP 照片", "This is not a JPEG, PNG or WebP photo"),
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
    return allowed.allows(store, member, "photos")


def has_camera(store: Store, bed: str) -> bool:
    """Whether a camera is at this bed, as the vision process saw it last (`edge.vision.beds`); before it has ever looked there may be one."""
    told = store.settings.get(CAMERAS)
    return True if told is None else bool(told["beds"].get(bed, told["other"]))


def start(
    store: Store,
    actor: str,
    treatment: Treatment,
    phase: Phase,
    bed: str,
    photo: str = "",
    *,
    sides: bool = False,
    of: Literal["face", "scalp", "nails"] = "face",
    eyes: Eyes | None = None,
) -> str:
    """Ask for a scan; returns the job. While one of this visit and phase is under way, it is that one.

    `sides`: the left and the right side too, which are only looked at, so that they need consent to photos. `eyes`: where a person
    pointed at them on the photo, as shares of its width and height.
    """
    visit = treatment.visit
    key = f"{visit.rid}/{phase if of == 'face' else of}"
    with store.transaction():
        asked: dict[str, str] = store.settings.get(ASKED, {})
        running = find(store, asked.get(key, ""))
        if running is not None and running.state in {"waiting", "running"}:
            return running.id
        body = {
            "visit": visit.rid, "member": visit.member, "phase": phase, "by": actor, "bed": bed,
            "keep_photo": may_keep_photos(store, visit.member), "photo": photo,
            "sides": sides, "of": of, "eyes": eyes,
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
