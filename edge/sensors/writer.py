"""Readings to disk: what concerns a person at once, the air of a room in batches that an SD card survives.

All of a batch is one transaction: records, telemetry, latest values, presence. If the store cannot be written, the batch waits and is tried
again.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from edge.sensors import visits
from edge.sensors.intake import Accepted
from edge.sensors.visits import Whose
from edge.store import Store, StoreError, iso, new_rid
from edge.store.telemetry import Sample
from salon.records import Reading

logger = logging.getLogger(__name__)

BATCH = 60.0  # s: how long room readings wait for one another; a power cut costs no more than that
FULL = 5_000  # readings that are written without waiting for the minute
SEEN = 60.0  # s between two notes that a device was heard of
MAX_WAITING = 20_000  # readings: about an hour of forty devices while the disk is full
FOREVER = 10 * 365 * 86_400.0  # s: the interval of what is true until it changes


@dataclass
class _Batch:
    readings: list[tuple[Accepted, int, Whose | None]] = field(default_factory=list)
    """Each with when it came, in ms since 1970, and of whom it is."""
    latest: dict[tuple[str, str], tuple[Accepted, int]] = field(default_factory=dict)
    presence: dict[str, bool | None] = field(default_factory=dict)
    firmware: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.readings or self.latest or self.presence or self.firmware)


class Writer:
    """Collects, and writes when it is time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._batch = _Batch()
        self._since: float | None = None
        self._urgent = False
        self._seen: dict[str, float] = {}
        self._lasting: dict[str, dict[str, tuple[Accepted, int]]] = {}
        self._met: set[tuple[str, str]] = set()
        self._recorded: dict[tuple[str, str], tuple[float, str]] = {}
        """The last value of each measure that became a record since the start."""
        self._online: set[str] = set()
        self.written = 0

    def accept(self, accepted: Accepted, tick: float, at: int | None = None) -> None:
        """Take a value in."""
        device, measure = accepted.device.device, accepted.measure
        key = (device, measure.key)
        at = time.time_ns() // 1_000_000 if at is None else at
        batch = self._batch
        batch.latest[key] = (accepted, at)
        if measure.on_change:
            self._lasting.setdefault(device, {})[measure.key] = (accepted, at)
        said_again = self._is_said_again(accepted)
        if accepted.recorded and not said_again and len(batch.readings) < MAX_WAITING:
            batch.readings.append((accepted, at, self._whose(accepted) if measure.of_person else None))
            self._recorded[key] = (accepted.value, accepted.quality)
        # A first value is shown at once: a technician waits for it.
        if (measure.is_record and not said_again) or key not in self._met:
            self._met.add(key)
            self._urgent = True
        if tick - self._seen.get(device, -SEEN) >= SEEN:
            self._seen[device] = tick
            batch.presence.setdefault(device, None)
        if self._since is None:
            self._since = tick

    def _whose(self, accepted: Accepted) -> Whose | None:
        """Asked as it comes: what waits for the store must not become the reading of whoever lies there when it is written."""
        try:
            return visits.whose(self._store, accepted.device.place)
        except StoreError:
            logger.exception("%s: a reading belongs to nobody", accepted.device.device)
            return None

    def _is_said_again(self, accepted: Accepted) -> bool:
        """Whether what is sent on change has not changed: a scale repeats its counter every five minutes, for years. What a bed was set to is
        written each time: that it was set for this customer is news, whatever it stood at before.
        """
        measure = accepted.measure
        key = (accepted.device.device, measure.key)
        same = self._recorded.get(key) == (accepted.value, accepted.quality)
        return measure.on_change and not measure.can_be_set and same

    def presence(self, device: str, *, online: bool) -> None:
        """A device came or went. Retained states may come before the status that makes them true."""
        self._batch.presence[device] = online
        if online:
            self._online.add(device)
            for key, lasting in self._lasting.get(device, {}).items():
                self._batch.latest.setdefault((device, key), lasting)
        else:
            self._online.discard(device)
        self._urgent = True

    def unconfirm(self) -> None:
        """The bus was away: nobody is known to be there until announced again."""
        self._online.clear()

    def forget(self, device: str) -> None:
        """A device has gone for good. What it measured is still written; what it is now is nothing any more."""
        batch = self._batch
        for waiting in (batch.presence, batch.firmware, self._seen, self._lasting):
            waiting.pop(device, None)
        batch.latest = {key: value for key, value in batch.latest.items() if key[0] != device}
        self._recorded = {key: value for key, value in self._recorded.items() if key[0] != device}
        self._met = {key for key in self._met if key[0] != device}
        self._online.discard(device)

    @property
    def online(self) -> frozenset[str]:
        """The devices that said they are there."""
        return frozenset(self._online)

    def firmware(self, device: str, version: str) -> None:
        """A device said what it runs."""
        self._batch.firmware[device] = version
        self._urgent = True

    def flush_if_due(self, tick: float) -> None:
        """Write what waits, if it is time to."""
        waited = self._since is not None and tick - self._since >= BATCH
        if self._urgent or waited:
            self.flush()
        elif len(self._batch.readings) >= FULL:
            self._relieve()

    def flush(self) -> None:
        """Write what waits. What cannot be written waits on."""
        if not self._batch:
            return
        try:
            with self._store.transaction():
                self._write(self._batch)
        except StoreError:
            logger.exception("%d readings wait for the store", len(self._batch.readings))
            return
        self.written += len(self._batch.readings)
        self._batch = _Batch()
        self._since, self._urgent = None, False

    def _relieve(self) -> None:
        """A flood: the readings go to disk now, what is shown may wait for its minute."""
        flood = _Batch(readings=self._batch.readings)
        try:
            with self._store.transaction():
                self._write(flood)
        except StoreError:
            logger.exception("%d readings wait for the store", len(flood.readings))
            return
        self.written += len(flood.readings)
        self._batch.readings = []

    @staticmethod
    def _reading(accepted: Accepted, at: int, whose: Whose | None) -> Reading:
        device, measure = accepted.device, accepted.measure
        reading = Reading(
            rid=new_rid(),
            device=device.device,
            measure=measure.key,
            value=accepted.value,
            unit=measure.unit,
            at=_iso(at),
            place=device.place,
            quality=accepted.quality,
        )
        if whose is not None:
            reading.visit, reading.member, reading.phase = whose.visit, whose.member, whose.phase
        return reading

    def _write(self, batch: _Batch) -> None:
        samples = []
        for accepted, at, whose in batch.readings:
            device, measure = accepted.device.device, accepted.measure
            if not measure.is_record:
                doubtful = accepted.quality != "good"
                samples.append(Sample(device, measure.key, at, round(accepted.value, 4), doubtful))
                continue
            with self._store.acting(f"device:{device}"):
                self._store.readings.add(self._reading(accepted, at, whose))
        self._store.telemetry.append(samples)
        self._store.latest.put_all([self._latest(accepted, at) for accepted, at in batch.latest.values()])
        for name, version in batch.firmware.items():
            # A kept message: it says what a device runs, not that it is there.
            seen = None if name in self._online else False
            self._store.presence.note(name, online=seen, firmware=version)
        for name, online in batch.presence.items():
            self._store.presence.note(name, online=online)
            if online is False:
                self._expire(name)

    def _latest(self, accepted: Accepted, at: int) -> dict[str, Any]:
        device, measure = accepted.device, accepted.measure
        interval_s = measure.interval_s
        if measure.on_change:
            interval_s = FOREVER if device.device in self._online else 0.0
        return self._store.latest.row(
            device.device,
            measure.key,
            accepted.value,
            measure.unit,
            _iso(at),
            interval_s=interval_s,
            place=device.place,
            quality=accepted.quality,
        )

    def _expire(self, device: str) -> None:
        """Nothing of a device that has gone is shown as live."""
        for row in self._store.latest.all():
            if row.device == device and not row.stale:
                self._store.latest.put(
                    row.device,
                    row.measure,
                    row.value,
                    row.unit,
                    row.at,
                    interval_s=0,
                    place=row.place,
                    quality=row.quality,
                )


def _iso(at: int) -> str:
    return iso(datetime.fromtimestamp(at / 1000, UTC))
