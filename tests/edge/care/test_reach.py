"""The address of reports in messages: https outside of this machine, and it must open this very store (FUP-01, SEC-04)."""

from __future__ import annotations

import threading

import pytest
from pydantic import ValidationError
from werkzeug.serving import make_server

from edge.care import CareSettings, reach
from edge.kiosk.app import create_app
from edge.kiosk.settings import KioskSettings
from edge.store import now


@pytest.mark.parametrize(
    "url",
    ["http://reports.example.com", "reports.example.com", "ftp://x", "https://x/?a=1", "javascript:alert(1)"],
)
def test_an_address_that_would_give_reports_away_or_is_none_is_refused_sec_04(url):
    with pytest.raises(ValidationError):
        CareSettings(report_url=url)


def test_a_slash_at_the_end_is_not_doubled():
    assert CareSettings(report_url="https://reports.example.com/").report_url == "https://reports.example.com"


@pytest.fixture
def served(store):
    """This store's web server, as a proxy in front of it calls it."""
    app, _socket = create_app(
        store, settings=KioskSettings(names=frozenset({"reports.example.com"})), testing=True
    )
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}", app
    server.shutdown()
    thread.join()


def test_the_address_is_asked_for_this_very_store_and_the_answer_kept(store, served):
    url, _ = served
    assert reach.look(store, url)["why"] == ""
    assert store.settings.get(reach.KEPT) == {"url": url, "why": ""}
    assert reach.look(store, "")["why"] == "none"
    assert reach.look(store, "http://127.0.0.1:9")["why"] == "ConnectError"


def test_a_link_of_a_message_opens_the_report_under_the_name_that_the_kiosk_was_told(
    store, served, clockwork
):
    """FUP-01: and under no other name."""
    _, app = served
    from .conftest import add_member, add_visit

    add_member(store)
    visit = add_visit(store, 0, at=now(), report_code="R" * 22)
    browser = app.test_client()
    page = f"/r/{visit.report_code}"
    assert browser.get(page, headers={"Host": "reports.example.com"}).status_code == 200
    assert browser.get(page, headers={"Host": "elsewhere.example.com"}).status_code == 421
