"""What a technician does from the command line."""

from __future__ import annotations

import pytest

from edge.bus.broker import BrokerFiles
from edge.store import Store
from parlour import stores
from tests.edge.provision.test_improv import FakeNode


@pytest.fixture
def node():
    made = FakeNode()
    yield made
    made.end()


def test_a_node_is_given_its_network_over_the_cable(node, capsys):
    assert stores.provision_wifi_command(node.path, "salon", lambda: "secret12") == 0
    told = capsys.readouterr().out
    assert "parlour.skin_probe" in told
    assert "192.168.1.77" in told


def test_what_failed_is_named_by_its_step(node, capsys):
    assert stores.provision_wifi_command(node.path, "salon", lambda: "wrong") == 1
    assert "join:" in capsys.readouterr().err
    assert stores.provision_wifi_command("/dev/nothing", "salon", lambda: "x") == 1
    assert "port:" in capsys.readouterr().err


def test_without_a_network_it_lists_what_the_node_sees(node, capsys):
    assert (
        stores.provision_wifi_command(node.path, "", lambda: pytest.fail("nobody asked for a password")) == 0
    )
    assert "guests" in capsys.readouterr().out


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PARLOUR_HOME", str(tmp_path))
    BrokerFiles.prepare(tmp_path / "broker", "s001", 1, keys=tmp_path / "keys")
    Store.create(tmp_path, "s001").close()
    return tmp_path


def test_a_device_comes_and_goes_from_the_command_line(home, capsys):
    assert stores.provision_device_command("probe-1", "skin_probe", "笔", "A1") == 0
    assert "esphome run" in capsys.readouterr().out
    assert stores.provision_device_command("probe-1", "skin_probe", "笔", "A1") == 1
    assert stores.provision_device_command("scan-1", "scanner", "枪", "A1", "serial:/dev/ttyUSB0") == 0
    assert stores.retire_device_command("probe-1", stolen=True) == 0
    assert stores.list_devices_command() == 0
    assert "stolen" in capsys.readouterr().out
