from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.sensors.errors import Refused
from edge.sensors.topics import Topic, parse


def test_the_topics_of_the_convention_are_taken_apart():
    assert parse("salon/s001/probe-1/status", "s001") == Topic("probe-1", "status")
    state = parse("salon/s001/probe-1/sensor/skin_moisture/state", "s001")
    assert state == Topic("probe-1", "state", "sensor", "skin_moisture")
    command = parse("salon/s001/probe-1/button/measure/command", "s001")
    assert command == Topic("probe-1", "command", "button", "measure")


@pytest.mark.parametrize(
    ("topic", "code"),
    [
        ("", "topic_elsewhere"),
        ("salon", "topic_elsewhere"),
        ("salon/s001", "topic_elsewhere"),
        ("salon/s002/probe-1/status", "topic_elsewhere"),
        ("salon/s001//status", "bad_device_id"),
        ("salon/s001/Probe/status", "bad_device_id"),
        ("salon/s001/probe 1/status", "bad_device_id"),
        ("salon/s001/探头/status", "bad_device_id"),
        (f"salon/s001/{'x' * 32}/status", "bad_device_id"),
        ("salon/s001/probe-1", "unknown_topic"),
        ("salon/s001/probe-1/", "unknown_topic"),
        ("salon/s001/probe-1/status/", "unknown_topic"),
        ("salon/s001/probe-1/debug", "unknown_topic"),
        ("salon/s001/probe-1/sensor/x", "unknown_topic"),
        ("salon/s001/probe-1/sensor/x/value", "unknown_topic"),
        ("salon/s001/probe-1/sensor/x/state/y", "unknown_topic"),
        ("salon/s001/probe-1/Sensor/x/state", "unknown_topic"),
        ("salon/s001/probe-1/sensor/水分/state", "unknown_topic"),
        ("salon/s001/probe-1/sensor//state", "unknown_topic"),
        ("salon/s001/" + "a/" * 200, "topic_too_long"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(topic, code):
    with pytest.raises(Refused) as caught:
        parse(topic, "s001")
    assert caught.value.code == code


@given(st.text())
def test_no_text_makes_the_parser_fail_otherwise(text):
    for topic in (text, f"salon/s001/{text}", f"salon/s001/probe-1/{text}"):
        with contextlib.suppress(Refused):
            parse(topic, "s001")
