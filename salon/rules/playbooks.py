"""What to say first and what to do then, by kind of complaint (CMP-03, CMP-04); scripts and drill scenes (STF-09); the first two hours (STF-08)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from salon.records import Complaint
from salon.rules.said import Explain, Said


@dataclass(frozen=True)
class PlaybookStep:
    """One thing to do, and the role that does it."""

    key: str
    who: str
    said: Said
    done: bool


@dataclass(frozen=True)
class Playbook:
    """How this kind of complaint is handled."""

    topic: str
    script: Said
    """The first response: an apology."""
    steps: tuple[PlaybookStep, ...]
    compensation: Said
    explain: Explain


@dataclass(frozen=True)
class Drill:
    """A scene to practise, and what a good answer has."""

    key: str
    scene: Said
    good: Said


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("playbooks.toml").read_text("utf-8"))


def playbook(complaint: Complaint, name: Said) -> Playbook:
    """The playbook of a complaint. `name`: how the customer is addressed, in both languages."""
    body = _data()["playbook"][complaint.topic]
    script = Said(body["say_zh"].format(name=name.zh), body["say_en"].format(name=name.en))
    steps = tuple(
        PlaybookStep(step["key"], step["who"], Said(step["zh"], step["en"]), step["key"] in complaint.steps)
        for step in body["steps"]
    )
    said = Said(f"{len(steps)} 步，已完成 {sum(s.done for s in steps)} 步", f"{len(steps)} steps")
    return Playbook(
        complaint.topic,
        script,
        steps,
        Said(body["compensation_zh"], body["compensation_en"]),
        Explain("playbook (CMP-03, CMP-04)", said, {"topic": complaint.topic}),
    )


def drills() -> tuple[Drill, ...]:
    """The scenes to practise (STF-09)."""
    return tuple(
        Drill(d["key"], Said(d["zh"], d["en"]), Said(d["good_zh"], d["good_en"])) for d in _data()["drill"]
    )


@dataclass(frozen=True)
class Incident:
    """What to do in the first hour of an incident (SEC-12)."""

    key: str
    label: Said
    steps: tuple[Said, ...]


def incidents() -> tuple[Incident, ...]:
    """The plans for a leak, a service gone wrong, bad press, and a technical failure (SEC-12)."""
    return tuple(
        Incident(
            body["key"],
            Said(body["zh"], body["en"]),
            tuple(Said(zh, en) for zh, en in zip(body["steps_zh"], body["steps_en"], strict=True)),
        )
        for body in _data()["incident"]
    )


def scripts() -> dict[str, Said]:
    """Lines for the staff by occasion, with {variables} to fill (STF-09)."""
    return {s["key"]: Said(s["zh"], s["en"]) for s in _data()["script"]}


@dataclass(frozen=True)
class Lesson:
    """One step of the first two hours with the system."""

    key: str
    minutes: int
    said: Said


TWO_HOURS = 120
"""min: what the lessons of one role take together at most (STF-08)."""


def lessons(roles: Iterable[str]) -> tuple[Lesson, ...]:
    """The first two hours of somebody with these roles, in order; the owner learns what the manager does."""
    own = {"manager" if role == "owner" else role for role in roles}
    return tuple(
        Lesson(body["key"], body["minutes"], Said(body["zh"], body["en"]))
        for body in _data()["lesson"]
        if own & set(body["roles"])
    )
