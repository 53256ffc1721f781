"""A measured photo -> the store: the scan record (numbers only) and, where the customer agreed, its pictures.

The record says all that a comparison needs, so that nobody has to open a photo again: figures with their repeat
errors, the light, the versions of everything they depend on, and where the face was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from tinydb import where

from edge.store import MediaMissing, Store, allowed, iso, now
from edge.store.media import Media
from edge.vision.difference import difference_maps
from edge.vision.models import Registry
from edge.vision.overlay import Pictures
from edge.vision.results import ConcernResult, ScanResult
from edge.vision.scan import overlays
from salon import policies
from salon.records import Scan
from salon.records._base import Ref

Share = Annotated[float, Field(ge=0, le=1)]


class Cancelled(Exception):  # no error: the beautician pressed "stop"
    """The request is not wanted any more."""


class ScanRequest(BaseModel):
    """The body of a job of kind `scan`."""

    model_config = ConfigDict(extra="forbid")

    visit: Ref
    member: Ref
    phase: Literal["before", "after"]
    by: Ref = ""
    bed: str = ""
    keep_photo: bool = False  # False: measured, and its pictures kept nowhere
    photo: str = ""  # media id of an uploaded photo; empty: the camera
    guest: bool = False  # shown once, kept nowhere: no record either
    sides: bool = False  # the left and the right side too, where the camera and the consent allow it
    of: Literal["face", "scalp", "nails"] = "face"
    # Where a person pointed at the eyes, as shares of the photo's width and height.
    eyes: tuple[tuple[Share, Share], tuple[Share, Share]] | None = None


@dataclass(frozen=True, eq=False)
class Earlier:
    """The customer's last face that was kept: later scans are laid on it."""

    scan: str
    face: NDArray[np.uint8]


MIMES = {b"\x89PNG": "image/png", b"RIFF": "image/webp"}
FACE = "face"
SIDE = "side_"  # begins the name of a side view: `side_left` shows the customer's own left
CHANGE = "_change"  # of an overlay's name: a difference map, red where there is more, blue where less


def earlier_face(store: Store, request: ScanRequest, before: str = "") -> Earlier | None:
    """The canonical face of the last scan (`before` a moment) whose pictures were kept, if pictures may be used at all."""
    if not request.keep_photo or request.guest:
        return None
    scans = store.scans.select(where("member") == request.member, order_by="at")
    for scan in reversed(
        [s for s in scans if s.accepted and FACE in s.overlays and (not before or s.at < before)]
    ):
        with suppress(MediaMissing):
            data = np.frombuffer(store.media.get(scan.overlays[FACE]).data, dtype=np.uint8)
            bgr = cv2.imdecode(data, cv2.IMREAD_COLOR)
            if bgr is not None:
                return Earlier(scan.rid, np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8))
    return None


def told(result: ScanResult) -> dict[str, Any]:
    """What a guest is shown."""
    return {concern.key: _figures(concern) for concern in result.concerns}


def photos_withdrawn(store: Store, member: str) -> bool:
    """Whether she has said no to photos by now, in whichever of her files."""
    return allowed.withdrew(store, member, "photos")


@contextmanager
def writing(
    store: Store, request: ScanRequest, rid: str, pictures: Callable[[], dict[str, str]], job: str = ""
) -> Iterator[dict[str, str]]:
    """The transaction that writes what was measured, and ends its job; it is given what is kept of the pictures. Nothing stays of one that fails.

    Raises Cancelled.
    """
    try:
        kept = pictures()  # first: a record never names one that is not there
        with store.transaction():
            check_wanted(store, job)
            if kept and photos_withdrawn(store, request.member):
                # She said no meanwhile: what the request knew of her consent is not true any more.
                store.media.delete_owner(rid)
                kept = {}
            yield kept
    except BaseException:
        store.media.delete_owner(rid)
        raise


def check_wanted(store: Store, job: str) -> None:
    """Raises Cancelled. What nobody has asked for (no `job`) is wanted."""
    if job and store.jobs.get(job).state == "cancelled":
        raise Cancelled


def keep_pictures(
    store: Store,
    request: ScanRequest,
    result: ScanResult,
    jpeg: bytes,
    rid: str,
    earlier: Earlier | None = None,
    models: Registry | None = None,
    sides: dict[str, bytes] | None = None,
    old: Media | None = None,
) -> dict[str, str]:
    """Put the photo (as `photo`) and its overlays into the media store: name -> media id.

    Where the face was laid on an earlier one, the difference maps go with them; side views do as they are. An `old` photo that is
    measured anew is kept no longer than it would have been: a new model is no new consent.
    """
    if not request.keep_photo:
        return {}
    pictures = {
        "photo": jpeg, **overlays(result), **_changes(result, earlier, models), **(sides or {})
    }  # fmt: skip
    return keep(store, rid, pictures, old)


def keep(store: Store, rid: str, pictures: Mapping[str, bytes], old: Media | None = None) -> dict[str, str]:
    """Into the media store, for as long as the policy says: name -> media id."""
    if old is None:
        policy = policies.active(store.policy_texts.select(), store.store_id).policy
        moment = now()
        until: str | None = iso(datetime.fromisoformat(moment) + timedelta(days=policy.photos.keep_days))
    else:
        moment, until = old.taken_at, old.keep_until
    kept = {}
    for name, data in pictures.items():
        mime = next((mime for magic, mime in MIMES.items() if data.startswith(magic)), "image/jpeg")
        kept[name] = store.media.put(
            data, mime=mime, owner=rid, purpose="scan", taken_at=moment, keep_until=until
        )
    return kept


def _changes(result: ScanResult, earlier: Earlier | None, models: Registry | None) -> dict[str, bytes]:
    pictures = result._pictures  # noqa: SLF001  # private to the record, ours to use
    if earlier is None or models is None or result.registered is None or not isinstance(pictures, Pictures):
        return {}
    surface = pictures.surface
    bare = surface.bare(region for region in surface.regions.values() if region.usable)
    maps = difference_maps(earlier.face, surface.canonical.rgb, bare, models)
    return {f"{concern}{CHANGE}": data for concern, data in maps.items()}


def compose(request: ScanRequest, result: ScanResult, rid: str, kept: dict[str, str]) -> Scan:
    """The record of an accepted scan."""
    return Scan(
        rid=rid,
        visit=request.visit,
        member=request.member,
        at=now(),
        phase=request.phase,
        by=request.by,
        concerns={concern.key: _figures(concern) for concern in result.concerns},
        checks=_checks(result),
        models=versions(result),
        mm_per_px=result.mm_per_px or 0.0,
        photo=kept.get("photo", ""),
        overlays={name: media for name, media in kept.items() if name != "photo"},
        geometry=_geometry(result),
    )


def versions(result: ScanResult) -> dict[str, str]:
    """All that the figures depend on; where these differ, two scans are not compared."""
    measuring = {model.id: model.version for model in result.models if model.role != "face-detector"}
    return {**measuring, "regions": result.regions_version, "scan": result.schema_version}


def _figures(concern: ConcernResult) -> dict[str, Any]:
    regions = {
        row.region: row.model_dump(include={"value", "repeat_sd", "score", "score_sd"})
        for row in concern.regions
        if row.value is not None
    }
    return {**figures_of(concern), "score": concern.score, "score_sd": concern.score_sd, "regions": regions}


def figures_of(concern: ConcernResult) -> dict[str, Any]:
    """Numbers and codes; the words are made where they are shown."""
    figures: dict[str, Any] = {
        "status": concern.status,
        "unit": concern.unit,
        "value": concern.value,
        "repeat_sd": concern.repeat_sd,
        "version": concern.version,
    }
    if concern.reason_code is not None:
        figures["reason"] = concern.reason_code.removeprefix("reason.")
    return figures


def _checks(result: ScanResult) -> dict[str, Any]:
    rows: dict[str, Any] = {
        check.key: {"level": check.level, "figure": check.figure, "unit": check.unit}
        for check in result.checks
    }
    if result.referrals:
        rows["referrals"] = len(result.referrals)
    if result.light is not None:
        rows["light"] = result.light.model_dump()
    return rows


def _geometry(result: ScanResult) -> dict[str, Any]:
    if result.face is None:
        return {}
    return {
        "width": result.photo_width,
        "height": result.photo_height,
        "sha256": result.photo_sha256,
        "scale_error_share": result.scale_error_share,
        "registered": None if result.registered is None else result.registered.model_dump(),
        "calibration": None if result.calibration is None else result.calibration.model_dump(),
        **result.face.model_dump(mode="json"),
        "outlines": result.model_dump(mode="json")["outlines"],
    }
