"""Improv frames against the golden vectors, and a node at the other end of a pty that was written from the specification alone."""

from __future__ import annotations

import contextlib
import os
import pty
import random
import threading
import time
import tty

import pytest

from edge.provision import improv, wifi
from edge.provision.improv import Command, Kind, Reader

FUZZ = int(os.environ.get("PARLOUR_FUZZ", "20000"))

GET_STATE = bytes.fromhex("49 4d 50 52 4f 56 01 03 02 02 00 e5 0a")
INFO = bytes.fromhex("49 4d 50 52 4f 56 01 03 02 03 00 e6 0a")
SCAN = bytes.fromhex("49 4d 50 52 4f 56 01 03 02 04 00 e7 0a")
WIFI = bytes.fromhex("49 4d 50 52 4f 56 01 03 11 01 0f 05 73 61 6c 6f 6e 08 73 65 63 72 65 74 31 32 15 0a")
READY = bytes.fromhex("49 4d 50 52 4f 56 01 01 01 02 e2 0a")
PROVISIONED = bytes.fromhex("49 4d 50 52 4f 56 01 01 01 04 e4 0a")
UNABLE = bytes.fromhex("49 4d 50 52 4f 56 01 02 01 03 e4 0a")
SEEN = bytes.fromhex("49 4d 50 52 4f 56 01 04 10 04 0e 05 73 61 6c 6f 6e 03 2d 36 31 03 59 45 53 b1 0a")
SEEN_END = bytes.fromhex("49 4d 50 52 4f 56 01 04 02 04 00 e8 0a")


def test_questions_are_the_golden_vectors():
    assert improv.command(Command.GET_STATE) == GET_STATE
    assert improv.command(Command.DEVICE_INFO) == INFO
    assert improv.command(Command.SCAN) == SCAN
    assert improv.wifi_settings("salon", "secret12") == WIFI


def test_answers_are_read_from_the_golden_vectors():
    frames = list(Reader().feed(READY + PROVISIONED + UNABLE + SEEN + SEEN_END))
    assert [(f.kind, f.data[0]) for f in frames[:3]] == [(Kind.STATE, 2), (Kind.STATE, 4), (Kind.ERROR, 3)]
    assert improv.result(frames[3].data) == (4, ["salon", "-61", "YES"])
    assert improv.result(frames[4].data) == (4, [])


def test_frames_are_found_between_log_lines_and_byte_by_byte():
    stream = b"[I][wifi:1]: IMPRO\n" + READY + b"[D] IMPROV\x01\n" + SEEN
    reader = Reader()
    found = [frame for byte in stream for frame in reader.feed(bytes([byte]))]
    assert [f.kind for f in found] == [Kind.STATE, Kind.RESULT]


def test_a_damaged_frame_is_counted_and_the_next_is_read():
    reader = Reader()
    broken = bytearray(READY)
    broken[9] ^= 1
    assert [f.data for f in reader.feed(bytes(broken) + PROVISIONED)] == [b"\x04"]
    assert reader.damaged == 1


def test_surplus_bytes_that_one_sdk_counts_are_ignored():
    data = bytes([4, 14]) + b"\x05salon\x03-61\x03YES" + b"\x00"
    assert improv.result(data) == (4, ["salon", "-61", "YES"])


def test_a_network_that_fits_no_frame_is_refused():
    for ssid, password in (("", "x"), ("水" * 11, "x"), ("salon", "x" * 65)):
        with pytest.raises(improv.BadText):
            improv.wifi_settings(ssid, password)


def test_no_input_crashes_or_hangs_the_reader(capsys):
    draw, reader, found = random.Random("improv"), Reader(), 0
    good = [GET_STATE, WIFI, READY, SEEN, SEEN_END]
    began = time.monotonic()
    for _ in range(FUZZ):
        data = (
            bytearray(draw.choice(good))
            if draw.random() < 0.8
            else bytearray(draw.randbytes(draw.randrange(80)))
        )
        for _ in range(draw.randrange(4)):
            if data:
                data[draw.randrange(len(data))] = draw.randrange(256)
        cut = bytes(data[: draw.randrange(len(data) + 1)]) if draw.random() < 0.2 else bytes(data)
        for frame in reader.feed(cut):
            found += 1
            improv.result(frame.data)
        assert len(reader._held) <= improv.LONGEST + len(improv.HEADER)
    with capsys.disabled():
        print(f"\n  fuzz improv         {FUZZ} inputs, {found} frames, {time.monotonic() - began:.1f} s")
    assert found > FUZZ / 10


class Answering:
    """A port that answers whatever is asked with the same frames, as the clock runs."""

    def __init__(self, frames):
        self.frames, self.now = frames, 0.0

    def read(self, _size):
        self.now += 40.0
        return self.frames

    def write(self, _data):
        return None

    def close(self):
        return None


def test_no_answer_of_a_node_is_more_than_a_failed_step(capsys):
    """Frames that are whole, of a node that nobody wrote from the specification: texts that are no texts, numbers that are none."""
    draw, began, joined = random.Random("answers"), time.monotonic(), 0
    good = [
        (1, b"\x02"),
        (2, b"\x03"),
        (4, b"\x04\x0e\x05salon\x03-61\x03YES"),
        (4, b"\x04\x00"),
        (4, b"\x01\x02\x01x"),
        (4, b"\x03\x00"),
    ]
    for _ in range(FUZZ // 4):
        frames = b""
        for kind, data in draw.choices(good, k=3):
            changed = bytearray(data)
            for _ in range(draw.randrange(3)):
                changed[draw.randrange(len(changed))] = draw.choice([draw.randrange(256), 0x2D, 0x35])
            frames += improv.encode(improv.Kind(kind), bytes(changed))
        port = Answering(frames)
        session = wifi.Session(port, lambda port=port: port.now)
        for question in (
            session.state,
            session.about,
            session.networks,
            lambda s=session: s.join("salon", "x"),
        ):
            with contextlib.suppress(wifi.WifiFailed):
                joined += question() is not None
    with capsys.disabled():
        print(
            f"\n  fuzz wifi answers   {FUZZ} questions, {joined} answered, {time.monotonic() - began:.1f} s"
        )
    assert 0 < joined < FUZZ


def test_a_strength_that_is_no_number_is_the_weakest():
    answer = improv.encode(improv.Kind.RESULT, b"\x04\x0b\x05salon\x03--5\x00") + SEEN_END
    session = wifi.Session(Answering(answer), iter(range(1000)).__next__)
    assert [(n.ssid, n.rssi) for n in session.networks()] == [("salon", wifi.UNHEARD)]


# --- a node over a pty


class FakeNode:
    """Written from the specification, not from our code: its own checksums, its own frames."""

    def __init__(
        self, *, password=b"secret12", deaf_for=0, noise=b"[I][app:029]: boot IMPROV\r\n", stopped=False
    ):
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)
        self.password, self.deaf, self.noise, self.stopped = password, deaf_for, noise, stopped
        self.asked = []
        self._stop = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def say(self, kind, data):
        body = b"IMPROV" + bytes([1, kind, len(data)]) + data
        total = 0
        for byte in body:
            total = (total + byte) % 256
        frame = body + bytes([total, 10])
        os.write(self.master, self.noise + frame[:5])
        time.sleep(0.02)
        os.write(self.master, frame[5:])

    def result(self, command, *texts):
        inner = b"".join(bytes([len(t)]) + t for t in texts)
        self.say(4, bytes([command, len(inner)]) + inner)

    def _run(self):
        held = b""
        while not self._stop:
            try:
                held += os.read(self.master, 512)
            except OSError:
                return
            while len(held) >= 11 and len(held) >= 11 + held[8] - 2 + 0:
                size = 9 + held[8] + 2
                if len(held) < size:
                    break
                frame, held = held[:size], held[size:]
                if self.deaf:
                    self.deaf -= 1
                    continue
                self._obey(frame[9], frame[11:-2])

    def _obey(self, command, data):
        self.asked.append(command)
        if command == 2:
            self.say(1, b"\x00" if self.stopped else b"\x02")
        elif command == 3:
            self.result(3, b"parlour.skin_probe", b"1.0.0", b"ESP32-C3", b"probe-2")
        elif command == 4:
            self.result(4, b"guests", b"-80", b"NO")
            self.result(4, b"salon", b"-48", b"YES")
            self.result(4)
        elif command == 1:
            self.say(1, b"\x03")
            if data[1 + data[0] + 1 :] == self.password:
                self.say(1, b"\x04")
                self.result(1, b"http://192.168.1.77")
            else:
                self.say(2, b"\x03")
                self.say(1, b"\x02")

    def end(self):
        self._stop = True
        for end in (self.slave, self.master):
            os.close(end)


@pytest.fixture
def session():
    made = []

    def start(**more):
        node = FakeNode(**more)
        opened = wifi.Session(wifi.open_port(node.path))
        made.append((node, opened))
        return node, opened

    yield start
    for node, opened in made:
        opened.close()
        node.end()


def test_a_node_is_asked_scanned_and_joined(session):
    _, opened = session()
    assert opened.state() == improv.State.READY
    assert opened.about() == wifi.About("parlour.skin_probe", "1.0.0", "ESP32-C3", "probe-2")
    assert [(n.ssid, n.rssi, n.locked) for n in opened.networks()] == [
        ("salon", -48, True),
        ("guests", -80, False),
    ]
    assert opened.join("salon", "secret12") == ["http://192.168.1.77"]


def test_a_node_that_is_still_starting_is_asked_again(session, monkeypatch):
    monkeypatch.setattr(wifi, "ASK_AGAIN", 0.1)
    node, opened = session(deaf_for=2)
    assert opened.state() == improv.State.READY
    assert node.asked[0] == 2


def test_a_wrong_password_fails_at_joining(session):
    _, opened = session()
    with pytest.raises(wifi.WifiFailed) as caught:
        opened.join("salon", "wrong")
    assert (caught.value.step, caught.value.reason) == ("join", "unable_to_connect")


def test_a_silent_port_a_missing_one_and_a_node_without_wifi_say_which_step_failed(session, monkeypatch):
    monkeypatch.setattr(wifi, "ANSWER_WITHIN", 0.4)
    _, opened = session(deaf_for=10**6)
    with pytest.raises(wifi.WifiFailed) as caught:
        opened.state()
    assert (caught.value.step, caught.value.reason) == ("device", "silent")
    with pytest.raises(wifi.WifiFailed) as caught:
        wifi.open_port("/dev/does-not-exist")
    assert caught.value.step == "port"
    _, opened = session(stopped=True)
    with pytest.raises(wifi.WifiFailed) as caught:
        opened.state()
    assert caught.value.reason == "no_wifi"


def test_a_cable_that_is_pulled_is_named(session, monkeypatch):
    _, opened = session(deaf_for=10**6)

    def gone(_size):
        raise OSError("device reports readiness to read but returned no data")

    monkeypatch.setattr(opened._port, "read", gone)
    with pytest.raises(wifi.WifiFailed) as caught:
        opened.state()
    assert caught.value.reason == "unplugged"
