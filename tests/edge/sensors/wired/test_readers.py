"""What frames mean, what is thrown away, and that nothing a line can carry hangs or crashes a parser."""

from __future__ import annotations

import json
import os
import random
import time

import pytest

from edge.bus import Message
from edge.sensors import payloads
from edge.sensors.errors import Refused
from edge.sensors.intake import Intake
from edge.sensors.tasmota import Tasmota
from edge.sensors.wired import readers
from edge.sensors.wired.framing import LONGEST, QUIET, Framer
from tests.edge.sensors.conftest import DEVICES, device
from tests.edge.sensors.test_tasmota import MAC, USUAL, plug

FUZZ = int(os.environ.get("PARLOUR_FUZZ", "20000"))
"""Inputs a parser. The full run is PARLOUR_FUZZ=1000000."""


def frames(*chunks, gap=0.01):
    framer, out = Framer(), []
    for number, chunk in enumerate(chunks):
        out += framer.feed(chunk, number * gap)
    return out, dict(framer.thrown)


def test_a_line_may_come_byte_by_byte_and_two_at_once():
    assert frames(b"69", b"01", b"234\r", b"\n77\r\n88\n") == ([b"6901234", b"77", b"88"], {})


def test_half_a_line_after_a_pause_is_no_part_of_the_next():
    assert frames(b"690", b"6901234\n", gap=QUIET * 2) == ([b"6901234"], {"half_frame": 1})


def test_a_flood_without_an_end_is_bounded():
    found, thrown = frames(b"x" * (LONGEST * 10))
    assert (found, thrown["too_long"]) == ([], 9)


def test_a_module_frame_begins_and_ends_by_itself_and_may_hold_line_ends():
    assert frames(b"\x020A00C8D1B2A1\x03\x02") == ([b"\x020A00C8D1B2A1"], {})
    assert frames(b"noise\x0204A3\x03")[1] == {"half_frame": 1}


def test_a_code_is_text_and_nothing_else():
    assert readers.code("会员 1380".encode()) == "会员 1380"
    for bad in (b"", b"  ", b"\xff\xfe", b"a\x00b", b"x" * 513):
        with pytest.raises(Refused):
            readers.code(bad)


def test_a_card_is_4_7_or_10_bytes_or_a_module_frame_with_its_checksum():
    assert readers.card(b"04a3b2c1d4e5f6") == "04A3B2C1D4E5F6"
    assert readers.card(b"04:A3:B2:C1") == "04A3B2C1"
    # By hand: 0A ^ 00 ^ C8 ^ D1 ^ B2 = A1
    assert readers.card(b"\x020A00C8D1B2A1") == "0A00C8D1B2"
    for bad, code in {
        b"04A3": "not_a_card",
        b"00000000": "not_a_card",
        b"\x020A00C8D1B200": "bad_checksum",
        b"\x02": "not_a_card",
        b"\xff\xff": "not_a_card",
    }.items():
        with pytest.raises(Refused) as caught:
            readers.card(bad)
        assert caught.value.code == code


def test_a_body_scale_says_tags_and_others_are_left_out_MEA_04():
    line = b'{0,16,MO,"BC",Wk,65.20,FW,28.4,ww,51.2,mW,44.1,CS,5E'
    assert readers.body(line) == [
        ("body_weight", 65.2), ("body_fat", 28.4), ("body_water", 51.2), ("body_muscle", 44.1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"FW,28.4", "no_value"),
        (b"Wk,abc", "not_a_number"),
        (b"Wk,65,FW,99", "out_of_range"),
        (b"Wk,1e3", "not_a_number"),
    ],
)
def test_one_wrong_value_refuses_all_of_a_person(line, code):
    with pytest.raises(Refused) as caught:
        readers.body(line)
    assert caught.value.code == code


# --- fuzz

GOOD = [b"Wk,65.20,FW,28.4", b"04A3B2C1D4E5F6", b"\x020A00C8D1B2A1\x03", b"6901234567892\r\n", b"41.5", b"ON",
        b'{"event_type":"read","id":"x","seq":3,"text":"a"}', b'{"version":"2026.6.5"}', b"Online", json.dumps(USUAL).encode(),
        b'{"Time":"2026-11-22T03:00:00","ENERGY":{"Total":3.1,"Power":12},"SI7021":{"Temperature":24.1,"Humidity":50.0}}',
        b'{"Wifi":{"AP":1,"Signal":-61}}',
        ]  # fmt: skip


def mutated(draw):
    """A good input with a few bytes changed, cut, doubled; or noise."""
    data = (
        bytearray(draw.choice(GOOD)) if draw.random() < 0.8 else bytearray(draw.randbytes(draw.randrange(60)))
    )
    for _ in range(draw.randrange(4)):
        if not data:
            break
        at = draw.randrange(len(data))
        match draw.randrange(4):
            case 0:
                data[at] = draw.randrange(256)
            case 1:
                del data[at:]
            case 2:
                data[at:at] = data[at:] * draw.randrange(1, 4)
            case 3:
                del data[at]
    return bytes(data[:4000])


def passes(parse, data):
    try:
        parse(data)
    except Refused:
        return False
    return True


def intake_take():
    intake = Intake("s001")
    known = {name: device(name, profile) for name, profile in DEVICES.items()} | {
        "scan-1": device("scan-1", "scanner")
    }
    topics = ["probe-1/sensor/skin_moisture/state", "bed-1/binary_sensor/bed_presence/state", "probe-1/status",
              "scan-1/event/scan/state"]  # fmt: skip
    clock = iter(range(10**9))

    def take(data):
        tick = float(next(clock))
        if data[:1] == b"{" and tick % 2:
            intake.take(Message("esphome/discover/probe-1", data, retain=False, qos=0), known, tick)
        topic = f"salon/s001/{topics[int(tick) % len(topics)]}"
        intake.take(Message(topic, data, retain=False, qos=0), known, tick)

    return take


def tasmota_take():
    """A known plug on every topic of its own, its discovery among them: each payload as it comes."""
    plugs, known = Tasmota(), {"plug-1": plug()}
    plugs.discovered(
        Message(f"tasmota/discovery/{MAC}/config", json.dumps(USUAL).encode(), retain=True, qos=0)
    )
    topics = [*plugs.filters, f"tasmota/discovery/{MAC}/config"]
    clock = iter(range(10**9))

    def take(data):
        topic = topics[next(clock) % len(topics)]
        said = Message(topic, data, retain=False, qos=0)
        if topic.startswith("tasmota/"):
            plugs.discovered(said)
        elif plugs.take(said, known) is None:
            raise Refused("stranger", "it renamed itself a moment ago")
        assert len(plugs.filters) <= 4

    return take


def framed():
    framer, clock = Framer(), iter(range(10**9))

    def feed(data):
        for frame in framer.feed(data, next(clock) * 0.1):
            assert len(frame) <= LONGEST
        assert len(framer._held) <= LONGEST

    return feed


@pytest.mark.parametrize(
    ("name", "parse"),
    [
        ("mqtt payload", intake_take()),
        ("event", payloads.event),
        ("framing", framed()),
        ("tasmota", tasmota_take()),
        ("scanner", readers.code),
        ("card", readers.card),
        ("body scale", readers.body),
    ],
)
def test_no_input_crashes_or_hangs_a_parser(name, parse, capsys):
    draw = random.Random(name)
    began, taken = time.monotonic(), 0
    for _ in range(FUZZ):
        taken += passes(parse, mutated(draw))
    with capsys.disabled():
        print(f"\n  fuzz {name:14} {FUZZ} inputs, {taken} taken, {time.monotonic() - began:.1f} s")
    assert 0 < taken < FUZZ or name == "framing"
