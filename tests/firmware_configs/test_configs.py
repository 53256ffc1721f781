"""Every firmware through the real `esphome config`, and its entities against what the appliance expects of such a device."""

from __future__ import annotations

import shutil

import pytest
import yaml

from edge import provision
from edge.bus.broker import BrokerFiles
from edge.sensors import esphome as wire
from edge.sensors.profiles import found
from edge.store import Store
from tests.firmware_configs.conftest import FOLDER

PROFILES = sorted(path.stem for path in FOLDER.glob("*.yaml") if not path.stem.startswith("secrets"))


class Loose(yaml.SafeLoader):
    """Reads what `esphome config` prints: its own tags become plain values."""


Loose.add_multi_constructor("!", lambda loader, suffix, node: getattr(node, "value", None))


@pytest.fixture(scope="module")
def checked(esphome, tmp_path_factory):
    """Each profile's template with the example secrets, as ESPHome understands it."""
    folder = tmp_path_factory.mktemp("configs")
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    shutil.copy(folder / "secrets.example.yaml", folder / "secrets.yaml")
    done = {}

    def check(profile):
        if profile not in done:
            result = esphome(folder / f"{profile}.yaml")
            assert result.returncode == 0, result.stdout + result.stderr
            assert "WARNING" not in result.stderr + result.stdout.split("esphome:")[0]
            done[profile] = yaml.load(result.stdout, Loose)
        return done[profile]

    return check


def test_every_kind_of_node_has_a_firmware_and_every_firmware_a_kind():
    nodes = {key for key, profile in found().profiles.items() if not profile.wire}
    assert set(PROFILES) == nodes | {
        "light_ring"
    }  # a ring of light may be a node or on a pin of the appliance
    assert set(PROFILES) == set(provision.profiles())


def test_provisioning_knows_which_kinds_are_wired_to_the_appliance():
    assert set(provision.WIRED) == {key for key, profile in found().profiles.items() if profile.wire}


@pytest.mark.parametrize("profile", PROFILES)
def test_it_is_valid_and_keeps_the_convention_of_the_bus(checked, profile):
    config = checked(profile)
    device = config["esphome"]["name"]
    mqtt = config["mqtt"]
    assert mqtt["topic_prefix"] == f"salon/s001/{device}"
    assert mqtt["username"] == mqtt["client_id"] == device
    assert mqtt["discovery_unique_id_generator"] == "mac"
    assert not mqtt.get("log_topic")
    assert mqtt["reboot_timeout"] == config["wifi"]["reboot_timeout"] == "0s"
    assert mqtt["birth_message"]["topic"] == mqtt["will_message"]["topic"] == f"salon/s001/{device}/status"
    assert (mqtt["birth_message"]["payload"], mqtt["will_message"]["payload"]) == ("online", "offline")
    assert all(event["retain"] is False for event in config.get("event", []))


def entities(config):
    """Name -> unit, device class, decimals of all that is published."""
    told = {}
    for component in ("sensor", "binary_sensor", "button", "number"):
        for platform in config.get(component, []):
            for entity in [platform, *(value for value in platform.values() if isinstance(value, dict))]:
                if entity.get("name") and not entity.get("internal"):
                    told[component, entity["name"]] = (
                        entity.get("unit_of_measurement", ""),
                        entity.get("device_class", ""),
                        entity.get("accuracy_decimals"),
                    )
    return told


@pytest.mark.parametrize("profile", PROFILES)
def test_its_entities_are_those_that_the_fake_node_has(checked, profile):
    node = wire.node_of(found().profiles[profile], "x", "X", "s001")
    expected = {(e.component, e.name): (e.unit, e.device_class, e.decimals) for e in node.entities}
    told = entities(checked(profile))
    if found().profiles[profile].wire:  # on a pin it has no network of its own to hear
        del told["sensor", "Signal"]
    assert told == expected


@pytest.mark.parametrize("wifi", [None, provision.Wifi("salon: 'x'", 'pass"word\\1')])
def test_the_folder_that_provisioning_writes_is_valid_as_it_is(esphome, tmp_path, wifi):
    files = BrokerFiles.prepare(tmp_path / "home" / "broker", "s001", 1)
    with Store.create(tmp_path / "home", "s001") as store:
        added = provision.add_device(
            store,
            files,
            "probe-1",
            "skin_probe",
            "探头",
            "A1",
            name_en='Probe "one": #1',
            wifi=wifi,
        )
    result = esphome(added.firmware)
    assert result.returncode == 0, result.stdout + result.stderr
    config = yaml.load(result.stdout, Loose)
    assert config["mqtt"]["topic_prefix"] == "salon/s001/probe-1"
    assert [n["ssid"] for n in config["wifi"].get("networks", [])] == (["wifi_ssid"] if wifi else [])
    secrets = yaml.safe_load((added.firmware.parent / "secrets.yaml").read_text())
    assert secrets.get("wifi_password") == (wifi.password if wifi else None)
    assert config["esphome"]["friendly_name"] == 'Probe "one": #1'


def test_a_node_of_a_broker_with_tls_believes_its_authority_alone(esphome, tmp_path):
    files = BrokerFiles.prepare(
        tmp_path / "home" / "broker", "s001", 1, tls_port=8883, names=["192.168.1.10"]
    )
    with Store.create(tmp_path / "home", "s001") as store:
        added = provision.add_device(
            store, files, "probe-1", "skin_probe", "探头", "A1", address="192.168.1.10"
        )
    result = esphome(added.firmware)
    assert result.returncode == 0, result.stdout + result.stderr
    mqtt = yaml.load(result.stdout, Loose)["mqtt"]
    assert (mqtt["broker"], mqtt["port"]) == ("192.168.1.10", 8883)
    assert mqtt["certificate_authority"].strip() == files.authority.strip()


def test_a_broken_firmware_would_be_found(esphome, tmp_path):
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    shutil.copy(tmp_path / "secrets.example.yaml", tmp_path / "secrets.yaml")
    bed = tmp_path / "bed.yaml"
    bed.write_text(bed.read_text().replace("device_class: occupancy", "device_class: seat"))
    assert esphome(bed).returncode != 0


def test_no_secret_is_in_the_templates():
    for path in FOLDER.rglob("*.yaml"):
        if path.name != "secrets.example.yaml":
            for line in path.read_text().splitlines():
                if "password:" in line:
                    assert "!secret" in line
