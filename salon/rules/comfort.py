"""What makes a customer feel at home: the room as she likes it (SVC-10, SVC-11), and colours that suit and please her (MEA-12, PRF-06)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from salon.records import Member, Scan
from salon.rules import concerns
from salon.rules.said import Explain, Said
from salon.rules.told import Told

if TYPE_CHECKING:
    from salon.policies import Policy

SIMPLE = ("red", "pink", "nude", "purple")
"""The four colours of the large-type mode (PRF-19)."""
COLOURS: Mapping[str, Said] = {
    "red": Said("红色", "Red"),
    "pink": Said("粉色", "Pink"),
    "nude": Said("裸色", "Nude"),
    "purple": Said("紫色", "Purple"),
    "wine": Said("酒红", "Wine"),
    "coral": Said("珊瑚", "Coral"),
    "caramel": Said("焦糖", "Caramel"),
    "milk_white": Said("奶白", "Milk white"),
    "navy": Said("藏蓝", "Navy"),
    "gold": Said("金色", "Gold"),
}
_BY_TONE: tuple[tuple[float, Said, tuple[str, ...]], ...] = (
    (41, Said("偏白", "light"), ("pink", "red", "wine", "navy", "purple", "milk_white")),
    (28, Said("自然", "intermediate"), ("nude", "coral", "red", "pink", "wine", "caramel")),
    (-90, Said("小麦及以上", "tan or deeper"), ("coral", "gold", "red", "caramel", "wine", "nude")),
)
"""From this individual typology angle on (Chardon 1991: light above 41 degrees, intermediate above 28), these colours first."""
_USUAL: tuple[str, ...] = ("nude", "pink", "red", "wine", "purple", "coral")
"""Where no scan has seen the tone."""


@dataclass(frozen=True)
class Room:
    """How the room is set before she comes."""

    scent: str
    music: str
    light: Said
    quiet: bool
    explain: Explain


def room(member: Member, told: Told) -> Room:
    """Scent, music and light by her file. No scent for whom it may harm, whatever else is written there (SAF-05)."""
    none = member.odour_sensitive or told.no_scent
    soft = member.skin_type == "sensitive" or "安静" in "".join(member.tags)
    light = Said("柔光", "Soft") if soft else Said("自然光", "Natural")
    quiet = any("安静" in tag for tag in member.tags)
    said = Said(
        "不用香氛" if none else f"香氛：{member.scent or '不限'}",
        "No scent" if none else f"Scent: {member.scent or 'any'}",
    )
    figures = {
        "odour_sensitive": member.odour_sensitive,
        "allergens": list(told.allergens),
        "asked": told.asked,
    }
    explain = Explain("room (SVC-10, SVC-11)", said, figures)
    return Room("" if none else member.scent, member.music, light, quiet, explain)


def temperature(member: Member, policy: Policy) -> Explain:
    """How warm her room is to be (SVC-11): as the house has it, unless she likes it otherwise."""
    bed = policy.bed
    degrees = {"warm": bed.warm_celsius, "cool": bed.cool_celsius}.get(member.warmth, bed.celsius)
    said = Said(f"室温：{degrees:g} °C", f"Room: {degrees:g} °C")
    if member.warmth:
        said = Said(f"{said.zh}（她的偏好）", f"{said.en}, as she likes it")
    return Explain("room (SVC-11)", said, {"celsius": degrees}, policy.version)


SETTABLE = ("chair_height", "room_light", "scent")
"""What of a bed may be set for her, in the order it is shown."""


@dataclass(frozen=True)
class Setting:
    """One value to set for her, and why this one."""

    value: float
    why: Said


def settings(member: Member, told: Told, last: Mapping[str, float], policy: Policy) -> dict[str, Setting]:
    """What to set at her bed (MEA-09, SVC-11): as she had it last, else by her file as the policy says. No scent for whom it harms, whatever was set
    before.

    A chair's height is known from her last visit alone: there is nothing in a file to guess it from.
    """
    hers, as_last = room(member, told), Said("同上次", "As last time")
    found = {key: Setting(last[key], as_last) for key in SETTABLE if key in last}
    by_file = Said("按档案", "By her file")
    if "room_light" not in found:
        soft = hers.light.en == "Soft" or hers.quiet
        found["room_light"] = Setting(policy.bed.soft_light if soft else policy.bed.natural_light, by_file)
    if member.odour_sensitive or "fragrance" in told.allergens:
        found["scent"] = Setting(0.0, Said("对气味敏感：不用香氛", "Sensitive to scent: none"))
    elif told.no_scent:
        found["scent"] = Setting(0.0, Said("过敏情况未知：不用香氛", "Allergies not known here yet: none"))
    elif "scent" not in found:
        found["scent"] = Setting(policy.bed.scent if hers.scent else 0.0, by_file)
    return {key: found[key] for key in SETTABLE if key in found}


@dataclass(frozen=True)
class Colours:
    """Colours to offer, the best first."""

    keys: tuple[str, ...]
    explain: Explain


def colours(member: Member, scan: Scan | None) -> Colours:
    """By skin tone, what she likes first, never what she refuses; four only in the large-type mode (PRF-19)."""
    tone = (scan.concerns if scan else {}).get("tone")
    order, said, figures = _USUAL, Said("未测肤色，按常用推荐", "No tone measured: the usual ones"), {}
    if tone is not None and concerns.measured(tone):
        angle = float(tone["value"])
        _, name, order = next(row for row in _BY_TONE if angle >= row[0])
        said = Said(f"肤色{name.zh}", f"Skin tone: {name.en}")
        figures = {"angle": angle}
    liked = [key for key in member.colours_liked if key in COLOURS]
    wanted = list(dict.fromkeys([*liked, *order]))
    if member.large_type:
        wanted = [key for key in wanted if key in SIMPLE] + [key for key in SIMPLE if key not in wanted]
    refused = set(member.colours_refused)
    keys = tuple(key for key in wanted if key not in refused and COLOURS[key].zh not in refused)
    return Colours(keys, Explain("colours (MEA-12, PRF-06, PRF-19)", said, figures))
