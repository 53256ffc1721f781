"""Whatever a device of ours measures of a person reaches her report and the station, named in her language (MEA-02, MEA-04)."""

from __future__ import annotations

import pytest

from edge.report._values import values
from edge.sensors.kinds import MEASURES
from salon.records import Reading
from salon.rules import measures

OF_A_PERSON = sorted(key for key, measure in MEASURES.items() if measure.of_person)


@pytest.mark.parametrize("key", OF_A_PERSON)
def test_it_has_a_row_with_before_and_after_and_no_verdict_without_a_repeat_error(key):
    measure = MEASURES[key]
    readings = [
        Reading(
            rid=f"r-{phase}", device="d-1", measure=key, value=value, unit=measure.unit, at=f"2026-11-22T0{n}:00:00.000Z",
            visit="v-1", member="m-1", phase=phase,
        )
        for n, (phase, value) in enumerate([("before", 40.0), ("after", 44.0)])
    ]  # fmt: skip
    [row] = values(None, None, readings, {}, "zh")
    assert (row.key, row.unit, row.before, row.after, row.source) == (
        key,
        measure.unit,
        "40.0",
        "44.0",
        "scale" if key.startswith("body_") else "probe",
    )
    assert row.verdict == "unjudged"
    assert any("\u4e00" <= letter <= "\u9fff" for letter in row.label)


def test_report_and_station_name_them_by_one_list_in_both_languages():
    assert set(measures.MEASURES) == set(OF_A_PERSON)
    for key in OF_A_PERSON:
        said = measures.label(key)
        assert said.en.isascii()
        assert not said.zh.isascii()
