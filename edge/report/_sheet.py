"""Paper: an A4 sheet with the house's colours and fonts, and text that breaks where Chinese and English may break."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from fpdf import FPDF
from fpdf.fonts import TTFFont

from edge.report import _fonts

WIDTH, HEIGHT = 210.0, 297.0  # mm: A4
MARGIN = 18.0
INNER = WIDTH - 2 * MARGIN

Colour = tuple[int, int, int]
INK: Colour = (43, 42, 40)
SOFT: Colour = (122, 114, 103)  # 4.9 : 1 on white: small print stays readable
GOLD: Colour = (165, 128, 91)
LINE: Colour = (226, 217, 205)
PANEL: Colour = (249, 246, 241)
GREEN: Colour = (70, 112, 88)
AMBER: Colour = (168, 98, 36)
WHITE: Colour = (255, 255, 255)
WARN: Colour = (250, 238, 218)
VERDICT_COLOURS = {"better": GREEN, "worse": AMBER, "changed": GOLD}

Align = Literal["L", "C", "R"]
Face = Literal["sans", "serif"]
_POINT = 0.3528  # mm

_CLOSING = "，。、；：？！）》」』】”’％%,.;:?!)"
_OPENING = "（《「『【“‘("
_PIECE = re.compile(
    rf"[{_OPENING}]*(?:[^\W\u2e80-\u9fff\uff00-\uffef]+(?:[-'’./][^\W\u2e80-\uffef]+)*|\s+|.)[{_CLOSING}]*"
)


class Sheet(FPDF):
    """fpdf2's document with our fonts; positions are in mm from the top left."""

    def __init__(self, *, title: str, author: str, language: str, made: datetime) -> None:
        super().__init__(format="A4")
        self.on_page_end: Callable[[Sheet], None] | None = None
        self.set_auto_page_break(auto=False)
        self.set_margin(0)
        self.set_title(title)
        self.set_author(author)
        self.set_creator("Parlour")
        self.set_lang("zh-CN" if language == "zh" else "en")
        self.set_creation_date(made)
        for family, font in (("sans", _fonts.sans()), ("serif", _fonts.serif())):
            self.add_font(family, "", font.path, collection_font_number=font.face)

    def footer(self) -> None:
        """Called by fpdf2 when a page is done."""
        if self.on_page_end is not None:
            self.on_page_end(self)

    def close(self) -> None:
        """Close the font files, which fpdf2 holds open until it is collected."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.close()

    def write_at(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 9.5,
        colour: Colour = INK,
        face: Face = "sans",
        align: Align = "L",
    ) -> None:
        """One line; `y` is its middle, `x` its left end, middle or right end by `align`."""
        self.set_font(face, size=size)
        self.set_text_color(*colour)
        width = self.get_string_width(text)
        left = x - {"L": 0.0, "C": width / 2, "R": width}[align]
        self.text(left, y + size * _POINT * 0.36, text)

    def paragraph(
        self,
        x: float,
        y: float,
        width: float,
        text: str,
        *,
        size: float = 9.5,
        colour: Colour = INK,
        face: Face = "sans",
        most: int = 99,
    ) -> float:
        """Lines within `width`, from `y` as their top; at most `most` of them. Returns where they end."""
        step = line_height(size)
        for line in self.lines(text, width, size=size, face=face)[:most]:
            self.write_at(x, y + step / 2, line, size=size, colour=colour, face=face)
            y += step
        return y

    def lines(self, text: str, width: float, *, size: float, face: Face = "sans") -> list[str]:
        """Break a text: between Chinese characters or at spaces, never before closing or after opening marks."""
        self.set_font(face, size=size)
        lines, line = [], ""
        for piece in _PIECE.findall(text):
            if line and self.get_string_width((line + piece).rstrip()) > width:
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        return [*lines, line.rstrip()] if line.strip() else lines

    def panel(self, x: float, y: float, width: float, height: float, *, colour: Colour = PANEL) -> None:
        self.set_fill_color(*colour)
        self.rect(x, y, width, height, style="F", round_corners=True, corner_radius=2.5)

    def rule(self, x: float, y: float, width: float, *, colour: Colour = LINE, weight: float = 0.2) -> None:
        self.set_draw_color(*colour)
        self.set_line_width(weight)
        self.line(x, y, x + width, y)


def line_height(size: float) -> float:
    """Millimetres from line to line: Chinese needs more air than Latin."""
    return size * _POINT * 1.62
