"""Devices on this machine's own ports and pins: scanner, card reader, body scale (serial); buttons and lights (GPIO).

Each is a node on the bus like any other, with its own login, so that what it says is judged, kept and shown in the one way there is. Apart
from `edge.sensors`, because it needs ports and pins that the unit which writes readings must not have.
"""

from __future__ import annotations
