"""Single cells of a customer list: what spreadsheets make of phones and dates, and what people write into them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from typing import Any, Literal

from salon.records.people import Gender
from salon.rules import names, phones
from salon.rules.said import Said

Cell = str | int | float | bool | date | datetime | None
"""What a file reader hands over: text from CSV, typed values from a workbook."""
SkinType = Literal["", "normal", "dry", "oily", "combination", "sensitive"]

_NONE = {"", "无", "没有", "无过敏", "否", "暂无", "不过敏", "不详", "none", "no", "n/a", "na", "-", "/"}
_GENDERS: dict[str, Gender] = {
    "女": "female",
    "女士": "female",
    "女性": "female",
    "f": "female",
    "female": "female",
    "男": "male",
    "男士": "male",
    "男性": "male",
    "先生": "male",
    "m": "male",
    "male": "male",
    "其他": "other",
    "other": "other",
}
_TITLES: dict[str, Gender] = {
    "女士": "female",
    "小姐": "female",
    "太太": "female",
    "阿姨": "female",
    "姐": "female",
    "先生": "male",
    "哥": "male",
    "总": "",
    "老师": "",
}
"""How shops note someone whose given name they never asked: 苏女士, 李总."""
_SKIN: dict[str, SkinType] = {
    "敏感": "sensitive",
    "混合": "combination",
    "混油": "combination",
    "混干": "combination",
    "油": "oily",
    "干": "dry",
    "中性": "normal",
    "正常": "normal",
    "sensitive": "sensitive",
    "combination": "combination",
    "oily": "oily",
    "dry": "dry",
    "normal": "normal",
}
_SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?E\+?(\d+)", re.IGNORECASE)
_EXCEL_EPOCH = date(1899, 12, 30)
"""Day 0 of the spreadsheets' 1900 date system, its invented 29 Feb 1900 already allowed for."""
_OLDEST = date(1900, 1, 1)
_DAY = re.compile(r"(\d{4})[-/.年 ]+(\d{1,2})[-/.月 ]+(\d{1,2})日?")
_MONTH_DAY = re.compile(r"(\d{1,2})(?:[-/.]|月)(\d{1,2})日?")


class BadCell(ValueError):
    """Raised when a cell cannot be used; `.serious` False: the row can be, and `.note` keeps what was written."""

    def __init__(self, said: Said, *, serious: bool = True, note: str = "") -> None:
        self.said = said
        self.serious = serious
        self.note = note
        super().__init__(said.en)


def words(cell: Cell) -> str:
    """A cell as text; whole numbers without a fraction."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, datetime):
        cell = cell.date()
    return unicodedata.normalize("NFC", str(cell if cell is not None else "")).strip()


def listed(text: str) -> list[str]:
    """A list as people write it: with commas, full-width ones, semicolons or spaces between Chinese words."""
    return sorted({part.strip()[:80] for part in re.split(r"[,，、;；/\n]+", text) if part.strip()})


def person(text: str) -> dict[str, Any]:
    """Surname, given name, and the gender when only a title is known (苏女士)."""
    for title, implied in _TITLES.items():
        if text.endswith(title) and 1 <= len(text) - len(title) <= 2 and names.is_chinese(text):
            return {"surname": text.removesuffix(title), "given_name": "", "gender": implied}
    surname, given = names.split(text)
    return {"surname": surname, "given_name": given}


def phone(cell: Cell) -> str:
    """A phone number, also one that a spreadsheet took for a quantity: 13812345678.0, 1.3812345678E+10."""
    text = words(cell)
    text = re.sub(r"^(\d+)\.0+$", r"\1", text)
    scientific = _SCIENTIFIC.fullmatch(text)
    if scientific:
        first, fraction, exponent = scientific[1], scientific[2] or "", int(scientific[3])
        if len(fraction) < exponent <= 15:
            raise BadCell(
                Said(
                    "表格把号码变成了科学计数，末尾数字已丢失；请把该列设为文本后重新填写",
                    "The spreadsheet rounded the number and lost its last digits: set the column to text and type it again",
                )
            )
        text = (first + fraction)[: exponent + 1]
    if not text:
        return ""
    try:
        return phones.normalise(text)
    except phones.BadPhone as error:
        raise BadCell(error.said) from error


def gender(text: str) -> Gender:
    if text.casefold() in _NONE or text in {"未知", "保密"}:
        return ""
    try:
        return _GENDERS[text.casefold()]
    except KeyError:
        raise BadCell(
            Said(f"不认识的性别“{text[:10]}”，已留空", f"Gender “{text[:10]}” not understood: left empty"),
            serious=False,
        ) from None


def skin_type(text: str) -> SkinType:
    """The first skin type that the words name; other words go to the notes."""
    plain = text.casefold()
    for word, kind in _SKIN.items():
        if word in plain:
            return kind
    if plain in _NONE:
        return ""
    said = Said("不认识的肤质，已写入备注", "Skin type not understood: put into the notes")
    raise BadCell(said, serious=False, note=text)


def birthday(cell: Cell) -> str:
    """ISO day of a date cell, of a spreadsheet's day number, or of text. A day without a year goes to the notes."""
    if isinstance(cell, datetime):
        return _sensible(cell.date())
    if isinstance(cell, date):
        return _sensible(cell)
    text = words(cell)
    if text.casefold() in _NONE:
        return ""
    if re.fullmatch(r"\d{5}", text):
        return _sensible(_EXCEL_EPOCH + timedelta(days=int(text)))
    compact = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", text)
    full = compact or _DAY.fullmatch(text.split("T")[0].split(" 00:00")[0])
    if full:
        return _sensible(_day(*map(int, full.groups())))
    if _MONTH_DAY.fullmatch(text):
        said = Said("生日缺少年份，已写入备注", "The birthday has no year: put into the notes")
        raise BadCell(said, serious=False, note=f"生日：{text}")
    raise BadCell(Said("生日看不懂，请写成 1990-05-12", "Birthday not understood: write it as 1990-05-12"))


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise BadCell(
            Said(
                f"没有这一天：{year}-{month:02}-{day:02}", f"There is no such day: {year}-{month:02}-{day:02}"
            )
        ) from error


def _sensible(day: date) -> str:
    if day < _OLDEST:
        raise BadCell(Said("生日年份不对", "The year of the birthday is wrong"))
    return day.isoformat()


def allergen_words(text: str) -> list[str]:
    """The single allergens of a cell: "香精、花粉" has two, "无" none. Spaces part Chinese words only."""
    parts = re.split(r"[,，、;；/\n]+|(?<=[\u4e00-\u9fff])(?:\s+|和|及)(?=[\u4e00-\u9fff])", text)
    return [part.strip()[:80] for part in parts if part.strip().casefold() not in _NONE]
