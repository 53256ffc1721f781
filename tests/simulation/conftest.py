"""One chain in its first state, copied for each history."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.simulation.history import Templates, quick_folder


@pytest.fixture(scope="module")
def place():
    with tempfile.TemporaryDirectory(dir=quick_folder()) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def templates(place):
    return Templates(place / "templates")


@pytest.fixture(autouse=True)
def _quiet(caplog):
    caplog.set_level("CRITICAL")
