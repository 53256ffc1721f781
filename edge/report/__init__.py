"""What the customer takes home: one report, as data for the page in the store's network and as a PDF to print or keep."""

from __future__ import annotations

from edge.report._build import Material, build
from edge.report._fonts import FontMissing
from edge.report._fonts import sans as sans_font
from edge.report._model import AdviceItem, Picture, Report, ValueRow
from edge.report._pdf import pdf

__all__ = [
    "AdviceItem",
    "FontMissing",
    "Material",
    "Picture",
    "Report",
    "ValueRow",
    "build",
    "pdf",
    "sans_font",
]
