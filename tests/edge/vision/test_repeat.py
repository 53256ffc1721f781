"""How repeat errors are made of captures: the statistics are those of the literature, and people add up."""

from __future__ import annotations

import math
import tomllib
from collections import defaultdict

import pytest

from edge.vision import repeat
from edge.vision.repeat import Table, Tables

# Six targets by four judges (Shrout & Fleiss 1979, table 2): ICC(2,1) = .29.
JUDGED = [[9.0, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def table(rows: list[list[float]]) -> Table:
    return Table(defaultdict(list, {"redness": rows}))


def test_icc_is_that_of_shrout_and_fleiss():
    assert table(JUDGED).icc("redness") == pytest.approx(0.29, abs=0.005)


def test_captures_without_a_figure_count_for_neither_and_one_capture_has_no_spread():
    found = table([*JUDGED, [1.0, math.nan, 2.0, 3.0]])
    assert found.icc("redness") == table(JUDGED).icc("redness")
    assert table([[1.0, math.nan], [2.0, 2.0]]).sd("redness") == 0
    assert math.isnan(table([[1.0, math.nan]]).sd("redness"))


def test_repeat_sd_is_pooled_within_people():
    # Variances of 2 and 8 with one degree of freedom each.
    assert table([[0.0, 2.0], [10.0, 14.0]]).sd("redness") == pytest.approx(math.sqrt(5))


def test_a_figure_follows_what_was_rendered_or_not():
    rows = [[1.0, 3.0], [4.0, math.nan], [math.nan, math.nan], [6.0, 6.0]]
    doses = [{"redness": dose} for dose in (0.1, 0.2, 0.9, 0.3)]
    assert Tables(table(rows), doses=doses).follows("redness") == pytest.approx(1.0)
    assert math.isnan(Tables(table(rows[:2]), doses=doses[:2]).follows("redness"))


def test_the_file_says_how_far_each_region_repeats_beside_the_whole_face():
    found = Table(
        defaultdict(
            list,
            {
                "redness": [[0.0, 2.0]] * 3,
                "redness/nose": [[0.0, 4.0]] * 3,
                "redness/chin": [[1.0, math.nan]] * 3,
                "redness/forehead": [[0.0, 0.0]] * 3,
            },
        )
    )
    written = tomllib.loads(repeat.toml(Tables(found, found)))
    sd = math.sqrt(2)
    assert written["sd"]["redness"] == pytest.approx(sd, rel=0.02)
    assert written["region_sd"]["redness"] == {"nose": pytest.approx(2 * sd, rel=0.02)}, (
        "neither a chin seen once nor a forehead without any has a spread"
    )
    assert set(written["icc"]) == {"redness"}


def test_people_spread_over_processes_are_the_same_table_as_one_after_the_other(monkeypatch):
    def one(number: int) -> Tables:
        return Tables(
            Table(defaultdict(list, {"tone": [[float(number)]]}), captures=6, accepted=5), Table(captures=4)
        )

    monkeypatch.setattr(repeat, "tables_of", one)
    found = repeat.tables(3)
    assert found.plain.values["tone"] == [[0.0], [1.0], [2.0]]
    assert (found.plain.captures, found.plain.accepted, found.card.captures) == (18, 15, 12)
