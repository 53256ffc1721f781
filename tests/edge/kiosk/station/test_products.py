"""Products at the bed: the allergen stop (SAF-05), the second person, the batch (SAF-10)."""

from __future__ import annotations

import pytest

from edge.store import new_rid
from tests.edge.kiosk.test_heard import event

PRODUCTS = "/station/visit/v-1/products"
REASON = "已做皮试，无反应"


def pick(browser, product="", barcode="", use=None):
    return browser.post(PRODUCTS, data={"product": product, "barcode": barcode, "use": use or new_rid()})


def use(browser, product, batch="C1", rid=None):
    return browser.post(f"{PRODUCTS}/{product}", data={"batch": batch, "use": rid or new_rid()})


def uses(store):
    return store.product_uses.select(order_by="at")


@pytest.fixture
def stopped(treated):
    """The address of a stop for the toner."""
    return pick(treated, "p-toner").location


def override(browser, stopped, **fields):
    data = {"reason": REASON, "batch": "T1", "login": "fang", "pin": "666666", **fields}
    return browser.post(f"{stopped}/override", data=data)


def test_a_product_is_used_with_its_batch(store, treated):
    """SAF-10."""
    assert pick(treated, "p-cream").location == f"{PRODUCTS}/p-cream"
    assert 'value="C1"' in treated.get(f"{PRODUCTS}/p-cream").get_data(as_text=True)
    use(treated, "p-cream", batch="C2")
    (fact,) = uses(store)
    assert (fact.product, fact.batch, fact.outcome, fact.by, fact.visit) == (
        "p-cream", "C2", "used", "e-mei", "v-1",
    )  # fmt: skip


def test_everybody_who_had_a_batch_is_found_by_it(store, treated):
    use(treated, "p-cream", batch="C9")
    from tinydb import where

    found = store.product_uses.select((where("product") == "p-cream") & (where("batch") == "C9"))
    assert [fact.member for fact in found] == ["m-wang"]


def test_without_a_batch_nothing_is_used(store, treated):
    answer = use(treated, "p-cream", batch="  ")
    assert answer.status_code == 422
    assert "The batch is missing" in answer.get_data(as_text=True)
    assert uses(store) == []


def test_a_second_tap_uses_once(store, treated):
    rid = new_rid()
    for _ in range(2):
        assert use(treated, "p-cream", rid=rid).status_code == 302
    assert len(uses(store)) == 1


def test_an_allergen_stops_the_product_names_both_and_records_nothing_as_used(store, treated):
    """SAF-05."""
    answer = pick(treated, "p-toner")
    page = treated.get(answer.location).get_data(as_text=True)
    assert "Not for Ms Wang" in page
    assert "Alcohol Denat." in page
    assert "Nothing was recorded as used." in page
    (fact,) = uses(store)
    assert (fact.outcome, fact.conflicts, fact.product) == ("stopped", ["alcohol"], "p-toner")


def test_the_stop_reads_in_chinese(treated, stopped):
    treated.set_cookie("lang", "zh")
    page = treated.get(stopped).get_data(as_text=True)
    assert "不能用于王女士" in page
    assert "酒精" in page


def test_the_stop_cannot_be_walked_around_by_the_address(store, treated):
    answer = use(treated, "p-toner", batch="T1")
    assert "/stopped/" in answer.location
    assert [fact.outcome for fact in uses(store)] == ["stopped"]


def test_an_allergen_that_became_known_since_the_page_was_shown_stops_as_well(store, treated):
    assert pick(treated, "p-cream").status_code == 302
    store.members.edit("m-wang", allergens=["aqua"])
    assert "/stopped/" in use(treated, "p-cream").location


def test_a_stop_tapped_twice_is_one_fact(store, treated):
    rid = new_rid()
    for _ in range(2):
        pick(treated, "p-toner", use=rid)
    assert len(uses(store)) == 1


def test_a_scanned_barcode_finds_the_product_and_is_checked_alike(treated):
    assert pick(treated, barcode="6900000000035").location == f"{PRODUCTS}/p-cream"
    assert "/stopped/" in pick(treated, barcode=" 6900000000042 ").location


def test_a_wired_scanner_at_the_bed_finds_the_product_without_a_touch(app, store, treated):
    """MEA-13: told to this bed's page as a ticket, which stands for the code once."""
    page = treated.get(PRODUCTS).text
    assert 'data-room="station:1号床"' in page
    assert 'data-heard="scan"' in page
    told = []
    app.extensions["live"].tell = lambda room, event, data: told.append((room, event, data["ticket"]))
    store.happened.add(event("6900000000035", place="1号床"))
    app.extensions["heard"].look()
    [(room, name, ticket)] = told
    assert (room, name) == ("station:1号床", "heard")
    form = {"heard": ticket, "barcode": "", "use": new_rid()}
    assert treated.post(PRODUCTS, data=form).location == f"{PRODUCTS}/p-cream"
    assert treated.post(PRODUCTS, data=form).status_code == 422, "the same ticket again stands for nothing"


def test_an_unknown_barcode_is_told_and_kept(store, treated):
    answer = pick(treated, barcode="4006381333931")
    assert answer.status_code == 422
    assert "not in our list" in answer.get_data(as_text=True)
    kept = store.refusals()[0]
    assert (kept.code, kept.raw) == ("unknown-barcode", "4006381333931")


def test_a_product_past_its_date_is_used_on_nobody(store, treated):
    answer = use(treated, "p-old", batch="O1")
    assert answer.status_code == 422
    assert "past its date" in answer.get_data(as_text=True)
    assert uses(store) == []


def test_a_product_that_is_not_admitted_is_not_on_the_list_and_not_used(store, treated):
    """SAF-06."""
    store.products.edit("p-cream", admitted=False)
    assert ">Cream<" not in treated.get(PRODUCTS).get_data(as_text=True)
    assert use(treated, "p-cream").status_code == 422


def test_the_list_shows_what_is_not_for_her_and_puts_it_last(treated):
    page = treated.get(PRODUCTS).get_data(as_text=True)
    assert page.index(">Cream<") < page.index(">Toner<")
    assert "Alcohol" in page.split(">Toner<")[1]


# --- two people decide


def test_name_and_brand_are_read_in_the_language_of_the_page(store, treated):
    store.products.edit("p-cream", name="面霜", name_en="Cream", brand="晴肌", brand_en="Clear Day")
    store.products.edit("p-toner", name="爽肤水", name_en="Toner", brand="旧牌", brand_en="")
    for language, seen, unseen in (
        ("en", ("Cream", "Clear Day", "旧牌"), ("面霜", "晴肌")),
        ("zh", ("面霜", "晴肌", "旧牌"), ("Clear Day",)),
    ):
        for page in ("products", "products/p-cream"):
            text = treated.get(f"/station/visit/v-1/{page}?lang={language}").text
            assert [word for word in seen[: 3 if page == "products" else 2] if word not in text] == []
            assert [word for word in unseen if word in text] == []


def test_an_override_needs_a_reason_and_a_second_persons_pin(store, treated, stopped):
    assert override(treated, stopped).location == "/station/visit/v-1/care"
    stop, fact = uses(store)
    assert (stop.outcome, fact.outcome) == ("stopped", "overridden")
    assert (fact.by, fact.second_person, fact.reason, fact.batch, fact.conflicts) == (
        "e-mei", "e-fang", REASON, "T1", ["alcohol"],
    )  # fmt: skip


def test_an_override_sent_twice_is_one(store, treated, stopped):
    for _ in range(2):
        override(treated, stopped)
    assert len(uses(store)) == 2


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"reason": " "}, 422, "Please write the reason."),
        ({"batch": ""}, 422, "The batch is missing"),
        ({"login": "mei", "pin": "111111"}, 422, "A second person has to agree"),
        ({"login": "xu", "pin": "222222"}, 422, "cannot decide about products"),
        ({"pin": "000000"}, 401, "This PIN does not fit."),
        ({"login": "nobody"}, 401, "This PIN does not fit."),
    ],
    ids=["no reason", "no batch", "the same person", "front desk", "wrong PIN", "unknown login"],
)
def test_an_override_that_lacks_something_is_refused(store, treated, stopped, fields, status, said):
    answer = override(treated, stopped, **fields)
    assert answer.status_code == status
    assert said in answer.get_data(as_text=True)
    assert [fact.outcome for fact in uses(store)] == ["stopped"]


def test_a_manager_may_be_the_second_person(store, treated, stopped):
    override(treated, stopped, login="shen", pin="444444")
    assert uses(store)[-1].second_person == "e-shen"


def test_wrong_pins_lock_the_second_person_out_here_as_at_the_sign_in(store, treated, stopped):
    for _ in range(5):
        answer = override(treated, stopped, pin="000000")
    assert "Too many tries" in answer.get_data(as_text=True)
    answer = override(treated, stopped)
    assert answer.status_code == 429
    assert "Too many tries" in answer.get_data(as_text=True)
    assert [fact.outcome for fact in uses(store)] == ["stopped"]


def test_a_leaver_is_no_second_person(store, treated, stopped):
    store.employees.edit("e-fang", active=False)
    assert "员工fang" not in treated.get(f"{stopped}/override").get_data(as_text=True)
    assert override(treated, stopped).status_code == 401


def test_a_stop_of_another_visit_is_not_overridden_here(store, treated, stopped, add_visit):
    add_visit(store, "v-2", member="m-li", state="treatment")
    elsewhere = stopped.replace("v-1", "v-2")
    assert treated.get(elsewhere).status_code == 404
    assert override(treated, elsewhere).status_code == 404


def test_a_use_that_was_no_stop_has_nothing_to_override(treated):
    rid = new_rid()
    use(treated, "p-cream", rid=rid)
    assert treated.get(f"/station/visit/v-1/stopped/{rid}").status_code == 404


def test_what_was_typed_is_still_there_after_a_mistake_but_never_the_pin(treated, stopped):
    page = override(treated, stopped, pin="000000").get_data(as_text=True)
    assert REASON in page
    assert "000000" not in page


def test_a_wrong_pin_is_told_in_the_language_of_the_page(store, treated, stopped):
    treated.set_cookie("lang", "zh")
    said = override(treated, stopped, pin="000000").get_data(as_text=True)
    assert "密码不正确，还可尝试 4 次" in said
    assert "This PIN" not in said
