from __future__ import annotations

from tests.edge.bus.brokers import broker, files, started

__all__ = ["broker", "files", "started"]
