from __future__ import annotations

import pytest

from edge.store import Store
from tests.edge.bus.brokers import broker, files, started

__all__ = ["broker", "files", "started"]


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "home", "s001") as store:
        yield store
