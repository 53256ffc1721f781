"""May this close-up be measured? Focus and tilt are judged on the strip, whose edges are known; exposure on all the rest.

So no limit here knows how dark a skin, a hair or a varnish is.
"""

from __future__ import annotations

import cv2
import numpy as np

from edge.vision.closeup._picture import Picture
from edge.vision.gate import Limit, blur_of, checks_of
from edge.vision.results import Check
from edge.vision.surface import CLIPPED, brightest

# A rendered strip has 0.32 when sharp and 0.51 when blurred by 1.2 px, where cover reads an eighth too low; the same by hair alone.
LIMITS = (
    Limit("focus", "blur 0-1", 0.47, 0.60),
    Limit("highlights", "byte", 160, 90, at_least=True),
    Limit("closeup_clipping", "% of picture", 2, 10),
    Limit(
        "closeup_tilt", "mm", 0.5, 1.3
    ),  # 0.5 mm is about 20 degrees: lengths along one side are 6 % too short
)


def judge(picture: Picture) -> list[Check]:
    """All checks that this photo allows: without a strip nobody can tell a tilt."""
    focus = picture.rgb if picture.strip is None else picture.strip
    bright = brightest(picture.rgb)
    figures = {
        "focus": blur_of(np.asarray(cv2.cvtColor(focus, cv2.COLOR_RGB2GRAY), dtype=np.uint8)),
        "highlights": float(np.percentile(bright, 99.5)),
        "closeup_clipping": 100 * float((bright[picture.field] >= CLIPPED).mean()),
        "closeup_tilt": picture.tilt_mm,
    }
    return checks_of(LIMITS, figures)
