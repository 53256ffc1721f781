"""The photo on which nobody found a face: a person points at the two eyes, and it is measured by them (MEA-01)."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from edge.store import MediaMissing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.kiosk.services.scans import Eyes
    from edge.store import Job, Store

NEAREST = 0.03
"""Of the photo's width: eyes nearer to each other are two touches on one place."""


class NotPointed(ValueError):
    """Raised when what was sent are not two places on the photo."""


def photo_of(job: Job) -> str:
    """The photo that waits for somebody to point; empty if there is none."""
    if job.state != "failed":
        return ""
    try:
        return str(json.loads(job.detail).get("photo", ""))
    except (ValueError, AttributeError):
        return ""


def may_point(store: Store, job: Job) -> bool:
    """Whether its photo is still there."""
    held = photo_of(job)
    if not held:
        return False
    try:
        store.media.get(held)
    except MediaMissing:
        return False
    return True


def read(sent: Mapping[str, str]) -> Eyes:
    """Shares of the photo's width and height. Raises NotPointed."""
    try:
        one, two = ((float(sent[f"x{k}"]), float(sent[f"y{k}"])) for k in (1, 2))
    except (KeyError, ValueError) as error:
        raise NotPointed from error
    if not all(0 <= v <= 1 for v in (*one, *two)) or math.dist(one, two) < NEAREST:
        raise NotPointed
    return one, two
