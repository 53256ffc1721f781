"""Two languages on each page. Texts stand by key in `texts.toml`; what comes with data (labels, names) brings both."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from flask import Flask, Response, g, request

from cloud_sync_server.context import hq
from salon.records import kinds
from salon.rules import drinks

LANGUAGES = ("zh", "en")
COOKIE = "lang"
_YEAR_S = 365 * 86_400


@cache
def texts() -> dict[str, dict[str, str]]:
    """Key -> language -> text."""
    found: dict[str, dict[str, str]] = tomllib.loads(
        files(__package__).joinpath("texts.toml").read_text("utf-8")
    )
    return found


def install(app: Flask) -> None:
    app.after_request(_remember)
    app.jinja_env.globals.update(t=t, language=language, word=word, other_language=other_language)
    app.jinja_env.filters.update(
        money=money, clock=clock, day=day, ago=ago, value=value, reason=reason, kind=kind
    )


def language() -> str:
    """The language of this request: chosen by link, by cookie, or by the browser."""
    if "language" not in g:
        chosen = request.args.get("lang") or request.cookies.get(COOKIE)
        g.language = (
            chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES, default="zh")
        )
    found: str = g.language
    return found


def other_language() -> str:
    return "en" if language() == "zh" else "zh"


def t(key: str, **values: object) -> str:
    """The text of a key in the language of this request."""
    return texts()[key][language()].format(**values)


def word(zh: str, en: str) -> str:
    """The one of two texts that came with data."""
    return (en or zh) if language() == "en" else (zh or en)


def value(given: object) -> str:
    """What a field holds, in words where it is one of our codes; a person's own words stay as they are."""
    if isinstance(given, list):
        return " · ".join(map(value, given))
    text = str(given)
    if f"value_{text.lower()}" in texts():
        return t(f"value_{text.lower()}")
    return drinks.label(text, language())


def reason(code: str) -> str:
    """Why a change was set aside."""
    return t(f"reason_{code}") if f"reason_{code}" in texts() else code


def kind(name: str) -> str:
    """What a kind of record is called."""
    cls = kinds().get(name)
    return word(cls.zh, cls.en) if cls else name or "—"


def zone() -> ZoneInfo:
    return ZoneInfo(hq().settings.timezone)


def money(fen: int) -> str:
    return f"¥{fen / 100:,.2f}"


def clock(at: str) -> str:
    """14:05, on HQ's clock."""
    return datetime.fromisoformat(at).astimezone(zone()).strftime("%H:%M") if at else ""


def day(at: str) -> str:
    """2026-11-22, on HQ's calendar: the same in both languages."""
    return datetime.fromisoformat(at).astimezone(zone()).strftime("%Y-%m-%d") if at else ""


def ago(at: str) -> str:
    """3 min ago / 3 分钟前."""
    if not at:
        return t("never")
    seconds = (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()
    if seconds < 10:
        return t("just_now")
    for unit, size in (("days_ago", 86_400), ("hours_ago", 3_600), ("minutes_ago", 60)):
        if seconds >= size:
            return t(unit, n=int(seconds // size))
    return t("seconds_ago", n=int(seconds))


def _remember(response: Response) -> Response:
    if request.args.get("lang") in LANGUAGES:
        response.set_cookie(COOKIE, request.args["lang"], max_age=_YEAR_S, samesite="Lax", httponly=True)
    return response
