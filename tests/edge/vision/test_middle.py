"""The quick median is NumPy's, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from edge.vision.middle import median


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.uint8])
@pytest.mark.parametrize("size", [1, 2, 3, 10, 1001, 4000])
def test_it_is_the_median(kind, size):
    values = (100 + 20 * np.random.default_rng(size).normal(size=size)).astype(kind)
    assert median(values) == float(np.median(values))
    assert median(np.repeat(values, 2)) == float(np.median(np.repeat(values, 2)))
