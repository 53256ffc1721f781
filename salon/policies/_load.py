"""Reading policies from TOML. Pure but for the package's own data; every error names its key and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from salon.policies import _words as words
from salon.policies._bounds import bounds, outside
from salon.policies._model import Policy
from salon.policies.errors import BadPolicy, Problem

_TOML_LINE = re.compile(r"at line (\d+)")


class Variant(BaseModel):
    """One ready-made set of figures for a section."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: str = Field(title="Chinese name", description="As the owner reads it")
    en: str = Field(title="English name", description="As the owner reads it")
    source: str = Field(title="Source", description="The document it comes from, or 'house'")
    values: dict[str, Any] = Field(title="Values", description="The section's figures")


@cache
def _catalogue() -> dict[str, dict[str, Variant]]:
    raw = tomllib.loads(files(__package__).joinpath("variants.toml").read_text("utf-8"))
    return {
        section: {name: Variant.model_validate(body) for name, body in sets.items()}
        for section, sets in raw.items()
    }


def variants(section: str) -> dict[str, Variant]:
    """The ready-made sets of a section; the first is the default. Raises KeyError for an unknown section."""
    return dict(_catalogue()[section])


@cache
def default() -> Policy:
    """The policy of a house that has changed nothing: the first variant of each section."""
    return load("")


def load(toml_text: str, chain: str | None = None) -> Policy:
    """The policy that a TOML text describes. Raises BadPolicy with every problem found.

    `chain`: head office's text. Then `toml_text` is a store's: it changes single figures of the chain's policy, as far as the
    chain's bounds allow.
    """
    raw, problems = _read(toml_text, chain is not None)
    base = {} if chain is None else load(chain).model_dump(mode="json")
    chosen: dict[str, Any] = {"name": raw.get("version", base.get("name", "house"))}
    for section in Policy.sections():
        body, sets = raw.get(section, {}), _catalogue()[section]
        usual = base.get(section) or next(iter(sets.values())).values
        if not isinstance(body, dict):
            zh, en = (
                f"是一节：请写 [{section}]，下面写数值",
                f"is a section: write [{section}] and its figures below",
            )
            problems.append(Problem(section, en, _line_of(toml_text, (section,)), zh=zh))
            body = {}
        name = body.pop("variant", None)
        if name is not None and name not in sets:
            problems.append(_no_variant(section, str(name), sets, toml_text))
        own = sets[name].values if name in sets else usual
        chosen[section] = own | body
    try:
        policy = Policy.model_validate(chosen)
    except ValidationError as error:
        problems += [_problem(e["loc"], dict(e), toml_text) for e in error.errors()]
    if problems:
        raise BadPolicy(sorted(problems, key=lambda problem: problem.line))
    if chain is None:
        _check_bounds_themselves(raw, toml_text)
    else:
        broken = outside(policy, load(chain), bounds(tomllib.loads(chain)))
        found = [
            Problem(key, en, _line_of(toml_text, tuple(key.split("."))), zh=zh) for key, zh, en in broken
        ]
        if found:
            raise BadPolicy(found)
    return policy


def _read(toml_text: str, for_store: bool) -> tuple[dict[str, Any], list[Problem]]:
    """The text as tables, and what stands in it that is no section. Raises BadPolicy for what is no TOML."""
    try:
        raw = tomllib.loads(toml_text)
    except tomllib.TOMLDecodeError as error:
        line = _TOML_LINE.search(str(error))
        number = int(line[1]) if line else 0
        raise BadPolicy([Problem("toml", str(error), number, zh=f"不是有效的 TOML：{error}")]) from error
    known = {"version", *Policy.sections()} | (set() if for_store else {"bounds"})
    problems = [_unknown(key, known, toml_text) for key in raw if key not in known]
    return raw, problems


def _check_bounds_themselves(raw: dict[str, Any], toml_text: str) -> None:
    try:
        bounds(raw)
    except ValidationError as error:
        raise BadPolicy(
            [
                Problem(
                    f"bounds.{'.'.join(map(str, e['loc']))}",
                    words.of(dict(e))[1],
                    _line_of(toml_text, ("bounds", *e["loc"])),
                    zh=words.of(dict(e))[0],
                )
                for e in error.errors()
            ]
        ) from error


def _problem(where: tuple[int | str, ...], error: dict[str, Any], text: str) -> Problem:
    zh, en = words.of(error)
    if where[0] == "name":
        return Problem("version", en, _line_of(text, ("version",)), zh=zh)
    key, line = ".".join(map(str, where)), _line_of(text, where)
    if error["type"] == "extra_forbidden":
        return Problem(key, "no such key", line, _nearest(str(where[-1]), _known_keys(where)), "没有这一项")
    return Problem(key, en, line, zh=zh)


def _no_variant(section: str, name: str, sets: Iterable[str], text: str) -> Problem:
    known = list(sets)
    return Problem(
        f"{section}.variant",
        f"no variant {name!r}: there is {', '.join(known)}",
        _line_of(text, (section, "variant")),
        _nearest(name, known),
        f"没有方案 {name!r}：可选 {'、'.join(known)}",
    )


def _unknown(key: str, known: Iterable[str], text: str) -> Problem:
    return Problem(key, "no such section", _line_of(text, (key,)), _nearest(key, known), "没有这一节")


def _nearest(word: str, known: Iterable[str]) -> str:
    return next(iter(get_close_matches(word, list(known), n=1, cutoff=0.6)), "")


def _known_keys(where: tuple[int | str, ...]) -> list[str]:
    """The keys that could stand at `where`: those of the section, or of an entry of its list."""
    schema = Policy.sections()[str(where[0])].model_json_schema()
    if len(where) == 2:
        return list(schema["properties"])
    return [key for entry in schema["$defs"].values() for key in entry["properties"]]


def _line_of(text: str, path: tuple[int | str, ...]) -> int:
    """The line where a key stands. TOML readers drop it, so headers and keys are read again, plainly."""
    section, last = str(path[0]), str(path[-1])
    index = next((part for part in path if isinstance(part, int)), 0)
    inside, entry, header_line = False, -1, 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([\w.-]+)\s*\]?\]", line)
        if header:
            inside = header[1].split(".")[0] == section
            entry += inside and line.lstrip().startswith("[[")
            if inside and not header_line:
                header_line = number
        elif (
            (inside or len(path) == 1)
            and entry in {-1, index}
            and re.match(rf"\s*{re.escape(last)}\s*=", line)
        ):
            return number
    return header_line
