"""Guidance and preview of a running scan, from the bus to the page that asked for it.

They are for the eye and ten times a second: nothing of them is kept, and without a broker the page does without. A preview shows a
face, so it goes only to the room of its own job, which only the page that started the scan knows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from edge.kiosk.context import EXTENSION

if TYPE_CHECKING:
    from flask import Flask

    from edge.kiosk.context import Kiosk
    from edge.kiosk.live import Live

ROOM = "scan:"
MOST_PREVIEW = 40_000
"""bytes of a preview JPEG; a larger one is not passed on."""
JPEG = b"\xff\xd8\xff"


def listen(app: Flask) -> None:
    """Subscribe once, when the kiosk starts. A bus that is down now subscribes when it comes."""
    held: Kiosk = app.extensions[EXTENSION]
    live: Live = app.extensions["live"]
    if held.bus is None:
        return
    prefix = f"salon/{held.store.store_id}/edge/scan"
    held.bus.subscribe(f"{prefix}/+/guidance", lambda message: guidance(live, message), qos=0)
    held.bus.subscribe(f"{prefix}/+/preview", lambda message: preview(live, message), qos=0)


def guidance(live: Live, message: Any) -> None:
    """What to tell the customer now."""
    said = read_guidance(message.payload)
    if said is not None and not message.retain:
        live.tell(ROOM + _job(message.topic), "guidance", said)


def preview(live: Live, message: Any) -> None:
    """What the camera sees now."""
    picture = bytes(message.payload)
    if picture.startswith(JPEG) and len(picture) <= MOST_PREVIEW and not message.retain:
        live.tell(ROOM + _job(message.topic), "preview", {"jpeg": picture})


def read_guidance(payload: bytes) -> dict[str, Any] | None:
    """The parts of a guidance message that a page uses; None if it is none."""
    try:
        told = json.loads(payload)
        return {
            "code": str(told["code"]),
            "zh": str(told["zh"]),
            "en": str(told["en"]),
            "ok": bool(told["ok"]),
        }
    except (ValueError, TypeError, KeyError):
        return None


def _job(topic: str) -> str:
    return topic.split("/")[4]
