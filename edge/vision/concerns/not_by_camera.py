"""What no camera measures, said out loud: a row without a number is part of the report."""

from __future__ import annotations

from edge.vision.concerns._base import Concern

_PROBE = "reason.probe_only"

CONCERNS = [
    Concern(key="moisture", order=210, unit="%", direction="higher_is_better", not_measured=_PROBE),
    Concern(key="elasticity", order=220, unit="%", direction="higher_is_better", not_measured=_PROBE),
    Concern(key="sebum", order=230, unit="µg/cm²", not_measured=_PROBE),
]
