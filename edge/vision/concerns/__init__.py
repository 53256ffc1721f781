"""The skin concerns: one module each, found by looking into this folder. To add one, add a file.

A module exports `CONCERN`, a `Concern`: which plane it looks at, its raw value and unit, how that becomes a score,
what it means in both languages, and where it may be measured. One that fails to load is not hidden: the import
error surfaces at start.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from edge.vision.concerns._base import Anchors, Concern, Measured

__all__ = ["Anchors", "Concern", "Measured", "all_concerns"]


@cache
def all_concerns() -> tuple[Concern, ...]:
    """Every concern in the order in which a report shows them."""
    found = []
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            found += importlib.import_module(f"{__name__}.{module.name}").CONCERNS
    return tuple(sorted(found, key=lambda concern: concern.order))
