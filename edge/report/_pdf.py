"""The report on one or two A4 pages."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import segno
from PIL import Image

from edge.report import _texts as t
from edge.report._model import AdviceItem, Picture, Report, ValueRow
from edge.report._sheet import (
    AMBER,
    GOLD,
    GREEN,
    HEIGHT,
    INK,
    INNER,
    MARGIN,
    SOFT,
    WIDTH,
    Sheet,
    line_height,
)

_PHOTO_HEIGHT = 100.0  # mm, at most: a whole face, and room for the table below it
_GAP = 6.0
_ROW = 8.2
_FOOT = 22.0
_BOTTOM = HEIGHT - _FOOT - 4
_TOP = 27.0  # of the pages after the first
_QR = 30.0
_VERDICT_COLOURS = {"better": GREEN, "worse": AMBER, "changed": GOLD}


def pdf(report: Report, *, made: datetime | None = None) -> bytes:
    """The report as a PDF. `made`: its creation date, for files that must be equal byte by byte. Raises FontMissing."""
    sheet = Sheet(
        title=f"{report.store_name} · {report.heading}",
        author=report.store_name,
        language=report.language,
        made=made or datetime.now(UTC),
    )
    sheet.on_page_end = lambda page: _footer(page, report)
    y = _first_page(sheet, report)
    y = _values(sheet, report, y)
    y = _advice(sheet, report, y)
    y = _needs_page(sheet, report, y, _closing_height(report))
    y = _closing(sheet, report, y)
    _more_pictures(sheet, report, y)
    return bytes(sheet.output())


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
    return _pictures(sheet, report, y + 5)


def _pictures(sheet: Sheet, report: Report, y: float) -> float:
    """The first picture of each phase, side by side; nothing if there is none."""
    if not report.pictures:
        return y
    width = (INNER - _GAP) / 2
    height = min(_PHOTO_HEIGHT, width * _aspect(report.pictures[0]))
    for column, (phase, label) in enumerate((("before", t.BEFORE), ("after", t.AFTER))):
        x = MARGIN + column * (width + _GAP)
        concern = report.pictures[0].concern
        picture = next((p for p in report.pictures if (p.concern, p.phase) == (concern, phase)), None)
        _picture(sheet, report, picture, x, y, width, height)
        caption = label.in_(report.language)
        if picture is not None and picture.caption:
            caption = f"{caption} · {picture.caption}"
        sheet.write_at(x, y + height + 4.5, caption, size=9, colour=SOFT)
    return y + height + 9


def _aspect(picture: Picture) -> float:
    """Height by width."""
    with Image.open(io.BytesIO(picture.jpeg)) as image:
        return image.height / image.width


def _picture(
    sheet: Sheet, report: Report, picture: Picture | None, x: float, y: float, width: float, height: float
) -> None:
    """A photo that covers its frame, cut evenly; or an empty frame that says so."""
    if picture is None:
        sheet.panel(x, y, width, height)
        sheet.write_at(
            x + width / 2, y + height / 2, t.NO_PICTURE.in_(report.language), colour=SOFT, align="C"
        )
        return
    with Image.open(io.BytesIO(picture.jpeg)) as image:
        scale = max(width / image.width, height / image.height)
        shown_w, shown_h = image.width * scale, image.height * scale
    with sheet.rect_clip(x, y, width, height):
        sheet.image(
            io.BytesIO(picture.jpeg),
            x + (width - shown_w) / 2,
            y + (height - shown_h) / 2,
            shown_w,
            shown_h,
            alt_text=picture.caption or report.heading,
        )


def _heading(sheet: Sheet, y: float, text: str) -> float:
    sheet.write_at(MARGIN, y + 3, text, size=12, face="serif")
    return y + 9


def _values(sheet: Sheet, report: Report, y: float) -> float:
    if not (report.values or report.not_measured):
        return y
    y = _heading(sheet, y + 2, t.VALUES.in_(report.language))
    if report.values:
        y = _value_header(sheet, report, y)
        for row in report.values:
            if y + _ROW > _BOTTOM - 12:
                y = _value_header(sheet, report, _new_page(sheet, report))
            _value_row(sheet, row, y)
            y += _ROW
            sheet.rule(MARGIN, y, INNER)
    y += 1.6
    for note in (report.values_note, *report.not_measured):
        y = sheet.paragraph(MARGIN, y, INNER, note, size=8, colour=SOFT)
    return y + 6


_COLUMNS = {"before": 74.0, "after": 96.0, "score": 118.0, "error": 142.0}
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
    middle = y + _ROW / 2
    sheet.write_at(MARGIN, middle, row.label, size=10)
    sheet.set_font("sans", size=10)
    unit_x = MARGIN + sheet.get_string_width(row.label) + 1.6
    sheet.write_at(unit_x, middle + 0.3, row.unit, size=7.5, colour=SOFT)
    sheet.write_at(_COLUMNS["before"], middle, row.before or "—", size=10, colour=SOFT, align="R")
    sheet.write_at(_COLUMNS["after"], middle, row.after or "—", size=10, align="R")
    sheet.write_at(_COLUMNS["score"], middle, row.score or "—", size=9, colour=SOFT, align="R")
    sheet.write_at(_COLUMNS["error"], middle, row.error or "—", size=9, colour=SOFT, align="R")
    colour = _VERDICT_COLOURS.get(row.verdict or "", SOFT)
    sheet.write_at(WIDTH - MARGIN, middle, row.verdict_text or "—", size=9.5, colour=colour, align="R")


def _advice(sheet: Sheet, report: Report, y: float) -> float:
    if not report.advice:
        return y
    together = 9 + sum(_advice_height(sheet, item) + _CARD_GAP for item in report.advice)
    y = _needs_page(sheet, report, y, min(together, _BOTTOM - _TOP))
    y = _heading(sheet, y, t.HOME.in_(report.language))
    for item in report.advice:
        height = _advice_height(sheet, item)
        y = _needs_page(sheet, report, y, height)
        _advice_card(sheet, item, y, height)
        y += height + _CARD_GAP
    return y + 4


_CARD_PAD = 4.0
_CARD_GAP = 2.5
_CARD_TEXT = INNER - 2 * _CARD_PAD - 2


def _advice_height(sheet: Sheet, item: AdviceItem) -> float:
    body = len(sheet.lines(item.text, _CARD_TEXT, size=9.5)) * line_height(9.5)
    why = len(sheet.lines(item.reason, _CARD_TEXT, size=8)) * line_height(8) if item.reason else 0
    return 2 * _CARD_PAD + line_height(10.5) + body + why


def _advice_card(sheet: Sheet, item: AdviceItem, y: float, height: float) -> None:
    sheet.panel(MARGIN, y, INNER, height)
    sheet.set_fill_color(*(GOLD if item.kind == "aftercare" else GREEN))
    sheet.rect(MARGIN + _CARD_PAD - 1, y + _CARD_PAD + 0.8, 0.9, line_height(10.5) - 1.6, style="F")
    x = MARGIN + _CARD_PAD + 2
    y = sheet.paragraph(x, y + _CARD_PAD, _CARD_TEXT, item.title, size=10.5, most=1)
    y = sheet.paragraph(x, y, _CARD_TEXT, item.text, size=9.5)
    sheet.paragraph(x, y, _CARD_TEXT, item.reason, size=8, colour=SOFT)


def _blocks(report: Report) -> list[tuple[str, list[str]]]:
    """The small columns of the closing part: heading and lines; empty ones are left out."""
    language = report.language
    points = t.POINTS_LINE.fill(earned=f"{report.points_earned:,}", balance=f"{report.points_balance:,}")
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
    sheet.rule(MARGIN, y, INNER, colour=GOLD, weight=0.35)
    y += 5
    code_width = _QR + 8 if report.url else 0
    width = (INNER - code_width - _GAP) / 2
    blocks, end = _blocks(report), y
    for column, part in enumerate((blocks[:2], blocks[2:])):
        x, top = MARGIN + column * (width + _GAP), y
        for heading, lines in part:
            sheet.write_at(x, top + 2.5, heading, size=8.5, colour=GOLD)
            top += 6
            for line in lines:
                top = sheet.paragraph(x, top, width, line, size=9.5, most=2)
            top += 4
        end = max(end, top)
    if report.url:
        _code(sheet, report, WIDTH - MARGIN - _QR, y)
        end = max(end, y + _QR + 12)
    return end


def _more_pictures(sheet: Sheet, report: Report, y: float) -> None:
    """Pairs of further concerns, small, two in a row; left out where there is no room: the page in the network has all."""
    first = report.pictures[0].concern if report.pictures else ""
    keys = list(dict.fromkeys(p.concern for p in report.pictures if p.concern != first))[:2]
    width = (INNER - 3 * 4.0) / 4
    if not keys or y + 9 + width + 8 > _BOTTOM:
        return
    y = _heading(sheet, y + 2, t.MORE.in_(report.language))
    for number, key in enumerate(keys):
        for column, (phase, label) in enumerate((("before", t.BEFORE), ("after", t.AFTER))):
            x = MARGIN + (2 * number + column) * (width + 4.0)
            picture = next((p for p in report.pictures if (p.concern, p.phase) == (key, phase)), None)
            _picture(sheet, report, picture, x, y, width, width)
            caption = label.in_(report.language)
            if picture is not None and picture.caption:
                caption = f"{caption} · {picture.caption}"
            sheet.write_at(x, y + width + 4, caption, size=8, colour=SOFT)


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
    for number, line in enumerate(report.footer):
        shown = sheet.lines(line, INNER - 40, size=7.5)
        sheet.write_at(MARGIN, y + 4 + 4 * number, shown[0] if shown else "", size=7.5, colour=SOFT)
    sheet.write_at(WIDTH - MARGIN, y + 4, report.store_line, size=7.5, colour=SOFT, align="R")
    page = t.PAGE.fill(page=sheet.page).in_(report.language)
    sheet.write_at(WIDTH - MARGIN, y + 8, page, size=7.5, colour=SOFT, align="R")
