"""What waits while the clock of a store cannot be believed, and what is said then (sync.md 2.2): the list is data, dated.toml.

A machine without a battery may wake up in the past, and would find every voucher valid and every year begun anew.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from salon.rules.said import Said

Dated = Literal["use_voucher", "give_voucher", "use_benefit", "dated_discount", "monthly_reward"]
"""What the pages do by today's date."""

_LIST = Path(__file__).with_name("dated.toml")


def why_not(what: Dated, *, suspect: bool) -> Said | None:
    """Why this has to wait; None where it need not."""
    reason = _words("waits").get(what) if suspect else None
    if reason is None:
        return None
    said = _words("says")["why"]
    return Said(said.zh.format(what=reason.zh), said.en.format(what=reason.en))


def on_the_page() -> Said:
    """For every page of staff, as long as it lasts."""
    return _words("says")["page"]


def owed(what: list[Said]) -> tuple[Said, Said]:
    """What a checkout could not give, and what to do about it."""
    said = _words("says")["owed"]
    zh, en = "、".join(one.zh for one in what), ", ".join(one.en for one in what)
    return Said(said.zh.format(what=zh), said.en.format(what=en)), _words("says")["to_do"]


def perhaps_members_day() -> Said:
    """Nobody knows whether it was that day."""
    return _words("says")["perhaps"]


@cache
def _words(part: str) -> dict[str, Said]:
    pairs = tomllib.loads(_LIST.read_text(encoding="utf-8"))[part]
    return {key: Said(*pair) for key, pair in pairs.items()}
