"""The look that the screens in the stores and those of head office share: one design, in one style sheet."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"
"""The folder that both web servers serve at `/look`."""
