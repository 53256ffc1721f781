from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.sensors import payloads
from edge.sensors.errors import Refused
from edge.sensors.kinds import MEASURES

MOISTURE, BED = MEASURES["skin_moisture"], MEASURES["bed_presence"]


def test_the_forms_that_esphome_sends_are_read():
    assert payloads.value(MOISTURE, b"41.5") == 41.5
    assert payloads.value(MEASURES["temperature"], b"-3.0") == -3.0
    assert payloads.value(MEASURES["co2"], b"620") == 620
    assert payloads.value(BED, b"ON") == 1.0
    assert payloads.value(BED, b"OFF") == 0.0
    assert payloads.status(b"online") is True
    assert payloads.status(b"offline") is False


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"nan", "no_value"),
        (b"None", "no_value"),
        (b"", "not_a_number"),
        (b"41,5", "not_a_number"),
        (b" 41", "not_a_number"),
        (b"41 %", "not_a_number"),
        (b"1e3", "not_a_number"),
        (b"0x10", "not_a_number"),
        (b"+5", "not_a_number"),
        (b"1_0", "not_a_number"),
        ("４１".encode(), "not_a_number"),
        (b"\xff\xfe", "not_a_number"),
        (b"9" * 33, "payload_too_long"),
        (b"100.1", "out_of_range"),
        (b"-0.1", "out_of_range"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(payload, code):
    with pytest.raises(Refused) as caught:
        payloads.value(MOISTURE, payload)
    assert caught.value.code == code


@pytest.mark.parametrize("payload", [b"on", b"1", b"TRUE", b""])
def test_a_switch_is_on_or_off_and_nothing_else(payload):
    with pytest.raises(Refused):
        payloads.value(BED, payload)


@pytest.mark.parametrize("payload", [b"Online", b"ONLINE", b"", b"lost"])
def test_a_status_is_online_or_offline_and_nothing_else(payload):
    with pytest.raises(Refused):
        payloads.status(payload)


def test_the_firmware_is_read_from_a_nodes_own_word():
    payload = b'{"name":"probe-1","version":"2026.6.5","project_version":"1.0.0"}'
    assert payloads.firmware(payload) == "1.0.0 · ESPHome 2026.6.5"


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"1", b"\xff", b"[" * 4000, b" " * 5000])
def test_a_broken_word_of_a_node_is_refused(payload):
    with pytest.raises(Refused):
        payloads.firmware(payload)


@given(st.binary())
def test_no_bytes_make_the_parsers_fail_otherwise(payload):
    for parse in (
        payloads.status,
        payloads.firmware,
        *(lambda p, m=m: payloads.value(m, p) for m in MEASURES.values()),
    ):
        with contextlib.suppress(Refused):
            parse(payload)
