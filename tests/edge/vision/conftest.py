"""Pictures for the tests: the astronaut of scikit-image, and the two portraits and YuNet where they are at hand."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from edge.vision.models import BUNDLED, Registry
from edge.vision.photo import Photo, load_photo

REPOSITORY = Path(__file__).resolve().parents[3]

Rgb = NDArray[np.uint8]


def _folder(variable: str, name: str) -> Path:
    return Path(os.environ.get(variable, REPOSITORY.parent / "shared" / name))


@pytest.fixture(scope="session")
def astronaut() -> Rgb:
    """A small face: 1.4 mm a pixel; NASA, public domain."""
    return np.ascontiguousarray(data.astronaut())


@pytest.fixture(scope="session", params=["portrait-a.jpg", "portrait-b.jpg"])
def portrait(request: pytest.FixtureRequest) -> Photo:
    path = _folder("PARLOUR_TEST_PHOTOS", "photos") / request.param
    if not path.is_file():
        pytest.skip(f"{request.param} is not here: set PARLOUR_TEST_PHOTOS to a folder that has it")
    return load_photo(path)


@pytest.fixture(scope="session")
def models() -> Registry:
    """Only what comes with the package: no test depends on what a shop has installed."""
    return Registry([BUNDLED])


@pytest.fixture(scope="session")
def yunet_models() -> Registry:
    folder = _folder("PARLOUR_MODELS", "models")
    registry = Registry([folder, BUNDLED])
    if registry.find("face-detector") is None:
        pytest.skip("YuNet is not here: set PARLOUR_MODELS to a folder that has it")
    return registry


@pytest.fixture(scope="session")
def encoded() -> Callable[..., bytes]:
    """A picture as a file."""

    def encode(rgb: Rgb, kind: str = "PNG", **options: Any) -> bytes:
        target = io.BytesIO()
        Image.fromarray(rgb).save(target, kind, **options)
        return target.getvalue()

    return encode


@pytest.fixture(scope="session")
def relit() -> Callable[[Rgb, Any], Rgb]:
    """The same scene under other light: linear light times a factor, or one factor per channel."""

    def relight(rgb: Rgb, factor: Any) -> Rgb:
        v = rgb / 255
        linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4) * factor
        linear = np.clip(linear, 0, 1)
        back = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
        return np.rint(255 * back).astype(np.uint8)

    return relight
