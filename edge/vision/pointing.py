"""Eyes that a person pointed at: shares of the upright photo -> pixels, and when it is worth asking for them."""

from __future__ import annotations

from datetime import datetime, timedelta

from edge.store import Store, iso, now
from edge.vision.face import Point
from edge.vision.photo import Photo, load_photo
from edge.vision.recording import ScanRequest

# Refusals that the place of the eyes mends: closed, behind a fringe, or a face that no detector knows.
EYES_HELP = frozenset({"no_face", "eyes_not_found"})

WAITS = timedelta(minutes=15)  # for somebody to point; then the sweep takes the photo


def hold(store: Store, request: ScanRequest, jpeg: bytes) -> str:
    """Keep what the camera saw last for as long as it takes to point; returns its media id."""
    moment = now()
    until = iso(datetime.fromisoformat(moment) + WAITS)
    return store.media.put(
        jpeg, mime="image/jpeg", owner=request.visit, purpose="scan-upload", taken_at=moment, keep_until=until
    )


def pointed_at(data: bytes, request: ScanRequest) -> tuple[bytes | Photo, tuple[Point, Point] | None]:
    """The photo, and the eyes in its pixels. Raises PhotoError."""
    if request.eyes is None:
        return data, None
    # Large photos are decoded smaller: only the decoded one says how many pixels a share is.
    photo = load_photo(data)
    one, two = ((x * photo.width, y * photo.height) for x, y in request.eyes)
    return photo, (one, two)
