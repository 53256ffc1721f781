"""The faces on paper: before, after and where it changed at the top; concerns, and a month ago beside today, at the end."""

from __future__ import annotations

import io

from PIL import Image

from edge.report import _texts as t
from edge.report._model import Picture, Report
from edge.report._sheet import INNER, MARGIN, SOFT, Sheet
from salon.rules import concerns

_PHOTO_HEIGHT = 88.0  # mm, at most: a whole face, and room for the table below it
_GAP = 6.0
_SMALL_GAP = 4.0
_CAPTION = 8.0
CHANGE = "_change"


def heading(sheet: Sheet, y: float, text: str) -> float:
    sheet.write_at(MARGIN, y + 3, text, size=12, face="serif")
    return y + 9


def pictures(sheet: Sheet, report: Report, y: float) -> float:
    """Before and after side by side, and the difference map of the day beside them; nothing if there is none."""
    if not report.pictures:
        return y
    concern = report.pictures[0].concern
    shown: list[tuple[Picture | None, str]] = [
        (_found(report, concern, phase), label.in_(report.language))
        for phase, label in (("before", t.BEFORE), ("after", t.AFTER))
    ]
    change = next((p for p in report.pictures if p.concern.endswith(CHANGE)), None)
    if change is not None:
        shown.append((change, t.CHANGED_HERE.in_(report.language)))
    if concern in concerns.NEAR:
        # One close-up a visit is the rule: what was not taken again is not missing.
        shown = _bare([one for one in shown if one[0] is not None])
    width = (INNER - _GAP * (len(shown) - 1)) / len(shown)
    height = min(_PHOTO_HEIGHT, width * _aspect(report.pictures[0]))
    for column, (picture, label) in enumerate(shown):
        x = MARGIN + column * (width + _GAP)
        _picture(sheet, report, picture, x, y, width, height)
        _caption(sheet, picture, label, x, y + height + 4.5, width, 9)
    return y + height + 9


def more_pictures(sheet: Sheet, report: Report, y: float, bottom: float) -> None:
    """A month ago beside today, then further concerns before and after; four in a row, as many rows as there is room for."""
    # What was not taken leaves no gap here: the pair at the top has said so.
    shown = [one for pair in _pairs(report) for one in _bare([one for one in pair if one[0] is not None])]
    width = (INNER - 3 * _SMALL_GAP) / 4
    if not shown or y + 11 + width + _CAPTION > bottom:
        return
    y = heading(sheet, y + 2, t.MORE.in_(report.language))
    for start in range(0, len(shown), 4):
        if y + width + _CAPTION > bottom:
            return
        for column, (picture, label) in enumerate(shown[start : start + 4]):
            x = MARGIN + column * (width + _SMALL_GAP)
            _picture(sheet, report, picture, x, y, width, width)
            _caption(sheet, picture, label, x, y + width + 4, width, 8)
        y += width + _CAPTION


Labelled = tuple[Picture | None, str]


def _pairs(report: Report) -> list[tuple[Labelled, Labelled]]:
    first = report.pictures[0].concern if report.pictures else ""
    pairs: list[tuple[Labelled, Labelled]] = []
    then = next((p for p in report.pictures if p.phase == "month"), None)
    today = _found(report, "", "before") or _found(report, "", "after")
    if then is not None and today is not None:
        day = t.MONTH.fill(day=then.caption).in_(report.language)
        bare = then.model_copy(update={"caption": ""})
        pairs.append(((bare, day), (today, t.TODAY.in_(report.language))))
    keys = dict.fromkeys(p.concern for p in report.pictures if p.phase != "month")
    pairs += [
        (
            (_found(report, key, "before"), t.BEFORE.in_(report.language)),
            (_found(report, key, "after"), t.AFTER.in_(report.language)),
        )
        for key in keys
        if key != first and not key.endswith(CHANGE)
    ]
    return pairs


def _bare(shown: list[Labelled]) -> list[Labelled]:
    """A close-up that was taken once is neither before nor after."""
    if len(shown) == 1 and shown[0][0] is not None and shown[0][0].concern in concerns.NEAR:
        return [(shown[0][0], "")]
    return shown


def _found(report: Report, concern: str, phase: str) -> Picture | None:
    return next((p for p in report.pictures if (p.concern, p.phase) == (concern, phase)), None)


def _caption(
    sheet: Sheet, picture: Picture | None, label: str, x: float, y: float, width: float, size: float
) -> None:
    """The label, with what the picture shows where there is room for both."""
    text = label
    if picture is not None and picture.caption and not label:
        text = picture.caption
    elif picture is not None and picture.caption:
        text = (
            f"{picture.caption} · {label}"
            if picture.concern.endswith(CHANGE)
            else f"{label} · {picture.caption}"
        )
    lines = sheet.lines(text, width, size=size)
    while len(lines) > 1 and size > 6.5:
        size -= 0.5
        lines = sheet.lines(text, width, size=size)
    sheet.write_at(x, y, lines[0] if lines else "", size=size, colour=SOFT)


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
