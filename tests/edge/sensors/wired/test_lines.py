"""Serial readers over pty pairs: an independent peer writes what a reader writes; cables are pulled and plugged elsewhere."""

from __future__ import annotations

import json
import os
import pty
import termios
import threading
import tty

import pytest
import serial

from edge.sensors.wired.errors import BadAddress, PortGone
from edge.sensors.wired.line import Line, parse
from edge.sensors.wired.service import Wired
from edge.store.happened import moment
from tests.edge.bus.brokers import until
from tests.edge.sensors.conftest import begin_visit, broker, device, files, started, store, unit

__all__ = ["broker", "files", "started", "store", "unit"]


class Cable:
    """One USB cable: its end in the appliance is a path that may point to another port after replugging."""

    def __init__(self, folder):
        self.path = folder / "usb-Maker_Reader_42"
        self._peer = self._port = None
        self._name = ""

    def plug(self):
        """Into another port than last time."""
        before, held = self._name, []
        while self._name == before:
            held.append(pty.openpty())
            self._name = os.ttyname(held[-1][1])
        self._peer, self._port = held.pop()
        for ends in held:
            os.close(ends[0])
            os.close(ends[1])
        tty.setraw(self._port)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(self._name)

    def pull(self):
        self.path.unlink(missing_ok=True)
        os.close(self._port)
        os.close(self._peer)
        self._peer = self._port = None

    def send(self, data):
        os.write(self._peer, data)

    def end(self):
        if self._peer is not None:
            self.pull()


@pytest.fixture
def cable(tmp_path):
    made = Cable(tmp_path)
    made.plug()
    yield made
    made.end()


def test_an_address_names_a_port_and_how_fast_it_speaks():
    assert parse("s", "serial:/dev/serial/by-id/usb-X*@115200") == ("/dev/serial/by-id/usb-X*", 115200)
    assert parse("s", "serial:/dev/ttyUSB0") == ("/dev/ttyUSB0", 9600)
    for bad in ("", "/dev/ttyUSB0", "serial:ttyUSB0", "serial:/dev/x@fast", "gpio:4"):
        with pytest.raises(BadAddress):
            parse("s", bad)


def is_gone(line):
    try:
        line.read()
    except PortGone:
        return True
    return False


def test_a_line_comes_back_by_itself_on_another_port(cable, tmp_path):
    ticks = iter(range(10**6))
    line = Line(str(tmp_path / "usb-*"), 9600, lambda: float(next(ticks)))
    heard = bytearray()

    def has_heard(text: bytes) -> bool:
        heard.extend(line.read())  # a terminal hands bytes on as they come, not as they were sent
        return bytes(heard) == text

    assert line.read() == b""
    cable.send(b"abc")
    assert until(lambda: has_heard(b"abc"))
    heard.clear()
    first = cable.path.readlink()
    cable.pull()
    assert until(lambda: is_gone(line))
    cable.plug()
    assert cable.path.readlink() != first
    assert line.read() == b""
    cable.send(b"def")
    assert until(lambda: has_heard(b"def"))
    line.close()


@pytest.fixture
def wired(unit, store, tmp_path):
    """The unit parlour-wired beside parlour-sensors, over the real broker."""
    files = unit.broker.files
    made = Wired(store, files.host, files.port, files.keys / "devices")

    def add(name, profile, address, place="A1"):
        files.add_device(name)
        record = device(name, profile, place=place)
        record.address = address
        store.devices.add(record)
        made._look_at = 0.0

    thread = threading.Thread(target=made.run)
    thread.start()
    made.add = add
    yield made
    made.stop()
    thread.join(60)


@pytest.fixture
def happened(store):
    """The next event that a page would be told of."""
    told = []

    def is_there():
        told.extend(store.happened.claim())
        return bool(told)

    def wait():
        assert until(is_there)
        return told.pop(0)

    return wait


def is_online(store, name):
    return until(lambda: name in store.presence.all() and store.presence.all()[name].online)


def test_a_scanned_code_reaches_the_pages_with_its_place_and_is_kept_nowhere_MEA_13(
    wired, store, cable, happened
):
    wired.add("scan-1", "scanner", f"serial:{cable.path}", place="前台")
    assert is_online(store, "scan-1")
    cable.send(b"\x00\xffnoise")
    cable.send(b"\r\n690123")
    cable.send(b"4567892\r\n")
    told = happened()
    assert (told.text, told.place, told.profile) == ("6901234567892", "前台", "scanner")
    assert until(lambda: any(r.boundary == "serial" and r.source == "scan-1" for r in store.refusals()))
    con = store.connections.get()
    for table in ("changes", "happened", "held_events"):
        assert until(
            lambda t=table: (
                con.execute(f"SELECT count(*) FROM {t} WHERE body LIKE '%6901234567892%'").get == 0
            )
        )


def test_a_pulled_cable_is_offline_and_another_port_brings_it_back(wired, store, cable, happened):
    wired.add("card-1", "card_reader", f"serial:{cable.path}")
    assert is_online(store, "card-1")
    cable.pull()
    assert until(lambda: not store.presence.all()["card-1"].online)
    cable.plug()
    assert is_online(store, "card-1")
    cable.send(b"04A3B2C1D4E5F6\r\n")
    assert happened().text == "04A3B2C1D4E5F6"


def test_a_card_left_on_the_reader_is_told_once(wired, store, cable, happened):
    wired.add("card-1", "card_reader", f"serial:{cable.path}")
    assert is_online(store, "card-1")
    for _ in range(5):
        cable.send(b"04A3B2C1\n")
    cable.send(b"0A00C8D1\n")
    assert [happened().text, happened().text] == ["04A3B2C1", "0A00C8D1"]


def test_a_body_scales_values_go_to_the_visit_at_its_place_MEA_04(wired, store, cable):
    visit = begin_visit(store)
    wired.add("scale-1", "body_scale", f"serial:{cable.path}@115200")
    assert is_online(store, "scale-1")
    # Values said within 3 s of a birth are taken for old ones (mqtt.md 2.1): a person needs longer to step on.
    threading.Event().wait(3.2)
    cable.send(b"{0,16,Wk,65.20,FW,28.4,ww,51.2,mW,44.1\r\n")
    assert until(lambda: len(store.readings) == 4)
    assert {(r.measure, r.value, r.visit) for r in store.readings.select()} == {
        ("body_weight", 65.2, visit.rid),
        ("body_fat", 28.4, visit.rid),
        ("body_water", 51.2, visit.rid),
        ("body_muscle", 44.1, visit.rid),
    }


def test_a_cable_pulled_while_its_port_is_being_set_up_is_looked_for_again(cable, monkeypatch):
    """pyserial then raises what is no OSError."""
    ticks = iter(range(10**6))
    line = Line(str(cable.path), 9600, lambda: float(next(ticks)))

    def pulled(*_arguments, **_options):
        raise termios.error(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(serial, "Serial", pulled)
        with pytest.raises(PortGone):
            line.read()
    assert line.read() == b""
    line.close()


def test_a_reader_whose_thread_has_ended_is_told_of_and_reads_again(
    wired, store, cable, happened, monkeypatch
):
    """Whatever nobody thought of: the unit's loop turns on, and must not take a dead reader for a quiet one."""
    wired.add("scan-1", "scanner", f"serial:{cable.path}")
    assert is_online(store, "scan-1")
    part = wired._running["scan-1"][2]
    monkeypatch.setattr(threading, "excepthook", lambda _told: None)
    monkeypatch.setattr(part, "take", lambda _data, _tick: 1 / 0)
    cable.send(b"lost\r\n")
    assert until(lambda: ("scan-1", "reader_ended") in {(r.source, r.code) for r in store.refusals()})
    assert until(lambda: "scan-1" in wired._running and wired._running["scan-1"][2] is not part)
    assert until(lambda: wired._running["scan-1"][1]._bus.connected)
    cable.send(b"6901234567892\r\n")
    assert happened().text == "6901234567892"


def test_a_retired_reader_is_closed_and_an_address_that_cannot_be_is_told_of(wired, store, cable):
    wired.add("scan-1", "scanner", f"serial:{cable.path}")
    wired.add("scan-2", "scanner", "usb somewhere")
    assert is_online(store, "scan-1")
    assert until(lambda: ("scan-2", "bad_device") in {(r.source, r.code) for r in store.refusals()})
    store.devices.edit("dev-scan-1", state="retired")
    wired._look_at = 0.0
    assert until(lambda: "scan-1" not in wired._running)


def test_an_event_that_lay_about_is_kept_as_late_and_never_told_as_new(
    unit, wired, store, cable, happened, started
):
    wired.add("scan-1", "scanner", f"serial:{cable.path}")
    assert is_online(store, "scan-1")
    wired.stop()
    boot, up_ms = moment()
    old = {"event_type": "read", "id": "e-old", "text": "old", "boot": boot, "up_ms": up_ms - 60_000}
    other = {"event_type": "read", "id": "e-other", "text": "other", "boot": "another boot", "up_ms": up_ms}
    wall = {"event_type": "read", "id": "e-wall", "text": "wall", "ts": "2020-01-01T00:00:00.000Z"}
    new = {"event_type": "read", "id": "e-new", "text": "new", "boot": boot, "up_ms": up_ms}
    scanner = started(unit.broker.bus("scan-1"))
    for event in (old, other, wall, new):
        assert scanner.publish("salon/s001/scan-1/event/scan/state", json.dumps(event), qos=1)
    told = [happened() for _ in range(4)]
    assert [(one.id, one.state, one.text) for one in told] == [
        ("e-old", "late", ""), ("e-other", "late", ""), ("e-wall", "late", ""), ("e-new", "told", "new"),
    ]  # fmt: skip


def test_what_was_read_without_a_broker_waits_also_over_a_restart_of_the_unit(
    unit, wired, store, cable, happened
):
    wired.add("card-1", "card_reader", f"serial:{cable.path}")
    assert is_online(store, "card-1")
    unit.broker.kill()
    assert until(lambda: not wired._running["card-1"][1]._bus.connected)
    cable.send(b"04A3B2C1D4E5F6\r\n")
    assert until(lambda: len(store.held.of("card-1")) == 1)
    wired.stop()
    assert until(lambda: not wired._running)
    unit.broker.start()
    again = Wired(store, wired._host, wired._port, wired._passwords)
    thread = threading.Thread(target=again.run)
    thread.start()
    assert happened().text in {"04A3B2C1D4E5F6", ""}, (
        "the text is gone if the machine took more than ten seconds"
    )
    assert until(lambda: store.held.of("card-1") == {})
    again.stop()
    thread.join(60)
