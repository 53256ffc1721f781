"""A measure over the visits: what stands on one line, and what the line says (MEA-05, MEA-07)."""

from __future__ import annotations

import pytest

from salon.records import Reading, Scan
from salon.rules import concerns, times, trends

NOW = "2026-11-22T05:30:00.000Z"


def scan(days, value=10.0, phase="before", **fields):
    body = {"value": value, "unit": "Hb", "repeat_sd": 1.0, "status": "measured"}
    return Scan(
        **{
            "rid": f"s-{phase}-{days}", "visit": f"v-{days}", "member": "m-1", "at": times.later(NOW, days=-days),
            "phase": phase, "concerns": {"redness": body}, "models": {"color": "1"}, **fields,
        }
    )  # fmt: skip


def test_arrivals_are_joined_and_treatments_stand_beside_them_mea_07():
    points = trends.of_scans([scan(0, 8.0), scan(30, 12.0), scan(30, 9.0, "after")], "redness")
    assert [(p.value, p.phase) for p in points] == [(12.0, "before"), (9.0, "after"), (8.0, "before")]
    assert [p.value for p in trends.line(points)] == [12.0, 8.0]


@pytest.mark.parametrize(("last", "verdict"), [(8.0, "better"), (10.0, "same"), (16.0, "worse")])
def test_from_first_to_last_only_more_than_the_repeat_error_is_a_change_mea_05(last, verdict):
    points = trends.of_scans([scan(60, 12.0), scan(0, last)], "redness")
    assert trends.said(points, "lower")[0] == verdict


def test_one_visit_has_nothing_to_say():
    assert trends.said(trends.of_scans([scan(0), scan(0, phase="after")], "redness"), "lower") == (None, None)
    assert trends.of_scans([], "redness") == []


def test_a_new_formula_of_the_concern_begins_a_new_line_too():
    """The same models, another way to make a figure of what they see: the two are never held against each other."""

    def by(version, days, value):
        made = scan(days, value)
        return made.model_copy(
            update={"concerns": {"redness": {**made.concerns["redness"], "version": version}}}
        )

    old, new, newest = by("2", 60, 40.0), by("3", 30, 12.0), by("3", 0, 8.0)
    points = trends.of_scans([old, new, newest], "redness")
    assert [point.value for point in points] == [12.0, 8.0]
    one, two = (one.concerns["redness"] for one in (old, new))
    assert concerns.compare("redness", one, two) == "not_comparable"
    assert concerns.compare("redness", two, newest.concerns["redness"]) == "better"


def test_a_model_change_begins_a_new_line():
    old = scan(30, models={"color": "0"})
    assert len(trends.of_scans([old, scan(0)], "redness")) == 1


def test_what_was_measured_anew_stands_for_the_old_record():
    old = scan(30, 12.0, models={"color": "0"})
    anew = scan(30, 11.0, rid="s-anew", geometry={"remeasured": old.rid})
    assert [p.value for p in trends.of_scans([old, anew, scan(0)], "redness")] == [11.0, 10.0]


def test_other_light_is_shown_and_not_joined():
    light = {"light": {"level_ev": 1.0}}
    points = trends.of_scans(
        [scan(60), scan(30, checks=light), scan(0, checks={"light": {"level_ev": 0}})], "redness"
    )
    assert [p.joined for p in points] == [True, False, True]


def test_a_scan_that_was_not_accepted_is_on_no_line():
    assert trends.of_scans([scan(30, accepted=False), scan(0)], "redness") == trends.of_scans(
        [scan(0)], "redness"
    )


def test_a_line_holds_a_year_of_visits():
    points = trends.of_scans([scan(7 * k) for k in range(20)], "redness")
    assert len(points) == trends.MOST_VISITS


def reading(days, value, phase="before", quality="good"):
    return Reading(
        rid=f"r-{days}-{phase}-{value:g}", device="probe-1", measure="skin_moisture", value=value, unit="%",
        at=times.later(NOW, days=-days, seconds=value), phase=phase, visit=f"v-{days}", member="m-1", quality=quality,
    )  # fmt: skip


def test_the_probes_last_good_reading_of_each_visit_counts_mea_02():
    found = [
        reading(30, 30),
        reading(30, 31),
        reading(30, 99, quality="bad"),
        reading(0, 40),
        reading(0, 44, "after"),
    ]
    points = trends.of_readings(found, "skin_moisture", 1.0)
    assert [p.value for p in points] == [31, 40, 44]
    assert trends.said(points, "higher")[0] == "better"


@pytest.mark.parametrize(("days", "found"), [((10,), None), ((25, 32), 32), ((60,), None), ((21,), 21)])
def test_the_monthly_comparison_takes_the_visit_nearest_to_thirty_days_mea_07(days, found):
    newest = scan(0)
    then = trends.month_ago([newest, *[scan(d) for d in days]], newest)
    assert (then and then.rid) == (found and f"s-before-{found}")


def test_on_paper_an_after_stands_right_of_its_before_and_errors_fill_the_height():
    points = trends.of_scans([scan(30, 12.0), scan(30, 9.0, "after"), scan(0, 8.0)], "redness")
    spots = trends.plotted(points)
    assert [round(s.x, 2) for s in spots] == [0.0, 0.28, 1.0]
    assert min(s.low for s in spots) == pytest.approx(0)
    assert max(s.high for s in spots) == pytest.approx(1)
