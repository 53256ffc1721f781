"""How long the journeys took: kept for a person to read, and never a reason to fail, since the machine may have other things to do.

`screenshots/journeys.json` has each journey of its last run with its steps in seconds, and what was clocked on the way; a test run that
walked one prints it. What a store's own customers take is measured at each arrival and shown to the manager.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[2] / "screenshots" / "journeys.json"
_begun: set[str] = set()
"""Journeys of this process: their first step puts away what an earlier run wrote."""


def step(nodeid: str, seconds: float) -> None:
    """A step of a journey came to its end."""
    _write(nodeid, "steps", nodeid.partition("::")[2], seconds)


def clocked(nodeid: str, what: str, seconds: float) -> None:
    """Something that took so long on the way."""
    _write(nodeid, "clocked", what, seconds)


def _write(nodeid: str, part: str, name: str, seconds: float) -> None:
    """Several journeys may run at a time, each in a process of its own."""
    journey = Path(nodeid.partition("::")[0]).stem.removeprefix("test_")
    FILE.parent.mkdir(exist_ok=True)
    with FILE.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known: dict[str, Any] = json.loads(file.read() or "{}")
        if journey not in _begun:
            _begun.add(journey)
            known[journey] = {"steps": {}, "clocked": {}}
        known[journey][part][name] = round(seconds, 2)
        file.seek(0)
        file.truncate()
        file.write(json.dumps(known, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def lines() -> Iterator[str]:
    """What is kept, for a person."""
    for journey, own in json.loads(FILE.read_text("utf-8")).items():
        yield f"{sum(own['steps'].values()):8.1f} s  {journey} ({len(own['steps'])} steps)"
        for what, seconds in own["clocked"].items():
            yield f"{seconds:8.1f} s      {what}"
