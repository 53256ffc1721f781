"""Requests of the technician's page: done with the admin's login, answered with a result or with what failed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest
from tinydb.queries import where

from edge.bus.broker import BrokerFiles
from edge.provision import service
from edge.provision.requests import KIND, hand_over, take_over
from edge.provision.service import PORTS, Provisioner, ports
from edge.store.wanted import ENDS_AFTER
from tests.edge.bus.brokers import until
from tests.edge.provision.test_improv import FakeNode
from tests.ports import free_port


@pytest.fixture
def ask(store, files):
    """Put a request up and do it; the job as it ended."""
    provisioner = Provisioner(store, files)

    def do(**body):
        job = store.jobs.put(KIND, body)
        provisioner.do(store.jobs.claim(KIND))
        return store.jobs.get(job)

    return do


ADD = {
    "action": "add",
    "device": "probe-2",
    "profile": "skin_probe",
    "name": "检测笔",
    "place": "A1",
    "by": "e-gu",
}


def test_a_device_is_added_in_the_name_of_who_asked(store, files, ask):
    feed = store.feed()
    done = ask(**ADD)
    assert (done.state, done.result) == ("done", {"device": "probe-2", "firmware": True})
    assert files.devices() == ["probe-2"]
    assert (store.home / "firmware" / "probe-2" / "probe-2.yaml").is_file()
    assert {notice.actor for notice in feed.poll() if notice.kind == "device"} == {"e-gu"}


def test_what_is_wired_gets_an_address_and_no_firmware(store, ask):
    done = ask(**{**ADD, "device": "scan-1", "profile": "scanner", "address": "serial:/dev/ttyUSB0"})
    assert done.result["firmware"] is False
    assert store.devices.select(where("device") == "scan-1")[0].address == "serial:/dev/ttyUSB0"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"action": "explode"}, "bad_request"),
        ({**ADD, "device": "Probe 2"}, "bad_request"),
        ({**ADD, "shell": "rm"}, "bad_request"),
        ({**ADD, "profile": "teleporter"}, "no_firmware"),
        ({**ADD, "device": "edge"}, "bad_device_id"),
        ({"action": "retire", "device": "nobody"}, "no_such_device"),
        ({"action": "networks", "port": "/etc/passwd"}, "bad_request"),
        ({"action": "networks", "port": "/dev/nothing"}, "port.no_port"),
        ({"action": "join", "port": "/dev/x", "ssid": "s", "secret": "../../keys/store.key"}, "bad_request"),
    ],
)
def test_what_cannot_be_done_says_why(ask, body, code):
    assert (ask(**body).state, ask(**body).code) == ("failed", code)


def test_a_stolen_device_is_out_and_says_so(store, files, ask):
    ask(**ADD)
    assert ask(action="stolen", device="probe-2").state == "done"
    assert store.devices.select()[0].state == "stolen"
    assert '"disabled": true' in files.logins.read_text()


def test_wifi_over_the_cable_with_a_password_that_no_job_holds(store, ask):
    node = FakeNode()
    try:
        seen = ask(action="networks", port=node.path)
        assert seen.result["about"]["name"] == "probe-2"
        assert [n["ssid"] for n in seen.result["networks"]] == ["salon", "guests"]
        token = hand_over(store.home, "secret12")
        done = ask(action="join", port=node.path, ssid="salon", secret=token)
        assert done.result == {"urls": ["http://192.168.1.77"]}
        wrong = ask(action="join", port=node.path, ssid="salon", secret=hand_over(store.home, "wrong"))
        assert wrong.code == "join.unable_to_connect"
    finally:
        node.end()
    assert "secret12" not in json.dumps([job.body for job in store.jobs.latest()])
    assert list((store.home / "keys" / "handover").iterdir()) == []
    with pytest.raises(FileNotFoundError):
        take_over(store.home, token)


def test_ports_are_listed(monkeypatch):
    node = FakeNode()
    monkeypatch.setenv(PORTS, f"{node.path}:/dev/no-such*")
    assert {"port": node.path, "name": node.path.rsplit("/", 1)[1]} in ports()
    node.end()


def test_a_request_of_a_unit_that_died_is_done_by_the_next(store, files):
    job = store.jobs.put(KIND, ADD)
    store.jobs.claim(KIND)
    stop = threading.Event()
    thread = threading.Thread(target=Provisioner(store, files, stop).run)
    thread.start()
    assert until(lambda: store.jobs.get(job).state == "done")
    stop.set()
    thread.join(60)


def test_the_unit_does_what_waits_and_ends_by_itself_when_nobody_wants_it(store):
    BrokerFiles.prepare(store.home / "broker", "s001", free_port(), keys=store.home / "keys")
    job = store.jobs.put(KIND, ADD)
    done = subprocess.run(
        [sys.executable, "-m", "edge.provision"],
        env={**os.environ, "PARLOUR_HOME": str(store.home), ENDS_AFTER: "1"},
        timeout=240,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, store.jobs.get(job).state) == (0, "done"), done.stderr
    assert store.wanted.asked_at(KIND) == 0


def test_a_request_that_breaks_the_unit_is_failed_and_not_begun_again_after_every_restart(
    store, files, ask, monkeypatch
):
    def broken(*_arguments, **_options):
        raise ZeroDivisionError

    monkeypatch.setattr(service.devices, "add_device", broken)
    done = ask(**ADD)
    assert (done.state, done.code) == ("failed", "failed")
