"""The forms of the catalogue: what stands in their fields, and what was typed as the record keeps it.

A form is filled in from an entry or from what was typed a moment ago, so that adding or moving a step loses nothing. Steps keep their key
for good: what was ticked in past visits names it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edge.kiosk.services import paying
from edge.kiosk.services.cataloguing import BadEntry, Kind
from salon.records import Product, Service, Step
from salon.rules import allergens, offerings
from salon.rules.said import Said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.datastructures import MultiDict

MOST_STEPS = 30
LONGEST_LINE = 200
LONGEST_TEXT = 2000
"""Characters of a care guide: a page of a phone. A whole entry has to stay below what head office takes at once (64 KiB)."""
LINES: dict[Kind, tuple[str, ...]] = {
    "service": ("name", "name_en", "category"),
    "product": ("name", "name_en", "brand", "brand_en", "barcode"),
}
TEXTS: dict[Kind, tuple[str, ...]] = {
    "service": ("aftercare", "aftercare_en"),
    "product": ("home_care", "home_care_en"),
}
NUMBERS: dict[Kind, tuple[str, ...]] = {
    "service": ("minutes", "express_minutes", "cycle_days"),
    "product": (),
}
SETS: dict[Kind, tuple[str, ...]] = {
    "service": ("contraindications", "uses"),
    "product": ("uses", "allergens"),
}
STEP_LINES = ("zh", "en", "guest_zh", "guest_en", "minutes", "kind", "evidence")


@dataclass
class Filled:
    """What stands in the fields of a form, as text."""

    lines: dict[str, str] = field(default_factory=dict)
    sets: dict[str, list[str]] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)


def of_entry(entry: Service | Product) -> Filled:
    """An entry in its form."""
    kind: Kind = "service" if isinstance(entry, Service) else "product"
    document = entry.document()
    names = (*LINES[kind], *TEXTS[kind], *NUMBERS[kind])
    filled = Filled({name: str(document[name] or "") for name in names})
    filled.lines["price"] = f"{entry.price_fen / 100:.2f}".removesuffix(".00")
    filled.sets = {name: document[name] for name in SETS[kind]}
    if isinstance(entry, Service):
        filled.steps = [step.model_dump() for step in entry.steps]
    else:
        filled.lines["ingredients"] = "\n".join(entry.ingredients)
        filled.lines["others"] = "、".join(_unknown(entry.allergens))
    return filled


def typed(form: MultiDict[str, str], kind: Kind) -> Filled:
    """What was typed, as it was."""
    names = (*LINES[kind], *TEXTS[kind], *NUMBERS[kind], "price", "ingredients", "others")
    filled = Filled({name: form.get(name, "").strip() for name in names})
    filled.sets = {name: form.getlist(name) for name in SETS[kind]}
    if kind == "service":
        filled.steps = [_typed_step(form, key) for key in form.getlist("step")[:MOST_STEPS]]
    return filled


def _typed_step(form: MultiDict[str, str], key: str) -> dict[str, Any]:
    step: dict[str, Any] = {name: form.get(f"{key}.{name}", "").strip() for name in STEP_LINES}
    return {**step, "key": key, "core": f"{key}.core" in form}


def with_new_step(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An empty step more, before the last one if that closes the service."""
    if len(steps) >= MOST_STEPS:
        return steps
    fresh = Step(key=f"s-{secrets.token_hex(4)}", zh="", en="").model_dump()
    last = len(steps) - 1 if steps and steps[-1]["kind"] == "finish" else len(steps)
    return [*steps[:last], fresh, *steps[last:]]


def moved(steps: list[dict[str, Any]], key: str, by: int) -> list[dict[str, Any]]:
    """One step `by` places further; at an end it stays."""
    at = next((n for n, step in enumerate(steps) if step["key"] == key), None)
    if at is None or not 0 <= at + by < len(steps):
        return steps
    rest = [step for step in steps if step["key"] != key]
    return [*rest[: at + by], steps[at], *rest[at + by :]]


def without(steps: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    return [step for step in steps if step["key"] != key]


def values(filled: Filled, kind: Kind) -> dict[str, Any]:
    """What was typed as the record keeps it. Raises BadEntry naming every field that cannot be read."""
    wrong: dict[str, Said] = {}
    out: dict[str, Any] = {name: " ".join(filled.lines[name].split())[:LONGEST_LINE] for name in LINES[kind]}
    out |= {name: filled.lines[name][:LONGEST_TEXT] for name in TEXTS[kind]}
    for name in NUMBERS[kind]:
        out[name] = _number(filled.lines[name], name, wrong)
    try:
        out["price_fen"] = paying.fen(filled.lines["price"] or "0", "price")
    except paying.BadPayment as bad:
        wrong |= bad.fields
    out |= {name: _words(filled.sets[name]) for name in SETS[kind]}
    if kind == "service":
        out["steps"] = _steps(filled.steps, wrong)
        if not filled.lines["minutes"]:
            wrong["minutes"] = Said("请填写时长", "Please enter how long it takes")
    else:
        out["ingredients"] = _words(offerings.ingredients(filled.lines["ingredients"]))
        own = offerings.ingredients(filled.lines["others"])
        known = [key for key in filled.sets["allergens"] if key in allergens.CATALOGUE]
        out["allergens"] = sorted({*known, *(allergens.key_of(word)[:80] for word in own)})
    if wrong:
        raise BadEntry(**wrong)
    return out


def _number(text: str, name: str, wrong: dict[str, Said]) -> int:
    if text and not (text.isascii() and text.isdecimal() and len(text) < 5):
        wrong[name] = Said("请填写整数", "Please enter a whole number")
        return 0
    return int(text or 0)


def _words(found: Iterable[str]) -> list[str]:
    return sorted({word.strip()[:80] for word in found if word.strip()})


def _steps(steps: list[dict[str, Any]], wrong: dict[str, Said]) -> list[dict[str, Any]]:
    out = []
    for step in steps:
        one = {**step, "minutes": _number(str(step["minutes"]), f"{step['key']}.minutes", wrong)}
        if one["minutes"] > 240:  # the record's own limit
            wrong[f"{step['key']}.minutes"] = Said("至多 240 分钟", "At most 240 minutes")
        for name in ("zh", "en"):
            if not step[name]:
                wrong[f"{step['key']}.{name}"] = Said("请填写两种语言", "Please fill in both languages")
        one["core"] = one["core"] or step["kind"] == "disinfect"
        out.append(one)
    return out


def _unknown(words: Iterable[str]) -> list[str]:
    return [word for word in words if word not in allergens.CATALOGUE]


def choices(known: dict[str, Said], chosen: Iterable[str]) -> dict[str, Said]:
    """What a form offers: the words of the house, and those that stand there already."""
    return {**known, **{word: Said(word, word) for word in chosen if word not in known}}
