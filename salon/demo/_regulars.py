"""The many who come: rows of the form of members.toml, drawn by a fixed seed, so that a figure has people behind it.

Each has a service, a beautician and a rhythm of her own around the service's cycle; one in seven has stayed away.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from salon.demo import _catalogue
from salon.demo._data import toml
from salon.records import SopTick, Visit

_LONGEST_AGO = 200  # days: two quarters and some, so that a quarter has one to be compared with
_STAY_AWAY = 7  # one in so many
_FORGOTTEN = 20  # one step in so many was not ticked
_LOW_RATING = 12  # one visit in so many was not liked


def at_home(store_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(id of the member, row) of each who is at home in a store."""
    common, own = toml("regulars"), toml("regulars").get(store_id)
    if own is None:
        return
    draw = Random(store_id)  # noqa: S311 - a demonstration, the same each time
    offset = 0 if store_id == "s001" else 7
    for number in range(own["count"]):
        service, therapist = draw.choice(own["who"])
        surname = common["surnames"][(number + offset * 5) % len(common["surnames"])]
        body = {
            "surname": surname,
            "given_name": common["given_names"][(number * 5 + offset) % len(common["given_names"])],
            "gender": "female",
            "phone": str(own["phones"] + number * 7),
            "birthday": f"{draw.randint(1965, 2003)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
            "language": "zh",
            "channel": draw.choice(["wechat", "sms", "phone"]),
            "drink": draw.choice(common["drinks"]),
            "skin_type": draw.choice(["normal", "dry", "oily", "combination"]),
            "therapist": therapist,
            "home_store": store_id,
            "visits": list(_visits(draw, service, therapist)),
        }
        yield f"m-{store_id}-{number:02}", body


def _visits(draw: Random, service: str, therapist: str) -> Iterator[list[Any]]:
    common = toml("regulars")
    offered = next(s for s in _catalogue.services() if s.rid == service)
    rhythm = round(offered.cycle_days * draw.uniform(0.8, 1.5))
    ago = draw.randint(25, _LONGEST_AGO)
    until = rhythm * 3 if draw.randrange(_STAY_AWAY) == 0 else 1
    while ago >= min(until, _LONGEST_AGO):
        liked = draw.randrange(_LOW_RATING) != 0
        rating = draw.randint(90, 100) if liked else draw.randint(58, 74)
        pay, hour = draw.choice(common["payments"]), draw.choice(common["hours"])
        yield [ago, service, therapist, offered.price_fen // 100, pay, rating, "", hour]
        ago -= max(1, rhythm + draw.randint(-3, 4))


def ticks(visit: Visit, within_days: int, ago: int) -> Iterator[SopTick]:
    """The steps of the SOP that were ticked in a visit so many days ago; older ones are left out, to keep the demo small."""
    if ago > within_days:
        return
    draw = Random(visit.rid)  # noqa: S311
    steps = {s.rid: s.steps for s in _catalogue.services()}
    for service in visit.services:
        for step in steps[service]:
            if draw.randrange(_FORGOTTEN):
                yield SopTick(
                    rid=f"t-{visit.rid}-{step.key}", visit=visit.rid, member=visit.member, service=service,
                    step=step.key, at=visit.feedback_at, by=visit.therapist,
                )  # fmt: skip
