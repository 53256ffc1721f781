"""Reading a shop's customer list: .xlsx, or .csv in the encodings that spreadsheets write. Limits first, then rows.

A workbook is read row by row and its formulas are never run; what cannot be read says why in both languages.
"""

from __future__ import annotations

import codecs
import csv
import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from salon.rules.importing import Cell, Columns, map_columns
from salon.rules.said import Said

MAX_BYTES = 10 * 1024 * 1024
"""Of the file: 50,000 customers with notes are under 8 MB."""
MAX_UNPACKED = 200 * 1024 * 1024
"""Of a workbook's parts together: more in a 10 MB file is a decompression bomb."""
MAX_ROWS = 50_000
MAX_COLUMNS = 200
_HEADER_WITHIN = 10
"""Rows: lists often begin with a title or an empty row."""

Cells = Sequence[Cell]


class BadList(ValueError):
    """Raised when a customer list cannot be read at all; `.code` is for records, `.said` for people."""

    def __init__(self, code: str, said: Said) -> None:
        self.code = code
        self.said = said
        super().__init__(f"{code}: {said.en}")


@dataclass(frozen=True)
class CustomerList:
    """A list with its header found: columns, and the rows below with their line numbers."""

    columns: Columns
    rows: tuple[tuple[int, Cells], ...]


def read(path: Path) -> CustomerList:
    """Read a file and find its header. Raises BadList, and OSError if there is no such file."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        limit = MAX_BYTES // 1024 // 1024
        raise BadList(
            "too_large",
            Said(f"文件超过 {limit} MB，请分成几份", f"The file is larger than {limit} MB: split it"),
        )
    kind = path.suffix.lower()
    if kind == ".csv":
        rows = _csv_rows(path)
    elif kind == ".xlsx":
        rows = _xlsx_rows(path)
    else:
        said = Said(
            "只支持 .xlsx 与 .csv；旧版 .xls 请另存为 .xlsx", "Only .xlsx and .csv; save an old .xls as .xlsx"
        )
        raise BadList("unknown_type", said)
    return _with_header([(line, cells) for line, cells in rows if any(_filled(cell) for cell in cells)])


def _filled(cell: Cell) -> bool:
    return cell is not None and str(cell).strip() != ""


def _with_header(rows: list[tuple[int, Cells]]) -> CustomerList:
    """The header is the first row near the top that names what is needed; else the one that names most."""
    if not rows:
        raise BadList("empty", Said("文件中没有内容", "The file is empty"))
    found = [
        map_columns([str(c).strip() if c is not None else "" for c in cells])
        for _, cells in rows[:_HEADER_WITHIN]
    ]
    best = max(
        range(len(found)), key=lambda index: (not found[index].missing, len(found[index].mapped), -index)
    )
    columns = found[best]
    if columns.missing:
        names = {"name": Said("姓名", "name"), "phone": Said("手机", "phone")}
        lacking = [names[key] for key in columns.missing]
        raise BadList(
            "no_columns",
            Said(
                f"找不到这些列：{'、'.join(said.zh for said in lacking)}。第一行应为列名，例如：姓名、手机、性别、生日",
                f"Columns not found: {', '.join(said.en for said in lacking)}. "
                "The first row should name them, such as: name, phone, gender, birthday",
            ),
        )
    return CustomerList(columns, tuple(rows[best + 1 :]))


def _limited(rows: Iterator[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    for line, cells in rows:
        if line > MAX_ROWS + _HEADER_WITHIN:
            raise BadList(
                "too_many_rows",
                Said(f"超过 {MAX_ROWS:,} 行，请分成几份", f"More than {MAX_ROWS:,} rows: split the file"),
            )
        yield line, cells[:MAX_COLUMNS]


def _csv_rows(path: Path) -> Iterator[tuple[int, Cells]]:
    text = _decoded(path.read_bytes())
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    # A quote that is never closed swallows the rows after it: better no row than a customer made of two.
    begun = 1
    try:
        for row in _limited((lines.line_num, cells) for cells in lines):
            yield row
            begun = lines.line_num + 1
    except csv.Error as error:
        said = Said(
            f"从第 {begun} 行起无法读取，可能引号不成对",
            f"From line {begun} on it cannot be read: a quotation mark may be missing",
        )
        raise BadList("unreadable", said) from error


def _decoded(raw: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with its mark, else GB 18030, which Chinese Excel writes."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    said = Said("文字编码无法识别，请另存为 UTF-8 的 CSV", "The text encoding is unknown: save as CSV UTF-8")
    raise BadList("encoding", said)


def _xlsx_rows(path: Path) -> Iterator[tuple[int, Cells]]:
    import openpyxl

    _check_workbook(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks on styles that were not stored: no one's concern here
        try:
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        except Exception as error:  # the library raises whatever its XML parser did
            raise _not_a_workbook() from error
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # some programs write a wrong size, and rows would be lost
            yield from _limited(
                (line, [_typed(cell) for cell in cells])
                for line, cells in enumerate(sheet.iter_rows(values_only=True), 1)
            )
        except BadList:
            raise
        except Exception as error:
            raise _not_a_workbook() from error
        finally:
            book.close()


def _typed(cell: object) -> Cell:
    """Times of day, durations and formulas' errors are text to us."""
    return cell if cell is None or isinstance(cell, str | int | float | date) else str(cell)


def _check_workbook(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile as error:
        raise _not_a_workbook() from error
    if unpacked > MAX_UNPACKED:
        raise BadList("too_large", Said("工作簿解压后过大", "The workbook is too large when unpacked"))


def _not_a_workbook() -> BadList:
    return BadList(
        "unreadable",
        Said("不是有效的 Excel 工作簿，文件可能已损坏", "Not a valid Excel workbook, or it is damaged"),
    )
