"""What this scan does not measure, said out loud: the probe's concerns, and those that this version lacks.

A row without a number is part of the report. The rows of relief and lesions already say from which pixel pitch
on they could be seen at all, so that "come closer" is told apart from "not in this version".
"""

from __future__ import annotations

from edge.vision.concerns._base import Concern

_LATER = "reason.not_in_this_version"
_PROBE = "reason.probe_only"

CONCERNS = [
    # A visible pore is 0.25 mm wide and needs two pixels; fine lines are as narrow.
    Concern(key="pores", order=110, unit="1/cm²", max_mm_per_px=0.12, not_measured=_LATER),
    Concern(key="wrinkles", order=120, unit="mm/cm²", max_mm_per_px=0.15, not_measured=_LATER),
    Concern(key="spots", order=130, unit="1/cm²", max_mm_per_px=0.3, not_measured=_LATER),
    Concern(key="acne_like", order=140, unit="count", max_mm_per_px=0.3, not_measured=_LATER),
    Concern(key="moisture", order=210, unit="%", direction="higher_is_better", not_measured=_PROBE),
    Concern(key="elasticity", order=220, unit="%", direction="higher_is_better", not_measured=_PROBE),
    Concern(key="sebum", order=230, unit="µg/cm²", not_measured=_PROBE),
]
