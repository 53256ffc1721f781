"""One line over the visits on paper: the same picture as on the page, in millimetres."""

from __future__ import annotations

from itertools import pairwise

from edge.report._model import TrendLine
from edge.report._sheet import GOLD, LINE, SOFT, VERDICT_COLOURS, WHITE, Align, Colour, Sheet
from salon.rules import trends

_DOT = 0.9  # mm, radius
_BAR = 2.2  # mm wide: the repeat error
_PALE = (221, 204, 186)


def trend(sheet: Sheet, line: TrendLine, x: float, y: float, width: float, height: float) -> None:
    """Name and finding, the plot, and what it was at both ends."""
    sheet.write_at(x, y + 2, line.label, size=8.5)
    colour = VERDICT_COLOURS.get(line.verdict, SOFT)
    room = width - sheet.get_string_width(line.label) - 2
    _fitted(sheet, line.verdict_text, x + width, y + 2, room, colour, "R")
    _plot(sheet, line, x, y + 5, width, height)
    below = y + 5 + height + 2.2
    sheet.write_at(x, below, line.points[0].day, size=6.5, colour=SOFT)
    figures = f"{line.first} → {line.last}"
    room = width - 26  # a day at each end
    with_unit = f"{figures} {line.unit}"
    sheet.set_font("sans", size=7)
    fits = sheet.get_string_width(with_unit) <= room
    sheet.write_at(x + width / 2, below, with_unit if fits else figures, size=7, align="C")
    sheet.write_at(x + width, below, line.points[-1].day, size=6.5, colour=SOFT, align="R")


def _fitted(sheet: Sheet, text: str, x: float, y: float, room: float, colour: Colour, align: Align) -> None:
    """Smaller where it must be; where even that is too wide, nothing: the table above says it in full."""
    for size in (7.0, 6.5, 6.0):
        sheet.set_font("sans", size=size)
        if sheet.get_string_width(text) <= room:
            sheet.write_at(x, y, text, size=size, colour=colour, align=align)
            return


def _plot(sheet: Sheet, line: TrendLine, x: float, y: float, width: float, height: float) -> None:
    spots = trends.plotted(line.points)

    def at(across: float, up: float) -> tuple[float, float]:
        inner = width - 2 * _BAR
        return x + _BAR + across * inner, y + height - _DOT - up * (height - 2 * _DOT)

    sheet.set_fill_color(*LINE)
    for spot in spots:
        (left, top), (_, bottom) = at(spot.x, spot.high), at(spot.x, spot.low)
        if bottom > top:
            sheet.rect(left - _BAR / 2, top, _BAR, bottom - top, style="F")
    joined = [at(s.x, s.y) for s in spots if s.phase == "before" and s.joined]
    sheet.set_draw_color(*GOLD)
    sheet.set_line_width(0.35)
    for (x1, y1), (x2, y2) in pairwise(joined):
        sheet.line(x1, y1, x2, y2)
    for spot in spots:
        cx, cy = at(spot.x, spot.y)
        ink = GOLD if spot.joined else _PALE
        sheet.set_draw_color(*ink)
        sheet.set_fill_color(*(WHITE if spot.phase == "after" else ink))
        sheet.ellipse(cx - _DOT, cy - _DOT, 2 * _DOT, 2 * _DOT, style="DF")
