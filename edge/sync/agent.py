"""The agent that reconciles this store with HQ: pushes what was written here, pulls what was written elsewhere.

Each step is safe to repeat and safe to lose: HQ acknowledges by number, a pull moves its cursor in the transaction that takes the
changes in. So there is no state here that matters; a killed agent starts where the store's database says.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from edge.store import Store, again, putaside
from edge.store.clock import wall_ms
from edge.store.keys import read_key
from edge.store.outbox import NotWritten, Unsent
from edge.store.remote import Applied
from edge.sync import status
from edge.sync.enrolment import HQ_URL, LOOKUP_KEY, key_of
from edge.sync.errors import SLOW_DOWN, Refused, Restored, SyncError, Unreachable
from edge.sync.flight import Flight, InTurn, threads
from edge.sync.leasing import Leasing
from edge.sync.line import Line, new_client
from edge.sync.pace import BatchSize
from edge.sync.recovery import recover
from edge.sync.settling import Settling
from edge.web import httpx
from salon.reconcile import BadChange, BadStamp, Change, Origin, Stamp
from salon.reconcile.protocol import (
    MAX_BATCH_BYTES,
    OriginOnWire,
    PulledChange,
    Push,
    PushAnswer,
    RecordsRequest,
)
from salon.rules import phones

_ONE_BY_ONE = frozenset({"malformed", "one_at_a_time", "gap"})
"""What is said to a batch sent ahead by an HQ of before, or by one of several workers that does not know what the others do: then the rest goes one
after the other.
"""
PULL_LIMIT = 500
"""Changes taken in by one local transaction."""


@dataclass
class SyncReport:
    """What one exchange moved, and what stood in its way."""

    pushed: int = 0
    pulled: int = 0
    refused: int = 0
    """Changes that HQ or this store could not take in; each is on the technician's page."""
    pending: int = 0
    reading: bool = False
    """HQ asked for time in the middle of a snapshot, of which some pages came: the next exchange goes on from there."""
    recovered: bool = False
    """This database turned out to be a copy, and began a new life."""
    error: str = ""
    """Code of what ended the exchange early; empty when all was exchanged."""
    detail: str = ""


class Agent:
    """One store's exchange with one HQ. Tests and simulations give their own HTTP client."""

    def __init__(self, store: Store, url: str, *, client: httpx.Client | None = None) -> None:
        self.store = store
        self._in_turn = InTurn()
        self._flights = self._in_turn if client else threads()
        self._client = client or new_client()
        self._given = url if url != store.settings.get(HQ_URL, "") else ""
        """Where HQ is, if that is not what the enrolment says."""
        self.line = Line(url, self._client, store.store_id, key_of(store))
        self.leasing = Leasing(store, self.line)
        self.settling = Settling(store, self.line)
        self._size = BatchSize()
        self._resend_after: int | None = None
        """HQ came back from a backup: it gets again what it lost, from here."""
        self._reading = ""
        """Which page of a snapshot comes next; empty: none is being read."""
        self.skew_ms = 0
        self.refused = 0
        self.last_failure: SyncError | None = None

    def close(self) -> None:
        self._flights.shutdown(wait=False)
        self._client.close()

    def look_again(self) -> None:
        """Where HQ is and by what key, as it stands now: the store may have been enrolled anew while this agent runs. Raises NotEnrolled."""
        self._reading = ""
        self.line.turn_to(
            self._given or self.store.settings.get(HQ_URL, ""), self.store.store_id, key_of(self.store)
        )

    # --- out

    def push_once(self) -> int:
        """Send one batch. Returns how many changes HQ acknowledged now. Raises SyncError."""
        flight = self._send()
        return 0 if flight is None else self._land(flight)

    def push_all(self) -> int:
        """Send all there is, one batch ahead of HQ's answers. Returns how many changes it acknowledged. Raises SyncError."""
        pushed, ahead = 0, True
        flight = self._send()
        while flight is not None:
            following = self._send_ahead(flight) if ahead and not flight.is_lost else None
            goes_on = False
            try:
                lost = flight.failed() if flight.ahead else None
                landed = 0 if lost else self._land(flight)
                goes_on = following is not None and self.store.outbox.acked == following.first - 1
            finally:  # what is forgotten is on its way no more
                after = following.failed() if following and not goes_on else None
            pushed += landed
            if goes_on:
                flight = following
                continue
            failed = lost or after
            ahead = ahead and not (isinstance(failed, Refused) and failed.code in _ONE_BY_ONE)
            # HQ took nothing: the same again would get the same answer, and the next look is soon.
            flight = self._send() if landed or lost else None
        return pushed

    def _send(self) -> Flight | None:
        batch = self.store.outbox.unsent(self._size.size, MAX_BATCH_BYTES, after=self._resend_after)
        if not batch:
            self._resend_after = None
            return None
        message = self._message(batch)
        return self._start(self._flights if message.pending else self._in_turn, message, batch)

    def _send_ahead(self, before: Flight) -> Flight | None:
        if self._resend_after is not None:
            return None
        batch = self.store.outbox.unsent(self._size.size, MAX_BATCH_BYTES, after=before.last)
        if not batch:
            return None
        message = self._message(batch).model_copy(update={"held": self.store.outbox.acked})
        return self._start(self._flights, message, batch, ahead=True)

    def _start(self, way: Executor, message: Push, batch: list[Unsent], *, ahead: bool = False) -> Flight:
        return Flight(batch, way.submit(self.line.push, message, [one.text for one in batch]), ahead)

    def _land(self, flight: Flight) -> int:
        batch = flight.batch
        try:
            answer = flight.answer.result()
        except Unreachable:
            self._size.was_too_much()
            raise
        except Refused as error:
            if error.status == 413 and self._size.was_too_much():
                return self.push_once()
            if error.code == "gap" and error.acked is not None:
                return self._meet(error.acked)
            raise
        self._size.went_well()
        self._note(answer, batch)
        # HQ may hold more (an earlier, larger batch whose answer was lost), but speaks of the stamps of this batch only.
        acked = min(answer.acked, batch[-1].n)
        return self._acknowledge(acked, batch[0].n - 1, _stamps(answer, batch))

    def _message(self, batch: list[Unsent]) -> Push:
        outbox = self.store.outbox
        origin = self.store.origin
        pending = max(0, outbox.acked + outbox.count() - batch[-1].n)
        told = outbox.told(batch)
        return Push(
            origin=OriginOnWire(store=origin.store, epoch=origin.epoch),
            client_now=told.client_now,
            boot_n=told.boot_n,
            ages=dict(told.ages),
            given={n: str(stamp) for n, stamp in told.given.items()},
            n=batch[0].n,
            prev_h=outbox.head(batch[0].n - 1).hex(),
            h=outbox.head(batch[-1].n).hex(),
            ops=[],
            pending=pending,
            oldest_at=self._oldest_at() if pending else "",
        )

    def _oldest_at(self) -> str:
        return self.store.outbox.oldest_at() or ""

    def _acknowledge(self, acked: int, before: int, restamped: dict[int, Stamp] | None = None) -> int:
        try:
            self.store.outbox.acknowledge(acked, restamped)
        except NotWritten as error:
            raise Restored(str(error)) from error
        if self._resend_after is not None:
            self._resend_after = acked if acked < self.store.outbox.acked else None
        return max(0, acked - before)

    def _meet(self, acked: int) -> int:
        """HQ holds less than it acknowledged once (its database is from a backup): send again from where it is, and what earlier
        lives wrote that it does not have. Its leases are another day's.
        """
        if acked >= self.store.outbox.acked:
            return self._acknowledge(acked, acked)
        self._went_back(f"{self.store.outbox.acked} acknowledged, {acked} there")
        again.earlier_lives(self.store, self.line.status().acked)
        self._resend_after = acked
        return self.push_once()

    def _went_back(self, how: str) -> None:
        self.store.refuse("sync", "hq", "hq_went_back", how)
        self.leasing.checked = False

    def _note(self, answer: PushAnswer, batch: list[Unsent]) -> None:
        self.skew_ms = wall_ms() - answer.server_now
        self.refused += len(answer.results)
        node = self.store.origin.node
        sent = {one.n: one.text for one in batch}
        for result in answer.results:
            raw = ""
            if result.n in sent and result.code not in putaside.FOR_INFORMATION:
                raw = putaside.envelope(node, json.loads(sent[result.n]))
                if any(one.raw == raw for one in self.store.refusals_naming(node)):
                    continue  # told once more, as this machine died before it could note the acknowledgement
            self.store.refuse("sync", "hq", result.code, f"change {result.n}: {result.detail}", raw)

    # --- in

    def pull_once(self) -> tuple[int, bool]:
        """Take in one page of the inbox, or of a snapshot. Returns how many changes were new, and whether there is more. Raises SyncError."""
        if self._reading or not self.store.cursor:
            return self._bootstrap(), True
        pending = self.store.outbox.count()
        try:
            answer = self.line.pull(
                self.store.cursor, PULL_LIMIT, pending=pending, oldest_at=self._oldest_at() if pending else "",
                epoch=self.store.origin.epoch, written=self.store.outbox.acked + pending,
            )  # fmt: skip
        except Refused as error:
            if error.status == 410:
                return self._bootstrap(), True
            if error.code == "gap" and error.acked is not None:
                self._meet(error.acked)
                while self.push_once():
                    pass
                return 0, True
            raise
        self.leasing.recalled = answer.recalls
        if not answer.ops and answer.cursor == self.store.cursor:
            return 0, False
        changes = [change for change in map(self._read, answer.ops) if change is not None]
        return self._took(self.store.apply(changes, cursor=answer.cursor)), answer.more

    def _took(self, applied: Applied) -> int:
        """How many changes were new."""
        self.refused += len(applied.refused)
        if applied.leases:
            self.leasing.checked = False  # before more of it is spent here than HQ has
        return applied.applied

    def _read(self, item: PulledChange) -> Change | None:
        try:
            return Change.from_wire(Origin.of_node(item.origin), item.op)
        except ValueError as error:  # BadChange, or an origin that makes no stamp
            code = error.reason if isinstance(error, BadChange) else "malformed"
            self.store.refuse("sync", item.origin, code, str(error), putaside.envelope(item.origin, item.op))
            self.refused += 1
            return None

    def _bootstrap(self) -> int:
        """Read a page of all that HQ has for this store. The cursor moves with the last one: broken off, it begins anew. Not so where HQ asked
        for time: it goes on from there when that is over, as a large snapshot begun anew would never end.
        """
        after, self._reading = self._reading, ""
        try:
            page = self.line.snapshot(after, PULL_LIMIT)
        except Refused as error:
            if error.code == SLOW_DOWN:
                self._reading = after
            raise
        new = self._took(self.store.adopt(page.records, cursor=None if page.next else page.cursor))
        self._reading = page.next
        return new

    def look_up(self, phone: str) -> list[str]:
        """Fetch members of other stores by phone number. Returns their rids. Raises BadPhone, SyncError."""
        key = read_key(self.store.home, LOOKUP_KEY)
        found = self.line.look_up(hmac.digest(key, phones.normalise(phone).encode(), "sha256").hex())
        self._took(self.store.adopt(found.records))
        return found.members

    # --- both

    def sync_now(self) -> SyncReport:
        """Push all and pull all, once. Never raises a SyncError: the report says what stood in the way."""
        report = SyncReport()
        before = self.refused
        for step in (self._push_all, self._rebuild, self._pull_all, self._rebuild, self._lease, self._settle):
            try:
                self._alive(step, report)
            except SyncError as error:
                self.last_failure = error
                report.error, report.detail = error.code, str(error)
            if report.error == Unreachable.code:
                break
        report.refused = self.refused - before
        report.pending = self.store.outbox.count()
        status.keep(
            self.store, pushed=report.pushed, error=report.error, detail=report.detail, skew_ms=self.skew_ms
        )
        return report

    def _alive(self, step: Callable[[SyncReport], None], report: SyncReport) -> None:
        """Do a step; if HQ says that this database is a copy that was set back, or another life of it went on, recover first."""
        try:
            step(report)
        except (Refused, Restored) as error:
            if error.code not in {"forked", Restored.code}:
                raise
            recover(self.store, self.line, str(error))
            self._resend_after, self._reading = None, ""
            self.leasing.checked = False
            report.recovered = True
            step(report)

    def _rebuild(self, _report: SyncReport) -> None:
        """Make the records anew whose changes got another stamp at HQ."""
        while refs := self.store.outbox.rebuilds():
            known = {
                (one.kind, one.rid): one.state for one in self.line.records(RecordsRequest(refs=refs)).records
            }
            for ref in refs:
                self.store.rebuild(*ref, known.get(ref))

    def _lease(self, _report: SyncReport) -> None:
        self.leasing.step()

    def _settle(self, _report: SyncReport) -> None:
        self.settling.step()

    def _push_all(self, report: SyncReport) -> None:
        report.pushed += self.push_all()
        if again.earlier_lives_wait(self.store) and again.earlier_lives(self.store, self.line.status().acked):
            self._went_back("earlier lives")
            report.pushed += self.push_all()

    def _pull_all(self, report: SyncReport) -> None:
        more, before = True, self._reading
        while more:
            try:
                pulled, more = self.pull_once()
            finally:
                report.reading = self._reading not in {"", before}
            report.pulled += pulled


def _stamps(answer: PushAnswer, batch: list[Unsent]) -> dict[int, Stamp]:
    """The stamps that HQ gave instead, as far as they are stamps."""
    try:
        return {
            n: Stamp.parse(text) for n, text in answer.restamped.items() if batch[0].n <= n <= batch[-1].n
        }
    except BadStamp as error:
        raise Unreachable(f"not HQ's answer: {error}") from error
