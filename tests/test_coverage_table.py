"""The coverage table is whole and true: no id is missing, and what it calls built has tests that carry its id.

Run as a program, it counts the states again and brings the names of tests up to date.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "docs" / "coverage.md"
FAMILIES = {
    "PRF": 24, "SAF": 10, "SEG": 14, "APT": 14, "SVC": 17, "MEA": 14, "LOY": 23, "FUP": 15, "CHN": 12, "CMP": 15,
    "MKT": 11, "STF": 11, "KPI": 17, "SEC": 13, "SYN": 9, "ROI": 2,
}  # fmt: skip
"""How many requirements each family of the inventory has."""
STATES = ("built", "rule", "not yet", "later")
ROW = re.compile(r"^\| ([A-Z]{3}-\d\d) \| (.+) \| ([EBH]) \| ([a-z ]+) \| (.*) \| (.+) \|$", re.MULTILINE)
SHOWN = 3
"""Tests named a row; more do not help a reader."""


@cache
def rows() -> dict[str, tuple[str, str, str]]:
    """Id -> state, where, tests or reason."""
    return {m[1]: (m[4], m[5], m[6]) for m in ROW.finditer(TABLE.read_text("utf-8"))}


@cache
def sources() -> dict[str, str]:
    paths = (p for p in (ROOT / "tests").rglob("*.py") if p != Path(__file__))
    return {str(p.relative_to(ROOT)): p.read_text("utf-8") for p in sorted(paths)}


@cache
def test_names() -> frozenset[str]:
    return frozenset(name for text in sources().values() for name in re.findall(r"def (test_\w+)", text))


test_names.__test__ = False


def ids(text: str) -> set[str]:
    """The ids that a sentence names: SVC-09; FUP-01..05; `_svc_09` in a test's name."""
    found = set(re.findall(r"\b[A-Z]{3}-\d\d\b", text))
    found |= {f"{family.upper()}-{n}" for family, n in re.findall(r"_([a-z]{3}|[A-Z]{3})_(\d\d)(?!\d)", text)}
    for family, first, last in re.findall(r"\b([A-Z]{3})-(\d\d)\.\.(?:[A-Z]{3}-)?(\d\d)", text):
        found |= {f"{family}-{n:02}" for n in range(int(first), int(last) + 1)}
    return found


@cache
def by_id() -> dict[str, list[tuple[str, str]]]:
    """Id -> (path, test or the path itself), of what names it in its name or says so in its first lines."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path, text in sources().items():
        tree = ast.parse(text)
        for one in ids(ast.get_docstring(tree) or ""):
            found.setdefault(one, []).append((path, path))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for one in ids(f"{node.name} {ast.get_docstring(node) or ''}"):
                    found.setdefault(one, []).append((path, node.name))
    return found


RULES = "tests/salon/"
"""Where rules are tested by themselves; what a page or a unit does with them is tested elsewhere."""


def at_a_door(inventory_id: str) -> list[str]:
    """Tests of pages and units that carry an id; test functions before files."""
    found = [
        (path == name, name) for path, name in by_id().get(inventory_id, []) if not path.startswith(RULES)
    ]
    return [name for _, name in sorted(set(found))]


def carrying(inventory_id: str) -> list[str]:
    """What names an id: at a page or a unit first, then the rules' own tests."""
    rules = [name for path, name in by_id().get(inventory_id, []) if path.startswith(RULES)]
    return list(dict.fromkeys([*at_a_door(inventory_id), *sorted(rules)]))


def test_no_id_of_the_inventory_is_missing():
    wanted = {f"{family}-{n:02}" for family, count in FAMILIES.items() for n in range(1, count + 1)}
    assert set(rows()) == wanted


@pytest.mark.parametrize("inventory_id", [i for i, row in rows().items() if row[0] in {"built", "rule"}])
def test_what_is_built_names_where_and_tests_that_exist(inventory_id):
    _, where, tests = rows()[inventory_id]
    named = re.findall(r"`([^`]+)`", tests)
    assert where
    assert named
    for name in named:
        known = name in test_names() or name in sources()
        assert known, f"{name} is gone: run `python tests/test_coverage_table.py`"
    assert set(named) & set(carrying(inventory_id)), f"none of its tests carries {inventory_id}"


@pytest.mark.parametrize("inventory_id", [i for i, row in rows().items() if row[0] == "built"])
def test_what_is_built_is_tested_where_people_or_units_meet_it(inventory_id):
    assert at_a_door(inventory_id), f"{inventory_id} is a rule: no test of a page or a unit carries it"


@pytest.mark.parametrize("inventory_id", [i for i, row in rows().items() if row[0] in {"not yet", "later"}])
def test_what_is_not_built_says_why(inventory_id):
    assert len(rows()[inventory_id][2]) > 10


def test_the_files_that_rows_name_exist():
    for inventory_id, (_, where, _) in rows().items():
        for path in re.findall(r"(?:salon|edge|parlour|cloud_sync_server)(?:/[\w.]+)+", where):
            assert (ROOT / path).exists(), (inventory_id, path)


def test_the_counts_are_right():
    found = Counter(state for state, _, _ in rows().values())
    assert set(found) <= set(STATES)
    assert counts(found) in TABLE.read_text("utf-8")


def counts(found: Counter[str]) -> str:
    return "| " + " | ".join(str(found[state]) for state in STATES) + f" | {sum(found.values())} |"


def main() -> None:
    text = ROW.sub(_again, TABLE.read_text("utf-8"))
    found = Counter(m[4] for m in ROW.finditer(text))
    text = re.sub(r"^\|(?: \d+ \|){5}$", counts(found), text, flags=re.MULTILINE)
    TABLE.write_text(text, "utf-8")
    print(dict(found))


def _again(row: re.Match[str]) -> str:
    if row[4] not in {"built", "rule"}:
        return row[0]
    tests = ", ".join(f"`{name}`" for name in carrying(row[1])[:SHOWN])
    return f"| {row[1]} | {row[2]} | {row[3]} | {row[4]} | {row[5]} | {tests} |"


if __name__ == "__main__":
    main()
