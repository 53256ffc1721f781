"""The filter graphs against SciPy: ridges within 0.004, pits within 0.001, band within 1e-4, blobs within 12 % of their peak."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from edge.vision.graphs.blobs import SIGMAS_MM as BLOB_MM
from edge.vision.graphs.relief import PIT_SCALES, RADIUS, SIGMAS_MM, WEIGHTS, density_table
from edge.vision.strips import run_in_strips


@pytest.fixture(scope="module")
def skin():
    """Random bytes, smoothed a little, as no filter is ever asked for white noise."""
    rng = np.random.default_rng(3)
    noise = ndimage.gaussian_filter(rng.standard_normal((120, 96, 3)), (1.0, 1.0, 0))
    return np.clip(130 + 200 * noise, 5, 250).astype(np.uint8)


@pytest.fixture(scope="module")
def found(models, skin):
    return {name: plane[0, 0] for name, plane in models.get("relief").run(rgb=skin[None]).items()}


def density(skin):
    return (density_table()[skin].astype(float) * WEIGHTS).sum(axis=2)


def eigenvalues(x, sigma):
    options = {"mode": "mirror", "truncate": RADIUS / sigma}
    xx, yy, xy = (
        sigma**2 * ndimage.gaussian_filter(x, sigma, order=order, **options)
        for order in ((0, 2), (2, 0), (1, 1))
    )
    matrix = np.stack([np.stack([xx, xy], -1), np.stack([xy, yy], -1)], -1)
    return np.linalg.eigvalsh(matrix)


def test_ridges_and_pits_are_scipys_hessian(found, skin):
    values = [eigenvalues(density(skin), mm * 8) for mm in SIGMAS_MM]
    ridge = np.max([np.maximum(0, -v[..., 0] - np.abs(v[..., 1])) for v in values], axis=0)
    pit = np.max([np.maximum(0, -v[..., 1]) for v in values[:PIT_SCALES]], axis=0)
    assert ridge.max() > 0.1
    # SciPy's mixed derivative is of a truncated Gaussian, ours answers a parabola exactly.
    assert np.abs(ridge - found["ridge"]).max() < 0.004
    assert np.abs(pit - found["pit"]).max() < 1e-3


def test_band_is_the_difference_of_two_gaussians(found, skin):
    x = density(skin)
    fine = ndimage.gaussian_filter(x, 1.2, mode="mirror", truncate=10)
    coarse = ndimage.gaussian_filter(x, 4.0, mode="mirror", truncate=3)
    assert np.abs(fine - coarse - found["band"]).max() < 1e-4


def test_blobs_are_the_scale_space_laplacian(models):
    rng = np.random.default_rng(0)
    planes = np.stack([ndimage.gaussian_filter(rng.standard_normal((128, 160)), 2.5) for _ in range(2)])
    theirs = np.stack(
        [
            np.max(
                [
                    -((4 * mm) ** 2) * ndimage.gaussian_laplace(p, 4 * mm, mode="mirror", truncate=3.5)
                    for mm in BLOB_MM
                ],
                0,
            )
            for p in planes
        ]
    )
    ours = models.get("blobs").run(mh=planes[None].astype(np.float32))["blob"][0]
    inner = np.s_[:, 8:-8, 8:-8]
    # The coarser scales are made on smaller pictures; what that costs is this.
    assert np.abs(ours - theirs)[inner].max() < 0.12 * theirs.max()


@pytest.mark.parametrize("sigma_mm", [0.5, 0.9, 1.6])
def test_a_spot_answers_half_its_density_at_its_own_size(models, sigma_mm):
    rows, columns = np.mgrid[:120, :120] - 60.0
    plane = 0.8 * np.exp(-(rows**2 + columns**2) / (2 * (4 * sigma_mm) ** 2))
    blob = models.get("blobs").run(mh=np.stack([plane, 0 * plane])[None].astype(np.float32))["blob"][0]
    assert blob[0].max() == pytest.approx(0.4, rel=0.08)
    assert np.abs(blob[1]).max() < 1e-5


def test_a_dark_line_is_a_ridge_and_a_dark_dot_a_pit(models):
    line = np.full((96, 96, 3), 170, dtype=np.uint8)
    line[:, 47:50] = 130
    dot = np.full((96, 96, 3), 170, dtype=np.uint8)
    dot[46:50, 46:50] = 120
    on_line, on_dot = (models.get("relief").run(rgb=picture[None]) for picture in (line, dot))
    assert on_line["ridge"][0, 0, 48, 48] > 10 * on_line["pit"][0, 0, 48, 48]
    assert on_dot["pit"][0, 0, 48, 48] > 5 * on_dot["ridge"][0, 0, 48, 48]


def test_strips_give_what_the_whole_gives(models, skin):
    whole = models.get("relief").run(rgb=skin[None])
    cut = run_in_strips(models.get("relief"), "rgb", skin[None], halo=RADIUS, rows=33)
    for name, plane in whole.items():
        assert np.abs(cut[name] - plane).max() < 1e-5
