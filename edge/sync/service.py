"""The agent's day: send within a second of a write, look into the inbox every two, and when the line is down wait with patience."""

from __future__ import annotations

import logging
import threading
import time

from edge.store import Store, StoreBusy, StoreUnwritable, elsewhere
from edge.sync.agent import Agent, SyncReport
from edge.sync.enrolment import HQ_URL
from edge.sync.errors import SLOW_DOWN, NotEnrolled, Refused, SyncError
from edge.sync.pace import Backoff

logger = logging.getLogger(__name__)

PULL_EVERY_S = 2.0
"""A visit in store A is seen in store B within seconds (SYN-02)."""
ASK_AGAIN_S = 5.0
"""How often a store that is not enrolled looks whether it is."""
STUCK_S = 15 * 60.0
"""A turn may wait for the line, its time-outs and the pause after them; none takes this long."""
_FEED_S = 0.25
"""One wait for local writes; also how fast the agent stops, and sees that a screen asks for somebody."""
_LEAST_PAUSE_S = 1.0
"""Told to slow down without a time, it is not asked again at once."""
_PIECE_S = 60.0
"""HQ may ask for an hour: the watchdog sees that the loop is waiting, and alive."""


class Service:
    """Runs one agent until told to stop."""

    def __init__(self, agent: Agent, stop: threading.Event) -> None:
        self._agent = agent
        self._stop = stop
        self._backoff = Backoff()
        self._error = ""
        self._finished_erasures = False
        self._turned_at = time.monotonic()

    def problem(self) -> str:
        """What is wrong with this loop, for the watchdog: "" while it turns and the store answers."""
        self._agent.store.clock_suspect()
        still = time.monotonic() - self._turned_at
        return f"no turn for {still:.0f} s" if still > STUCK_S else ""

    def run(self) -> None:
        feed = self._agent.store.feed()
        while not self._stop.is_set():
            self._turned_at = time.monotonic()
            report = self._exchange()
            self._tell(report)
            if report.error:
                if report.reading:
                    self._backoff.succeeded()  # the more so: pages came
                self._rest(self._wait_s())
                continue
            self._backoff.succeeded()
            next_pull = time.monotonic() + PULL_EVERY_S
            while not self._stop.is_set() and time.monotonic() < next_pull:
                if any(not notice.foreign for notice in feed.wait(_FEED_S)):
                    break
                if self._agent.store.jobs.waits(elsewhere.KIND):
                    break

    def _exchange(self) -> SyncReport:
        """A full or busy disk is waited out like a line that is down: starting again would make no room."""
        try:
            if self._error:
                self._agent.look_again()
            if not self._finished_erasures:
                self._agent.store.finish_erasures()
                self._finished_erasures = True
            self._fetch_who_is_here()
            return self._agent.sync_now()
        except StoreUnwritable as error:
            return SyncReport(error="disk_full", detail=error.reason)
        except NotEnrolled as error:
            return SyncReport(error=error.code, detail=str(error))
        except StoreBusy as error:
            return SyncReport(error="store_busy", detail=str(error))

    def _fetch_who_is_here(self) -> None:
        """Before all else: somebody stands at a screen. What stands in the way, the exchange will meet too."""
        if self._agent.store.jobs.waits(elsewhere.KIND):
            try:
                elsewhere.answer(self._agent.store, self._agent.look_up)
            except SyncError as error:
                logger.info("nobody was fetched: %s (%s)", error.code, error)

    def _wait_s(self) -> float:
        """What HQ asked for, if it did, and never less than our own draw."""
        own = self._backoff.next_s()
        failure = self._agent.last_failure
        if not isinstance(failure, Refused):
            return own
        least = _LEAST_PAUSE_S if failure.code == SLOW_DOWN else 0.0
        return max(own, least, failure.retry_after_s or 0.0)

    def _rest(self, seconds: float) -> None:
        """Wait until then, or until told to stop."""
        while seconds > 0 and not self._stop.is_set():
            self._turned_at = time.monotonic()
            self._stop.wait(min(seconds, _PIECE_S))
            seconds -= _PIECE_S

    def _tell(self, report: SyncReport) -> None:
        """Log what changed, once."""
        if report.error != self._error:
            if report.error:
                logger.warning("exchange with HQ stopped: %s (%s)", report.error, report.detail)
            else:
                logger.info("exchange with HQ works again")
            self._error = report.error
        if report.pushed or report.pulled:
            logger.info("pushed %d, pulled %d", report.pushed, report.pulled)


def agent_when_enrolled(store: Store, url: str, stop: threading.Event) -> Agent | None:
    """An agent, as soon as the store is enrolled; None when told to stop before."""
    told = False
    while not stop.is_set():
        address = url or store.settings.get(HQ_URL, "")
        try:
            if address:
                return Agent(store, address)
        except NotEnrolled:
            address = ""
        if not told:
            logger.info("not enrolled with HQ: waiting for `parlour provision store`")
            told = True
        stop.wait(ASK_AGAIN_S)
    return None
