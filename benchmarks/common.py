"""What benchmarks share: timing, the table on the screen, and the figures in `benchmarks/results/NAME.json`.

A row compares ours with a reference that does the same work; `ratio` is ours / reference, so 1.0 means as fast.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Row:
    measure: str
    ours: float
    reference: float
    reference_name: str
    ratio: float
    unit: str

    @classmethod
    def of(cls, measure: str, ours: float, reference: float, reference_name: str, unit: str) -> Row:
        return cls(
            measure, _rounded(ours), _rounded(reference), reference_name, _rounded(ours / reference), unit
        )


def interleaved(work: dict[str, Callable[[Any], object]], items: Iterable[Any]) -> dict[str, float]:
    """Median microseconds of each piece of work, an item of each in turn, so that all see the same machine."""
    taken: dict[str, list[int]] = {name: [] for name in work}
    clock = time.perf_counter_ns
    for item in items:
        for name, do in work.items():
            start = clock()
            do(item)
            taken[name].append(clock() - start)
    return {name: median(times) / 1000 for name, times in taken.items()}


def report(name: str, rows: list[Row], *, notes: Iterable[str] = ()) -> Path:
    """Print the table and write the figures."""
    heads = ("measure", "ours", "reference", "reference_name", "ratio", "unit")
    lines = [heads, *([str(value) for value in asdict(row).values()] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    for note in notes:
        print(note)
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False) + "\n")
    print(f"-> {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")
    return path


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
