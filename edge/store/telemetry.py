"""What is measured all day of no person: the air of rooms, the weight of bottles. Many small values, kept so that an SD card survives.

A batch is one row, one transaction and one line of the change log, which carries the batch's digest and not its values: so the log proves
for ever what was written, and the values may still go when they are old. They are kept raw for days, by the minute for weeks, by the hour
for years. Nothing here leaves the store.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from edge.store import changelog
from edge.store.clock import new_rid, wall_ms
from edge.store.tinydb_sqlite import Connections

Step = Literal["raw", "minute", "hour"]
KIND = "telemetry"
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000  # ms
KEEP: dict[Step, int] = {"raw": 3 * DAY, "minute": 35 * DAY, "hour": 3 * 366 * DAY}
SETTLE = HOUR  # ms: values may wait in memory that long while the disk is full; later ones are seen in the raw rows alone
AT_ONCE = 24  # spans rolled up in one call, so that a store switched on after a week does not stand still

_SCHEMA = """
CREATE TABLE IF NOT EXISTS telemetry (
    id INTEGER PRIMARY KEY, step TEXT NOT NULL, begins INTEGER NOT NULL, ends INTEGER NOT NULL,
    count INTEGER NOT NULL, rid TEXT NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS telemetry_by_time ON telemetry (step, begins);
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one device. `at` is ms since 1970, UTC."""

    device: str
    measure: str
    at: int
    value: float
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One value, or what many were in one minute or hour that begins at `at`."""

    at: int
    count: int
    mean: float
    low: float
    high: float
    doubtful: int
    """How many of them."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one resolution takes up."""

    step: str
    rows: int
    values: int
    bytes: int
    since: int | None


_Series = dict[str, list[list[Any]]]
"""`device/measure` -> points as short lists: [at, value, doubtful] raw, else [at, count, mean, low, high, doubtful]."""


class Telemetry:
    """The table of batches of one store."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        if not connections.get().execute("SELECT 1 FROM sqlite_master WHERE name = 'telemetry_by_time'").get:
            with connections.transaction() as con:
                con.execute(_SCHEMA)

    def append(self, samples: Sequence[Sample]) -> str:
        """Write a batch, whole or not at all; the rid of its line in the change log, "" when there is nothing to write."""
        if not samples:
            return ""
        series: _Series = {}
        for sample in samples:
            row = [sample.at, sample.value, 1] if sample.doubtful else [sample.at, sample.value]
            series.setdefault(f"{sample.device}/{sample.measure}", []).append(row)
        body = _pack(series)
        begins, ends = min(s.at for s in samples), max(s.at for s in samples)
        rid = new_rid()
        about = {"begins": begins, "ends": ends, "count": len(samples), "sha256": _digest(body)}
        with self._connections.transaction() as con:
            self._insert(con, "raw", begins, ends, len(samples), rid, body)
            changelog.note(con, KIND, rid, about)
        return rid

    def series(self, device: str, measure: str, since: int, until: int, *, step: Step = "raw") -> list[Point]:
        """What was measured from `since` until before `until`, in the order of time."""
        name = f"{device}/{measure}"
        points = (point for series in self._spans(step, since, until) for point in series.get(name, []))
        found = [_point(point) for point in points if since <= point[0] < until]
        return sorted(found, key=lambda point: point.at)

    def roll_up(self, now_ms: int | None = None) -> int:
        """Make minutes of raw values and hours of minutes, and drop what is old; how many spans were made."""
        moment = wall_ms() if now_ms is None else now_ms
        made = self._roll("raw", "minute", HOUR, MINUTE, moment) + self._roll(
            "minute", "hour", DAY, HOUR, moment
        )
        for step, keep in KEEP.items():
            # A span never goes before the coarser one was made of it.
            rolled = {"raw": self._end_of("minute"), "minute": self._end_of("hour"), "hour": moment}[
                step
            ] or 0
            if self._oldest(step) < min(moment - keep, rolled):
                with self._connections.transaction() as con:
                    con.execute(
                        "DELETE FROM telemetry WHERE step = ? AND ends < ?",
                        (step, min(moment - keep, rolled)),
                    )
        return made

    def altered(self) -> list[str]:
        """The rids of batches that are not what the change log says they were; empty when all is as it was written."""
        con = self._connections.get()
        written = {
            rid: json.loads(body)["f"]["sha256"]
            for rid, body in con.execute("SELECT rid, body FROM changes WHERE kind = ?", (KIND,))
        }
        rows = con.execute("SELECT rid, body FROM telemetry WHERE step = 'raw'")
        return [rid for rid, body in rows if written.get(rid) != _digest(body)]

    def usage(self) -> list[Usage]:
        """What each resolution takes up."""
        con: Any = self._connections.get()
        sums = "count(*), coalesce(sum(count), 0), coalesce(sum(length(body)), 0), min(begins)"
        return [
            Usage(step, *con.execute(f"SELECT {sums} FROM telemetry WHERE step = ?", (step,)).fetchall()[0])  # noqa: S608
            for step in KEEP
        ]

    # --- how

    def _roll(self, fine: Step, coarse: Step, span: int, bucket: int, moment: int) -> int:
        """Each whole span of the finer step becomes one row of the coarser."""
        begins = self._end_of(coarse)
        if begins is None:
            oldest = self._oldest(fine)
            begins = oldest - oldest % span
        made = 0
        while made < AT_ONCE and begins + span + SETTLE <= moment:
            begins = max(begins, self._next(fine, begins, span))
            if begins + span + SETTLE > moment:
                break
            merged: _Series = {}
            for series in self._spans(fine, begins, begins + span):
                for name, points in series.items():
                    merged.setdefault(name, []).extend(p for p in points if begins <= p[0] < begins + span)
            rolled = {name: _buckets(points, bucket) for name, points in merged.items() if points}
            count = sum(map(len, rolled.values()))
            with self._connections.transaction() as con:
                self._insert(con, coarse, begins, begins + span, count, "", _pack(rolled))
            begins += span
            made += 1
        return made

    def _next(self, step: Step, begins: int, span: int) -> int:
        """Where the next span with any value begins: the nights and weeks without a device are skipped."""
        found = self._connections.get().execute(
            "SELECT min(begins) FROM telemetry WHERE step = ? AND ends >= ?", (step, begins)
        ).get  # fmt: skip
        if found is None:
            return wall_ms() + DAY
        return int(found) - int(found) % span

    def _spans(self, step: Step, since: int, until: int) -> Iterator[_Series]:
        longest = {"raw": 2 * SETTLE, "minute": HOUR, "hour": DAY}[step]
        rows = self._connections.get().execute(
            "SELECT body FROM telemetry WHERE step = ? AND begins >= ? AND begins < ? AND ends >= ? ORDER BY begins",
            (step, since - longest, until, since),
        )
        for (body,) in rows.fetchall():
            yield json.loads(zlib.decompress(cast("bytes", body)))

    def _end_of(self, step: Step) -> int | None:
        found = self._connections.get().execute("SELECT max(ends) FROM telemetry WHERE step = ?", (step,)).get
        return None if found is None else int(found)

    def _oldest(self, step: Step) -> int:
        found = (
            self._connections.get().execute("SELECT min(begins) FROM telemetry WHERE step = ?", (step,)).get
        )
        return wall_ms() if found is None else int(found)

    @staticmethod
    def _insert(con: Any, step: Step, begins: int, ends: int, count: int, rid: str, body: bytes) -> None:
        con.execute(
            "INSERT INTO telemetry (step, begins, ends, count, rid, body) VALUES (?, ?, ?, ?, ?, ?)",
            (step, begins, ends, count, rid, body),
        )


def _pack(series: _Series) -> bytes:
    # Packed before SQLite encrypts it: what is encrypted cannot be made smaller.
    return zlib.compress(json.dumps(series, separators=(",", ":")).encode(), 1)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _point(short: list[Any]) -> Point:
    if len(short) <= 3:
        return Point(short[0], 1, short[1], short[1], short[1], len(short) - 2)
    return Point(*short)


def _buckets(points: list[list[Any]], width: int) -> list[list[Any]]:
    """Points gathered by minute or hour: count, mean, lowest, highest, how many were doubtful."""
    gathered: dict[int, list[Point]] = {}
    for short in points:
        point = _point(short)
        gathered.setdefault(point.at - point.at % width, []).append(point)
    return [
        [
            at,
            (count := sum(p.count for p in group)),
            round(sum(p.mean * p.count for p in group) / count, 4),
            min(p.low for p in group),
            max(p.high for p in group),
            sum(p.doubtful for p in group),
        ]
        for at, group in sorted(gathered.items())
    ]
