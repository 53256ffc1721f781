"""Skin that never was: a procedural renderer whose truth is known to the pixel.

It trains the small network (`training/`), and it proves the measures: dose-response, cross-talk, repeatability and the
gate's rates over all tones are run on its faces. Layers of melanin, haemoglobin and relief are lit, seen by a
camera and written as bytes. Dice on one's own rendering says nothing about real faces; what it does say is how a measure
answers to one cause at a time, which no photo can.
"""

from __future__ import annotations

VERSION = "render-2"  # goes into the provenance of everything trained or measured with it
