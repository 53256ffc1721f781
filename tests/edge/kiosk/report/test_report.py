"""The report behind its code: what it shows, that it ends, and that nothing else is reached through it (MEA-05)."""

from __future__ import annotations

import pytest

from edge.kiosk.services import reports
from edge.store import new_rid, now
from salon import policies, records
from salon.rules.times import later

CODE = "A" * 22
OTHER = "B" * 22
JPEG = b"\xff\xd8\xff"


@pytest.fixture
def visit(store):
    return add_visit(store, "v-1", CODE)


def add_visit(store, rid, code, member="m-wang", **fields):
    visit = records.Visit(
        **{
            "rid": rid, "member": member, "store": "s001", "state": "aftercare", "services": ["svc-calm"],
            "therapist": "e-mei", "arrived_at": now(), "aftercare_at": now(), "report_code": code, **fields,
        }
    )  # fmt: skip
    return store.visits.add(visit)


@pytest.fixture
def scanned(store, visit):
    """Scans before and after with pictures, and the consent to keep them."""
    store.consents.add(
        records.Consent(
            rid="k-1", member="m-wang", purpose="photos", granted=True, decided_at=now(), text_version="1",
            channel="kiosk",
        )
    )  # fmt: skip
    for phase, redness in (("before", 48.0), ("after", 40.0)):
        add_scan(store, visit, phase, redness)


def add_scan(store, visit, phase, redness, days=0, sides=None, **fields):
    picture = picture_of(phase)
    media = store.media.put(
        picture, mime="image/jpeg", owner=visit.rid, purpose="scan", taken_at=now(), keep_until=None
    )
    store.scans.add(
        records.Scan(
            rid=new_rid(), visit=visit.rid, member=visit.member, at=later(now(), days=-days), phase=phase,
            models={"color": "1"}, overlays={"face": media, "redness": media, "redness_change": media, **(sides or {})},
            concerns={"redness": {"value": redness, "unit": "Hb", "score": 60, "repeat_sd": 1, "status": "measured"}},
            **fields,
        )
    )  # fmt: skip


def picture_of(phase):
    """A small real JPEG: the PDF opens it."""
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (64, 80), (200, 160, 150) if phase == "before" else (210, 180, 170)).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def phone(app):
    """A customer's phone: no cookie, no sign-in, not the kiosk's own screen."""
    browser = app.test_client()
    browser.environ_base = {"REMOTE_ADDR": "10.0.0.9"}
    return browser


def text(browser, path=f"/r/{CODE}"):
    return browser.get(path).get_data(as_text=True)


def test_the_report_opens_on_a_phone_without_signing_in(phone, visit, scanned):
    page = text(phone)
    for part in ("王女士", "舒缓护理", "泛红", "确有改善", "48.0", "40.0"):
        assert part in page


def test_it_speaks_the_customers_language_until_she_chooses_another(store, phone, visit):
    store.members.edit("m-wang", language="en")
    assert "thank you for coming" in text(phone)
    phone.set_cookie("lang", "zh")
    assert "感谢您今天的到来" in text(phone)


def test_her_report_advises_no_product_before_her_allergies_are_known_here_and_says_so_saf_05(
    store, phone, visit, scanned, told_elsewhere
):
    """MEA-05: in the page and in the file."""
    store.products.add(
        records.Product(
            rid="p-1", name="舒缓乳霜", name_en="Cream", uses=["home", "redness"], home_care="早晚使用"
        )
    )
    assert "舒缓乳霜" not in text(phone)
    assert "在了解您的过敏情况之前" in text(phone)
    assert phone.get(f"/r/{CODE}.pdf").data.startswith(b"%PDF")
    store.screenings.put(store.screenings.load("q-wang").document() | {"sensitivity": "none"})
    assert "舒缓乳霜" in text(phone)


def test_no_script_runs_and_no_socket_opens(phone, visit):
    assert "<script" not in text(phone)


def test_it_is_kept_nowhere_and_found_by_no_search_engine(phone, visit):
    headers = phone.get(f"/r/{CODE}").headers
    assert "no-store" in headers["Cache-Control"]
    assert "noindex" in headers["X-Robots-Tag"]


def test_pictures_come_only_from_this_report(store, phone, visit, scanned):
    answer = phone.get(f"/r/{CODE}/picture/before/redness")
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert "no-store" in answer.headers["Cache-Control"]
    assert phone.get(f"/r/{CODE}/picture/before/face").data == picture_of("before")
    assert phone.get(f"/r/{CODE}/picture/before/photo").status_code == 404
    add_visit(store, "v-2", OTHER, member="m-li")
    assert phone.get(f"/r/{OTHER}/picture/before/redness").status_code == 404


def test_each_value_says_its_direction_and_the_map_shows_where_mea_02(phone, visit, scanned):
    page = text(phone)
    assert "降低 8.0，超过重复误差 2.8" in page
    assert "今天哪里有变化" in page
    assert phone.get(f"/r/{CODE}/picture/after/redness_change").status_code == 200


def test_side_views_lie_beside_each_other_and_come_last(store, phone, visit, scanned):
    media = next(iter(store.scans.select()[0].overlays.values()))
    for phase in ("before", "after"):
        add_scan(store, visit, phase, 40.0, sides={"side_left": media})
    page = text(phone)
    assert page.count('class="beside n2"') == 1
    assert "左侧脸" in page
    assert page.index("左侧脸") > page.index("泛红")
    assert phone.get(f"/r/{CODE}/picture/after/side_left").status_code == 200


def test_close_ups_are_shown_with_what_was_counted_while_she_allows_photos_mea_14(
    store, phone, visit, scanned
):
    for minute, colour in ((0, "before"), (1, "after")):
        media = store.media.put(
            picture_of(colour),
            mime="image/jpeg",
            owner=visit.rid,
            purpose="scan",
            taken_at=now(),
            keep_until=None,
        )
        store.closeups.add(
            records.CloseUp(
                rid=new_rid(), visit=visit.rid, member=visit.member, at=later(now(), minutes=minute), of="scalp",
                overlay=media, figures={"flakes": {"value": 0.4, "unit": "%", "status": "indicative"}},
            )
        )  # fmt: skip
        if colour == "before":
            alone = text(phone)
            assert f'/r/{CODE}/picture/before/scalp"' in alone
            assert "Scalp, close up, Before" not in alone, "taken once: neither before nor after"
    assert f'/r/{CODE}/picture/after/scalp"' in text(phone)
    assert phone.get(f"/r/{CODE}/picture/after/scalp").data == picture_of("after")
    assert phone.get(f"/r/{CODE}/picture/before/nails").status_code == 404
    store.consents.add(
        records.Consent(
            rid="k-2", member="m-wang", purpose="photos", granted=False, decided_at=later(now(), minutes=2),
            text_version="1", channel="kiosk",
        )
    )  # fmt: skip
    assert "picture/" not in text(phone)
    assert phone.get(f"/r/{CODE}/picture/before/scalp").status_code == 404


def test_photos_in_other_light_have_no_difference_map(store, phone, visit, scanned):
    add_scan(store, visit, "after", 40.0, checks={"light": {"level_ev": 1.0}})
    add_scan(store, visit, "before", 48.0, checks={"light": {"level_ev": 0.0}})
    page = text(phone)
    assert "两次照片不可比较" in page
    assert "今天哪里有变化" not in page


def test_before_and_after_are_swiped_without_a_script(phone, visit, scanned):
    page = text(phone)
    assert page.count('class="slide"') == 2  # the face, and the redness drawn on it
    assert 'tabindex="0"' in page
    assert "<script" not in page


def test_lines_over_the_visits_and_the_month_before_mea_05_mea_07(store, phone, visit, scanned):
    old = add_visit(store, "v-0", "", state="closed", arrived_at=later(now(), days=-30))
    add_scan(store, old, "before", 60.0, days=30)
    page = text(phone)
    assert "历次变化" in page
    assert page.count('<svg class="trend"') == 1
    assert "一个月前与今天" in page
    assert phone.get(f"/r/{CODE}/picture/month/face").status_code == 200
    assert phone.get(f"/r/{CODE}/picture/month/redness").status_code == 404


def test_a_report_does_not_know_what_came_after_it(store, phone, visit, scanned):
    new = add_visit(store, "v-9", OTHER, arrived_at=later(now(), days=30))
    add_scan(store, new, "before", 60.0, days=-30)
    assert "历次变化" not in text(phone)


def test_a_place_for_a_doctor_is_said_and_not_scored(store, phone, visit):
    add_scan(store, visit, "before", 48.0, checks={"referrals": 1})
    assert "请找医生看一看" in text(phone)


def test_when_consent_is_withdrawn_the_pictures_are_gone_and_the_figures_stay(store, phone, visit, scanned):
    """SEC-07."""
    store.consents.edit("k-1", granted=False)
    page = text(phone)
    assert "<img" not in page
    assert "今天哪里有变化" not in page
    assert "确有改善" in page
    assert phone.get(f"/r/{CODE}/picture/after/redness_change").status_code == 404
    assert phone.get(f"/r/{CODE}/picture/before/redness").status_code == 404


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pdf_is_the_same_report(phone, visit, scanned, lang):
    phone.set_cookie("lang", lang)
    answer = phone.get(f"/r/{CODE}.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-")
    assert "inline" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "code", [OTHER, "short", "A" * 21, "A" * 23, "A" * 21 + "%00", "' OR 1=1 --xxxxxxxxxxx", ""]
)
def test_a_guessed_code_shows_nothing(phone, visit, code):
    answer = phone.get(f"/r/{code}")
    assert answer.status_code == 404
    assert "王" not in answer.get_data(as_text=True)
    assert phone.get(f"/r/{code}.pdf").status_code == 404


def test_the_empty_code_of_other_visits_opens_none(store, phone, visit):
    add_visit(store, "v-3", "")
    assert phone.get("/r/.pdf").status_code == 404


def test_a_visit_that_is_not_finished_has_no_report_yet(store, phone):
    add_visit(store, "v-1", CODE, state="feedback")
    assert phone.get(f"/r/{CODE}").status_code == 404


def test_who_tries_codes_is_turned_away_and_the_technician_is_told(store, phone, app, visit):
    for number in range(reports.TRIES):
        assert phone.get(f"/r/{number:022d}").status_code == 404
    assert phone.get(f"/r/{CODE}").status_code == 429
    kept = store.refusals()
    assert [(r.code, r.source) for r in kept] == [("report-codes-tried", "10.0.0.9")]
    other = app.test_client()
    other.environ_base = {"REMOTE_ADDR": "10.0.0.10"}
    assert other.get(f"/r/{CODE}").status_code == 200


def test_tries_are_forgotten_after_a_while():
    clock = [0.0]
    guesses = reports.Guesses(clock=lambda: clock[0])
    for _ in range(reports.TRIES):
        guesses.wrong("10.0.0.9")
    assert guesses.too_many("10.0.0.9")
    clock[0] = reports.TRIES_WITHIN + 1
    assert not guesses.too_many("10.0.0.9")


def test_many_addresses_do_not_fill_the_memory():
    guesses = reports.Guesses()
    for number in range(reports.MOST_ADDRESSES + 50):
        guesses.wrong(f"10.0.{number}")
    assert len(guesses._seen) == reports.MOST_ADDRESSES


@pytest.mark.parametrize("path", [f"/r/{CODE}", f"/r/{CODE}.pdf", f"/r/{CODE}/picture/before/face"])
def test_a_report_ends_after_the_days_of_the_policy(store, phone, path):
    days = policies.default().report.open_days
    add_visit(store, "v-1", CODE, aftercare_at=later(now(), days=-days), arrived_at=later(now(), days=-days))
    answer = phone.get(path)
    assert answer.status_code == 410
    assert "王" not in answer.get_data(as_text=True)


def test_one_day_before_it_ends_it_is_still_there(store, phone):
    days = policies.default().report.open_days - 1
    add_visit(store, "v-1", CODE, aftercare_at=later(now(), days=-days), arrived_at=later(now(), days=-days))
    assert phone.get(f"/r/{CODE}").status_code == 200


def test_points_are_to_come_before_checkout_and_posted_after_it(store, phone, visit):
    phone.set_cookie("lang", "en")
    assert "and 398 for today once you have paid" in text(phone)
    store.ledger.add(
        records.LedgerEntry(
            rid="l-1", member="m-wang", unit="points", amount=398, reason="earn", at=now(), store="s001", visit="v-1"
        )
    )  # fmt: skip
    assert "of which 398 for today" in text(phone)


def test_it_carries_no_phone_number_and_no_allergens(phone, visit):
    page = text(phone)
    assert "13800010001" not in page
    assert "酒精" not in page


def test_a_report_opens_nothing_else(phone, visit):
    phone.get(f"/r/{CODE}")
    for path in ("/desk", "/station", "/tech"):
        assert phone.get(path).status_code == 302
    assert phone.get("/hello").status_code == 403


def answer(client, **form):
    return client.post(f"/r/{CODE}/survey", data=form)


def test_a_low_survey_on_the_phone_starts_the_clock_of_a_complaint_once(client, store, visit):
    """FUP-12, CMP-01, CMP-06, CMP-13, CMP-14: in her words, linked to the visit and its staff."""
    for _ in range(2):
        assert answer(client, face="poor", nps="2", skin="red", remarks="脸颊发烫").status_code == 302
    (survey,) = store.surveys.select()
    assert (survey.satisfaction, survey.nps, survey.therapist) == (50, 2, "e-mei")
    (case,) = store.complaints.select()
    assert (case.topic, case.visit, case.staff, case.state, case.owner) == (
        "allergy",
        "v-1",
        ["e-mei"],
        "open",
        "",
    )
    assert case.story.startswith("脸颊发烫")
    assert "泛红发痒" in case.story


@pytest.mark.parametrize("form", [{"face": "good"}, {"face": "very_good", "wait": "long"}])
def test_a_content_answer_is_no_complaint(client, store, visit, form):
    """FUP-12"""
    answer(client, **form)
    assert len(store.surveys.select()) == 1
    assert store.complaints.select() == []


def test_a_survey_without_a_face_is_asked_again(client, store, visit):
    assert answer(client, nps="9").status_code == 422
    assert store.surveys.select() == []
