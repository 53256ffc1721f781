"""Two languages on each page: which one, and how money, days and times read in it.

The source texts are English; `translations/` here and in each page family holds the Simplified Chinese catalogues. The switch
sets a cookie and keeps the page. Customers start in Chinese; staff in the language of the last one who chose on that screen.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from flask import Flask, g, request
from flask_babel import Babel, Domain, get_locale, gettext  # type: ignore[import-untyped]

from edge.kiosk.catalogues import compile_stale
from edge.kiosk.context import the_store

LANGUAGES = {"zh": "zh_Hans", "en": "en"}
"""Code in the cookie and in the records -> locale of the catalogues."""
DEFAULT = "zh"
COOKIE = "lang"
HERE = Path(__file__).parent

_DAY = {"zh": "M月d日 EEEE", "en": "EEEE, d MMMM"}
_SHORT_DAY = {"zh": "M月d日", "en": "d MMM"}
_DATE = {"zh": "y年M月d日", "en": "d MMMM y"}


def install(app: Flask, folders: Iterable[Path]) -> None:
    """Compile the catalogues of these folders where they are stale, and teach the templates to speak."""
    catalogues = [folder / "translations" for folder in folders if (folder / "translations").is_dir()]
    for catalogue in catalogues:
        compile_stale(catalogue)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(str(folder) for folder in catalogues)
    app.config["BABEL_DEFAULT_LOCALE"] = LANGUAGES[DEFAULT]
    Babel(app, locale_selector=lambda: LANGUAGES[language()])
    _own_words_first(app, catalogues)
    app.jinja_env.filters.update(
        money=money, day=day, short_day=short_day, full_date=full_date, iso_day=iso_day, clock=clock, ago=ago,
        percent=percent,
        until=until,
    )  # fmt: skip
    app.jinja_env.globals.update(language=language, word=word)


def _own_words_first(app: Flask, catalogues: list[Path]) -> None:
    """A page speaks by its own family's catalogue before the others': one English text may have several Chinese ones
    ("Name" of a person, of a device).
    """
    domains = {
        own.parent.name: Domain([str(one) for one in (*(c for c in catalogues if c != own), own)])
        for own in catalogues
    }

    def choose() -> None:
        domain = domains.get(request.blueprint or "")
        if domain is not None:
            domain.as_default()

    app.before_request_funcs.setdefault(None, []).insert(
        0, choose
    )  # before the guard, which may answer in words


def _(text: str, **values: object) -> str:
    """The text in the page's language. Python's way to what templates do with `_()`."""
    return str(gettext(text, **values))


def language() -> str:
    """The language of this request: `zh` or `en`."""
    chosen = g.get("language") or request.args.get("lang") or request.cookies.get(COOKIE)
    return chosen if chosen in LANGUAGES else DEFAULT


def word(zh: str, en: str) -> str:
    """The one of two texts that comes with data: a service's name, a question of a form."""
    return (en or zh) if language() == "en" else (zh or en)


def zone() -> ZoneInfo:
    """The store's own time zone."""
    if "zone" not in g:
        store = the_store()
        own = store.stores.find(store.store_id)
        g.zone = ZoneInfo(own.timezone if own else "Asia/Shanghai")
    found: ZoneInfo = g.zone
    return found


def local(when: str | datetime) -> datetime:
    """An instant of a record, on the store's clock."""
    instant = datetime.fromisoformat(when) if isinstance(when, str) else when
    return instant.astimezone(zone())


def now() -> datetime:
    """Now, on the store's clock."""
    return datetime.now(zone())


def today() -> date:
    return now().date()


def _locale() -> Locale:
    found: Locale = get_locale()
    return found


def money(fen: int) -> str:
    """¥1,234.00; what goes back is −¥1,234.00"""
    sign = "−" if fen < 0 else ""
    return f"{sign}¥" + numbers.format_decimal(abs(fen) / 100, format="#,##0.00", locale=_locale())


def percent(share: float, digits: int = 0) -> str:
    """0.415 -> 42%"""
    pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
    return numbers.format_percent(share, format=pattern, locale=_locale())


def _as_day(value: str | date | datetime) -> date:
    if isinstance(value, str) and len(value) > 10:
        return local(value).date()
    if isinstance(value, str):
        return date.fromisoformat(value)
    return local(value).date() if isinstance(value, datetime) else value


def day(value: str | date | datetime) -> str:
    """11月22日 星期日 / Sunday, 22 November"""
    return dates.format_date(_as_day(value), format=_DAY[language()], locale=_locale()) if value else ""


def short_day(value: str | date | datetime) -> str:
    """11月22日 / 22 Nov"""
    return dates.format_date(_as_day(value), format=_SHORT_DAY[language()], locale=_locale()) if value else ""


def full_date(value: str | date | datetime) -> str:
    """2026年11月22日 / 22 November 2026"""
    return dates.format_date(_as_day(value), format=_DATE[language()], locale=_locale()) if value else ""


def iso_day(when: str | datetime) -> str:
    """2026-11-22, as a date field wants it."""
    return _as_day(when).isoformat()


def clock(when: str | datetime) -> str:
    """14:05, on the store's clock"""
    return local(when).strftime("%H:%M") if when else ""


def ago(when: str | datetime) -> str:
    """5 minutes ago / 5分钟前"""
    if not when:
        return ""
    passed = local(when) - now()
    return dates.format_timedelta(passed, add_direction=True, locale=_locale())


def until(when: str | datetime) -> str:
    """A clock that runs out: in 5 minutes / 5分钟后; once it ran out, 3 weeks overdue / 已超时3周."""
    left = local(when) - now()
    if left.total_seconds() >= 0:
        return ago(when)
    return _("%(time)s overdue", time=dates.format_timedelta(-left, locale=_locale()))
