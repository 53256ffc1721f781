"""httpx without its command line.

httpx loads `click`, `rich` and a syntax highlighter for a command that no unit of a store has: 5 MB in each of them. It does without where `click` is not
installed, so that is what it is told here. Units that speak to the network import httpx from this module.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _without(name: str) -> Iterator[None]:
    """As if a package were not installed; one that is loaded already stays."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment] # what the import system takes for "not there"
    try:
        yield
    finally:
        del sys.modules[name]


with _without("click"):
    import httpx

__all__ = ["httpx"]
