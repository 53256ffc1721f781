"""Values that gave way: kept whichever came first, told, seen by a person, and gone after thirty days (sync.md 2.3)."""

from __future__ import annotations

import re
import time

import pytest
from sqlalchemy import func, select

from cloud_sync_server import clock, reviews
from cloud_sync_server.schema import audit, conflicts
from tests.cloud_sync_server import test_pages
from tests.cloud_sync_server.test_pages import make_user, sign_in, text
from tests.cloud_sync_server.wire import consent

office, _cheap_passwords = test_pages.office, test_pages._cheap_passwords  # fixtures

TOLD = "Names, numbers or consents that were overwritten: 1 to check"


def one_ms():
    time.sleep(0.002)


def push(store):
    answer = store.push(len(store.log))
    assert answer.json["results"] == []


def both(office, kind, rid, first, second, *, later_comes_first):
    """Two stores write without knowing of each other; `second` is the later word."""
    one, two = office.stores["s001"], office.stores["s002"]
    one_ms()
    one.write(kind, rid, first)
    one_ms()
    two.write(kind, rid, second)
    for store in (two, one) if later_comes_first else (one, two):
        push(store)


def latest(hq):
    return hq.here.database.read(lambda con: reviews.latest(con, hq.here.vault))


def decide(hq, verdict):
    [action] = re.findall(r'action="(/reviews/[^"]+)"', hq.http.get("/reviews?lang=en").text)
    return hq.http.post(action, data={"verdict": verdict}, follow_redirects=True).text


def known(office):
    """What stores write from here on is based on these words."""
    one = office.stores["s001"]
    return dict.fromkeys(one.log[0]["f"], f"{one.log[0]['t']}-{one.origin.node}")


@pytest.mark.parametrize("later_comes_first", [False, True])
def test_a_number_that_gave_way_is_told_whichever_came_first(office, later_comes_first):
    """The word of a store that was without a line is the older one, and comes last."""
    mine, theirs = {"phone": "13900000001"}, {"phone": "13900000002"}
    both(office, "member", "m-0001", mine, theirs, later_comes_first=later_comes_first)
    assert [(one.value, one.now) for one in latest(office)][:1] == [("13900000001", "13900000002")]
    page = text(office, "/reviews")
    assert "13900000001" in page
    assert "13900000002" in page
    assert "to check" in text(office, "/")


@pytest.mark.parametrize("later_comes_first", [False, True])
def test_a_consent_given_beside_a_withdrawal_is_told_and_her_own_to_give_anew(office, later_comes_first):
    no, yes = {"granted": {"withdraw": True}}, {"granted": {"grant": []}}
    both(office, "consent", "c-0001", no, yes, later_comes_first=later_comes_first)
    assert [(one.field, one.value, one.now) for one in latest(office)] == [("granted", True, False)]
    assert TOLD in text(office, "/")
    assert "Marketing messages" in text(office, "/reviews")
    assert "gives the consent anew" in text(office, "/reviews")
    assert "cannot be put back" in decide(office, "put_back")
    assert len(latest(office)) == 1


def test_what_a_store_says_after_its_own_word_gives_no_rise_to_a_review(office):
    """HQ may have set its first word right, so that the second names a stamp that is nowhere."""
    one = office.stores["s001"]
    for number in ("13900000001", "13900000002"):
        one_ms()
        one.write("member", "m-0001", {"phone": number}, base={"phone": "0" * 16 + f"-{one.origin.node}"})
        push(one)
    assert latest(office) == []


def test_a_person_says_that_what_stands_is_right(office):
    both(office, "member", "m-0001", {"surname": "李"}, {"surname": "张"}, later_comes_first=True)
    assert TOLD not in text(office, "/") or len(latest(office)) == 1
    while latest(office):
        action = re.findall(r'action="(/reviews/[^"]+)"', office.http.get("/reviews").text)[0]
        office.http.post(action, data={"verdict": "seen"})
    assert "to check" not in text(office, "/")
    done = select(audit.c.actor, audit.c.subject).where(audit.c.action == "review_seen")
    assert ("boss", "m-0001") in office.here.database.read(lambda con: con.execute(done).all())


def test_what_gave_way_is_put_back_for_every_store(office):
    one, two = office.stores["s001"], office.stores["s002"]
    two.bootstrap()
    base = known(office)
    one_ms()
    one.write("member", "m-0001", {"phone": "13900000001"}, base=base)
    one_ms()
    two.write("member", "m-0001", {"phone": "13900000002"}, base=base)
    push(two), push(one)
    assert "Done" in decide(office, "put_back")
    assert latest(office) == []
    assert two.pull()[-1]["op"]["f"] == {"phone": "13900000001"}
    assert "138****" not in text(office, "/members/m-0001")
    assert "13900000001" in text(office, "/members/m-0001")


def test_after_thirty_days_it_is_kept_no_longer(office, monkeypatch):
    both(office, "member", "m-0001", {"surname": "李"}, {"surname": "张"}, later_comes_first=True)

    def count(con):
        reviews.forget_old(con)
        return con.execute(select(func.count()).select_from(conflicts)).scalar_one()

    then = clock.now_ms()

    class Later(clock.Source):
        days = 29

        def ms(self):
            return then + self.days * 86_400_000

    source = Later()
    monkeypatch.setattr(clock, "source", source)
    assert office.here.database.write(count) >= 1
    source.days = 31
    assert latest(office) == []
    assert office.here.database.write(count) == 0


def test_a_manager_sees_what_she_may_and_decides_nothing(office):
    """SEC-01: neither the whole number nor health data, on this page and on the member's."""
    both(
        office, "member", "m-0001", {"phone": "13900000001"}, {"phone": "13900000002"}, later_comes_first=True
    )
    one = office.stores["s001"]
    one.write("consent", "c-0002", consent(granted=True))
    push(one)
    both(
        office,
        "member",
        "m-0001",
        {"medical_notes": "a-canary"},
        {"medical_notes": "b-canary"},
        later_comes_first=True,
    )
    make_user(office, "mia", "manager")
    [action, *_] = re.findall(r'action="(/reviews/[^"]+)"', office.http.get("/reviews").text)
    office.http.post("/sign-out")
    sign_in(office, "mia")
    for path in ("/reviews", "/members/m-0001"):
        page = text(office, path)
        assert "139****0001" in page
        assert "13900000001" not in page
        assert "canary" not in page
    assert office.http.post(action, data={"verdict": "seen"}).status_code == 403
