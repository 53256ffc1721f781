"""What a technician does from the command line."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import typer.testing

from edge.bus.broker import BrokerFiles
from edge.store import Store
from parlour import stores
from parlour.cli import app
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


def test_an_id_that_no_store_can_have_makes_nothing(tmp_path, monkeypatch, capsys):
    """Else the folder would be that store's for good."""
    monkeypatch.setenv("PARLOUR_HOME", str(tmp_path / "new"))
    for wrong in ("BAD ID!", "s1", "../s001", "一号店"):
        assert stores.provision_store_command(wrong, "", "") == 1
        assert "such as s003" in capsys.readouterr().err
        assert typer.testing.CliRunner().invoke(app, ["hq", "code", wrong]).exit_code == 1
    assert not (tmp_path / "new").exists()


def test_an_id_that_no_device_can_have_is_said_in_words(home, capsys):
    assert stores.provision_device_command("Room_1", "room_air", "空气", "") == 1
    said = capsys.readouterr().err
    assert "31 at most" in said
    assert "pattern" not in said


def test_a_terminal_without_chinese_gets_the_rest(home):
    """As over a serial console: no encoding is worth a traceback."""
    assert stores.provision_device_command("scan-1", "scanner", "扫码枪", "", "serial:/dev/ttyUSB0") == 0
    bare = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    run = subprocess.run(
        [sys.executable, "-m", "parlour", "devices", "list"],
        env={**os.environ, **bare},
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert b"scan-1" in run.stdout
