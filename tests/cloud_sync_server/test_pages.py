"""Head office's pages: who gets in, what they see, in both languages."""

from __future__ import annotations

import re
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

import cloud_sync_server
from cloud_sync_server import users
from cloud_sync_server.clock import later, now
from cloud_sync_server.pages import person
from cloud_sync_server.pages.language import texts
from cloud_sync_server.schema import attempts, audit, records, settlements, stores
from salon import policies
from tests.cloud_sync_server.wire import MEMBER, VISIT, consent

PASSWORD = "a long enough password"
PAGES = ["/", "/members", "/stores", "/quarantine", "/reviews"]


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch):
    """argon2 as it must be takes a tenth of a second each time; here it only has to be argon2."""
    monkeypatch.setattr(users, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def make_user(hq, login="boss", role="owner", password=PASSWORD):
    hq.here.database.write(lambda con: users.create(con, login, password, role, "test"))


def sign_in(hq, login="boss", password=PASSWORD, onward="/"):
    return hq.http.post("/sign-in", data={"login": login, "password": password, "next": onward})


@pytest.fixture
def office(hq):
    """HQ with an owner signed in, and a member with a visit in each of two stores."""
    make_user(hq)
    sign_in(hq)
    one, two = hq.enrol("s001"), hq.enrol("s002")
    one.write("member", "m-0001", {**MEMBER, "joined_at": now(), "drink": "jasmine_tea"})
    one.write("service", "facial", {"name": "深层补水", "name_en": "Deep hydration", "category": "skin", "minutes": 60,
                                    "price_fen": 29800})  # fmt: skip
    one.write("visit", "v-0001", {**VISIT, "arrived_at": now(), "state": "closed", "paid_fen": 29800})
    one.write("visit", "v-0003", {**VISIT, "arrived_at": now(), "state": "no_show"})
    one.write("consent", "c-0001", consent(granted=True, purpose="marketing"))
    one.push()
    two.write("visit", "v-0002", {**VISIT, "store": "s002", "arrived_at": now()})
    for i, amount in enumerate((300, -50)):
        entry = {
            "member": "m-0001",
            "unit": "points",
            "amount": amount,
            "reason": "earn",
            "at": now(),
            "store": "s002",
        }
        two.write("ledger_entry", f"l-000{i}", entry)
    two.push()
    hq.stores = {"s001": one, "s002": two}
    return hq


def text(hq, path, lang="en"):
    answer = hq.http.get(path, query_string={"lang": lang})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


@pytest.mark.parametrize("path", [*PAGES, "/members/m-0001"])
def test_without_signing_in_there_is_nothing_to_see(hq, path):
    answer = hq.http.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in")


def test_signing_in_leads_to_where_one_wanted_to_go_but_never_to_another_host(hq):
    make_user(hq)
    assert sign_in(hq, onward="/stores").headers["Location"] == "/stores"
    for outside in (
        "https://evil.test/",
        "//evil.test",
        "/\\evil.test",
        "javascript:alert(1)",
        "/\r\nX-Evil: 1",
    ):
        assert sign_in(hq, onward=outside).headers["Location"] == "/"


def test_five_wrong_passwords_close_the_login_and_a_restart_forgives_nothing(hq, app):
    make_user(hq)
    for _ in range(5):
        assert sign_in(hq, password="wrong").status_code == 401
    assert sign_in(hq).status_code == 429
    hq.here.database.engine.dispose()
    assert sign_in(hq).status_code == 429
    hq.here.database.write(lambda con: con.execute(update(attempts).values(last_at=later(-31))))
    assert sign_in(hq).status_code == 302


def test_a_new_password_ends_the_sessions_of_the_old_one(hq):
    make_user(hq)
    sign_in(hq)
    assert hq.http.get("/").status_code == 200
    make_user(hq, password="another long password")
    assert hq.http.get("/").status_code == 302


def test_signing_out_ends_it(hq):
    make_user(hq)
    sign_in(hq)
    hq.http.post("/sign-out")
    assert hq.http.get("/").status_code == 302


def test_a_short_password_is_refused(hq):
    with pytest.raises(users.WeakPassword):
        make_user(hq, password="short")


def test_a_button_touched_after_the_session_ended_leads_back_to_its_page(office):
    office.http.post("/sign-out")
    answer = office.http.post(
        "/quarantine/s001/0001/1",
        headers={"Referer": "http://localhost/quarantine"},
        data={"verdict": "discard"},
    )
    assert (answer.status_code, answer.location) == (302, "/sign-in?next=/quarantine")
    elsewhere = office.http.post("/stores/code", headers={"Referer": "https://evil.test/x"})
    assert elsewhere.location == "/sign-in?next=/"


def test_the_settlement_is_a_file_that_an_owner_can_read(office):
    """LOY-11: names and yuan in her language; what a store calls itself is no formula, and what stands in the address no header."""
    office.stores["s001"].write("store", "s001", {"name": "=HYPERLINK(1)", "name_en": "=1+1"})
    office.stores["s001"].push(len(office.stores["s001"].log) - 1)
    row = {"store": "s001", "creditor": "hq", "unit": "fen", "month": "2026-11", "amount": 12345}
    office.here.database.write(lambda con: con.execute(settlements.insert().values(row)))
    answer = office.http.get("/settlement?form=csv&month=2026-11&lang=zh")
    lines = answer.text.removeprefix("\ufeff").splitlines()
    assert lines[0] == "月份,付款门店,,收款门店,,金额,单位"
    assert lines[1] == "2026-11,s001,'=HYPERLINK(1),hq,总部,123.45,元"
    for wrong in ("%0d%0aX:1", '1"x', "2026-99"):
        assert office.http.get(f"/settlement?form=csv&month={wrong}").status_code == 200


def test_an_address_that_is_only_a_buttons_says_so_in_the_houses_words(office):
    answer = office.http.get("/members/m-0001/export?lang=zh")
    assert answer.status_code == 405
    assert "没有这个页面或会员" in answer.text
    assert 'href="/"' in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/stores/code", "/quarantine/s001/0001/1"])
def test_what_another_site_sends_is_refused(office, path, headers):
    assert office.http.post(path, headers=headers).status_code == 403


def test_every_changing_page_route_is_under_that_check(hq):
    changing = [
        rule.rule
        for rule in hq.app.url_map.iter_rules()
        if "POST" in rule.methods and not rule.rule.startswith("/v1/")
    ]
    assert sorted(changing) == [
        "/members/<rid>/erase", "/members/<rid>/export", "/members/<rid>/merge/<into>", "/members/<rid>/unmerge", "/policy", "/policy/compose",
        "/quarantine/<store>/<epoch>/<int:n>", "/quarantine/<store>/<epoch>/<int:n>/mend", "/reviews/<member>/<kind>/<rid>/<field>/<stamp>", "/sign-in", "/sign-out",
        "/stores/<store>/lease-limits", "/stores/<store>/lost", "/stores/code",
    ]  # fmt: skip


@pytest.mark.parametrize("path", [*PAGES, "/members/m-0001", "/members/nobody"])
def test_nothing_is_loaded_from_elsewhere_or_kept(office, path):
    answer = office.http.get(path)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "style=" not in answer.text
    assert "<script" not in answer.text
    assert not re.search(r'(src|href)="(https?:)?//', answer.text)


def test_today_counts_who_came_and_what_was_paid(office):
    page = text(office, "/")
    assert "Visits today 2" in page
    assert "1 finished" in page
    assert "¥298.00" in page
    assert "New members 1" in page
    assert "Up to date" in page


def test_a_store_with_something_waiting_is_behind_since_its_oldest_change(office):
    one = office.stores["s001"]
    one.write("member", "m-0001", {"music": "piano"})
    one.push(len(one.log), pending=12, oldest_at=later(-3 * 3600))
    page = text(office, "/stores")
    assert "Behind" in page
    assert "12" in page
    assert "3 h ago" in page


def test_a_store_not_heard_for_long_is_behind(office):
    office.here.database.write(lambda con: con.execute(update(stores).values(seen_at=later(-7200))))
    page = text(office, "/")
    assert "Up to date" not in page
    assert "2 h ago" in page


def test_a_members_page_shows_the_visits_of_all_stores_and_the_sum_of_the_ledger(office):
    """SYN-01, SYN-02."""
    page = text(office, "/members/m-0001")
    assert "王丽" in page
    assert page.count("店 s001") >= 1
    assert "店 s002" in page
    assert "Points 250" in page
    assert "Jasmine tea" in page
    assert "Marketing messages Granted" in page
    assert "茉莉花茶" in text(office, "/members/m-0001", "zh")


def test_who_brought_a_member_is_a_name_and_leads_to_her_file(office):
    one = office.stores["s001"]
    one.write(
        "member", "m-0002", {**MEMBER, "phone": "13800010099", "joined_at": now(), "referred_by": "m-0001"}
    )
    one.push(len(one.log))
    page = office.http.get("/members/m-0002").text
    assert re.search(r'<a href="/members/m-0001">王丽</a>', page)
    assert "None given yet" in text(office, "/members/m-0002")


def test_who_looked_at_a_file_is_written_down(office):
    """SEC-02."""
    office.http.get("/members/m-0001")
    lines = office.here.database.read(lambda con: con.execute(select(audit)).all())
    assert ("boss", "member_seen", "m-0001") in {(line.actor, line.action, line.subject) for line in lines}
    assert ("boss", "signed_in") in {(line.actor, line.action) for line in lines}


@pytest.mark.parametrize(
    "question", ["13800000001", "138-0000 0001", "+86 13800000001", "0001", "王", "王丽"]
)
def test_a_member_is_found_by(office, question):
    assert "王丽" in office.http.get("/members", query_string={"q": question}).text


@pytest.mark.parametrize("question", ["13900000009", "丽", "'; drop table records; --", "%", "\0", "x" * 500])
def test_a_member_is_not_found_by(office, question):
    answer = office.http.get("/members", query_string={"q": question})
    assert answer.status_code == 200
    assert "王丽" not in answer.text


def test_what_a_customer_wrote_is_shown_as_text(office):
    store = office.stores["s001"]
    store.write("member", "m-0002", {**MEMBER, "surname": "<script>alert(1)</script>", "notes": "<b>x</b>"})
    store.push(len(store.log))
    for path in ("/members", "/members/m-0002"):
        assert "<script>" not in office.http.get(path).text


def test_two_files_with_one_number_point_to_each_other(office):
    two = office.stores["s002"]
    two.write("member", "m-0002", {**MEMBER, "given_name": "丽丽"})
    two.push(len(two.log))
    assert "Other files with one of these numbers" in text(office, "/members/m-0001")


def test_a_second_number_points_both_ways_prf_15(office):
    """What is the second number of one file and the first of another is the same person registered twice, or her family."""
    two = office.stores["s002"]
    two.write("member", "m-0002", {**MEMBER, "phone": "13900009999", "phone2": MEMBER["phone"]})
    two.push(len(two.log))
    for rid in ("m-0001", "m-0002"):
        assert "Other files with one of these numbers" in text(office, f"/members/{rid}")


def test_a_value_that_gave_way_is_kept_for_review(office):
    one, two = office.stores["s001"], office.stores["s002"]
    time.sleep(0.002)
    two.write("member", "m-0001", {"drink": "latte"})
    two.push(len(two.log))
    time.sleep(0.002)
    one.write("member", "m-0001", {"drink": "green_tea"})
    one.push(len(one.log))
    page = text(office, "/members/m-0001")
    assert "Values overwritten by a concurrent edit" in page
    assert "Latte" in page


def test_health_data_is_not_shown(office):
    one = office.stores["s001"]
    one.write("consent", "c-0002", consent(granted=True))
    one.write("member", "m-0001", {"medical_notes": "asthma-canary", "allergens": {"add": ["latex-canary"]}})
    assert one.push(len(one.log) - 1).json["results"] == []
    assert "canary" not in text(office, "/members/m-0001")


def test_a_manager_sees_masked_numbers_and_decides_nothing(office):
    """SEC-01."""
    make_user(office, "mia", "manager")
    office.http.post("/sign-out")
    sign_in(office, "mia")
    page = text(office, "/members/m-0001")
    assert "138****0001" in page
    assert "13800000001" not in page
    assert "Make a code" not in text(office, "/stores")
    assert office.http.post("/stores/code", data={"store": "s009"}).status_code == 403
    assert office.http.post("/quarantine/s001/0001/1", data={"verdict": "replay"}).status_code == 403


def test_the_owner_makes_a_code_that_enrols_a_store_and_is_shown_once(office):
    page = office.http.post("/stores/code", data={"store": "s003"}, follow_redirects=True).text
    [code] = re.findall(r"\b[2-9A-Z]{5}-[2-9A-Z]{5}\b", page)
    assert office.http.post("/v1/enrol", json={"code": code, "store_id": "s003"}).status_code == 200
    assert code not in office.http.get("/stores").text
    assert (
        "lower-case"
        in office.http.post("/stores/code?lang=en", data={"store": "S 9"}, follow_redirects=True).text
    )


def test_what_was_set_aside_can_be_tried_again_or_put_away(office):
    one = office.stores["s001"]
    for _ in range(2):
        one.write("member", "m-0001", {"phone": "x"})
    one.push(len(one.log) - 1)
    n = len(one.log)
    page = text(office, "/quarantine")
    assert "A value does not fit its field" in page
    again = office.http.post(f"/quarantine/s001/0001/{n}", data={"verdict": "replay"}, follow_redirects=True)
    assert "Still refused" in again.text
    office.http.post(f"/quarantine/s001/0001/{n}", data={"verdict": "discard"})
    office.http.post(f"/quarantine/s001/0001/{n - 1}", data={"verdict": "discard"})
    assert "Nothing was set aside" in text(office, "/quarantine")
    assert office.http.post(f"/quarantine/s001/0001/{n}", data={"verdict": "eat"}).status_code == 400


def test_an_erased_member_has_no_page(office):
    one = office.stores["s001"]
    one.write("member", "m-0001", {}, erase=True)
    one.push(len(one.log))
    assert office.http.get("/members/m-0001").status_code == 404
    hers = select(records.c.erased).where(records.c.kind == "member", records.c.rid == "m-0001")
    assert office.here.database.read(lambda con: con.execute(hers).scalars().all()) == [True]


@pytest.mark.parametrize("path", [*PAGES, "/members/m-0001", "/members/nobody", "/sign-in"])
def test_every_page_speaks_both_languages(office, path):
    seen = {}
    for lang, code in (("zh", "zh-Hans"), ("en", "en")):
        page = office.http.get(path, query_string={"lang": lang}).text.replace("王丽 · Parlour", "")
        assert f'<html lang="{code}">' in page
        seen[lang] = set(re.findall(r">([^<>]*)<", page))
    words = {word.strip() for word in seen["en"] if re.search("[a-z]{4}", word)} - {"Parlour"}
    assert not {word for word in words if word in seen["zh"]}


def test_the_language_chosen_stays(office):
    office.http.get("/?lang=en")
    assert '<html lang="en">' in office.http.get("/members").text


def test_every_text_exists_in_both_languages_and_is_used():
    folder = Path(cloud_sync_server.__file__).parent
    sources = [*folder.glob("templates/hq/*.html"), *folder.glob("pages/*.py"), *folder.glob("*.py")]
    source = "\n".join(path.read_text("utf-8") for path in sources)
    for key, both in texts().items():
        assert both.keys() == {"zh", "en"}, key
        assert set(re.findall(r"{\w+}", both["zh"])) == set(re.findall(r"{\w+}", both["en"])), key
        family = key.partition("_")[0]
        assert (
            f"'{key}'" in source
            or f'"{key}"' in source
            or family in {"value", "reason", "state", "purpose", "failed", "outcome"}
        )
    for key in re.findall(r"\bt\(['\"](\w+)['\"][,)]", source):
        assert key in texts(), key


def test_a_follow_up_is_named_in_the_language_of_the_page(app):
    """A task keeps its explanation in Chinese; the page reads the rule's own words."""
    contact = policies.default().followups.contacts[0]
    task = SimpleNamespace(rule=contact.key, explain="发送")
    with app.test_request_context("/?lang=en"):
        assert person.about_task(task) == contact.en
    with app.test_request_context("/?lang=zh"):
        assert person.about_task(task) == contact.zh
    with app.test_request_context("/?lang=en"):
        assert person.about_task(SimpleNamespace(rule="gone", explain="发送")) == "发送"


def _export(hq, **said):
    form = {"purpose": "she asked for it", "second": "second", "password": PASSWORD, "form": "json"} | said
    return hq.http.post("/members/m-0001/export", data=form)


def _trail(hq):
    lines = select(audit.c.actor, audit.c.subject, audit.c.detail).where(audit.c.action == "member_exported")
    return hq.here.database.read(lambda con: [tuple(row) for row in con.execute(lines)])


def test_all_that_is_held_of_a_member_is_taken_for_a_purpose_on_a_second_persons_word(hq, office):
    """SEC-03, SEC-07."""
    make_user(hq, "second", role="manager")
    taken = _export(hq)
    assert taken.mimetype == "application/json"
    assert taken.json["member"][0]["rid"] == "m-0001"
    assert _trail(hq) == [("boss", "m-0001", "json; second: she asked for it")]
    page = _export(hq, form="html")
    assert page.mimetype == "text/html"
    assert "13800000001" in page.text


@pytest.mark.parametrize(
    ("said", "said_why"),
    [
        ({"purpose": " x "}, "Please write what it is for"),
        ({"second": "boss"}, "Another person of head office has to agree"),
        ({"second": ""}, "Another person of head office has to agree"),
        ({"second": "nobody"}, "The name or the password of who agrees is not right"),
        ({"password": "not hers at all"}, "The name or the password of who agrees is not right"),
    ],
)  # fmt: skip
def test_without_a_purpose_or_another_persons_word_nothing_is_taken(hq, office, said, said_why):
    make_user(hq, "second", role="manager")
    text(office, "/")
    refused = _export(hq, **said)
    assert refused.status_code == 302
    assert "13800000001" not in refused.text
    assert _trail(hq) == []
    assert said_why in text(office, "/members/m-0001")


def test_guessing_the_second_persons_password_is_made_slow_here_too(hq, office):
    make_user(hq, "second", role="manager")
    for _ in range(12):
        _export(hq, password="not hers at all")
    assert _export(hq).status_code == 302
    assert _trail(hq) == []


def test_an_export_is_not_to_be_had_by_a_link_or_by_who_only_looks(hq, office):
    assert hq.http.get("/members/m-0001/export").status_code == 405
    make_user(hq, "looks", role="manager")
    sign_in(hq, "looks")
    assert _export(hq, second="boss").status_code == 403
