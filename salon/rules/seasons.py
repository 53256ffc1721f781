"""Solar terms and seasons, computed, and the festivals that are set by announcement, as data (FUP-08).

A term begins when the sun's apparent ecliptic longitude reaches a multiple of 15 degrees, on the clock of China (UTC+8).
GB/T 33661-2017 defines the terms so. The longitude is the low-precision series of J. Meeus, "Astronomical Algorithms", 2nd ed.,
chapter 25: good to about 0.01 degree, which is a quarter of an hour; only the day is used.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal

from salon.rules.said import Said

CHINA = timedelta(hours=8)
_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_TT_MINUS_UTC = timedelta(seconds=69)
"""Terrestrial time runs ahead of the civil clock by 69.2 s since 2017 (IERS); a second moves no day."""

TERMS: tuple[tuple[int, Said], ...] = (
    (285, Said("小寒", "Minor Cold")),
    (300, Said("大寒", "Major Cold")),
    (315, Said("立春", "Start of Spring")),
    (330, Said("雨水", "Rain Water")),
    (345, Said("惊蛰", "Awakening of Insects")),
    (0, Said("春分", "Spring Equinox")),
    (15, Said("清明", "Pure Brightness")),
    (30, Said("谷雨", "Grain Rain")),
    (45, Said("立夏", "Start of Summer")),
    (60, Said("小满", "Grain Buds")),
    (75, Said("芒种", "Grain in Ear")),
    (90, Said("夏至", "Summer Solstice")),
    (105, Said("小暑", "Minor Heat")),
    (120, Said("大暑", "Major Heat")),
    (135, Said("立秋", "Start of Autumn")),
    (150, Said("处暑", "End of Heat")),
    (165, Said("白露", "White Dew")),
    (180, Said("秋分", "Autumn Equinox")),
    (195, Said("寒露", "Cold Dew")),
    (210, Said("霜降", "Frost's Descent")),
    (225, Said("立冬", "Start of Winter")),
    (240, Said("小雪", "Minor Snow")),
    (255, Said("大雪", "Major Snow")),
    (270, Said("冬至", "Winter Solstice")),
)
"""Longitude and name, in the order of the calendar year. Names in English as UNESCO's element 00647 has them, or near it."""
SEASON_STARTS = (315, 45, 135, 225)
SeasonKey = Literal["spring", "summer", "autumn", "winter"]


@dataclass(frozen=True)
class Season:
    """A season, what skin needs in it, and a tip."""

    key: SeasonKey
    label: Said
    need: Said
    uses: tuple[str, ...]
    """Words of products' and services' `uses`."""
    tip: Said


SEASONS: Mapping[SeasonKey, Season] = {
    "spring": Season(
        "spring",
        Said("春季", "Spring"),
        Said("春季舒缓", "Spring: soothing"),
        ("soothing", "redness"),
        Said(
            "春天花粉与风多，洁面宜温和，少换新产品。",
            "Pollen and wind: cleanse mildly, change few products.",
        ),
    ),
    "summer": Season(
        "summer",
        Said("夏季", "Summer"),
        Said("夏季防晒控油", "Summer: sun and shine"),
        ("sunscreen", "shine"),
        Said(
            "夏天每两小时补一次防晒，晚上清洁要彻底。",
            "Sun cream every two hours, a thorough cleanse at night.",
        ),
    ),
    "autumn": Season(
        "autumn",
        Said("秋季", "Autumn"),
        Said("秋季补水", "Autumn: hydration"),
        ("hydrating",),
        Said("秋天空气转干，面霜可以换得滋润一些。", "The air turns dry: a richer cream now."),
    ),
    "winter": Season(
        "winter",
        Said("冬季", "Winter"),
        Said("冬季滋润修护", "Winter: repair"),
        ("hydrating", "soothing"),
        Said(
            "冬天洗脸水不要太热，室内注意加湿。",
            "Wash your face with lukewarm water, and keep some moisture in the room.",
        ),
    ),
}


@dataclass(frozen=True)
class Occasion:
    """A day of the calendar that customers may be greeted on."""

    key: str
    kind: Literal["term", "festival"]
    day: date
    label: Said


def longitude(moment: datetime) -> float:
    """The sun's apparent ecliptic longitude in degrees."""
    centuries = (moment + _TT_MINUS_UTC - _J2000) / timedelta(days=36525)
    mean = 280.46646 + centuries * (36000.76983 + centuries * 0.0003032)
    anomaly = math.radians(357.52911 + centuries * (35999.05029 - centuries * 0.0001537))
    centre = (
        (1.914602 - centuries * (0.004817 + centuries * 0.000014)) * math.sin(anomaly)
        + (0.019993 - centuries * 0.000101) * math.sin(2 * anomaly)
        + 0.000289 * math.sin(3 * anomaly)
    )
    node = math.radians(125.04 - 1934.136 * centuries)
    return (mean + centre - 0.00569 - 0.00478 * math.sin(node)) % 360


@cache
def terms(year: int) -> tuple[Occasion, ...]:
    """The 24 solar terms of a year, by day in China."""
    return tuple(
        Occasion(f"term.{degrees}", "term", _day(year, number, degrees), said)
        for number, (degrees, said) in enumerate(TERMS)
    )


def _day(year: int, number: int, degrees: int) -> date:
    """The day a longitude is reached: the terms are 15.2 days apart from 5 January on; Newton's steps do the rest."""
    moment = datetime(year, 1, 5, 12, tzinfo=UTC) + timedelta(days=number * 365.2422 / 24)
    for _ in range(6):
        ahead = (degrees - longitude(moment) + 180) % 360 - 180
        moment += timedelta(days=ahead * 365.2422 / 360)
    return (moment + CHINA).date()


@cache
def festivals(year: int) -> tuple[Occasion, ...]:
    """The festivals of a year; empty for a year whose table is not yet there."""
    table = tomllib.loads(files(__package__).joinpath("festivals.toml").read_text("utf-8"))
    return tuple(
        Occasion(f"festival.{key}", "festival", body["days"][str(year)], Said(body["zh"], body["en"]))
        for key, body in table.items()
        if str(year) in body["days"]
    )


def season(day: date) -> Season:
    """The season by the solar terms that begin them."""
    order: tuple[SeasonKey, ...] = ("spring", "summer", "autumn", "winter")
    begun = [
        term for term in terms(day.year) if int(term.key.split(".")[1]) in SEASON_STARTS and term.day <= day
    ]
    return SEASONS[order[len(begun) - 1] if begun else "winter"]


def term_on(day: date) -> Occasion | None:
    return next((term for term in terms(day.year) if term.day == day), None)
