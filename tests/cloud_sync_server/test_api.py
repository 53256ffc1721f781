"""The door of the API: its document, sizes, gzip, and how much at once."""

from __future__ import annotations

import gzip
import json

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import func, select

from cloud_sync_server.api import api
from cloud_sync_server.api.door import MAX_PLAIN_BYTES, MAX_WIRE_BYTES
from cloud_sync_server.schema import changes
from tests.cloud_sync_server.wire import MEMBER


@pytest.fixture
def document(hq):
    return hq.http.get("/v1/openapi.json").json


def schema(document, name):
    return {"$ref": f"#/components/schemas/{name}", "components": document["components"]}


def test_the_document_names_every_route_and_no_other(hq, document):
    routes = {
        (rule.rule, method.lower())
        for rule in hq.app.url_map.iter_rules()
        if rule.rule.startswith("/v1/") and rule.rule != "/v1/openapi.json"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, item in document["paths"].items() for method in item} == routes
    assert document["openapi"] == "3.1.0"


def test_every_schema_of_the_document_is_a_json_schema_and_every_reference_leads_somewhere(document):
    schemas = document["components"]["schemas"]
    for one in schemas.values():
        Draft202012Validator.check_schema(one)
    named = {part.split('"')[0] for part in json.dumps(document).split("#/components/schemas/")[1:]}
    assert named <= schemas.keys()


def test_real_messages_fit_the_document(hq, document):
    store = hq.enrol("s001")
    store.write("member", "m-0001", MEMBER)
    store.write_raw({"n": "poison"})
    pairs = [
        ("Push", store.message()),
        ("PushAnswer", store.push().json),
        ("SnapshotAnswer", store.get("/snapshot").json),
        ("StatusAnswer", store.get("/status").json),
        ("Problem", store.get("/pull", cursor="x").json),
    ]
    store.bootstrap()
    pairs.append(("PullAnswer", store.get("/pull", cursor=store.cursor).json))
    for name, message in pairs:
        Draft202012Validator(schema(document, name)).validate(message)
    with pytest.raises(Exception, match="does not match"):
        Draft202012Validator(schema(document, "Push")).validate({**store.message(), "h": "x"})


def test_every_endpoint_says_what_it_does():
    assert all(endpoint.summary for endpoint in api.endpoints)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b"[]", 400),
        (b'{"n": NaN}', 400),
        (b"[" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b" " * (MAX_WIRE_BYTES + 1), 413),
    ],
)
def test_a_body_that_is_no_push_is_refused_with_a_reason(hq, body, status):
    store = hq.enrol("s001")
    answer = hq.http.post("/v1/push", data=body, headers=store.headers)
    assert answer.status_code == status
    assert answer.json["code"] in {"malformed", "too_large"}
    assert answer.json["detail"]


def test_an_unknown_part_of_a_push_is_named(hq):
    store = hq.enrol("s001")
    answer = store.push(colour="blue")
    assert (answer.status_code, answer.json["code"]) == (400, "malformed")
    assert "colour" in answer.json["detail"]


def test_a_gzip_bomb_stays_small(hq):
    store = hq.enrol("s001")
    for body in (gzip.compress(b" " * (MAX_PLAIN_BYTES * 50)), b"not gzip"):
        answer = hq.http.post("/v1/push", data=body, headers={**store.headers, "Content-Encoding": "gzip"})
        assert answer.status_code in {400, 413}


def test_more_than_a_thousand_changes_in_a_push_are_refused(hq):
    store = hq.enrol("s001")
    for i in range(1001):
        store.write("member", f"m-{i:04}", MEMBER)
    assert store.push().status_code == 400
    assert store.push(1, 1000).json["acked"] == 1000
    held = hq.here.database.read(lambda con: con.execute(select(func.count()).select_from(changes)).scalar())
    assert held == 1000


def test_answers_are_compressed_for_those_who_ask(hq):
    store = hq.enrol("s001")
    for i in range(20):
        store.write("member", f"m-{i:04}", MEMBER)
    store.push()
    plain = hq.http.get("/v1/snapshot", headers=store.headers)
    packed = hq.http.get("/v1/snapshot", headers={**store.headers, "Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 4
    assert json.loads(gzip.decompress(packed.data)) == plain.json


def test_a_crowd_is_told_to_come_back_and_a_store_to_send_one_at_a_time(hq):
    store, other = hq.enrol("s001"), hq.enrol("s002")
    with hq.here.pressure.slot("s001"):
        answer = store.get("/status")
        assert (answer.status_code, answer.json["code"]) == (429, "one_at_a_time")
        assert int(answer.headers["Retry-After"]) >= 1
        assert other.get("/status").status_code == 200
    taken = 0
    while hq.here.pressure._all.acquire(blocking=False):
        taken += 1
    assert taken == hq.here.settings.busy_limit
    answer = store.get("/status")
    assert (answer.status_code, answer.json["code"]) == (503, "busy")
    assert int(answer.headers["Retry-After"]) >= 1
    for _ in range(taken):
        hq.here.pressure._all.release()
    assert store.get("/status").status_code == 200


def test_status_says_what_hq_holds(hq):
    store = hq.enrol("s001")
    store.write("member", "m-0001", {"phone": "x"})
    store.push()
    status = store.get("/status").json
    assert (status["acked"], status["quarantined"], status["store_id"]) == ({"0001": 1}, 1, "s001")


def test_health_is_200_once_the_database_answers(hq):
    answer = hq.http.get("/healthz")
    assert (answer.status_code, answer.json["status"]) == (200, "ok")


@pytest.mark.parametrize(
    "path",
    ["/v1/snapshot?after=WyJhLjAiLCJcdTAwMDAiLCIiLCIiXQ==", "/v1/pull?cursor=%00", "/members/%00", "/members?q=%00",
     "/quarantine/%00/%00/1"],
)  # fmt: skip
def test_what_no_database_can_hold_is_refused_and_breaks_nothing(hq, path):
    from cloud_sync_server import users

    store = hq.enrol("s001")
    hq.here.database.write(lambda con: users.create(con, "boss", "a long password", "owner", "test"))
    hq.http.post("/sign-in", data={"login": "boss", "password": "a long password"})
    method = hq.http.post if path.startswith("/quarantine") else hq.http.get
    assert method(path, headers=store.headers, data={"verdict": "replay"}).status_code < 500
    assert hq.http.post("/sign-in", data={"login": "\0", "password": "\0"}).status_code < 500
    assert store.push(oldest_at="\0").status_code == 400
    assert store.push(oldest_at="\ud800").status_code == 400
    assert store.push().status_code == 200
