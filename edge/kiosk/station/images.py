"""Pictures of a scan, to those who serve the customer; never kept by a browser or on the way."""

from __future__ import annotations

from flask import Response, abort
from flask.typing import ResponseReturnValue

from edge.kiosk.context import the_store
from edge.kiosk.services import scans
from edge.kiosk.station.blueprint import visit_of
from edge.store import MediaMissing


def picture(rid: str, scan: str, name: str) -> ResponseReturnValue:
    """The photo or an overlay of a scan of this visit's customer."""
    found = visit_of(rid)
    shown = the_store().scans.find(scan)
    if shown is None or shown.member != found.member.rid:
        abort(404)
    if not scans.may_keep_photos(the_store(), found.member.rid):
        abort(404)
    return media(shown.photo if name == "photo" else shown.overlays.get(name, ""))


def media(media_id: str) -> Response:
    """A picture out of the media store."""
    if not media_id:
        abort(404)
    try:
        kept = the_store().media.get(media_id)
    except MediaMissing:
        abort(404)
    if not kept.mime.startswith("image/"):
        abort(404)
    return Response(kept.data, mimetype=kept.mime, headers={"Cache-Control": "no-store, private"})
