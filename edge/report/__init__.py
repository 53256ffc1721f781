"""What the customer takes home: one report, as data for the page in the store's network and as a PDF to print or keep.

A PDF is made aside (edge/aside.py): the web server must not keep a PDF library and its fonts for the few that are printed.
"""

from __future__ import annotations

from datetime import datetime

from edge import aside
from edge.report._build import Material, build
from edge.report._fonts import FontMissing
from edge.report._fonts import sans as sans_font
from edge.report._model import AdviceItem, Picture, Report, TrendLine, ValueRow
from edge.report._trends import trends

__all__ = [
    "AdviceItem",
    "FontMissing",
    "Material",
    "Picture",
    "Report",
    "TrendLine",
    "ValueRow",
    "build",
    "pdf",
    "sans_font",
    "trends",
]


def pdf(report: Report, *, made: datetime | None = None) -> bytes:
    """The report as a PDF. `made`: its creation date, for files that must be equal byte by byte. Raises FontMissing, AsideFailed."""
    data: bytes = aside.call("edge.report._pdf", "pdf", report, made=made)
    return data
