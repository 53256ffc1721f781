"""When something cannot be done: a page of the house, in the visitor's language, that says what to do next."""

from __future__ import annotations

import re

import pytest

from edge.kiosk.app import create_app
from edge.kiosk.services import calls
from edge.kiosk.settings import KioskSettings

LANGUAGES = ("zh", "en")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def live_app(store):
    """As in a store: what nobody expected is caught too."""
    app, _socket = create_app(store, settings=KioskSettings())
    yield app
    app.extensions["live"].stop()


@pytest.fixture
def broken(live_app, monkeypatch):
    """Calling staff fails in a way that nobody thought of."""

    def fail(*_given):
        raise RuntimeError("a secret of the machine")

    monkeypatch.setattr(calls, "place", fail)
    return live_app.test_client()


def _in_the_houses_look(answer, language):
    page = answer.text
    assert f'lang="{"zh-Hans" if language == "zh" else "en"}"' in page
    assert "tokens.css" in page
    assert ("晴肌美学" if language == "zh" else "Clear Day") in page
    said = re.search(r'class="card stack error">(.*?)</div>', page, re.DOTALL)[1]
    text = re.sub(r"<[^>]+>", " ", said)
    assert bool(CHINESE.search(text)) is (language == "zh"), text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    return said


@pytest.mark.parametrize("language", LANGUAGES)
def test_404_says_so_and_leads_to_the_first_page(client, language):
    client.set_cookie("lang", language)
    answer = client.get("/no-such-page")
    assert answer.status_code == 404
    assert 'href="/"' in _in_the_houses_look(answer, language)
    assert 'data-hands="customer"' in answer.text, "a customer's finger finds the way on"


@pytest.mark.parametrize("language", LANGUAGES)
def test_404_of_staff_leads_to_their_own_page(desk, language):
    desk.set_cookie("lang", language)
    answer = desk.get("/desk/visit/none")
    assert answer.status_code == 404
    assert 'href="/desk"' in _in_the_houses_look(answer, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_401_leads_back_by_way_of_the_pin(client, language):
    """SVC-07: signed out in the middle of a treatment, at a screen that is no kiosk's too."""
    client.set_cookie("lang", language)
    headers = {"Referer": "http://localhost/station/visit/v-1/care"}
    answer = client.post(
        "/station/visit/v-1/care/tick", headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert answer.status_code == 401
    assert 'href="/staff/sign-in?next=/station/visit/v-1/care"' in _in_the_houses_look(answer, language)
    headers = {"Referer": "http://evil.example/station/visit/v-1"}
    assert 'href="/staff/sign-in?next=/desk"' in client.post("/desk/people", headers=headers).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_421_tells_a_wrong_name_for_this_store(client, language):
    # Each name has its own cookies, so that the language is asked for in the address.
    answer = client.get(f"/?lang={language}", headers={"Host": "evil.example"})
    assert answer.status_code == 421
    _in_the_houses_look(answer, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_429_asks_to_wait(client, language):
    client.set_cookie("lang", language)
    answers = [client.get(f"/r/guess-{number}") for number in range(40)]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited
    page = limited[-1].text
    assert ("请" if language == "zh" else "Please wait") in page
    assert "tokens.css" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_500_tells_the_customer_calmly_and_the_technician_exactly(broken, store, language):
    broken.set_cookie("lang", language)
    answer = broken.post("/call")
    assert answer.status_code == 500
    assert 'href="/"' in _in_the_houses_look(answer, language)
    assert "secret" not in answer.text
    refusal = store.refusals(1)[0]
    assert (refusal.code, refusal.detail) == ("failed", "/call: RuntimeError")


def test_the_code_of_a_report_stands_in_no_log_mea_05(live_app, monkeypatch, caplog):
    def fail(*_given, **_more):
        raise RuntimeError("nobody thought of it")

    rule = next(r for r in live_app.url_map.iter_rules() if r.rule.startswith("/r/<"))
    monkeypatch.setitem(live_app.view_functions, rule.endpoint, fail)
    assert live_app.test_client().get("/r/AbCdEfGhIjKlMnOpQrStUv").status_code == 500
    assert "request failed: /r/<" in caplog.text
    assert "AbCdEf" not in caplog.text
