"""One-time codes: once, in time, for the store named; guessing is made slow."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from cloud_sync_server.clock import later
from cloud_sync_server.enrolment import create_code
from cloud_sync_server.schema import enrolment_codes, stores


def code_for(hq, store):
    return hq.here.database.write(lambda con: create_code(con, hq.here.vault, store, "test"))


def enrol(hq, code, store="s001"):
    return hq.http.post("/v1/enrol", json={"code": code, "store_id": store})


def test_a_code_gives_a_key_once(hq):
    code = code_for(hq, "s001")
    assert enrol(hq, code).status_code == 200
    answer = enrol(hq, code)
    assert (answer.status_code, answer.json["code"]) == (401, "not_allowed")


def test_a_code_is_for_one_store_and_for_a_day(hq):
    code = code_for(hq, "s001")
    assert enrol(hq, code, "s002").status_code == 401
    hq.here.database.write(lambda con: con.execute(update(enrolment_codes).values(expires_at=later(-1))))
    assert enrol(hq, code).status_code == 401


def test_a_new_code_ends_the_one_before(hq):
    first, second = code_for(hq, "s001"), code_for(hq, "s001")
    assert enrol(hq, first).status_code == 401
    assert enrol(hq, second).status_code == 200


def test_five_wrong_codes_close_the_door_for_a_while_even_for_the_right_one(hq):
    code = code_for(hq, "s001")
    for _ in range(5):
        assert enrol(hq, "AAAAA-AAAAA").status_code == 401
    answer = enrol(hq, code)
    assert (answer.status_code, answer.json["code"]) == (429, "too_many_tries")
    assert int(answer.headers["Retry-After"]) > 0
    assert enrol(hq, code_for(hq, "s002"), "s002").status_code == 200


@pytest.mark.parametrize("store", ["", "S001", "s 1", "../x", "s", "a" * 30])
def test_a_store_id_that_is_none_is_refused(hq, store):
    assert enrol(hq, "AAAAA-AAAAA", store).status_code == 400


def test_neither_code_nor_key_can_be_read_from_the_database(hq):
    code = code_for(hq, "s001")
    key = enrol(hq, code).json["key"]
    held = hq.here.database.read(
        lambda con: (
            repr(con.execute(stores.select()).all()) + repr(con.execute(enrolment_codes.select()).all())
        )
    )
    assert key not in held
    assert code.replace("-", "") not in held
