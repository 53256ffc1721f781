"""What benchmarks share: timing, the table on the screen, and the figures in `benchmarks/results/NAME.json`.

A row compares ours with a reference that does the same work; `ratio` is ours / reference, so 1.0 means as fast.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

Job = TypeVar("Job")
Answer = TypeVar("Answer")
RESULTS = Path(__file__).parent / "results"
SAY_EVERY_S = 15.0  # of a long run: how far it is


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


def spread(name: str, work: Callable[[Job], Answer], jobs: Iterable[Job]) -> Iterator[Answer]:
    """Each job's answer in the jobs' order, one process a core, and now and then a line that says how far it is.

    Only for figures that no clock goes into: the processes disturb each other. `work` is a module's function.
    """
    waiting = list(jobs)
    start = said = time.monotonic()
    with ProcessPoolExecutor(
        os.cpu_count(), mp_context=multiprocessing.get_context("spawn"), initializer=_alone
    ) as pool:
        for done, answer in enumerate(pool.map(work, waiting), 1):
            now = time.monotonic()
            if now - said > SAY_EVERY_S or done == len(waiting):
                said = now
                left = (now - start) / done * (len(waiting) - done)
                print(
                    f"{name}: {done} of {len(waiting)} after {now - start:.0f} s, {left:.0f} s to go",
                    flush=True,
                )
            yield answer


def _alone() -> None:
    """A process that shares the cores with others like it uses one."""
    import cv2

    cv2.setNumThreads(1)


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
