"""The report on one or two A4 pages."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import segno

from edge.report import _texts as t
from edge.report._model import AdviceItem, Report, ValueRow
from edge.report._pictures import heading, more_pictures, pictures
from edge.report._sheet import (
    GOLD,
    GREEN,
    HEIGHT,
    INK,
    INNER,
    MARGIN,
    SOFT,
    VERDICT_COLOURS,
    WARN,
    WIDTH,
    Sheet,
    line_height,
)
from edge.report._trend_drawing import trend

_GAP = 6.0
_ROW = 8.2
_ROW_SAID = 9.6  # with the sentence of the change under the finding
_FOOT = 22.0
_BOTTOM = HEIGHT - _FOOT - 4
_TOP = 27.0  # of the pages after the first
_QR = 30.0


def pdf(report: Report, *, made: datetime | None = None) -> bytes:
    """The report as a PDF. `made`: its creation date, for files that must be equal byte by byte. Raises FontMissing."""
    sheet = Sheet(
        title=f"{report.store_name} · {report.heading}",
        author=report.store_name,
        language=report.language,
        made=made or datetime.now(UTC),
    )
    with closing(sheet):
        _write(sheet, report)
        return bytes(sheet.output())


def _write(sheet: Sheet, report: Report) -> None:
    sheet.on_page_end = lambda page: _footer(page, report)
    y = _first_page(sheet, report)
    y = _values(sheet, report, y)
    y = _trends(sheet, report, y)
    y = _advice(sheet, report, y)
    y = _needs_page(sheet, report, y, _closing_height(report))
    y = _closing(sheet, report, y)
    more_pictures(sheet, report, y, _BOTTOM)


def _first_page(sheet: Sheet, report: Report) -> float:
    sheet.add_page()
    y = 20.0
    sheet.write_at(MARGIN, y, report.store_name, size=19, face="serif")
    sheet.write_at(WIDTH - MARGIN, y + 0.6, report.heading, size=10.5, colour=GOLD, align="R")
    sheet.rule(MARGIN, y + 8, INNER, colour=GOLD, weight=0.35)
    y += 19
    sheet.write_at(MARGIN, y, report.greeting, size=15, face="serif")
    facts = " · ".join(filter(None, [report.day, report.services, report.therapist]))
    y = sheet.paragraph(MARGIN, y + 6, INNER, facts, size=9.5, colour=SOFT, most=2)
    y = pictures(sheet, report, y + 5)
    return _notice(sheet, report.referral, y) if report.referral else y


def _notice(sheet: Sheet, text: str, y: float) -> float:
    """What must be read before any figure."""
    lines = sheet.lines(text, INNER - 12, size=9.5)
    height = len(lines) * line_height(9.5) + 4
    sheet.panel(MARGIN, y, INNER, height, colour=WARN)
    sheet.paragraph(MARGIN + 6, y + 2, INNER - 12, text, size=9.5)
    return y + height + 3


def _values(sheet: Sheet, report: Report, y: float) -> float:
    if not (report.values or report.not_measured):
        return y
    y = heading(sheet, y + 2, report.values_heading)
    if report.obstacle:
        y = _notice(sheet, report.obstacle, y)
    if report.values:
        y = _value_header(sheet, report, y)
        for row in report.values:
            height = _ROW_SAID if row.sentence else _ROW
            if y + height > _BOTTOM:
                y = _value_header(sheet, report, _new_page(sheet, report))
            _value_row(sheet, row, y)
            y += height
            sheet.rule(MARGIN, y, INNER)
    notes = [report.values_note, *report.not_measured]
    together = sum(len(sheet.lines(note, INNER, size=8)) for note in notes) * line_height(8)
    y = _needs_page(sheet, report, y + 1.6, together)
    for note in notes:
        y = sheet.paragraph(MARGIN, y, INNER, note, size=8, colour=SOFT)
    return y + 6


_COLUMNS = {"before": 72.0, "after": 90.0, "score": 110.0, "error": 131.0}
"""mm from the left edge, where the columns of figures end; the verdict ends at the right margin."""


def _value_header(sheet: Sheet, report: Report, y: float) -> float:
    labels = {"before": t.BEFORE, "after": t.AFTER, "score": t.SCORE, "error": t.ERROR}
    sheet.write_at(MARGIN, y + 2.5, t.ITEM.in_(report.language), size=8, colour=SOFT)
    for column, x in _COLUMNS.items():
        sheet.write_at(x, y + 2.5, labels[column].in_(report.language), size=8, colour=SOFT, align="R")
    sheet.write_at(WIDTH - MARGIN, y + 2.5, t.VERDICT.in_(report.language), size=8, colour=SOFT, align="R")
    y += 6
    sheet.rule(MARGIN, y, INNER, colour=GOLD)
    return y


def _value_row(sheet: Sheet, row: ValueRow, y: float) -> None:
    middle = y + (_ROW_SAID if row.sentence else _ROW) / 2
    sheet.write_at(MARGIN, middle, row.label, size=10)
    sheet.set_font("sans", size=10)
    unit_x = MARGIN + sheet.get_string_width(row.label) + 1.6
    sheet.write_at(unit_x, middle + 0.3, row.unit, size=7.5, colour=SOFT)
    if row.alone:
        between = (_COLUMNS["before"] + _COLUMNS["after"]) / 2
        sheet.write_at(between, middle, row.alone, size=10, align="R")
    else:
        sheet.write_at(_COLUMNS["before"], middle, row.before or "—", size=10, colour=SOFT, align="R")
        sheet.write_at(_COLUMNS["after"], middle, row.after or "—", size=10, align="R")
    sheet.write_at(_COLUMNS["score"], middle, row.score or "—", size=9, colour=SOFT, align="R")
    sheet.write_at(_COLUMNS["error"], middle, row.error or "—", size=9, colour=SOFT, align="R")
    colour = VERDICT_COLOURS.get(row.verdict or "", SOFT)
    said = y + _ROW_SAID * 0.34 if row.sentence else middle
    sheet.write_at(WIDTH - MARGIN, said, row.verdict_text or "—", size=9.5, colour=colour, align="R")
    sheet.write_at(WIDTH - MARGIN, y + _ROW_SAID * 0.74, row.sentence, size=7, colour=SOFT, align="R")


_TREND_COLUMNS = 3
_TREND_GAP = 6.0
_TREND_PLOT = 13.0
_TREND_HEIGHT = _TREND_PLOT + 11.5


def _trends(sheet: Sheet, report: Report, y: float) -> float:
    """The lines over the visits, small, three in a row."""
    if not report.trends:
        return y
    rows = -(-len(report.trends) // _TREND_COLUMNS)
    y = _needs_page(sheet, report, y, min(9 + rows * _TREND_HEIGHT + 8, _BOTTOM - _TOP))
    y = heading(sheet, y, t.TRENDS.in_(report.language))
    width = (INNER - (_TREND_COLUMNS - 1) * _TREND_GAP) / _TREND_COLUMNS
    for start in range(0, len(report.trends), _TREND_COLUMNS):
        y = _needs_page(sheet, report, y, _TREND_HEIGHT)
        for column, line in enumerate(report.trends[start : start + _TREND_COLUMNS]):
            trend(sheet, line, MARGIN + column * (width + _TREND_GAP), y, width, _TREND_PLOT)
        y += _TREND_HEIGHT
    return sheet.paragraph(MARGIN, y, INNER, report.trends_note, size=8, colour=SOFT) + 6


def _advice(sheet: Sheet, report: Report, y: float) -> float:
    if not report.advice:
        return y
    rows = [report.advice[k : k + 2] for k in range(0, len(report.advice), 2)]
    heights = [max(_advice_height(sheet, item) for item in row) for row in rows]
    y = _needs_page(sheet, report, y, min(9 + sum(heights) + _CARD_GAP * len(rows), _BOTTOM - _TOP))
    y = heading(sheet, y, t.HOME.in_(report.language))
    for row, height in zip(rows, heights, strict=True):
        y = _needs_page(sheet, report, y, height)
        for column, item in enumerate(row):
            _advice_card(sheet, item, MARGIN + column * (_CARD_WIDTH + _CARD_GAP), y, height)
        y += height + _CARD_GAP
    return y + 3


_CARD_PAD = 3.0
_CARD_GAP = 3.0
_CARD_WIDTH = (INNER - _CARD_GAP) / 2
_CARD_TEXT = _CARD_WIDTH - 2 * _CARD_PAD - 2


def _advice_height(sheet: Sheet, item: AdviceItem) -> float:
    title = len(sheet.lines(item.title, _CARD_TEXT, size=10)) * line_height(10)
    body = len(sheet.lines(item.text, _CARD_TEXT, size=9)) * line_height(9)
    why = len(sheet.lines(item.reason, _CARD_TEXT, size=7.5)) * line_height(7.5) if item.reason else 0
    return 2 * _CARD_PAD + title + body + why


def _advice_card(sheet: Sheet, item: AdviceItem, left: float, y: float, height: float) -> None:
    sheet.panel(left, y, _CARD_WIDTH, height)
    sheet.set_fill_color(*(GOLD if item.kind == "aftercare" else GREEN))
    sheet.rect(left + _CARD_PAD - 1, y + _CARD_PAD + 0.8, 0.9, line_height(10) - 1.6, style="F")
    x = left + _CARD_PAD + 2
    y = sheet.paragraph(x, y + _CARD_PAD, _CARD_TEXT, item.title, size=10)
    y = sheet.paragraph(x, y, _CARD_TEXT, item.text, size=9)
    sheet.paragraph(x, y, _CARD_TEXT, item.reason, size=7.5, colour=SOFT)


def _blocks(report: Report) -> list[tuple[str, list[str]]]:
    """The small columns of the closing part: heading and lines; empty ones are left out."""
    language = report.language
    # Before the payment nothing is earned yet: the sheet does not say "+0".
    words = t.POINTS_LINE if report.points_earned else t.POINTS_HELD
    points = words.fill(earned=f"{report.points_earned:,}", balance=f"{report.points_balance:,}")
    blocks = [
        (t.NEXT.in_(language), [report.next_visit]),
        (t.POINTS.in_(language), [points.in_(language)]),
        (t.CONTACTS.in_(language), report.contacts),
        (t.PRODUCTS.in_(language), report.products),
    ]
    return [(heading, lines) for heading, lines in blocks if lines]


def _closing_height(report: Report) -> float:
    return max(_QR + 14, sum(9 + 5.4 * len(lines) for _, lines in _blocks(report)) / 2 + 16)


def _closing(sheet: Sheet, report: Report, y: float) -> float:
    """Next visit, points, contacts and products in two columns, the QR code beside them."""
    if y > _TOP:  # a new page has its own rule
        sheet.rule(MARGIN, y, INNER, colour=GOLD, weight=0.35)
        y += 5
    code_width = _QR + 8 if report.url else 0
    width = (INNER - code_width - _GAP) / 2
    blocks, end = _blocks(report), y
    for column, part in enumerate((blocks[:2], blocks[2:])):
        x, top = MARGIN + column * (width + _GAP), y
        for title, lines in part:
            sheet.write_at(x, top + 2.5, title, size=8.5, colour=GOLD)
            top += 6
            for line in lines:
                top = sheet.paragraph(x, top, width, line, size=9.5, most=2)
            top += 4
        end = max(end, top)
    if report.url:
        _code(sheet, report, WIDTH - MARGIN - _QR, y)
        end = max(end, y + _QR + 12)
    return end


def _code(sheet: Sheet, report: Report, x: float, y: float) -> None:
    """The QR code, drawn as rectangles: sharp at any size."""
    rows = [bytes(row) for row in segno.make(report.url, error="m", micro=False).matrix]
    module = _QR / len(rows)
    sheet.set_fill_color(*INK)
    for number, row in enumerate(rows):
        for start, length in _runs(row):
            sheet.rect(x + start * module, y + number * module, length * module, module, style="F")
    for line, words in enumerate((t.SCAN_ME, t.SAME_NETWORK)):
        sheet.write_at(
            x + _QR / 2, y + _QR + 4 + 4 * line, words.in_(report.language), size=7.5, colour=SOFT, align="C"
        )


def _runs(row: bytes) -> list[tuple[int, int]]:
    """Where dark modules begin, and how many stand together."""
    runs: list[tuple[int, int]] = []
    for index, dark in enumerate(row):
        if not dark:
            continue
        if runs and sum(runs[-1]) == index:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((index, 1))
    return runs


def _needs_page(sheet: Sheet, report: Report, y: float, height: float) -> float:
    """`y` if there is room for `height` below it, else the top of a new page."""
    return y if y + height <= _BOTTOM else _new_page(sheet, report)


def _new_page(sheet: Sheet, report: Report) -> float:
    sheet.add_page()
    sheet.write_at(MARGIN, 16, report.store_name, size=10, face="serif", colour=SOFT)
    sheet.write_at(WIDTH - MARGIN, 16, report.day, size=9, colour=SOFT, align="R")
    sheet.rule(MARGIN, 21, INNER)
    return _TOP


def _footer(sheet: Sheet, report: Report) -> None:
    y = HEIGHT - _FOOT
    sheet.rule(MARGIN, y, INNER)
    below = y + 2
    for line in report.footer:
        below = sheet.paragraph(MARGIN, below, INNER - 40, line, size=7, colour=SOFT, most=2)
    sheet.write_at(WIDTH - MARGIN, y + 4, report.store_line, size=7, colour=SOFT, align="R")
    page = t.PAGE.fill(page=sheet.page).in_(report.language)
    sheet.write_at(WIDTH - MARGIN, y + 8, page, size=7, colour=SOFT, align="R")
