"""The network on held-out rendered skin: better than the analytic graph, on all tones alike. A small sample; the benchmark has 1,000."""

from __future__ import annotations

import numpy as np
import pytest

from edge.vision.concerns._places import BLOB_THRESHOLD, NETWORK_THRESHOLD, PLANE, count_band
from edge.vision.graphs.color import OD_FLOOR, srgb_table, unmixing
from edge.vision.lesions import CHANNELS, highpass, places
from edge.vision.render.judge import Score
from edge.vision.render.patch import random_patch
from training.graph import LEVELS, graph_of, weights_from

LABELS = {"spots": "spot", "acne_like": "acne"}


@pytest.fixture(scope="module")
def scores(models):
    found = {}
    for seed in range(1_000_000, 1_000_060):
        patch = random_patch(seed)
        od = -np.log(np.maximum(srgb_table()[patch.rgb].transpose(2, 0, 1), OD_FLOOR)).astype(np.float32)
        y = models.get("lesions").run(hpod=highpass(od, np.ones(patch.rgb.shape[:2], dtype=bool))[None])["y"][
            0
        ]
        blob = models.get("blobs").run(mh=np.tensordot(unmixing(), od, 1).astype(np.float32)[None])["blob"][0]
        tone = "dark" if patch.ita < 10 else "light"
        for key, label in LABELS.items():
            heat = y[CHANNELS.index(label)]
            for who, plane, threshold in (
                ("network", heat, NETWORK_THRESHOLD[key]),
                (tone, heat, NETWORK_THRESHOLD[key]),
                ("graph", blob[PLANE[key]], BLOB_THRESHOLD[key]),
            ):
                found.setdefault((key, who), Score()).add(
                    places(plane, threshold, 4.0, 0.4), patch.labels[label], 4.0
                )
    return found


@pytest.mark.parametrize(("key", "least"), [("spots", 0.7), ("acne_like", 0.45)])
def test_the_network_beats_the_graph_on_skin_it_never_saw(scores, key, least):
    assert scores[key, "network"].f1 > least
    assert scores[key, "network"].f1 > scores[key, "graph"].f1


@pytest.mark.parametrize("key", LABELS)
def test_dark_and_light_skin_are_found_on_alike(scores, key):
    dark, light = scores[key, "dark"].f1, scores[key, "light"].f1
    assert max(dark, light) < 1.5 * min(dark, light)


def test_the_manifest_names_what_the_network_is_better_at(models):
    manifest = models.get("lesions").manifest
    assert set(manifest.concerns) == {"spots", "acne_like", "wrinkles"}
    assert manifest.metrics
    assert "MODEL_CARD" in manifest.provenance
    assert len(models.get("lesions").data) < 2_000_000


def convolved(x, weights, name):
    """A convolution of (C, H, W) by its definition, and what is below 0 taken for 0."""
    weight, reach = weights[f"{name}_w"], weights[f"{name}_w"].shape[2] // 2
    around = np.pad(x, ((0, 0), (reach, reach), (reach, reach)))
    views = np.lib.stride_tricks.sliding_window_view(around, weight.shape[2:], axis=(1, 2))
    answer = np.einsum("oikl,ihwkl->ohw", weight, views, optimize=True)
    answer += weights[f"{name}_b"][:, None, None]
    return answer if name == "head" else np.maximum(answer, 0)


def network(x, weights):
    """The U-Net as `training/network.py` draws it."""
    kept = []
    for k in range(LEVELS):
        if k:
            x = x.reshape(x.shape[0], x.shape[1] // 2, 2, x.shape[2] // 2, 2).max(axis=(2, 4))
        x = convolved(convolved(x, weights, f"d{k}a"), weights, f"d{k}b")
        kept.append(x)
    for k, across in enumerate(kept[-2::-1]):
        x = np.concatenate([x.repeat(2, axis=1).repeat(2, axis=2), across])
        x = convolved(convolved(x, weights, f"e{k}a"), weights, f"e{k}b")
    return 1 / (1 + np.exp(-convolved(x, weights, "head")))


def test_the_graph_on_pairs_of_columns_is_the_network(models):
    """However it lays its pictures out: the maps are those of the plain network of the same weights, borders too."""
    weights = weights_from(models.get("lesions").data)
    assert graph_of(weights_from(graph_of(weights))) == graph_of(weights)
    hpod = np.random.default_rng(0).normal(0, 0.2, (3, 48, 40)).astype(np.float32)
    hpod[:, 20:30, 12:21] += np.array([1.0, 1.5, 2.0], dtype=np.float32)[:, None, None]  # a brown spot
    maps = models.get("lesions").run(hpod=hpod[None])["y"][0]
    assert maps[CHANNELS.index("spot")].max() > 0.5
    assert np.abs(maps - network(hpod, weights)).max() < 1e-5


def test_light_and_tone_fall_out_of_what_the_network_sees():
    rng = np.random.default_rng(0)
    od = rng.uniform(0.2, 1.0, (3, 64, 64)).astype(np.float32)
    skin = np.ones((64, 64), dtype=bool)
    assert np.abs(highpass(od, skin) - highpass(od + 0.7, skin)).max() < 1e-4


def test_what_is_no_skin_is_nothing_and_casts_no_edge():
    od = np.full((3, 64, 64), 0.5, dtype=np.float32)
    skin = np.ones((64, 64), dtype=bool)
    skin[:, 40:] = False
    od[:, :, 40:] = 6.0
    assert np.abs(highpass(od, skin)).max() < 0.05


def test_places_have_their_size_and_strength():
    heat = np.zeros((80, 80), dtype=np.float32)
    heat[20:28, 30:42] = 0.9
    heat[60, 60] = 0.9
    (place,) = places(heat, 0.5, 4.0, 0.4)
    assert (place.x, place.y) == (35.5, 23.5)
    assert place.area_mm2 == pytest.approx(6)
    assert place.width_mm == pytest.approx(3)
    assert place.strength == pytest.approx(0.9)
    assert places(heat, 0.5, 4.0, 0.4, 5.0) == []


@pytest.mark.parametrize(
    ("count", "band"), [(0, "none"), (1, "few"), (5, "few"), (6, "some"), (20, "some"), (21, "many")]
)
def test_a_count_is_a_band(count, band):
    assert count_band(count) == band
