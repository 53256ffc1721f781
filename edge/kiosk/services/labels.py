"""The label of a device as a PDF. Imported in a helper process alone (edge/aside.py): it brings a PDF library with it."""

from __future__ import annotations

import io
from collections.abc import Sequence

import segno
from fpdf import FPDF

from edge.report import sans_font

LABEL_MM = (62.0, 29.0)
"""The common label of a thermal printer."""
SIZES = (11, 9, 8, 8)  # points: the id first, since a technician types it
LONGEST = 20  # characters that fit beside the code


def draw(address: str, lines: Sequence[str]) -> bytes:
    """A QR code of an address, and beside it up to four lines. Raises FontMissing."""
    width, height = LABEL_MM
    sheet = FPDF(unit="mm", format=(width, height))
    sheet.set_auto_page_break(auto=False)
    sheet.set_margin(0)
    font = sans_font()
    sheet.add_font("sans", "", font.path, collection_font_number=font.face)
    sheet.add_page()
    code = io.BytesIO()
    segno.make(address, error="m").save(code, kind="png", scale=8, border=4)
    sheet.image(code, 1, 1, height - 2)
    for line, (size, text) in enumerate(zip(SIZES, lines, strict=True)):
        sheet.set_font("sans", size=size)
        sheet.text(height, 7 + 6 * line, text[:LONGEST])
    return bytes(sheet.output())
