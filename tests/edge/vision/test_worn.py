"""What a face wears is no skin: a beard leaves the chin without a figure, clear glasses leave the figures under the eyes as they were."""

from __future__ import annotations

import pytest

from benchmarks import _spoilt as spoilt
from edge.vision.comparison import REAL
from edge.vision.render.face import Person, render


@pytest.fixture(scope="module", params=[-40.0, 5.0, 50.0], ids=["dark", "middle", "light"])
def rendered(request):
    return render(Person(seed=41, ita=request.param, px_per_mm=5.0))


@pytest.fixture(scope="module")
def bare(rendered):
    return spoilt.scan(spoilt.picture(rendered))


def values(result, region):
    return [row.value for c in result.concerns for row in c.regions if row.region == region]


def test_a_beard_leaves_the_chin_without_a_figure(rendered, bare):
    assert any(value is not None for value in values(bare, "chin"))
    bearded = spoilt.scan(spoilt.bearded(rendered))
    assert bearded.accepted
    assert all(value is None for value in values(bearded, "chin"))
    assert bearded.concern("redness").value is not None  # of the skin that is bare


def test_the_rims_of_clear_glasses_are_not_measured(rendered, bare):
    """On the darkest skin the cascades find no eyes behind a thick dark rim: then there is no figure at all."""
    rimmed = spoilt.scan(spoilt.glasses(rendered))
    before, after = (
        {c.key: (c.value, c.repeat_sd) for c in result.concerns}.get("dark_circles", (None, None))
        for result in (bare, rimmed)
    )
    assert before[0] is not None
    assert rimmed.accepted or [refusal.code for refusal in rimmed.refusals] == ["no_face"]
    assert after[0] is None or abs(after[0] - before[0]) <= REAL * after[1]
