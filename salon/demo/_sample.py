"""A customer list as a shop keeps it in a spreadsheet, with the mistakes such lists have (PRF-24)."""

from __future__ import annotations

import csv
import io

from salon.demo._data import read

BROKEN_ROWS = {7: "phone", 9: "birthday", 11: "duplicate", 13: "name"}
"""Lines of the file that an import must refuse, and for what."""


def import_sample() -> bytes:
    """The file as bytes: UTF-8 with a byte order mark, as spreadsheets write it."""
    return read("customers.csv")


def import_rows() -> list[list[str]]:
    """The same as rows of text, the header first."""
    return list(csv.reader(io.StringIO(import_sample().decode("utf-8-sig"))))
