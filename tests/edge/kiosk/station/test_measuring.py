"""Measuring at the bed: scans as jobs of the vision process, photos from a file, the probe over the bus (MEA-01..03)."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from edge.kiosk.services import scans
from edge.kiosk.station import blueprint, relay
from edge.store import now
from salon.rules.times import later

JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 100
BEFORE = "/station/visit/v-1/measure/before"


def job_of(store):
    (job,) = store.jobs.latest()
    return job


def upload(browser, data, name="face.jpg"):
    """The form as a browser sends it, put together here: werkzeug's own client spools large files to disk."""
    head = f'--x\r\nContent-Disposition: form-data; name="photo"; filename="{name}"\r\n\r\n'.encode()
    body = head + data + b"\r\n--x--\r\n"
    return browser.post(f"{BEFORE}/photo", data=body, content_type="multipart/form-data; boundary=x")


# --- the scan


def test_a_scan_is_a_job_for_the_vision_process(store, treated, consent):
    consent()
    answer = treated.post(f"{BEFORE}/scan")
    job = job_of(store)
    assert answer.location == f"/station/visit/v-1/scan/{job.id}"
    assert job.body == {
        "visit": "v-1", "member": "m-wang", "phase": "before", "by": "e-mei", "bed": "1号床", "keep_photo": True,
        "photo": "", "sides": False, "of": "face", "eyes": None,
    }  # fmt: skip


def test_without_consent_it_is_a_guests_scan_that_keeps_no_photo(store, treated):
    assert "No photo is kept" in treated.get(BEFORE).get_data(as_text=True)
    treated.post(f"{BEFORE}/scan")
    assert job_of(store).body["keep_photo"] is False


def test_a_second_tap_finds_the_scan_of_the_first(store, treated):
    one, two = (treated.post(f"{BEFORE}/scan").location for _ in range(2))
    assert one == two
    assert len(store.jobs.latest()) == 1


def test_after_a_scan_has_ended_the_next_one_is_a_new_one(store, treated):
    first = treated.post(f"{BEFORE}/scan").location
    store.jobs.fail(job_of(store).id, "no_face")
    assert treated.post(f"{BEFORE}/scan").location != first


def test_the_page_asks_how_the_job_stands_so_that_it_needs_no_broker(store, treated):
    watch = treated.post(f"{BEFORE}/scan").location
    assert treated.get(f"{watch}/state").json == {"state": "waiting"}
    store.jobs.claim("scan")
    assert treated.get(f"{watch}/state").json == {"state": "running"}
    store.jobs.finish(job_of(store).id, {"scan": "x"})
    assert treated.get(watch).location == "/station/visit/v-1/result/before"


def test_a_scan_can_be_stopped(store, treated):
    watch = treated.post(f"{BEFORE}/scan").location
    treated.post(f"{watch}/cancel")
    assert job_of(store).state == "cancelled"


@pytest.mark.parametrize(("lang", "said"), [("zh", "没有找到脸"), ("en", "No face was found")])
def test_why_a_scan_failed_is_told_in_the_users_language(store, treated, lang, said):
    watch = treated.post(f"{BEFORE}/scan").location
    detail = json.dumps({"zh": "没有找到脸", "en": "No face was found"})
    store.jobs.fail(job_of(store).id, "no_face", detail)
    treated.set_cookie("lang", lang)
    assert said in treated.get(watch).get_data(as_text=True)


@pytest.mark.parametrize("detail", ["", "boom", "[1]", '{"zh": "x"}'])
def test_a_failure_without_words_of_its_own_still_says_what_to_do(store, treated, detail):
    watch = treated.post(f"{BEFORE}/scan").location
    store.jobs.fail(job_of(store).id, "crashed", detail)
    assert "please try again" in treated.get(watch).get_data(as_text=True)


def test_a_job_of_another_visit_is_not_to_be_seen_or_stopped(store, treated, add_visit):
    add_visit(store, "v-2", member="m-li", state="treatment")
    job = store.jobs.put("scan", {"visit": "v-2", "phase": "before"})
    assert treated.get(f"/station/visit/v-1/scan/{job}").status_code == 404
    assert treated.post(f"/station/visit/v-1/scan/{job}/cancel").status_code == 404
    assert store.jobs.get(job).state == "waiting"


@pytest.mark.parametrize(
    ("told", "there"), [(None, True), ({"other": True, "beds": {"1号床": False}}, False)]
)
def test_a_camera_that_is_not_there_is_not_offered(store, treated, consent, told, there):
    """Before the scan unit has ever looked there may be one."""
    consent()
    if told is not None:
        store.settings.set(scans.CAMERAS, told)
    home, closeup = (
        treated.get(path).get_data(as_text=True) for path in ("/station", "/station/visit/v-1/closeup/nails")
    )
    page = treated.get(BEFORE).get_data(as_text=True)
    assert ("Use the bed" in closeup) is there
    assert "Take or choose the photo" in closeup
    assert ("Scan without keeping" in home) is there
    assert ("There is no camera at this bed" in page) is not there
    assert ('name="sides"' in page) is there
    assert "Choose a photo" in page
    assert treated.post("/station/visit/v-1/closeup/nails/live").status_code == 302, (
        "one plugged in just now works"
    )


# --- a photo file instead


def test_a_photo_file_is_held_for_the_vision_process_and_only_for_a_while(store, treated):
    answer = upload(treated, JPEG)
    job = job_of(store)
    assert answer.location.endswith(job.id)
    held = store.media.get(job.body["photo"])
    assert (held.data, held.purpose, held.owner) == (JPEG, "scan-upload", "v-1")
    store.media.sweep(later(held.taken_at, hours=2))
    assert store.media.delete_owner("v-1") == 0


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (b"", "empty", "No photo was chosen"),
        (b"GIF89a" + b"x" * 50, "not_a_photo", "not a JPEG, PNG or WebP"),
        (b"%PDF-1.7 " + b"x" * 50, "not_a_photo", "not a JPEG, PNG or WebP"),
        (JPEG + b"\0" * scans.MOST_BYTES, "too_large", "larger than 20 MB"),
    ],
    ids=["empty", "gif", "pdf", "too large"],
)
def test_a_file_that_is_no_photo_is_refused_with_a_reason_and_kept_for_the_technician(
    store, treated, data, code, said
):
    answer = upload(treated, data)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    kept = store.refusals()[0]
    assert (kept.boundary, kept.code) == ("photo", code)
    assert store.jobs.latest() == []


def test_of_a_photo_that_is_too_large_nothing_is_shown_to_a_technician(store, treated):
    upload(treated, JPEG + b"\0" * scans.MOST_BYTES)
    assert store.refusals()[0].raw == ""


def test_a_photo_on_its_way_is_never_a_file_in_the_clear(store, treated, monkeypatch):
    def spooled(*_args, **_kwargs):
        raise AssertionError("a photo was spooled to a file")

    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", spooled)
    upload(treated, JPEG + b"\0" * 2_000_000)
    assert len(store.media.get(job_of(store).body["photo"]).data) == len(JPEG) + 2_000_000


def test_a_body_beyond_every_photo_is_not_read_and_the_page_of_the_bed_says_so(store, treated):
    answer = upload(treated, JPEG + b"\0" * (scans.MOST_BYTES + 200_000))
    assert answer.status_code == 422
    assert "larger than 20 MB" in answer.get_data(as_text=True)
    assert "Choose a photo" in answer.get_data(as_text=True), "and offers another"
    assert store.refusals()[0].code == "too_large"


# --- results


def test_the_result_stands_beside_the_last_one_and_says_what_is_real(store, treated, add_visit, scanned):
    add_visit(store, "v-0", state="closed", arrived_at="2026-01-01T05:00:00Z")
    scanned("v-0", "after", redness=48.0, at="2026-01-01T06:00:00Z")
    scanned(redness=40.0)
    page = treated.get("/station/visit/v-1/result/before").get_data(as_text=True)
    assert "Real change: better" in page
    assert "−8.0" in page
    assert "Pores" in page.split("Not measured on the photo:")[1]


def test_a_concern_is_scored_region_by_region_with_what_repeats_of_the_region_differ_by(treated, scanned):
    """2.77 times 1.5; of a scan kept before regions had scores nothing is made up."""
    scanned()
    page = " ".join(
        treated.get("/station/visit/v-1/result/before?show=redness").get_data(as_text=True).split()
    )
    assert '<span>Left cheek</span><span class="num"><b>58</b> <small>± 4</small>' in page
    assert "<span>Nose</span>" not in page
    assert "How much haemoglobin shows" in page
    assert "the higher, the less there is to see" in page


def test_why_a_photo_gave_no_figure_is_said_beside_the_names(store, treated, scanned):
    old = scanned()
    lacking = {
        key: {"value": None, "status": "not_measurable", "unit": "", "reason": reason}
        for key, reason in {
            "pores": "resolution",
            "spots": "resolution",
            "moisture": "probe_only",
            "shine": "new",
        }.items()
    }
    store.scans.add(
        old.model_copy(update={"rid": "0" * 32, "at": later(old.at, days=1), "concerns": lacking})
    )
    page = treated.get("/station/visit/v-1/result/before").get_data(as_text=True)
    shown = [" ".join(text.split("</p>")[0].split()) for text in page.split("Not measured on the photo:")[1:]]
    assert shown == [
        "Pores, Spots (the face is small in the photo)",
        "Moisture (only the probe measures it)",
        "Shine",
    ]


def test_a_difference_within_the_repeat_error_is_no_change(treated, scanned):
    scanned(phase="before", redness=40.0)
    scanned(phase="after", redness=41.0)
    assert "No measurable change" in treated.get("/station/visit/v-1/result/after").get_data(as_text=True)


def test_photos_under_different_light_are_not_compared(treated, scanned):
    scanned(phase="before", redness=60.0)
    scanned(phase="after", redness=20.0, light=1.0)
    page = treated.get("/station/visit/v-1/result/after").get_data(as_text=True)
    assert "The two cannot be compared" in page
    assert "Real change" not in page


def test_without_a_scan_there_is_no_result(treated):
    assert treated.get("/station/visit/v-1/result/before").location == BEFORE


def test_a_picture_is_shown_to_who_serves_her_and_kept_nowhere(treated, scanned, consent, sign_in):
    consent()
    scan = scanned()
    path = f"/station/visit/v-1/picture/{scan.rid}/redness"
    answer = treated.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert "no-store" in answer.headers["Cache-Control"]
    assert sign_in("fang").get(path).status_code == 404
    assert treated.get(f"/station/visit/v-1/picture/{scan.rid}/nothing").status_code == 404


def test_a_picture_of_somebody_else_is_not_reached_through_ones_own_visit(treated, scanned, consent):
    consent()
    other = scanned(member="m-li", visit="v-x")
    assert treated.get(f"/station/visit/v-1/picture/{other.rid}/redness").status_code == 404


def test_when_consent_to_photos_is_withdrawn_no_picture_is_shown(treated, scanned, consent):
    """SEC-07."""
    consent()
    scan = scanned()
    consent(granted=False)
    assert treated.get(f"/station/visit/v-1/picture/{scan.rid}/redness").status_code == 404


# --- the probe


def test_the_probe_is_asked_by_a_command_that_is_not_kept_and_ends_soon(treated, bus):
    answer = treated.post(f"{BEFORE}/probe")
    assert bus.sent == [("salon/s001/probe-1/button/measure/command", "PRESS", 1, False, 20)]
    assert "Hold the probe to the cheek" in treated.get(answer.location).get_data(as_text=True)


def test_the_answer_appears_when_the_reading_of_this_visit_arrives(treated, read):
    page = treated.post(f"{BEFORE}/probe").location
    read(12.5, visit="v-other")
    assert "Hold the probe" in treated.get(page).get_data(as_text=True)
    read(41.5)
    text = treated.get(page).get_data(as_text=True)
    assert "The probe has answered" in text
    assert "41.5 %" in text


def test_a_probe_that_does_not_answer_is_no_data(treated):
    text = treated.get(f"{BEFORE}?asked=2026-01-01T00:00:00Z").get_data(as_text=True)
    assert "No data from the probe" in text


@pytest.mark.parametrize("asked", ["yesterday", "2026-01-01", "<script>"])
def test_an_address_made_up_by_hand_breaks_nothing(treated, asked):
    answer = treated.get(BEFORE, query_string={"asked": asked})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.get_data(as_text=True)


def test_without_a_broker_the_beautician_is_told_what_to_do(treated, bus):
    bus.connected = False
    answer = treated.post(f"{BEFORE}/probe", follow_redirects=True)
    assert "press the button on the probe itself" in answer.get_data(as_text=True)


def test_a_bed_without_a_probe_says_so(store, treated):
    store.devices.edit("d-probe", state="retired")
    answer = treated.post(f"{BEFORE}/probe", follow_redirects=True)
    assert "There is no probe at this bed." in answer.get_data(as_text=True)


def test_before_and_after_stand_side_by_side_with_their_unit(treated, read):
    """MEA-02, MEA-03."""
    read(38.2)
    read(99.0, phase="after", quality="bad")
    read(52.7, phase="after")
    page = treated.get("/station/visit/v-1/measure/after/part").get_data(as_text=True)
    assert "38.2" in page
    assert "+14.5" in page
    assert "99" not in page


# --- guidance, from the bus to the page


def test_guidance_and_preview_go_to_the_room_of_their_own_scan(app, bus):
    told = []
    app.extensions["live"].tell = lambda room, event, data: told.append((room, event, data))
    guidance = {"code": "closer", "zh": "靠近一些", "en": "Come closer", "ok": False, "figures": {"a": 1}}
    message = SimpleNamespace(
        topic="salon/s001/edge/scan/j-1/guidance", payload=json.dumps(guidance).encode(), retain=False
    )
    bus.handlers["salon/s001/edge/scan/+/guidance"](message)
    picture = SimpleNamespace(topic="salon/s001/edge/scan/j-1/preview", payload=JPEG, retain=False)
    bus.handlers["salon/s001/edge/scan/+/preview"](picture)
    assert told[0] == (
        "scan:j-1",
        "guidance",
        {"code": "closer", "zh": "靠近一些", "en": "Come closer", "ok": False},
    )
    assert told[1] == ("scan:j-1", "preview", {"jpeg": JPEG})


@pytest.mark.parametrize("payload", [b"", b"nope", b"[]", b'{"code": 1}', b"\xff\xfe"])
def test_guidance_that_is_none_is_dropped(payload):
    assert relay.read_guidance(payload) is None


@pytest.mark.parametrize("payload", [b"no jpeg", JPEG + b"\0" * relay.MOST_PREVIEW])
def test_a_preview_that_is_no_small_jpeg_is_dropped(app, bus, payload):
    told = []
    app.extensions["live"].tell = lambda *args: told.append(args)
    message = SimpleNamespace(topic="salon/s001/edge/scan/j-1/preview", payload=payload, retain=False)
    bus.handlers["salon/s001/edge/scan/+/preview"](message)
    assert told == []


@pytest.mark.parametrize(("login", "entered"), [("mei", True), ("xu", False), ("", False)])
def test_the_room_of_a_scan_is_for_those_who_work_at_the_bed(app, sign_in, login, entered):
    browser = sign_in(login) if login else app.test_client()
    page = app.extensions["live"].socket.test_client(app, flask_test_client=browser)
    assert page.emit("join", "scan:j-1", callback=True) is entered


def test_both_sides_are_asked_for_where_photos_may_be_kept(store, treated, consent):
    page = "/station/visit/v-1/measure/before"
    assert 'name="sides"' not in treated.get(page).get_data(as_text=True)
    consent()
    assert 'name="sides"' in treated.get(page).get_data(as_text=True)
    job = treated.post(f"{page}/scan", data={"sides": "yes"}).headers["Location"].rsplit("/", 1)[1]
    assert store.jobs.get(job).body["sides"] is True


def test_her_history_has_lines_and_the_month_before_mea_05_mea_07(
    store, treated, scanned, add_visit, consent
):
    page = "/station/visit/v-1/history"
    assert "Lines begin with the second visit" in treated.get(page).get_data(as_text=True)
    past = later(now(), days=-30)
    add_visit(store, "v-0", state="closed", arrived_at=past)
    scanned(visit="v-0", redness=52.0, at=past)
    scanned(redness=40.0)
    text = treated.get(page).get_data(as_text=True)
    assert '<svg class="trend"' in text
    assert "52.0 → <b>40.0</b>" in text
    assert "Real change: better" in text
    assert "A month apart" not in text
    consent()
    assert "A month apart" in treated.get(page).get_data(as_text=True)


def test_only_who_serves_her_sees_her_history(sign_in, visit):
    assert sign_in("fang").get("/station/visit/v-1/history").status_code == 404


@pytest.mark.parametrize(
    ("value", "shown"), [(2.44, "+2.4"), (-0.96, "−1.0"), (0.04, "0.0"), (-0.04, "0.0"), (120.4, "+120")]
)
def test_a_change_has_its_sign_and_none_has_none(value, shown):
    assert blueprint.figure(value, signed=True) == shown
