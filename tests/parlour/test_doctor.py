"""`parlour doctor` finds what is wrong and says what to do, in both languages."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from edge import machine
from edge.ours import Unit
from edge.store import Store, StoreUnwritable, countersigned, now
from parlour import doctor
from salon.records import Device


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("PARLOUR_HOME", str(tmp_path))
    monkeypatch.setenv("PARLOUR_MQTT_PORT", "9")  # nothing listens on the discard port
    with Store.create(tmp_path, "s001") as made:
        yield made


def found(tmp_path) -> dict[str, doctor.Finding]:
    return {finding.check: finding for finding in doctor.examine(tmp_path)}


def test_no_store_says_how_to_make_one(tmp_path):
    finding = found(tmp_path)["store"]
    assert (finding.status, "parlour provision store" in finding.remedy_en) == ("fail", True)


def test_a_dead_broker_an_absent_device_and_no_hq_are_named_with_a_remedy(store, tmp_path):
    store.devices.add(Device(rid="d-1", device="probe-1", profile="skin_probe", name="笔", store="s001"))
    findings = found(tmp_path)
    assert findings["broker"].status == "fail"
    assert findings["devices"].status == "warn"
    assert "probe-1" in findings["devices"].en
    assert findings["hq"].status == "warn"
    assert all(f.remedy_zh and f.remedy_en for f in findings.values() if f.status != "ok")
    assert findings["database"].status == "ok"


def test_a_device_that_is_there_is_no_finding(store, tmp_path):
    store.devices.add(Device(rid="d-1", device="probe-1", profile="skin_probe", name="笔", store="s001"))
    store.presence.note("probe-1", online=True)
    assert found(tmp_path)["devices"].status == "ok"


def test_many_refusals_name_the_worst_source(store, tmp_path):
    for _ in range(doctor.REFUSALS_WORTH_A_LOOK):
        store.refuse("mqtt", "probe-9", "bad_payload", "x")
    assert "probe-9" in found(tmp_path)["refused"].en


def test_a_signature_that_was_not_taken_is_a_failure_until_it_is(store, tmp_path):
    countersigned.trust(store, "ab" * 32)
    assert found(tmp_path)["countersigned"].status == "ok"
    countersigned.take(store, "cd" * 32, [])
    finding = found(tmp_path)["countersigned"]
    assert (finding.status, "parlour audit verify" in finding.remedy_en) == ("fail", True)
    countersigned.trust(store, "cd" * 32)
    assert found(tmp_path)["countersigned"].status == "ok"


def test_a_clock_behind_the_last_write_is_a_failure(store, tmp_path, monkeypatch):
    monkeypatch.setattr("edge.store.store.wall_ms", lambda: 1000)
    assert found(tmp_path)["clock"].status == "fail"


def test_a_wrong_key_is_a_finding_not_a_crash(store, tmp_path):
    store.close()
    (tmp_path / "keys" / "store.key").write_bytes(bytes(32))
    assert found(tmp_path)["store"].status == "fail"


def test_a_check_that_breaks_hides_no_other(store, tmp_path, monkeypatch):
    def broken(_store):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(doctor, "CHECKS", (broken, *doctor.CHECKS))
    findings = found(tmp_path)
    assert "oops" in findings["broken"].en
    assert findings["disk"].status == "ok"


def test_the_command_prints_json_and_its_exit_status_says_whether_anything_failed(store, capsys):
    store.settings.set("sync_status", {"last_push_at": now()})
    assert doctor.doctor_command(json=True) == 1
    assert {row["check"] for row in json.loads(capsys.readouterr().out)} >= {"database", "broker"}


def test_a_worn_card_and_a_weak_supply_are_failures_with_a_remedy(store, tmp_path, monkeypatch):
    sick = doctor.machine.Machine(84.0, True, True, 90, 2, 10_000_000)
    monkeypatch.setattr(doctor.machine, "look", lambda: sick)
    findings = found(tmp_path)
    assert (findings["card"].status, findings["power"].status) == ("fail", "fail")
    assert "90 %" in findings["card"].en
    assert findings["card"].remedy_zh


def test_bytes_a_day_are_printed(store, tmp_path):
    from edge.store.telemetry import Sample

    at = int(doctor.datetime.now(doctor.UTC).timestamp() * 1000) - 2 * 3_600_000
    for minute in range(120):
        store.telemetry.append([Sample("air-1", "co2", at + minute * 60_000, 600.0 + minute)])
    finding = found(tmp_path)["telemetry"]
    assert finding.status == "ok"
    assert "kB a day" in finding.en


def test_before_an_hour_no_rate_is_guessed(store, tmp_path, monkeypatch):
    running(monkeypatch, Unit("sensors", 1, 10_000_000, 60.0), whole=1_000_000)
    findings = found(tmp_path)
    assert findings["card"].en.count("known after an hour") == 1
    assert "none yet" in findings["telemetry"].en


def running(monkeypatch, *units, whole=None):
    monkeypatch.setattr("edge.ours.units", lambda home: list(units))
    told = replace(machine.look(), written_a_day=whole, wear=None, filesystem_errors=None)
    monkeypatch.setattr("edge.machine.look", lambda: told)


def test_what_our_own_units_write_is_told_apart_from_the_whole_machine(store, tmp_path, monkeypatch):
    running(monkeypatch, Unit("sensors", 1, 10_000_000, 86_400.0), whole=50_000_000_000)
    finding = found(tmp_path)["card"]
    assert finding.status == "warn"
    assert "50.0 GB a day; what Parlour writes is 10 MB a day" in finding.en
    assert "Another program" in finding.remedy_en
    running(monkeypatch, Unit("sensors", 1, 10_000_000, 86_400.0), whole=900_000_000)
    finding = found(tmp_path)["card"]
    assert (finding.status, "what Parlour writes is 10 MB a day" in finding.en) == ("ok", True)


def test_a_unit_of_ours_that_writes_too_much_is_named(store, tmp_path, monkeypatch):
    running(
        monkeypatch,
        Unit("care", 1, 1_000_000, 86_400.0),
        Unit("kiosk", 1, 3_000_000_000, 86_400.0),
        whole=3_100_000_000,
    )
    finding = found(tmp_path)["card"]
    assert (finding.status, "kiosk" in finding.en, "parlour-kiosk" in finding.remedy_zh) == (
        "warn",
        True,
        True,
    )


def test_room_values_that_were_altered_are_a_failure(store, tmp_path):
    from edge.store.telemetry import Sample

    store.telemetry.append([Sample("air-1", "co2", 1_790_000_000_000, 600.0)])
    store.connections.get().execute("UPDATE telemetry SET body = x'00'")
    assert found(tmp_path)["telemetry"].status == "fail"


def test_a_device_that_will_soon_be_away_is_told_before_it_is(store, tmp_path):
    store.devices.add(Device(rid="d-1", device="probe-1", profile="skin_probe", name="笔", store="s001"))
    store.presence.note("probe-1", online=True)
    store.latest.put("probe-1", "battery", 80.0, "%", now(), interval_s=3600)
    store.latest.put("probe-1", "signal", -60.0, "dBm", now(), interval_s=60)
    assert found(tmp_path)["devices"].status == "ok"
    store.latest.put("probe-1", "battery", 9.0, "%", now(), interval_s=3600)
    finding = found(tmp_path)["devices"]
    assert (finding.status, "battery 9" in finding.en, "电量 9" in finding.zh) == ("warn", True, True)
    store.latest.put("probe-1", "battery", 80.0, "%", now(), interval_s=3600)
    store.latest.put("probe-1", "signal", -88.0, "dBm", now(), interval_s=60)
    assert "signal -88" in found(tmp_path)["devices"].en


def test_a_sensor_that_has_died_on_a_node_that_lives_is_named(store, tmp_path):
    store.devices.add(Device(rid="d-1", device="air-1", profile="room_air", name="空气", store="s001"))
    store.presence.note("air-1", online=True)
    store.latest.put("air-1", "temperature", 24.0, "°C", now(), interval_s=60)
    store.latest.put("air-1", "skin_moisture", 41.0, "%", "2026-01-01T00:00:00.000Z", interval_s=900)
    assert found(tmp_path)["devices"].status == "ok", "a probe speaks when somebody measures"
    store.latest.put("air-1", "temperature", 24.0, "°C", "2026-01-01T00:00:00.000Z", interval_s=60)
    finding = found(tmp_path)["devices"]
    assert (finding.status, "air-1 temperature" in finding.en, "air-1 温度" in finding.zh) == (
        "warn",
        True,
        True,
    )


def test_the_broker_is_looked_for_where_its_own_files_say(store, tmp_path, monkeypatch):
    monkeypatch.delenv("PARLOUR_MQTT_PORT")
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker" / "broker.json").write_text('{"store": "s001", "host": "127.0.0.1", "port": 9}')
    assert "127.0.0.1:9" in found(tmp_path)["broker"].en


def test_a_machine_whose_address_has_changed_under_its_nodes_is_a_failure_with_a_remedy(
    store, tmp_path, monkeypatch
):
    monkeypatch.setattr(doctor.machine, "lan_address", lambda: "192.168.1.20")
    assert found(tmp_path)["network"].status == "ok"
    store.settings.set(doctor.TOLD, "192.168.1.10")
    moved = found(tmp_path)["network"]
    assert moved.status == "fail"
    assert "192.168.1.10" in moved.remedy_zh
    assert "192.168.1.10" in moved.remedy_en


@pytest.mark.parametrize("name", ["", "store.key"])
def test_keys_that_others_may_read_are_a_failure_with_a_remedy(store, tmp_path, name):
    assert found(tmp_path)["keys"].status == "ok"
    path = tmp_path / "keys" / name
    path.chmod(path.stat().st_mode | 0o044)
    finding = found(tmp_path)["keys"]
    assert finding.status == "fail"
    assert f"keys/{name}".rstrip("/") in finding.en
    assert "chmod -R go=" in finding.remedy_en


def test_a_key_that_is_gone_is_a_finding_not_a_crash(store, tmp_path):
    store.close()
    (tmp_path / "keys" / "store.key").unlink()
    [finding] = doctor.examine(tmp_path)
    assert (finding.check, finding.status) == ("store", "fail")
    assert "store.key" in finding.en
    assert "safe" in finding.remedy_en


def test_a_user_who_may_not_read_is_told_whose_store_it_is(store, tmp_path, monkeypatch):
    def refused(_folder):
        raise PermissionError(13, "Permission denied", str(tmp_path / "store.db"))

    monkeypatch.setattr(doctor.Store, "open", refused)
    [finding] = doctor.examine(tmp_path)
    assert finding.status == "fail"
    assert "store.db" in finding.en
    assert "sudo -u parlour" in finding.remedy_en


def test_a_store_that_a_full_disk_keeps_shut_is_told_of_as_a_full_disk(store, tmp_path, monkeypatch):
    def cannot(_folder):
        raise StoreUnwritable(tmp_path / "store.db", "disk I/O error")

    monkeypatch.setattr(doctor.Store, "open", cannot)
    assert [f.check for f in doctor.examine(tmp_path)] == ["store"]
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _folder: SimpleNamespace(free=0))
    [finding] = doctor.examine(tmp_path)
    assert (finding.check, finding.status) == ("disk", "fail")
    assert "larger card" in finding.remedy_en


def test_in_a_unit_the_folder_of_keys_is_hidden_and_that_is_well(store, tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "handed"))
    (tmp_path / "keys").chmod(0o755)
    monkeypatch.setattr(doctor.os, "access", lambda _path, _how: False)
    assert found(tmp_path)["keys"].status == "ok"
