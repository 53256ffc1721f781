"""`parlour import`: a shop's customer list into the store (PRF-24), with a preview and errors by row.

Rows are written in transactions of a few hundred, so that a stop in the middle loses nothing that was written and a second run
goes on where the first ended: known phones are never added again. No raw row is kept with a refusal: the line number leads
to the shop's own file, and a technician has no business with customers' numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from parlour.customer_lists import BadList, read
from salon.records import Member
from salon.rules import importing, times
from salon.rules.importing import Columns, Row, Status
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.store import Store

BATCH = 300
"""Rows a transaction: short enough that the kiosk's own writes never wait noticeably."""

LABELS: dict[Status, Said] = {
    "new": Said("新增", "new"),
    "known": Said("已有", "known"),
    "duplicate": Said("重复", "duplicate"),
    "refused": Said("未导入", "refused"),
}


@dataclass(frozen=True)
class Preview:
    """What an import would do."""

    file: str
    columns: Columns
    rows: tuple[Row, ...]

    @property
    def counts(self) -> dict[Status, int]:
        found = Counter(row.status for row in self.rows)
        return {status: found[status] for status in LABELS}

    @property
    def fills(self) -> int:
        """Known customers of whom an empty field would be filled."""
        return sum(1 for row in self.rows if row.status == "known" and row.fields)


@dataclass(frozen=True)
class ImportResult:
    """What an import did; nothing with `dry_run`."""

    preview: Preview
    dry_run: bool
    added: int
    filled: int


def preview(store: Store, path: Path) -> Preview:
    """Read and judge a file; change nothing. Raises BadList."""
    from edge.store import finding, now

    listed = read(path)
    today = times.local(now(), "Asia/Shanghai").date()
    rows = tuple(
        importing.judge(listed.rows, listed.columns, lambda phone: finding.with_phone(store, phone), today)
    )
    return Preview(path.name, listed.columns, rows)


def run(store: Store, path: Path, *, dry_run: bool = False) -> ImportResult:
    """Import a file. Raises BadList; rows that cannot be taken are kept as refusals of the store."""
    try:
        shown = preview(store, path)
    except BadList as error:
        if not dry_run:
            store.refuse("import", path.name, error.code, f"{error.said.zh} / {error.said.en}")
        raise
    if dry_run:
        return ImportResult(shown, dry_run, 0, 0)
    added = filled = 0
    for start in range(0, len(shown.rows), BATCH):
        with store.transaction():
            for row in shown.rows[start : start + BATCH]:
                added += _add(store, row)
                filled += _fill(store, row)
                _refuse(store, path.name, row)
    return ImportResult(shown, dry_run, added, filled)


def _add(store: Store, row: Row) -> int:
    if row.status != "new":
        return 0
    from edge.store import new_rid, now

    member = {"rid": new_rid(), "source": "import", "home_store": store.store_id, "joined_at": now()}
    store.members.add(Member.parse(member | row.fields))
    return 1


def _fill(store: Store, row: Row) -> int:
    if row.status != "known" or not row.fields:
        return 0
    store.members.edit(row.rid, **row.fields)
    return 1


def _refuse(store: Store, file: str, row: Row) -> None:
    if row.status not in {"refused", "duplicate"}:
        return
    problem = next(p for p in row.problems if p.serious)
    detail = (
        f"第 {row.line} 行 {problem.label.zh}：{problem.said.zh} / "
        f"line {row.line}, {problem.label.en}: {problem.said.en}"
    )
    store.refuse("import", file, f"{row.status}_{problem.field}", detail)


def lines(result: ImportResult, language: str) -> Iterator[str]:
    """The result as text for a terminal or a page."""
    shown = result.preview
    mapped = [
        f"{shown.columns.headers[i]} → {_label(key).in_(language)}" for i, key in shown.columns.mapped.items()
    ]
    yield Said("识别的列：", "Columns: ").in_(language) + ", ".join(mapped)
    if shown.columns.unmapped:
        yield Said("未导入的列：", "Columns not imported: ").in_(language) + ", ".join(shown.columns.unmapped)
    for row in shown.rows:
        yield from _row_lines(row, language)
    counts = shown.counts
    total = [f"{LABELS[status].in_(language)} {number}" for status, number in counts.items()]
    yield Said("共 ", "In all: ").in_(language) + ", ".join(total)
    if result.dry_run:
        fills = (
            Said(f"；将补全 {shown.fills} 位会员的空白项", f"; empty fields of {shown.fills} would be filled")
            if shown.fills
            else Said("", "")
        )
        yield Said(f"试运行：没有写入{fills.zh}", f"Dry run: nothing written{fills.en}").in_(language)
    else:
        yield Said(
            f"已新增 {result.added} 位，补全 {result.filled} 位的空白项",
            f"Added {result.added}, filled empty fields of {result.filled}",
        ).in_(language)


def _row_lines(row: Row, language: str) -> Iterator[str]:
    start = Said(f"第 {row.line} 行", f"line {row.line}").in_(language)
    status = LABELS[row.status].in_(language)
    for problem in row.problems:
        colon = Said("：", ": ").in_(language)
        yield f"  {start} [{status}] {row.title} {problem.label.in_(language)}{colon}{problem.said.in_(language)}"
    if row.status == "known" and row.fields:
        fields = ", ".join(_label(name).in_(language) for name in row.fields)
        yield f"  {start} [{status}] " + Said(f"补全：{fields}", f"fills: {fields}").in_(language)


def _label(key: str) -> Said:
    if key == "name":
        return Said("姓名", "Name")
    about = Member.about(key)
    return Said(about.zh, about.en)


def import_command(path: Path, *, dry_run: bool) -> int:
    """For the command line. Exit status 0: all rows taken; 1: some were not; 2: nothing could be read."""
    from edge.store import NoStore, opened

    language = _language()
    try:
        with opened() as store, store.acting("import"):
            result = run(store, path, dry_run=dry_run)
    except BadList as error:
        print(error.said.in_(language))
        return 2
    except NoStore as error:
        print(error)
        return 2
    except OSError as error:
        print(
            Said(f"无法读取 {path}：{error.strerror}", f"Cannot read {path}: {error.strerror}").in_(language)
        )
        return 2
    for line in lines(result, language):
        print(line)
    counts = result.preview.counts
    return 1 if counts["refused"] or counts["duplicate"] else 0


def _language() -> str:
    import os

    wanted = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "en"
    return "zh" if wanted.lower().startswith("zh") else "en"
