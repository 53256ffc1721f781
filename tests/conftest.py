"""What all tests share: their order."""

from __future__ import annotations

LONGEST = ("tests/journeys/", "tests/simulation/")
"""They begin first, so that both workers end together and not one of them ten minutes later."""


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
