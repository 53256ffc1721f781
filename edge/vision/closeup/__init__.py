"""Close-ups of scalp and nails: what one photo beside our grey strip honestly shows, and by name what it does not.

`analyse_closeup(photo, "scalp" | "nails")` is the one door; `overlay` draws what was counted. The colour is `color_v1`'s, as on the face.
"""

from __future__ import annotations

from edge.vision.closeup._rows import KEYS
from edge.vision.closeup.scan import analyse_closeup, overlay

__all__ = ["KEYS", "analyse_closeup", "overlay"]
