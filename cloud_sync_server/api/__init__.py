"""The sync API under `/v1/`: what a store's agent talks to. Its document is `/v1/openapi.json`."""

from __future__ import annotations

from cloud_sync_server.api.endpoints import api

__all__ = ["api"]
