"""A device comes in with its own credentials, and goes out at once and without a trace."""

from __future__ import annotations

import socket
import stat

import pytest
from tinydb.queries import where

from edge import machine, provision
from edge.bus import Will
from edge.bus.broker import BrokerFiles
from edge.bus.errors import BadDeviceId
from edge.provision import devices
from salon.records import BadRecord
from tests.edge.bus.brokers import free_port, until


def add(store, files, device_id="probe-1", **more):
    return provision.add_device(store, files, device_id, "skin_probe", "皮肤水分笔", "A1", **more)


def test_a_device_gets_a_record_a_login_and_a_firmware(store, files):
    added = add(
        store, files, name_en="Skin probe", address="192.168.1.10", wifi=provision.Wifi("salon", "secret12")
    )
    (record,) = store.devices.select(where("device") == "probe-1")
    assert (record.profile, record.name, record.place, record.state) == (
        "skin_probe",
        "皮肤水分笔",
        "A1",
        "active",
    )
    assert files.devices() == ["probe-1"]
    text = added.firmware.read_text()
    assert 'device: "probe-1"' in text
    assert 'broker: "192.168.1.10"' in text
    secrets = added.firmware.parent / "secrets.yaml"
    assert f'mqtt_password: "{added.password_file.read_text()}"' in secrets.read_text()
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert added.password_file.read_text() not in text


def test_a_node_is_told_where_this_machine_is_in_the_stores_network_not_that_it_is_the_node_itself(
    store, tmp_path, monkeypatch
):
    on_the_network = BrokerFiles.prepare(
        tmp_path / "lan", "s001", free_port(), keys=tmp_path / "keys", tls_port=8883
    )
    monkeypatch.setattr(machine, "lan_address", lambda: "192.168.1.10")
    text = add(store, on_the_network).firmware.read_text()
    assert 'broker: "192.168.1.10"' in text
    assert 'port: "8883"' in text
    assert store.settings.get(devices.TOLD) == "192.168.1.10"


def test_a_machine_that_is_in_no_network_yet_gives_its_name_by_mdns(store, tmp_path, monkeypatch):
    on_the_network = BrokerFiles.prepare(
        tmp_path / "lan", "s001", free_port(), keys=tmp_path / "keys", tls_port=8883
    )
    monkeypatch.setattr(machine, "lan_address", lambda: "")
    monkeypatch.setattr(socket, "gethostname", lambda: "parlour-s001")
    assert 'broker: "parlour-s001.local"' in add(store, on_the_network).firmware.read_text()
    monkeypatch.setenv(devices.LAN_ADDRESS, "broker.salon.example")
    assert 'broker: "broker.salon.example"' in add(store, on_the_network, "probe-2").firmware.read_text()
    assert store.settings.get(devices.TOLD) == ""


def test_two_devices_never_share_a_password(store, files):
    first, second = add(store, files), add(store, files, "probe-2")
    assert first.password_file.read_text() != second.password_file.read_text()


def test_a_device_in_use_is_not_replaced(store, files):
    password = add(store, files).password_file.read_text()
    with pytest.raises(provision.DeviceExists):
        add(store, files)
    assert files.password_file("probe-1").read_text() == password


@pytest.mark.parametrize("device_id", ["Probe", "a b", "../x", "", "x" * 32])
def test_an_id_that_cannot_be_is_refused_and_nothing_is_made(store, files, device_id):
    with pytest.raises(BadRecord):
        add(store, files, device_id)
    assert files.devices() == []
    assert len(store.devices) == 0


def test_the_appliances_own_name_is_refused_and_nothing_is_made(store, files):
    with pytest.raises(BadDeviceId):
        add(store, files, "edge")
    assert len(store.devices) == 0


def test_a_kind_without_firmware_is_refused_and_the_known_ones_are_named(store, files):
    with pytest.raises(provision.NoFirmware) as caught:
        provision.add_device(store, files, "x-1", "teleporter", "x", "A1")
    assert caught.value.known == ["bed", "bottle_scale", "light_ring", "room_air", "skin_probe", "steriliser"]


def test_a_retired_device_is_out_at_once_and_leaves_no_trace(store, broker, started):
    add(store, broker.files)
    will = Will("salon/s001/probe-1/status", b"offline")
    bus = started(broker.bus("probe-1", will=will, draw=lambda low, high: 0.05))
    kept = [
        "salon/s001/probe-1/sensor/skin_moisture/state",
        "homeassistant/sensor/probe-1/skin_moisture/config",
        "esphome/discover/probe-1",
    ]
    for topic in kept:
        bus.publish(topic, b"x", qos=1, retain=True)
    assert until(lambda: not bus._unproven)
    store.presence.note("probe-1", online=True)
    wiped = provision.retire(store, broker.files, "probe-1")
    assert set(kept) <= set(wiped)
    assert until(lambda: not bus.connected)
    assert not bus.wait_connected(0.3)
    assert store.devices.select()[0].state == "retired"
    assert store.presence.all() == {}
    assert provision.wipe(broker.files, "probe-1") == []


def test_a_retired_device_comes_back_with_a_new_password_and_its_old_record(store, files):
    first = add(store, files)
    old = first.password_file.read_text()
    provision.retire(store, files, "probe-1", state="stolen")
    assert store.devices.select()[0].state == "stolen"
    again = add(store, files)
    assert again.device.rid == first.device.rid
    assert again.device.state == "active"
    assert again.password_file.read_text() != old


def test_without_a_broker_retiring_locks_out_all_the_same(store, files):
    add(store, files)
    assert provision.retire(store, files, "probe-1") == []
    assert '"disabled": true' in files.logins.read_text()


def test_retiring_what_never_was_says_so(store, files):
    with pytest.raises(provision.NoSuchDevice):
        provision.retire(store, files, "probe-9")
