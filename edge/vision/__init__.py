"""A photo -> a measured skin report, as a library: no store, no bus, no web.

`analyse(photo)` measures, `overlays(result)` draws, `compare(before, after)` says what really changed. The unit
around it (`__main__.py`, `service.py`, `recording.py`) is the only part that knows the appliance, and nothing here imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.vision.comparison import compare
    from edge.vision.photo import Photo, load_photo
    from edge.vision.results import ScanResult
    from edge.vision.scan import analyse, overlays

__all__ = ["Photo", "ScanResult", "analyse", "compare", "load_photo", "overlays"]

_HOMES = {
    "Photo": "photo",
    "ScanResult": "results",
    "analyse": "scan",
    "compare": "comparison",
    "load_photo": "photo",
    "overlays": "scan",
}


def __getattr__(name: str) -> Any:
    """Import on first use: OpenCV and onnxruntime take a second that `parlour --help` need not wait for."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
