"""Head office's pages."""

from __future__ import annotations

from flask import Flask

from cloud_sync_server.context import Hq


def install(app: Flask, here: Hq) -> None:
    """Add the pages to the application."""
