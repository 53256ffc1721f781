"""All that the store holds of one member, for her: complete by schema, two persons, once, nothing left behind (SEC-03, SEC-07)."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Annotated, ClassVar

import pytest

from edge.kiosk.services import readable
from edge.store import trail
from edge.store.holdings import of
from edge.store.tinydb_sqlite import SqliteTable
from salon import records
from salon.records import About, Record, _base, kinds
from salon.rules import answers
from tests.edge.sync.test_export_by_schema import HERS, sample

PNG = b"\x89PNG\r\n\x1a\n" + b"a face, as far as this test goes"


@pytest.fixture
def hers(store):
    """One record of every kind that can name a member, a health note, and a photo of a scan."""
    with store.acting("system"):
        store.members.edit("m-wang", home_store="s001", medical_notes="孕期", language="zh")
        for kind in HERS:
            made = sample(kind)
            store.add(made.model_copy(update={"member": "m-wang"}))
        store.visits.add(
            records.Visit(
                rid="v-paid", member="m-wang", store="s001", state="closed", therapist="e-mei", paid_fen=39800,
                arrived_at="2026-11-20T02:00:00.000Z",
            )
        )  # fmt: skip
    store.media.put(
        PNG,
        mime="image/png",
        owner="r-scan",
        purpose="scan",
        taken_at="2026-11-20T02:00:00Z",
        keep_until=None,
    )
    return store


def ask(browser, store, **form):
    answer = browser.post("/manager/exports", data={"member": "m-wang", "purpose": "本人申请副本", **form})
    made = store.export_requests.select(order_by="at")
    return answer, made[-1] if made else None


def decide(browser, rid, login="owner", pin="555555"):
    return browser.post(f"/manager/exports/{rid}", data={"login": login, "pin": pin, "decision": "yes"})


def taken(browser, store):
    _, request = ask(browser, store)
    assert decide(browser, request.rid).status_code == 302
    answer = browser.post(f"/manager/exports/{request.rid}/everything.zip")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert "no-store" in answer.headers["Cache-Control"]
    return zipfile.ZipFile(io.BytesIO(answer.data))


def test_every_kind_that_names_her_is_in_it_health_and_photo_too(manager, hers):
    """SEC-07: for a program with what each field means, for a person, and the photos as they are."""
    archive = taken(manager, hers)
    assert archive.testzip() is None
    held = json.loads(archive.read("everything.json"))
    assert set(held["records"]) == {"member", *HERS}
    assert held["schema"] == records.SCHEMA_VERSION
    member = held["records"]["member"][0]
    assert (member["medical_notes"], member["allergens"], member["phone"]) == (
        "孕期",
        ["alcohol"],
        "13800010001",
    )
    for kind, documents in held["records"].items():
        for document in documents:
            assert set(document) == set(held["kinds"][kind]["fields"])
    (photo,) = held["photos"]
    assert (photo["of"], archive.read(photo["file"])) == ("r-scan", PNG)
    page = archive.read("everything.html").decode()
    for kind in held["records"]:
        assert f"{kinds()[kind].zh} <small>" in page, kind
    assert not re.search(r"""(src|href)=["'](?!#|data:)""", page), "it loads nothing"


def test_the_page_in_it_is_in_her_language_with_its_dates_money_and_names(manager, hers):
    page = taken(manager, hers).read("everything.html").decode()
    assert "孕期" in page
    assert "<dt>过敏原</dt><dd>酒精" in page
    assert "2026年11月20日 10:00" in page
    assert "¥398.00" in page
    assert "员工mei" in page
    hers.members.edit("m-wang", language="en")
    page = taken(manager, hers).read("everything.html").decode()
    assert '<html lang="en">' in page
    assert "20 November 2026 10:00" in page
    assert "<dt>State</dt><dd>closed</dd>" in page


def test_nothing_of_another_customer_is_in_it(manager, hers):
    archive = taken(manager, hers)
    assert "m-li" not in archive.read("everything.json").decode()
    assert "李" not in archive.read("everything.html").decode()


def test_a_kind_that_is_made_tomorrow_is_found_by_itself(store, monkeypatch):
    """SEC-07: by the schema, not by a list; erasure asks the same finder."""

    class Wish(Record):
        kind: ClassVar[str] = "wish"
        table: ClassVar[str] = "wishes"
        zh: ClassVar[str] = "心愿"
        en: ClassVar[str] = "Wish"
        member: Annotated[_base.Ref, About("会员", "Member")]

    monkeypatch.setitem(_base._KINDS, "wish", Wish)
    SqliteTable(store.connections, "wishes").insert({"rid": "w-1", "member": "m-wang"})
    assert of(store.connections, "m-wang")["wish"] == [{"rid": "w-1", "member": "m-wang"}]
    assert of(store.connections, "m-li").keys() == {"member"}
    assert "wish" in store.holdings("m-wang")


def test_merged_files_are_one_person(manager, hers):
    """SYN-11"""
    hers.members.edit("m-li", merged_into="m-wang")
    held = json.loads(taken(manager, hers).read("everything.json"))
    assert {one["rid"] for one in held["records"]["member"]} == {"m-wang", "m-li"}


def test_it_needs_a_purpose_and_a_second_person_with_the_right_pin_and_leaves_once(manager, hers):
    """SEC-03"""
    assert ask(manager, hers, purpose=" ")[0].status_code == 422
    assert not hers.export_requests.select()
    _, request = ask(manager, hers)
    address = f"/manager/exports/{request.rid}/everything.zip"
    assert manager.post(address).status_code == 422, "nobody agreed yet"
    assert decide(manager, request.rid, "shen", "444444").status_code == 422, "herself"
    assert decide(manager, request.rid, pin="000000").status_code == 401
    assert decide(manager, request.rid, "xu", "222222").status_code == 422, "the desk decides no export"
    assert hers.export_requests.load(request.rid).state == "asked"
    assert decide(manager, request.rid).status_code == 302
    assert manager.post(f"/manager/exports/{request.rid}/customers.csv").status_code == 422, (
        "not what was asked"
    )
    answer = manager.post(address)
    done = hers.export_requests.load(request.rid)
    assert (done.state, done.second_person, done.members, done.scope) == (
        "done",
        "e-owner",
        ["m-wang"],
        "file",
    )
    assert done.rows == sum(map(len, json.loads(_read(answer))["records"].values()))
    assert manager.post(address).status_code == 422, "once"


def _read(answer):
    return zipfile.ZipFile(io.BytesIO(answer.data)).read("everything.json")


def test_who_asked_who_agreed_and_that_it_left_stay_in_the_log(manager, hers):
    """SEC-02"""
    taken(manager, hers)
    lines = [(line.actor, line.kind) for line in trail.read(hers.connections.get(), kind="export_request")]
    assert lines.count(("e-shen", "export_request")) == 2
    assert ("e-owner", "export_request") in lines


def test_only_who_may_export_and_may_see_her_applies(signed_in, manager, hers):
    """SEC-01, SEC-03: a beautician takes no file out, of her own customers neither; a manager none of a customer she may not see."""
    hers.members.edit("m-wang", therapist="e-mei")
    for login in ("mei", "xu", "gu"):
        assert ask(signed_in(login), hers)[0].status_code == 403, login
    hers.members.edit("m-li", home_store="s002")
    for answer in (manager.get("/manager/exports?member=m-li"), ask(manager, hers, member="m-li")[0]):
        assert answer.status_code == 403
    assert hers.refusals()[0].code == "not-yours"
    assert manager.get("/manager/exports?member=m-none").status_code == 404
    assert not hers.export_requests.select()


def test_her_whole_file_leads_there_for_who_has_the_right(manager, desk, hers):
    link = 'href="/manager/exports?member=m-wang"'
    assert link in manager.get("/desk/people/m-wang/all").text
    assert link not in desk.get("/desk/people/m-wang/all").text
    form = manager.get("/manager/exports?member=m-wang").text
    assert "health and photos too" in form
    assert 'name="columns"' not in form


def test_nothing_is_left_on_the_disk(manager, hers, tmp_path, monkeypatch):
    """SEC-04: neither in the store's folder nor in one for temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "spool"))
    (tmp_path / "spool").mkdir()
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    taken(manager, hers)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} <= before
    assert not any(b"a face, as far" in path.read_bytes() for path in before if path.exists())


def test_every_fixed_answer_of_her_records_has_its_words():
    missing = {
        (kind, name, value)
        for kind in ("member", *HERS)
        for name in kinds()[kind].model_fields
        for value in answers.choices(kinds()[kind], name)
        if answers.word(kinds()[kind], name, value) is None
    }
    assert missing == set()


def test_numbers_days_and_yes_read_as_a_person_writes_them(app, store):
    with app.test_request_context("/?lang=en"):
        (section,) = readable.sections(
            store, {"bill": [{"rid": "b-1", "at": "", "lines": [{"price_fen": 5, "ok": True}]}]}
        )
    assert section.records == [[("Record id", "b-1"), ("Lines", [{"price fen": "¥0.05", "ok": "yes"}])]]
