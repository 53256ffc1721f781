"""What head office did not take of a document, and will not: in the store that wrote it the document is again what all others have, everybody
sees that something went, and nobody is asked once more (SYN-08, SYN-09, decision 9).
"""

from __future__ import annotations

import json
import shutil

import pytest
from sqlalchemy import select

from cloud_sync_server import ingest, quarantine
from cloud_sync_server.schema import quarantine as quarantine_rows
from edge.store import overruled, putaside, trail
from edge.sync import Agent
from edge.sync.nightly import reconcile
from parlour.audit import verify
from salon.records import Consent, Employee, Lane, ProductUse
from tests.edge.sync.conftest import member, visit
from tests.edge.sync.test_discarded import decisions, discard, outcomes
from tests.edge.sync.test_money_attacked import AT
from tests.edge.sync.test_putaside import refusing, waiting


@pytest.fixture
def pair(shops):
    one, two = shops("s001"), shops("s002")
    one.store.members.add(member(home_store="s001", drink="tea", tags=["vip"]))
    one.sync(), two.sync()
    return one, two


def written_but_refused(shop, monkeypatch, kind, write):
    """What HQ puts aside of a store, as another version would."""
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "check", refusing(ingest.check, kind))
        write(shop.store)
        shop.sync()


def open_at_hq(hq):
    rows = select(quarantine_rows.c.rid).where(quarantine_rows.c.state == "open")
    return hq.here.database.read(lambda con: con.execute(rows).scalars().all())


def all_equal(*shops):
    for shop in shops * 2:
        assert shop.sync().error == ""
    assert [outcomes(shop) for shop in shops] == [["equal", "equal"]] * len(shops)


@pytest.mark.parametrize("technician", ["decides nothing", "puts it away"])
def test_an_edit_that_head_office_refused_and_discarded_goes_from_the_stores_document(
    pair, hq, monkeypatch, technician
):
    one, two = pair
    written_but_refused(
        one, monkeypatch, "member", lambda s: s.members.edit("m-0001", drink="wine", tags=["new", "vip"], allergens=["nuts"])
    )  # fmt: skip
    two.store.members.edit("m-0001", given_name="小明")
    all(shop.sync() for shop in (two, one))
    if technician == "puts it away":
        [its] = waiting(one.store)
        putaside.put_away(one.store, its.refusal.number, "e-gu")
    assert outcomes(one) == [
        "different",
        "different",
    ]  # nobody has decided: nothing goes, nobody is asked twice
    assert one.store.members.load("m-0001").drink == "wine"
    assert discard(hq) == ["m-0001"]
    all_equal(one, two)
    assert open_at_hq(hq) == []
    kept = one.store.members.load("m-0001")
    assert (kept.drink, kept.tags, kept.given_name) == ("tea", ["vip"], "小明")
    assert kept.allergens == ["nuts"]  # stays in the store, and was never sent
    assert decisions(one) == [("taken_out", "hq")]
    assert any("wine" in refusal.raw for refusal in one.store.refusals())
    [line] = trail.read(one.store.connections.get(), kind=overruled.DISCARDED)
    assert (line.actor, line.fields) == ("hq", ("kind", "rid"))
    assert any(
        "drink" in wrote.fields for wrote in trail.values(one.store.connections.get(), "m-0001", limit=9)
    )
    assert list(verify(one.store)) == []
    one.store.members.edit("m-0001", drink="wine")  # said, and judged, anew
    all_equal(one, two)
    assert two.store.members.load("m-0001").drink == "wine"


def test_it_goes_with_the_next_exchange_and_what_was_written_since_stays(pair, hq, monkeypatch):
    one, two = pair
    written_but_refused(
        one, monkeypatch, "member", lambda s: s.members.edit("m-0001", drink="wine", given_name="小明")
    )
    one.store.members.edit("m-0001", given_name="小红")
    one.sync()
    discard(hq)
    one.agent.settling.step(now=True)
    one.sync()
    kept = one.store.members.load("m-0001")
    assert (kept.drink, kept.given_name) == ("tea", "小红")
    all_equal(one, two)


def test_a_record_of_which_head_office_discarded_the_beginning_goes_and_what_was_said_of_it_since_waits_for_nothing(
    pair, hq, monkeypatch
):
    one, two = pair
    written_but_refused(one, monkeypatch, "visit", lambda s: s.visits.add(visit()))
    one.store.visits.edit("v-0001", bed="bed-2")
    one.sync()
    here = hq.here
    [first, _] = here.database.read(
        lambda con: con.execute(select(quarantine_rows).order_by(quarantine_rows.c.n)).all()
    )
    here.database.write(lambda con: quarantine.discard(con, first.store, first.epoch, first.n, "boss"))
    for _ in range(3):
        reconcile(one.agent)
    assert one.store.visits.find("v-0001") is None
    assert open_at_hq(hq) == []
    all_equal(one, two)
    assert decisions(one) == [("taken_out", "hq")] * 2
    assert list(verify(one.store)) == []


def test_a_consent_that_goes_counts_no_more(pair, hq, monkeypatch):
    """What was never agreed at head office is not agreed here."""
    one, two = pair
    consent = Consent(
        rid="c-0001",
        member="m-0001",
        purpose="share_health",
        granted=True,
        decided_at=AT,
        text_version="1",
        channel="kiosk",
    )
    written_but_refused(one, monkeypatch, "consent", lambda s: s.consents.add(consent))
    discard(hq)
    for _ in range(2):
        reconcile(one.agent)
    assert one.store.consents.find("c-0001") is None
    one.store.members.edit("m-0001", allergens=["latex"])
    all_equal(one, two)
    assert two.store.members.load("m-0001").allergens == []


def test_a_fact_of_which_a_part_may_be_shared_goes_too(pair, hq, monkeypatch):
    one, two = pair
    used = ProductUse(rid="u-0001", member="m-0001", visit="v-0001", product="p-mask", by="e-li", at=AT)
    written_but_refused(one, monkeypatch, "product_use", lambda s: s.product_uses.add(used))
    discard(hq)
    reconcile(one.agent)
    all_equal(one, two)
    assert one.store.product_uses.find("u-0001") is None


def test_what_head_office_takes_in_after_all_comes_back(pair, hq, monkeypatch):
    one, two = pair
    written_but_refused(one, monkeypatch, "member", lambda s: s.members.edit("m-0001", drink="wine"))
    discard(hq)
    all_equal(one, two)
    here = hq.here
    [row] = here.database.read(lambda con: con.execute(select(quarantine_rows)).all())

    def take_in(con):
        con.execute(quarantine_rows.update().values(state="open"))
        return quarantine.replay(con, here.vault, here.settings, row.store, row.epoch, row.n, "boss")

    assert here.database.write(take_in) == ""
    for shop in pair:
        shop.sync(), reconcile(shop.agent)
    all_equal(one, two)
    assert one.store.members.load("m-0001").drink == two.store.members.load("m-0001").drink == "wine"


def test_what_went_does_not_come_back_with_a_new_life_of_the_database(pair, hq, monkeypatch, tmp_path):
    """SYN-09: a card put back to before the decision has it decided once more; one put back to after it says nothing of it."""
    one, two = pair
    written_but_refused(one, monkeypatch, "member", lambda s: s.members.edit("m-0001", drink="wine"))
    discard(hq)
    all_equal(one, two)
    one.close()
    shutil.copytree(tmp_path / "s001", tmp_path / "copy")
    one.start(tmp_path / "s001")
    one.store.members.edit("m-0001", given_name="小明")
    one.sync()
    one.close()
    shutil.rmtree(tmp_path / "s001")
    shutil.copytree(tmp_path / "copy", tmp_path / "s001")
    one.start(tmp_path / "s001")
    one.store.members.edit("m-0001", tags=["vip", "late"])
    assert one.sync().recovered
    one.sync(), two.sync()
    all_equal(one, two)
    assert one.store.members.load("m-0001").drink == "tea"
    assert open_at_hq(hq) == []


# --- records that another store keeps (decision 9)

LI = {"rid": "e-li", "login": "li", "name": "李", "roles": ["desk"], "store": "s001"}


def altered(shop, **fields):
    """As a store does that heard too late that somebody is another's now, or is in wrong hands."""
    from edge.store import changelog
    from salon.reconcile import difference

    table = shop.store.employees
    with shop.store.transaction() as con:
        before = table.load("e-li").document()
        after = before | fields
        state = changelog.load_state(con, "e-li")
        said, base = difference(Employee, before, after, state)
        changelog.append(con, Employee, "e-li", {Lane.HQ: said}, base, state)
        table.put(after)


@pytest.fixture
def colleagues(pair):
    one, two = pair
    one.store.employees.add(Employee(**LI))
    one.sync(), two.sync()
    return one, two


def test_a_store_that_altered_another_stores_colleague_has_her_as_head_office_has_her(colleagues, hq):
    one, two = colleagues
    altered(two, roles=["owner"], name_en="Boss")
    two.sync()
    assert reconcile(two.agent).outcome in {"equal", "mended"}
    assert two.store.employees.load("e-li") == one.store.employees.load("e-li")
    all_equal(one, two)
    assert [(one_.code, one_.state) for one_ in two.store.refusals()] == [("foreign_fact", "taken_out")]
    assert (
        "Boss" in two.store.refusals()[0].raw
    )  # the technician sees what was tried, and so does head office
    assert open_at_hq(hq) == ["e-li"]
    assert list(verify(two.store)) == []
    here, epoch = hq.here, two.store.origin.epoch

    def mend(con):
        key = ("s002", epoch, json.loads(two.store.refusals()[0].raw)["op"]["n"])
        return quarantine.mend(con, here.vault, here.settings, *key, "boss", json.dumps({"name_en": "Boss"}))

    assert (
        here.database.write(mend) == ""
    )  # a person at head office may want it: then it is head office's own word
    all_equal(one, two)
    assert one.store.employees.load("e-li").name_en == two.store.employees.load("e-li").name_en == "Boss"


def test_a_colleague_whom_another_store_wiped_out_stands_there_again(colleagues, hq):
    one, two = colleagues
    from edge.store import changelog, erasing

    with two.store.transaction() as con:
        state = changelog.load_state(con, "e-li")
        changelog.append(con, Employee, "e-li", {Lane.HQ: {}}, {}, state, erase=True)
        two.store.employees.forget("e-li")
        erasing.record(con, two.store.connections, "e-li")
    two.sync()
    reconcile(two.agent)
    all_equal(one, two)
    assert two.store.employees.load("e-li").roles == ["desk"]


def test_one_made_in_another_stores_name_goes(pair, hq):
    from edge.store import changelog
    from salon.reconcile import difference

    one, two = pair
    made = Employee(**LI | {"rid": "e-no"})
    with two.store.transaction() as con:
        said, _ = difference(Employee, None, made.document(), None)
        changelog.append(con, Employee, "e-no", {Lane.HQ: said}, {}, None)
        two.store.employees.put(made.document())
    two.sync()
    reconcile(two.agent)
    all_equal(one, two)
    assert two.store.employees.find("e-no") is None


def test_who_went_to_another_store_while_her_old_one_wrote_is_as_the_new_one_says(colleagues, hq):
    """Honest, and too late: head office had moved her, and her old store had not heard."""
    from cloud_sync_server import own

    one, two = colleagues
    one.line.cut = True
    one.store.employees.edit("e-li", roles=["desk", "consultant"])
    here, draft = hq.here, own.Draft("employee", "e-li", {"store": "s002"})
    here.database.write(lambda con: own.write(con, here.vault, here.settings, [draft], "hq:boss"))
    one.line.cut = False
    for shop in (one, two):
        shop.sync(), reconcile(shop.agent)
    all_equal(one, two)
    assert one.store.employees.load("e-li").roles == two.store.employees.load("e-li").roles == ["desk"]
    assert decisions(one) == [("taken_out", "hq")]


def test_what_was_refused_is_heard_of_though_the_answer_was_lost(pair, hq, monkeypatch):
    """SYN-08: with the answer went what HQ refused, and the store said it anew each night."""
    one, two = pair
    one.line.lose_answers = 1
    written_but_refused(one, monkeypatch, "member", lambda s: s.members.edit("m-0001", drink="wine"))
    assert decisions(one) == []
    for _ in range(2):
        one.sync()
    assert decisions(one) == [("", "")]
    discard(hq)
    all_equal(one, two)
    assert one.store.members.load("m-0001").drink == "tea"
    assert decisions(one) == [("taken_out", "hq")]


def test_it_is_shown_once_though_it_is_told_twice(pair, hq, monkeypatch):
    one, _ = pair
    note = Agent._acknowledge
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "check", refusing(ingest.check, "member"))
        patch.setattr(Agent, "_acknowledge", lambda *_args: 0)  # the power goes before it
        one.store.members.edit("m-0001", drink="wine")
        one.sync()
    assert Agent._acknowledge is note
    one.sync()
    assert one.store.outbox.count() == 0
    assert decisions(one) == [("", "")]


def test_what_was_said_anew_stands_though_the_first_was_written_by_a_clock_that_was_ahead(
    pair, hq, monkeypatch, off
):
    """SYN-08 (seed 416, refused): what does not fit gets no right time, and won in its store over what was written after it."""
    one, two = pair
    off.off_ms = 86_400_000
    written_but_refused(one, monkeypatch, "member", lambda s: s.members.edit("m-0001", drink="wine"))
    off.off_ms = 0
    one.store.members.edit("m-0001", drink="water")
    one.sync()
    assert open_at_hq(hq) == []
    for _ in range(2):
        reconcile(one.agent)
    all_equal(one, two)
    assert one.store.members.load("m-0001").drink == two.store.members.load("m-0001").drink == "water"
