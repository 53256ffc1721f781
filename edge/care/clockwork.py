"""The store's clockwork: one look every half minute, and a daily look, in slices.

Nothing depends on being there at the minute: what a look does follows from what is in the store and the time. So a night without
power is caught up by the first look, and what no longer fits is not sent. A clock that cannot be believed stops the clockwork.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tinydb import where

from edge.care import stock
from edge.care.alerts import Alerts, Cause
from edge.care.channels import Adapter
from edge.care.contacts import Contacted, Contacts
from edge.care.daily import Daily
from edge.care.outbox import ACTOR, Outbox, Posted
from edge.care.words import Words
from edge.store import now as store_now
from salon import policies
from salon.records import Complaint
from salon.records import Store as StoreRecord
from salon.records.messages import Channel
from salon.rules import complaints, names
from salon.rules.said import Said
from salon.rules.times import Now, instant, local, text

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy

logger = logging.getLogger(__name__)

STATUS = "care.status"
"""Setting with the last look, for the pages."""
KEEP_EVERY = timedelta(minutes=5)
"""Looks that found nothing new are written down this often."""
_DAY, _SLICE = "care.day", "care.slice"
"""Settings: the day that was looked at to its end, and how far the day of now was."""
STEP = timedelta(minutes=5)
"""Wall and steady clock may part by this much between two looks; more is a clock that was set."""
SETTLE = timedelta(minutes=2)
"""After a clock was set, so long nothing is sent or ended: a Pi sets its clock twice at boot, roughly and then rightly."""


@dataclass(frozen=True)
class Ticked:
    """What one look did."""

    at: str
    held: str = ""
    """`clock` when the clock was not believed, else empty."""
    contacts: Contacted = field(default_factory=Contacted)
    posted: Posted = field(default_factory=Posted)
    breaches: int = 0
    daily: bool = False


class Clockwork:
    """The clockwork of one store."""

    def __init__(
        self,
        store: Store,
        ways: Mapping[Channel, Adapter],
        *,
        report_url: str = "",
        replies: bool = False,
        clock: Callable[[], str] = store_now,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._clock, self._steady = store, clock, steady
        self._house = house = self._read_house()
        self._words = words = Words(store, house, report_url)
        self._alerts = Alerts(store)
        self._outbox = Outbox(store, ways, house.timezone, replies=replies)
        self._contacts = Contacts(store, self._outbox, self._alerts, words)
        self._daily = Daily(store, self._outbox, self._alerts, words)
        self._seen: tuple[str, float] | None = None
        self._settled_at = 0.0
        self._problems = ""
        self._kept: tuple[Ticked | None, float] = (None, 0.0)

    def tick(self) -> Ticked:
        """One look. Raises StoreError when the store cannot be used; the next look makes it good."""
        now = self._clock()
        if not self._believable(now):
            ticked = Ticked(now, held="clock")
        else:
            with self._store.acting(ACTOR):
                ticked = self._look(now, self._policy())
        self._keep(ticked)
        return ticked

    def _keep(self, ticked: Ticked) -> None:
        """Write the look down for the pages if it is news: a durable write every half minute would wear the card."""
        news, steady = replace(ticked, at=""), self._steady()
        if news == self._kept[0] and steady - self._kept[1] < KEEP_EVERY.total_seconds():
            return
        self._store.settings.set(STATUS, asdict(ticked))
        self._kept = news, steady

    def _read_house(self) -> StoreRecord:
        """Under a bare name until head office has sent the store's own record."""
        rid = self._store.store_id
        return self._store.stores.find(rid) or StoreRecord(rid=rid, name=rid)

    def _look(self, now: str, policy: Policy) -> Ticked:
        # As it stands now: its name, number, hours and zone may have come or been changed while this unit runs.
        self._house = self._words.house = self._read_house()
        self._outbox.timezone = self._house.timezone
        breaches = self._complaints(policy, now)
        stock.look(self._store, self._alerts, policy, now)
        daily = self._is_new_day(now)
        if daily:
            self._next_slice(policy, now)
        contacts = self._contacts.look(policy, now)
        return Ticked(now, "", contacts, self._outbox.post(policy, now), breaches, daily)

    def _next_slice(self, policy: Policy, now: Now) -> None:
        """Go on where the last look of this day ended, also after a restart."""
        today = self._today(now)
        day, _, after = str(self._store.settings.get(_SLICE, "")).partition(" ")
        after = self._daily.look(policy, now, after if day == today else "")
        self._store.settings.set(_SLICE, f"{today} {after}")
        if not after:
            self._store.settings.set(_DAY, today)

    def _policy(self) -> Policy:
        found = policies.active(self._store.policy_texts.select(), self._store.store_id)
        problems = "; ".join(map(str, found.problems))
        if problems != self._problems:
            self._problems = problems
            if problems:
                logger.warning("a policy text cannot be used: %s", problems)
                self._store.refuse("config", "policy", "bad_policy", problems)
        return found.policy

    # --- the clock

    def _believable(self, now: Now) -> bool:
        """Not behind what was already written; and not just set."""
        steady = self._steady()
        last, self._seen = self._seen, (text(instant(now)), steady)
        if last is not None:
            walked = instant(now) - instant(last[0])
            if abs(walked - timedelta(seconds=steady - last[1])) > STEP:
                logger.warning("the clock was set by %s: waiting for it to settle", walked)
                self._settled_at = steady + SETTLE.total_seconds()
        return not self._store.clock_suspect() and steady >= self._settled_at

    def _today(self, now: Now) -> str:
        return local(now, self._house.timezone).date().isoformat()

    def _is_new_day(self, now: Now) -> bool:
        return bool(self._store.settings.get(_DAY, "") != self._today(now))

    # --- complaints

    def _complaints(self, policy: Policy, now: Now) -> int:
        """Alerts for clocks that press or ran out (CMP-01), and for customers who were not told the result (CMP-05)."""
        breaches = 0
        still: set[str] = set()
        own = self._store.complaints.select(where("store") == self._store.store_id)
        for complaint in own:
            breaches += self._clocks(complaint, policy, now, still)
            if complaints.untold(complaint):
                cause = Cause("complaint.untold", complaint.member, complaint.rid, complaint.rid)
                still.add(cause.rid)
                self._alerts.raise_once(cause, "manager", "warn", complaints.tell(complaint), now)
        self._alerts.settle("complaint.", still, now)
        return breaches

    def _clocks(self, complaint: Complaint, policy: Policy, now: Now, still: set[str]) -> int:
        breached: set[str] = set()
        for clock in complaints.clocks(complaint, self._house, policy, now):
            if clock.breached:
                breached.add(clock.step)
            if clock.done_at or not (clock.breached or clock.pressing):
                continue
            kind = "breach" if clock.breached else "pressing"
            cause = Cause(f"complaint.{kind}.{clock.step}", complaint.member, complaint.rid, complaint.rid)
            still.add(cause.rid)
            member = self._store.members.find(complaint.member)
            name = names.full(member) if member else ""
            said = clock.explain.said
            self._alerts.raise_once(
                cause,
                "manager",
                "urgent" if clock.breached else "warn",
                clock.explain,
                now,
                said=Said(f"投诉 {name}：{said.zh}", f"Complaint of {name}: {said.en}"),
            )
        new = breached - set(complaint.breaches)
        if new:
            self._store.complaints.edit(complaint.rid, breaches=sorted({*complaint.breaches, *new}))
        return len(new)
