"""What every request passes: the Host, the origin, the headers of the answer."""

from __future__ import annotations

import pytest

from edge.kiosk.guard import from_our_pages, host_allowed, own_path


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "localhost", "192.168.1.5:8080", "[::1]:8080", "desk.store"]
)
def test_a_host_that_is_ours_is_let_in(host):
    assert host_allowed(host, frozenset({"desk.store"}))


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "", "127.0.0.1.evil.example"])
def test_a_foreign_name_for_this_machine_gets_nothing(client, store, host):
    assert not host_allowed(host, frozenset())
    if host:
        assert client.get("/healthz", headers={"Host": host}).status_code == 421
        assert store.refusals(1)[0].code == "host-unknown"


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "/\r\nX-Evil: 1",
        "/desk\n",
        "desk",
    ],
)
def test_a_page_leads_on_to_our_own_pages_only(client, path):
    assert own_path(path, "/desk") == "/desk"
    assert client.get("/language/en", query_string={"next": path}).location == "/"
    asked = client.post("/staff/sign-in", data={"badge": "B-xu", "next": path})
    assert (asked.status_code, asked.location) == (302, "/")


def test_a_page_leads_on_to_what_was_asked_for():
    for path in ("/desk", "/desk/people?q=王 丽", "/station/visit/x#y"):
        assert own_path(path) == path


@pytest.mark.parametrize(
    ("fetch_site", "origin", "allowed"),
    [
        ("same-origin", None, True),
        ("none", None, True),
        ("cross-site", "http://localhost", False),
        ("same-site", None, False),
        (None, "http://localhost", True),
        (None, "http://evil.example", False),
        (None, "null", False),
        (None, None, True),
    ],
)
def test_an_unsafe_request_comes_from_our_own_pages(client, fetch_site, origin, allowed):
    assert from_our_pages(fetch_site, origin, "localhost") is allowed
    headers = {"Sec-Fetch-Site": fetch_site, "Origin": origin}
    answer = client.post("/start", headers={k: v for k, v in headers.items() if v})
    assert (answer.status_code == 302) is allowed


def test_reading_needs_no_origin(client):
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_every_answer_forbids_foreign_content_framing_and_keeping(client):
    for address in ("/", "/staff/sign-in", "/nothing-here"):
        headers = client.get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(client):
    cookie = client.post("/start").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_the_secret_of_sessions_is_kept_over_a_restart_and_read_by_its_owner_only(store, make_app):
    first, second = make_app(), make_app()
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) == 32
    assert (store.home / "keys" / "kiosk-session.key").stat().st_mode & 0o077 == 0


def test_a_request_larger_than_any_form_is_refused(client):
    client.post("/start")
    assert client.post("/phone", data={"phone": "1" * 100_000}).status_code == 413


def test_a_path_to_another_site_is_not_followed_after_sign_in(client):
    for then in ("//evil.example", "https://evil.example/", "/\\evil.example", "desk"):
        answer = client.post("/staff/sign-in", data={"login": "xu", "pin": "222222", "next": then})
        assert answer.location == "/", then


@pytest.mark.parametrize("path", ["/language/en?next=%00", "/staff/sign-in?next=a%00b"])
def test_a_nul_in_an_address_is_refused(client, path):
    assert client.get(path).status_code == 400


def test_a_nul_in_a_form_is_refused_before_anything_is_done(client):
    client.get("/")
    client.post("/start")
    assert client.post("/phone", data={"phone": "138\0"}).status_code == 400


def test_an_error_leads_on_only_where_the_reader_may_go(make_app):
    """A customer's own phone may not open the kiosk's first page, so nothing leads there."""
    client = make_app(screens=frozenset({"192.0.2.7"})).test_client()
    assert 'href="/"' not in client.get("/join/ended").text
    assert 'href="/"' in client.get("/nope", environ_base={"REMOTE_ADDR": "192.0.2.7"}).text
