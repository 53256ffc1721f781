"""Who may call what: generated from the route table, so that a new route is tested the day it is made (SEC-01)."""

from __future__ import annotations

import pytest
from flask import Blueprint
from werkzeug.routing import IntegerConverter

from edge.kiosk.pages import KIOSK, Door, Family, Rights, RouteWithoutRule, families, staff
from salon.records.people import Role
from tests.edge.kiosk.conftest import ROLES

FAMILIES = families()
RULES = [(f"{f.blueprint.name}.{view}", rule) for f in FAMILIES for view, rule in f.rights.items()]


def _calls(app, endpoint):
    """Every (method, address) of an endpoint, with something in place of its variables."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules(endpoint):
        values = {name: _some(rule._converters[name]) for name in rule.arguments}
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            yield method, adapter.build(endpoint, values, method=method)


def _some(converter):
    """A value that fits a variable of an address."""
    if isinstance(converter, IntegerConverter):
        return 1
    return next(iter(getattr(converter, "items", ["x"])))


def test_every_route_has_a_rule_and_every_rule_a_route(app):
    assert {endpoint for endpoint, _rule in RULES} == {
        rule.endpoint for rule in app.url_map.iter_rules() if not rule.endpoint.endswith("static")
    }


def test_a_route_without_a_rule_stops_the_start(app):
    pages = Blueprint("forgotten", __name__)
    pages.get("/forgotten")(lambda: "")
    app.register_blueprint(pages)
    rights = Rights()
    rights.add(Family(pages, rights={}))
    with pytest.raises(RouteWithoutRule) as caught:
        rights.check(app)
    assert "forgotten.<lambda>" in caught.value.endpoints


def test_no_staff_route_opens_without_sign_in(app, client):
    for endpoint in [name for name, rule in RULES if rule.door is Door.STAFF]:
        for method, address in _calls(app, endpoint):
            answer = client.open(address, method=method)
            assert answer.status_code == (302 if method == "GET" else 401), (method, address)
            if method == "GET":
                assert answer.location.startswith("/staff/sign-in")


@pytest.mark.parametrize("login", ROLES)
def test_each_role_may_call_what_its_rules_say_and_nothing_else(app, signed_in, login):
    browser = signed_in(login)
    for endpoint, rule in RULES:
        if rule.door is not Door.STAFF or rule.allows({ROLES[login]}):
            continue
        for method, address in _calls(app, endpoint):
            assert browser.open(address, method=method).status_code == 403, (login, method, address)


def test_the_owner_may_all_that_staff_may():
    for name in Role.__args__:
        assert staff(name).allows({"owner"})
        assert staff(name).allows({name})
    assert not staff("desk").allows({"technician"})


def test_kiosk_pages_answer_only_a_kiosk_screen(app, client):
    for endpoint in [name for name, rule in RULES if rule.door is Door.KIOSK]:
        for method, address in _calls(app, endpoint):
            answer = client.open(address, method=method, environ_base={"REMOTE_ADDR": "192.168.1.77"})
            assert answer.status_code == 403, (method, address)


def test_rooms_are_guarded_like_routes(app):
    rights = app.extensions["parlour"].rights
    assert rights.of_room("desk").roles >= {"desk", "manager", "owner"}
    assert rights.of_room("station:1号床").door is Door.STAFF
    assert rights.of_room("nowhere") is None
    assert KIOSK.allows(set())
