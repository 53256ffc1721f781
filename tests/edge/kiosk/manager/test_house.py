"""What the manager looks after: colleagues (STF), products (SAF-06), doubtful files (PRF-21), suggestions (STF-10)."""

from __future__ import annotations

import re

import pytest

from edge.store import now
from salon import records
from salon.rules.times import later


@pytest.fixture
def cream(store):
    return store.products.add(
        records.Product(
            rid="p-cream", name="面霜", name_en="Cream", ingredients=["Aqua"], batch="C1", uses=["salon"]
        )
    )


# --- colleagues


def test_a_colleague_has_her_aims_her_log_and_how_she_recommends(manager, store, came):
    """STF-02, STF-11, SVC-13"""
    store.members.edit("m-wang", therapist="e-mei")
    visit = came(0, therapist="e-mei", treatment_at=now())
    for n, answer in enumerate(("declined", "later")):
        store.offers.add(
            records.Offer(
                rid=f"o-{n}", member="m-wang", visit=visit.rid, item="svc-hand", at=later(now(), minutes=n - 9),
                by="e-mei", answer=answer,
            )
        )  # fmt: skip
    with store.acting("e-mei"):
        store.members.edit("m-wang", music="轻钢琴")
    page = manager.get("/manager/team/e-mei").text
    assert "Files of her customers complete" in page
    assert "again after a no" in page
    written = page.split("Preferences brought up to date this week", 1)[1]
    assert '<span class="figure">1</span>' in written.split("</div>", 1)[0]
    assert "0 (0 by sensor)" not in page


def test_before_the_exam_the_page_says_that_nobody_serves_yet(manager, store):
    """STF-07"""
    store.employees.edit("e-mei", exam_at="")
    assert "15 days of training and the exam first" in manager.get("/manager/team/e-mei").text


def test_a_stranger_has_no_page(manager):
    assert manager.get("/manager/team/e-nobody").status_code == 404


# --- products


def test_a_product_without_papers_says_what_is_missing_and_is_completed(manager, store, cream):
    """SAF-06"""
    page = manager.get("/manager/products").text
    assert "No quality check" in page
    assert "No retained sample" in page
    papers = {
        "admitted": "on",
        "covers": "on",
        "checked_at": "2026-01-05",
        "sample": "R-17",
        "batch": "C2",
        "expires": "",
    }
    manager.post("/manager/products/p-cream", data=papers)
    kept = store.products.load("p-cream")
    assert (kept.checked_at, kept.sample, kept.supplier_covers, kept.batch) == (
        "2026-01-05",
        "R-17",
        True,
        "C2",
    )
    assert "Papers complete" in manager.get("/manager/products").text


def test_a_product_that_is_not_admitted_is_stopped_at_the_bed(manager, store, cream):
    """SAF-06"""
    from edge.kiosk.services import products

    manager.post(
        "/manager/products/p-cream", data={"checked_at": "", "sample": "", "batch": "C1", "expires": ""}
    )
    member = store.members.load("m-wang")
    assert products.choices(store, member) == []


def test_the_card_of_the_product_that_was_asked_for_is_open(manager, cream):
    """SAF-06: from its entry in the catalogue, and once its papers are kept."""
    entry = manager.get("/manager/catalogue/product/p-cream").text
    link = re.search(r'href="(/manager/products\?of=p-cream)#paper-p-cream"', entry)
    assert link
    card = manager.get(link[1]).text.split('id="paper-p-cream"', 1)[1].split("</li>")[0]
    assert re.search(r'<details class="change" open>', card)
    assert 'role="alert"' not in card
    kept = manager.post("/manager/products/p-cream", data={"admitted": "on", "batch": "C2"})
    assert kept.location.endswith("/manager/products?kept=p-cream#paper-p-cream")
    assert "Kept." in manager.get(kept.location).text


@pytest.mark.parametrize("day", ["2999-01-01", "soon"])
def test_a_check_lies_behind_and_is_a_day(manager, store, cream, day):
    answer = manager.post(
        "/manager/products/p-cream", data={"checked_at": day, "admitted": "on", "sample": "R-99"}
    )
    assert answer.status_code == 422
    assert 'value="R-99"' in answer.text, "what was typed beside it is still there"
    assert store.products.load("p-cream").checked_at == ""


# --- files


def test_files_that_lack_something_are_a_worklist_with_their_customers(manager, store):
    """PRF-21, PRF-15, PRF-17"""
    store.members.edit("m-wang", birthday="1800-01-01")
    page = manager.get("/manager/data").text
    assert "An impossible birthday" in page
    assert "The same phone as another member" in page
    assert "One way to reach her" in page
    assert 'href="/desk/people/m-wang/all"' in page


def test_fields_that_hardly_anybody_fills_are_named(manager, store):
    """PRF-18"""
    assert "hardly anybody fills" not in manager.get("/manager/data").text, "two files say nothing"
    for n in range(40):
        store.members.add(
            records.Member(rid=f"m-{n}", surname="赵", home_store="s001", phone=f"1390000{n:04}")
        )
    page = manager.get("/manager/data").text
    assert "fields that hardly anybody fills" in page
    assert 'Occupation <span class="num">0%</span>' in page


# --- suggestions


def test_a_suggestion_is_answered_with_words_or_not_at_all(manager, store):
    """STF-10"""
    store.suggestions.add(
        records.Suggestion(
            rid="g-1", store="s001", by="e-mei", at=now(), problem="Towels run out", proposal="Two more"
        )
    )
    assert "Towels run out" in manager.get("/manager/suggestions").text
    assert (
        manager.post("/manager/suggestions/g-1", data={"state": "accepted", "answer": " "}).status_code == 422
    )
    manager.post("/manager/suggestions/g-1", data={"state": "accepted", "answer": "Ordered"})
    manager.post("/manager/suggestions/g-1", data={"state": "done", "answer": "They are here"})
    kept = store.suggestions.load("g-1")
    assert (kept.state, kept.answer) == ("done", "They are here")
    assert (
        manager.post("/manager/suggestions/g-none", data={"state": "done", "answer": "x"}).status_code == 404
    )
