"""Names: split into surname and given name, masked, and as an address (SVC-03)."""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache
from importlib.resources import files

from salon.records import Member

_TITLES = {"female": ("女士", "Ms"), "male": ("先生", "Mr")}
_GUEST = "贵宾"
"""How a Chinese salon addresses someone whose gender it does not know."""

_JOINS = " -'’.,·•‧"
"""Between the parts of a name: O’Neil, Anne-Marie, St. John, 阿依古丽·买买提."""


@cache
def _surnames() -> dict[str, str]:
    """Surname -> how it is written in English (pinyin), common ones only."""
    found: dict[str, str] = tomllib.loads(files(__package__).joinpath("surnames.toml").read_text("utf-8"))
    return found


def surnames() -> dict[str, str]:
    """The common surnames with their pinyin, most common first: what a screen without a keyboard offers."""
    return dict(_surnames())


def is_chinese(name: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in name)


def is_name(text: str) -> bool:
    """Whether a text can be a name: letters of any script, and what joins them. No digits, no emoji, nothing unseen."""
    return any(letter.isalpha() for letter in text) and all(
        letter in _JOINS or unicodedata.category(letter)[0] in "LM" for letter in text
    )


def split(full: str) -> tuple[str, str]:
    """(surname, given name) of a name written in full; compound surnames (欧阳) are known."""
    name = " ".join(full.split())
    if is_chinese(name):
        if " " in name or "·" in name:  # 阿依古丽·买买提: the family name stands last in such names
            first, _, last = name.replace("·", " ").rpartition(" ")
            return (last, first) if "·" in name else (first, last)
        size = 2 if len(name) > 2 and name[:2] in _surnames() else 1
        return name[:size], name[size:]
    if "," in name:
        surname, _, given = name.partition(",")
        return surname.strip(), given.strip()
    given, _, surname = name.rpartition(" ")
    return surname, given


def full(member: Member) -> str:
    """王丽 / Emma Smith."""
    if is_chinese(member.surname):
        return member.surname + member.given_name
    return f"{member.given_name} {member.surname}".strip()


def mask(surname: str, given: str) -> str:
    """王* / E* S***: for "is this you?" on a screen that others can see. The length of a name is not told."""
    if is_chinese(surname):
        return f"{surname}*"
    return f"{given[:1]}* {surname[:1]}***" if given else f"{surname[:1]}***"


def address(member: Member, language: str) -> str:
    """王女士 / Ms Wang. Without a known gender: 王贵宾, or in English the whole name."""
    chinese = language.lower().startswith("zh")
    if member.gender in _TITLES:
        zh, en = _TITLES[member.gender]
        if not chinese:
            return f"{en} {_latin(member.surname)}"
        return f"{member.surname}{zh}" if is_chinese(member.surname) else f"{member.surname} {zh}"
    if chinese:
        return f"{member.surname}{_GUEST}" if is_chinese(member.surname) else f"{full(member)} {_GUEST}"
    return _latin(member.surname) if is_chinese(member.surname) else full(member)


def _latin(surname: str) -> str:
    return _surnames().get(surname, surname)
