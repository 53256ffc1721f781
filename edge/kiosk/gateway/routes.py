"""What customers answer to messages: the gateway posts it here, signed with the key that signs what goes out (edge/signed.py).

Nothing is believed before its signature. What is wrong, old, comes a second time or cannot be read is refused and kept for the
technician without what it said; the gateway learns only which of these it was.
"""

from __future__ import annotations

import time

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from edge import signed
from edge.kiosk.context import the_store
from edge.kiosk.pages import GATEWAY, Family
from edge.kiosk.services import replying
from edge.store.keys import secret_file

pages = Blueprint("gateway", __name__, url_prefix="/in")
KEY = "care-webhook"
"""A file among the store's keys: without one there is no gateway, and nothing here."""


@pages.post("/replies")
def replies() -> ResponseReturnValue:
    """One answer. 200: taken; 202: of nobody who is known; 401, 409, 422: refused."""
    secret = _secret()
    stamp, signature = request.headers.get(signed.TIMESTAMP, ""), request.headers.get(signed.SIGNATURE, "")
    body = request.get_data()
    if wrong := signed.problem(secret, stamp, body, signature, time.time()):
        return _refused(f"reply-{wrong}", "", 401)
    try:
        reply = replying.Reply.model_validate_json(body)
    except ValidationError as error:  # which field, not what stood in it
        places = {".".join(map(str, each["loc"])) or "body" for each in error.errors()}
        return _refused("reply-unreadable", ", ".join(sorted(places)), 422)
    try:
        taken = replying.take(the_store(), reply, signature, int(stamp))
    except replying.CameAlready:
        return _refused("reply-again", "", 409)
    return {"taken": taken}, 202 if taken == "unknown" else 200


def _secret() -> bytes:
    path = secret_file(the_store().home, KEY)
    secret = b"" if path is None else path.read_bytes().strip()
    if len(secret) < signed.SHORTEST_KEY:
        abort(404)
    return secret


def _refused(code: str, detail: str, status: int) -> ResponseReturnValue:
    the_store().refuse("http", request.remote_addr or "", code, detail)
    return {"refused": code}, status


FAMILY = Family(pages, rights={"replies": GATEWAY})
