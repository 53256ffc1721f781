"""The technician's page: what is silent, what is stale, what was refused; and who may look."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cloud_sync_server
import edge.sensors
import edge.sync
import salon
from edge.kiosk.services import technician
from edge.kiosk.services.refusal_words import why
from edge.kiosk.tech.routes import reading, size
from edge.store import now, putaside
from salon import records
from salon.reconcile import Change, Origin
from salon.rules.times import later


@pytest.fixture
def browser(signed_in):
    return signed_in("gu")


@pytest.fixture
def devices(store):
    for device, profile in {"probe-1": "skin_probe", "air-1": "room_air", "old-1": "bed"}.items():
        store.devices.add(
            records.Device(
                rid=f"d-{device}", device=device, profile=profile, name=f"设备{device}", name_en=device.title(),
                place="1号床", store="s001", state="retired" if device == "old-1" else "active",
            )
        )  # fmt: skip
    store.presence.note("air-1", online=True, firmware="2026.6.5")
    store.presence.note("probe-1", online=True)
    store.presence.note("probe-1", online=False)
    store.latest.put("air-1", "co2", 812.0, "ppm", now(), interval_s=60)
    store.latest.put("air-1", "temperature", 31.7, "°C", later(now(), hours=-1), interval_s=60)


def text(browser, path="/tech", **query):
    return browser.get(path, query_string=query).get_data(as_text=True)


def test_devices_with_their_place_state_firmware_and_values(browser, devices):
    page = text(browser, "/tech/part/devices")
    for part in ("Air-1", "Probe-1", "1号床", "online", "offline", "2026.6.5", "812", "1 of 2 online"):
        assert part in page


def test_a_stale_value_is_no_data_never_the_last_one(browser, devices):
    """mqtt.md: no data, never the last value shown as live."""
    page = text(browser, "/tech/part/devices")
    assert "31.7" not in page
    assert "no data" in page


def test_values_of_a_device_that_is_offline_are_no_data(store, browser, devices):
    store.presence.note("air-1", online=False)
    assert "812" not in text(browser, "/tech/part/devices")


def test_a_retired_device_is_not_shown_and_silent_ones_come_first(store, browser, devices):
    assert "Old-1" not in text(browser, "/tech/part/devices")
    assert [state.device.device for state in technician.devices(store)] == ["probe-1", "air-1"]


def test_a_device_that_was_never_heard_says_so(store, browser):
    store.devices.add(
        records.Device(rid="d-new", device="new-1", profile="hologram", name="新", store="s001")
    )
    page = text(browser, "/tech/part/devices")
    assert "Never seen yet" in page
    assert "hologram" in page


def test_the_appliances_health(store, browser):
    page = text(browser, "/tech/part/appliance")
    for part in ("free", "plausible", "records ", "not used by the kiosk", "Parlour"):
        assert part in page


def test_what_waits_for_head_office_and_the_line(store, browser):
    store.settings.set("sync_status", {"last_push_at": now(), "last_error": "HQ said 503"})
    store.settings.set("hq_url", "http://hq.example")
    page = text(browser, "/tech/part/appliance")
    assert f"{store.outbox.count()} changes" in page
    assert "HQ said 503" in page
    assert "http://hq.example" in page


def test_a_store_that_was_never_enrolled_says_so(browser):
    page = text(browser, "/tech/part/appliance")
    assert "not enrolled" in page
    assert "never" in page


def test_a_suspect_clock_is_named(browser, monkeypatch):
    monkeypatch.setattr("edge.store.store.wall_ms", lambda: 1000)
    assert "The clock is behind" in text(browser, "/tech/part/appliance")


def test_models_of_the_last_scan_are_shown(store, browser):
    store.scans.add(
        records.Scan(
            rid="s-1", visit="v-1", member="m-wang", at=now(), phase="before", models={"color_v1": "1.0.0"}
        )
    )
    assert "color_v1" in text(browser, "/tech/part/appliance")


def test_jobs_with_how_they_ended(store, browser):
    job = store.jobs.put("scan", {})
    store.jobs.fail(job, "no_face")
    page = text(browser, "/tech/part/appliance")
    assert "failed" in page
    assert "no_face" in page


def test_what_was_refused_and_why_newest_first_with_what_came(store, browser):
    store.refuse("mqtt", "probe-9", "unknown_device", "nobody knows it", "41.5")
    store.refuse("sync", "s002", "bad_record", "phone: too long", "<script>alert(1)</script>")
    page = text(browser, "/tech/part/refused")
    assert page.index("bad_record") < page.index("unknown_device")
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_a_reason_reads_in_the_technicians_language_with_its_code(store, browser):
    store.refuse("mqtt", "probe-1", "no_value", "the sensor has no value", "nan")
    assert "传感器没有数值：请检查接线" in text(browser, "/tech/part/refused", lang="zh")
    assert "look at its cable" in text(browser, "/tech/part/refused", lang="en")


def test_every_reason_of_the_sensors_has_its_words():
    said = " ".join(path.read_text() for path in Path(edge.sensors.__file__).parent.rglob("*.py"))
    codes = set(re.findall(r'Refused\(\s*"([a-z_]+)"', said))
    assert len(codes) > 15
    assert {code for code in codes if why(code).zh == code} == set()


def test_every_reason_of_the_exchange_has_its_words():
    """Of changes that are judged, here or at head office, and of what a store is told."""
    said = " ".join(
        path.read_text() for part in (salon, edge.sync, cloud_sync_server) for path in _sources(part)
    )
    codes = set(re.findall(r'BadChange\(\s*"([a-z_]+)"', said)) | putaside.FOR_INFORMATION
    assert len(codes) > 10
    assert {code for code in codes if why(code, "sync").zh == code} == set()


def _sources(part):
    return Path(part.__file__).parent.rglob("*.py")


def test_one_code_may_mean_two_things(store, browser):
    store.refuse("sync", "s002", "unknown_kind", "hologram")
    assert "这种记录" in text(browser, "/tech/part/refused", lang="zh")
    assert "设备" in why("unknown_kind", "mqtt").zh


def test_a_refusals_own_page_says_it_in_words_sec_02(store, browser):
    store.refuse("sync", "s002", "bad_value", "channel: none of its values")
    number = store.refusals(1)[0].number
    page = text(browser, f"/tech/refused/{number}", lang="zh")
    assert "字段的值不符合要求" in page
    assert "channel: none of its values" in page


def test_jobs_are_told_in_words(store, browser):
    job = store.jobs.put("provision", {"action": "add", "device": "probe-1"})
    store.jobs.fail(job, "device_exists", "probe-1 is there already")
    page = text(browser, "/tech/part/appliance", lang="zh")
    assert "添加设备 probe-1" in page
    assert "这个编号已在使用" in page


def test_refusals_are_filtered_by_where_they_came_in(store, browser):
    store.refuse("mqtt", "probe-9", "unknown_device", "x")
    store.refuse("photo", "10.0.0.1", "not_a_photo", "x")
    page = text(browser, "/tech/part/refused", boundary="photo")
    assert "not_a_photo" in page
    assert "unknown_device" not in page
    assert "unknown_device" in text(browser, "/tech/part/refused", boundary="nonsense")


@pytest.mark.parametrize(
    ("login", "status"), [("gu", 200), ("owner", 200), ("mei", 403), ("xu", 403), ("shen", 403)]
)
@pytest.mark.parametrize(
    "path",
    [
        "/tech",
        "/tech/part/devices",
        "/tech/part/appliance",
        "/tech/part/refused",
        "/tech/part/messages",
        "/tech/add",
        "/tech/diagnostics.zip",
    ],
)
def test_only_technician_and_owner_may_look(signed_in, path, login, status):
    assert signed_in(login).get(path).status_code == status


def test_the_page_reads_in_chinese(browser):
    browser.set_cookie("lang", "zh")
    page = text(browser)
    assert "被拒绝的内容及原因" in page
    assert "Refused" not in page


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_500, "2 kB"),
        (3_400_000, "3.4 MB"),
        (83e9, "83.0 GB"),
        (2e15, "2000.0 TB"),
    ],
)
def test_sizes_read_as_people_write_them(count, shown):
    assert size(int(count)) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(24.12, "24.1"), (812.0, "812"), (812.4, "812"), (-3.25, "-3.2")]
)
def test_readings_carry_one_decimal_at_most(value, shown):
    assert reading(value) == shown


@pytest.fixture
def refused(store):
    """A member of another store whose drink this version does not know: the number of its refusal."""
    op = {
        "n": 1,
        "kind": "member",
        "rid": "m-far",
        "t": "01a318829e4e0000",
        "sv": 2,
        "f": {"surname": "林", "large_type": "dragon"},
    }
    change = Change.from_wire(Origin("s002", "abcd1234"), op)
    store.apply([change], cursor="")
    return store.refusals()[0].number


def test_a_refused_change_is_read_mended_and_then_gone_from_the_list(store, browser, refused):
    """SYN-11: end to end, under the name of who did it."""
    assert f"/tech/refused/{refused}" in text(browser, "/tech/part/refused", boundary="sync")
    page = text(browser, f"/tech/refused/{refused}")
    for part in ("bad_value", "m-far", "林", "large_type", "Try again", "Write it so"):
        assert part in page
    again = browser.post(f"/tech/refused/{refused}", data={"verdict": "again"})
    assert again.status_code == 422
    assert "refused once more: A value does not fit its field" in again.text
    wrong = browser.post(f"/tech/refused/{refused}", data={"verdict": "mend", "values": "{large_type: no}"})
    assert "no list of fields and values" in wrong.text
    assert "{large_type: no}" in wrong.text  # what was typed is still there
    done = browser.post(
        f"/tech/refused/{refused}",
        data={"verdict": "mend", "values": '{"surname": "林", "large_type": true}'},
    )
    assert done.location == f"/tech/refused/{refused}"
    assert store.members.load("m-far").large_type is True
    assert store.outbox.batch()[-1].actor == store.refusal(refused).by != ""
    assert "mended" in text(browser, f"/tech/refused/{refused}")


def test_a_refused_change_is_put_away_once(store, browser, refused):
    assert browser.post(f"/tech/refused/{refused}", data={"verdict": "away"}).status_code == 302
    assert browser.post(f"/tech/refused/{refused}", data={"verdict": "away"}).status_code == 422
    assert browser.get("/tech/refused/999").status_code == 404
    assert browser.post(f"/tech/refused/{refused}", data={"verdict": "burn"}).status_code == 400
