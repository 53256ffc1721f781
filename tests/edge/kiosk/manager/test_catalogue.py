"""The manager's pages of services and products: added, changed, withdrawn, with who changed what and a way back (SVC-07, SAF-04, SAF-05)."""

from __future__ import annotations

import re
from html import unescape

import pytest

from edge.kiosk.services import catalogue_history, cataloguing, figures, products, quality
from salon import policies, records

SERVICE = {
    "name": "肩颈舒缓",
    "name_en": "Neck and shoulders",
    "category": "body",
    "price": "268.50",
    "minutes": "45",
}
PRODUCT = {
    "name": "玫瑰喷雾",
    "name_en": "Rose mist",
    "brand": "晴肌",
    "brand_en": "Clear Day",
    "barcode": "6901234567892",
    "price": "88",
}


def typed(page: str) -> dict[str, list[str]]:
    """What a browser would send of the entry's form as the page shows it."""
    form = page[page.index('class="stack entry"') : page.index('class="actions"')]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            found.setdefault(name[1], []).append(unescape(value[1]) if value else "on")
    for name, body in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = [unescape(body)]
    for name, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body)
        found[name] = [chosen[1] if chosen else re.search(r'value="([^"]*)"', body)[1]]
    return found


@pytest.fixture
def save(manager):
    """Sends the form of an entry as it stands, with some fields typed over; `new` for one that is not there yet."""

    def send(kind, rid="new", **over):
        form = typed(manager.get(f"/manager/catalogue/{kind}/{rid}").text)
        if rid == "new":
            form = {key: value for key, value in form.items() if "." not in key and key != "step"}
        return manager.post(f"/manager/catalogue/{kind}/{rid}", data={**form, **over})

    return send


@pytest.fixture
def mist(save, store):
    assert save("product", **PRODUCT, ingredients="Aqua, 1,2-Hexanediol，Parfum.").status_code == 302
    return next(one for one in store.products.select() if one.name == "玫瑰喷雾")


def test_a_service_is_added_with_its_steps_and_offered_at_once(save, manager, desk, store):
    steps = {
        "step": "s-1",
        "s-1.zh": "热敷",
        "s-1.en": "Warm towel",
        "s-1.minutes": "5",
        "s-1.kind": "treat",
        "s-1.core": "on",
    }
    assert save("service", **SERVICE, **steps, contraindications=["pregnant"]).status_code == 302
    made = next(one for one in store.services.select() if one.name == "肩颈舒缓")
    assert (made.price_fen, made.minutes, made.contraindications) == (26850, 45, ["pregnant"])
    assert [(one.zh, one.en, one.minutes) for one in made.steps] == [("热敷", "Warm towel", 5)]
    assert "Neck and shoulders" in desk.get("/desk/bookings?member=m-wang").text
    page = manager.get("/manager/catalogue").text
    assert "Neck and shoulders" in page
    assert "¥268.50" in page


def test_a_step_is_added_moved_and_taken_out_before_anything_is_kept(manager, store):
    address = "/manager/catalogue/service/svc-calm"
    form = typed(manager.get(address).text)
    page = manager.post(address, data={**form, "name": "改名", "do": "step"}).text
    form = typed(page)
    assert len(form["step"]) == 2
    assert form["name"] == ["改名"], "what was typed meanwhile is still there"
    fresh = next(key for key in form["step"] if key != "clean")
    form |= {f"{fresh}.zh": ["冷敷"], f"{fresh}.en": ["Cool mask"], f"{fresh}.minutes": ["20"]}
    form = typed(manager.post(address, data={**form, "do": f"up:{fresh}"}).text)
    assert form["step"] == [fresh, "clean"]
    assert len(store.services.load("svc-calm").steps) == 1, "nothing is kept yet"
    assert manager.post(address, data=form).status_code == 302
    assert [one.en for one in store.services.load("svc-calm").steps] == ["Cool mask", "Cleanse"]
    form = typed(manager.get(address).text)
    form = typed(manager.post(address, data={**form, "do": "remove:clean"}).text)
    manager.post(address, data=form)
    assert [one.key for one in store.services.load("svc-calm").steps] == [fresh]


WRONG = [
    ("name", "", "Please enter a name"),
    ("name_en", " ", "Please enter a name"),
    ("name", "手部护理", "There is one of this name already"),
    ("price", "-5", "Please enter an amount"),
    ("price", "12.345", "Please enter an amount"),
    ("minutes", "", "Please enter how long it takes"),
    ("minutes", "2", "5 to 480 minutes"),
    ("cycle_days", "9999", "0 to 730 days"),
    ("express_minutes", "abc", "Please enter a whole number"),
    ("clean.en", "", "Please fill in both languages"),
    ("clean.minutes", "300", "At most 240 minutes"),
    ("category", "magic", "This does not fit here"),
    ("clean.kind", "magic", "This does not fit here"),
]


def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_kept(save, store):
    before = store.services.load("svc-calm")
    for field, value, said in WRONG:
        answer = save("service", "svc-calm", **{field: value})
        assert answer.status_code == 422, field
        assert said in answer.text, field
    assert store.services.load("svc-calm") == before


def test_a_service_that_is_withdrawn_is_offered_nowhere_and_comes_back(manager, desk, store):
    address = "/manager/catalogue/service/svc-hand/offer"
    assert manager.post(address, data={"active": "no"}).status_code == 302
    assert not store.services.load("svc-hand").active
    assert "svc-hand" not in desk.get("/desk/bookings?member=m-wang").text
    assert "Withdrawn" in manager.get("/manager/catalogue").text
    manager.post(address, data={"active": "yes"})
    assert "svc-hand" in desk.get("/desk/bookings?member=m-wang").text


def test_a_product_is_stopped_by_what_stands_on_its_label_saf_05(mist, manager, store):
    """Pasted as the label has it; a comma within a name parts nothing."""
    assert mist.ingredients == ["1,2-Hexanediol", "Aqua", "Parfum"]
    page = manager.get(f"/manager/catalogue/product/{mist.rid}").text
    assert "The ingredients name:" in page
    assert "Fragrance</strong> (Parfum)" in page
    store.members.edit("m-wang", allergens=["fragrance"])
    found = products.conflicts(store, store.products.load(mist.rid), store.members.load("m-wang"))
    assert [(one.allergen, one.ingredient) for one in found] == [("fragrance", "Parfum")]


def test_saving_a_product_unchanged_changes_no_ingredient(save, mist, store):
    store.products.edit(mist.rid, ingredients=["Alcohol Denat.", "Aqua", "1,2-Hexanediol"])
    before = store.products.load(mist.rid)
    assert save("product", mist.rid).status_code == 302
    assert store.products.load(mist.rid) == before


def test_an_allergen_that_no_ingredient_names_is_chosen_from_the_houses_words_saf_04(save, mist, store):
    save("product", mist.rid, allergens=["latex"], others="珍珠粉、酒精")
    kept = store.products.load(mist.rid)
    assert kept.allergens == ["alcohol", "latex", "珍珠粉"], "a word that is known is kept by its key"
    assert {one.en for one in cataloguing.allergens_of(kept)} == {"Alcohol", "Fragrance", "Latex", "珍珠粉"}


def test_a_new_product_waits_for_its_papers_saf_06(mist, manager):
    assert not mist.admitted
    assert "Not to be used" in manager.get("/manager/catalogue").text
    assert (
        "玫瑰喷雾" in unescape(manager.get("/manager/products").text)
        or "Rose mist" in manager.get("/manager/products").text
    )


def test_one_barcode_is_one_product(save, mist, store):
    answer = save("product", **{**PRODUCT, "name": "另一瓶", "name_en": "Another"})
    assert answer.status_code == 422
    assert "This is the barcode of “Rose mist”" in answer.text
    assert len(store.products.select()) == 1


def test_who_changed_what_stands_below_and_is_taken_back(save, manager, signed_in, store):
    save("service", "svc-calm", price="428")
    save("service", "svc-calm", minutes="75", price="448")
    page = manager.get("/manager/catalogue/service/svc-calm").text
    assert "<del>¥398.00</del>" in page
    assert "<ins>¥428.00</ins>" in page
    assert "Shen" in page
    newest, older, first = catalogue_history.of(store, "service", "svc-calm")
    assert (newest.takes_back, older.takes_back, first.first) == (True, False, True)
    address = "/manager/catalogue/service/svc-calm/back"
    refused = manager.post(address, data={"change": older.id})
    assert refused.status_code == 422
    assert "take the later change back first" in refused.text
    assert manager.post(address, data={"change": newest.id}).status_code == 302
    kept = store.services.load("svc-calm")
    assert (kept.price_fen, kept.minutes) == (42800, 60)
    assert manager.post(address, data={"change": older.id}).status_code == 302
    assert store.services.load("svc-calm").price_fen == 39800


def test_a_new_step_was_left_out_by_nobody_who_came_before_it_kpi_05_cmp_15(manager, store, came):
    visit = came(3, therapist="e-mei")
    store.sop_ticks.add(
        records.SopTick(
            rid="t-1", visit=visit.rid, member="m-wang", service="svc-calm", step="clean", at=visit.arrived_at, by="e-mei", comfort="good",
        )
    )  # fmt: skip
    assert store.services.load("svc-calm").steps[0].key == "clean"
    address = "/manager/catalogue/service/svc-calm"
    form = typed(manager.get(address).text)
    form = typed(manager.post(address, data={**form, "do": "step"}).text)
    fresh = next(key for key in form["step"] if key != "clean")
    form |= {f"{fresh}.zh": ["冷敷"], f"{fresh}.en": ["Cool mask"]}
    assert manager.post(address, data=form).status_code == 302
    assert len(store.services.load("svc-calm").steps) == 2
    assert figures.build(store, policies.default()).figures["sop"].value == 1.0
    assert quality.departures(store) == []


def test_two_who_change_the_same_entry_do_not_write_over_each_other(manager, signed_in, store):
    address = "/manager/catalogue/service/svc-calm"
    mine, hers = (typed(manager.get(address).text) for _ in range(2))
    assert signed_in("owner").post(address, data={**hers, "price": "458"}).status_code == 302
    answer = manager.post(address, data={**mine, "minutes": "90"})
    assert answer.status_code == 422
    assert "Somebody else has just changed this" in answer.text
    assert store.services.load("svc-calm").minutes == 60
    assert manager.post(address, data=typed(answer.text)).status_code == 302, "knowingly, the second time"


def test_what_was_booked_of_a_withdrawn_service_stays(manager, store):
    store.visits.add(
        records.Visit(rid="v-1", member="m-wang", store="s001", services=["svc-hand"], state="aftercare")
    )
    manager.post("/manager/catalogue/service/svc-hand/offer", data={"active": "no"})
    assert "svc-hand" in manager.get("/desk/visit/v-1").text


def test_only_the_manager_changes_what_is_offered_sec_01(signed_in, store):
    before = store.services.load("svc-calm")
    for login in ("xu", "mei", "gu"):
        browser = signed_in(login)
        assert browser.get("/manager/catalogue").status_code == 403
        assert browser.post("/manager/catalogue/service/svc-calm", data=SERVICE).status_code == 403
    assert store.services.load("svc-calm") == before


def test_what_is_not_there_is_not_found(manager):
    for address in ("service/none", "product/none", "magic/new", "service/none/back"):
        assert manager.post(f"/manager/catalogue/{address}").status_code == 404
    assert manager.post("/manager/catalogue/service/none/offer").status_code == 404
