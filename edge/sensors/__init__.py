"""What devices say, made into readings: one row a kind of measurement, one folder a kind of device.

A message is parsed strictly, judged, and written with its quality, or refused by name where a technician sees it. Nothing a device can
send stops the unit.
"""

from __future__ import annotations

from edge.sensors.kinds import MEASURES, Measure

__all__ = ["MEASURES", "Measure"]
