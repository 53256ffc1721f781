"""Two languages on each page; dates and money as people read them; no text without its translation."""

from __future__ import annotations

import ast
from datetime import timedelta

import pytest

from edge.kiosk import catalogues, i18n


@pytest.mark.parametrize("folder", catalogues.folders(), ids=lambda path: path.name)
def test_every_text_of_a_folder_has_its_chinese_translation(folder):
    assert catalogues.missing(folder) == []


@pytest.mark.parametrize("folder", catalogues.folders(), ids=lambda path: path.name)
def test_translations_keep_the_places_of_their_values(folder):
    for message in catalogues.read(folder):
        if message.id and message.python_format:
            assert not list(message.check(catalogues.read(folder))), message.id


def test_no_text_hides_in_an_f_string_where_the_catalogue_cannot_see_it():
    hidden = []
    for path in catalogues.HERE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                calls = (one for one in ast.walk(node) if isinstance(one, ast.Call))
                hidden += [f"{path.name}:{one.lineno}" for one in calls if getattr(one.func, "id", "") == "_"]
    assert hidden == []


def test_customers_start_in_chinese_and_the_switch_keeps_the_page(app):
    browser = app.test_client()
    assert 'lang="zh-Hans"' in browser.get("/").text
    answer = browser.get("/language/en?next=/staff/sign-in")
    assert answer.location == "/staff/sign-in"
    assert 'lang="en"' in browser.get("/staff/sign-in").text


def test_an_unknown_language_changes_nothing(client):
    client.get("/language/xx?next=/")
    assert 'lang="en"' in client.get("/").text


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("zh", ["¥1,234.00", "11月22日 星期日", "2026年11月22日", "14:05", "42%"]),
        ("en", ["¥1,234.00", "Sunday, 22 November", "22 November 2026", "14:05", "42%"]),
    ],
)
def test_money_days_and_times_read_as_in_that_language(app, language, shown):
    with app.test_request_context(f"/?lang={language}"):
        instant = "2026-11-22T06:05:00.000Z"
        assert [
            i18n.money(123400),
            i18n.day(instant),
            i18n.full_date("2026-11-22"),
            i18n.clock(instant),
            i18n.percent(0.415),
        ] == shown


@pytest.mark.parametrize(
    ("language", "ahead", "over"), [("zh", "3周后", "已超时3周"), ("en", "in 3 weeks", "3 weeks overdue")]
)
def test_a_clock_says_what_is_left_and_then_by_how_much_it_is_over(app, language, ahead, over):
    span = timedelta(days=21, minutes=1)
    with app.test_request_context(f"/?lang={language}"):
        assert i18n.until(i18n.now() + span) == ahead
        assert i18n.until(i18n.now() - span) == over


def test_a_day_is_the_stores_own(app):
    with app.test_request_context("/?lang=en"):
        assert i18n.short_day("2026-11-22T17:00:00.000Z") == "23 Nov"  # Shanghai is eight hours ahead


def test_a_catalogue_is_compiled_when_it_is_newer(tmp_path):
    po = tmp_path / "zh_Hans" / "LC_MESSAGES" / "messages.po"
    po.parent.mkdir(parents=True)
    po.write_text('msgid "Back"\nmsgstr "返回"\n', encoding="utf-8")
    catalogues.compile_stale(tmp_path)
    assert "返回".encode() in po.with_suffix(".mo").read_bytes()


def test_a_catalogue_that_cannot_be_written_stops_nothing(tmp_path, monkeypatch):
    po = tmp_path / "zh_Hans" / "LC_MESSAGES" / "messages.po"
    po.parent.mkdir(parents=True)
    po.write_text('msgid "Back"\nmsgstr "返回"\n', encoding="utf-8")

    def read_only(_mo, _catalogue):
        raise PermissionError(30, "read-only")

    monkeypatch.setattr(catalogues, "_write", read_only)
    catalogues.compile_stale(tmp_path)
    assert not po.with_suffix(".mo").exists()


def test_one_english_text_is_said_by_each_family_in_its_own_words(app):
    """What the desk calls the name of a person is not what the technician calls the name of a device."""
    said = {}
    for address in ("/desk/people", "/tech"):
        with app.test_request_context(f"{address}?lang=zh"):
            app.preprocess_request()
            said[address] = i18n._("Name")
    assert said == {"/desk/people": "姓名", "/tech": "名称"}
