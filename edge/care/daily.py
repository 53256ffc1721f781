"""What is looked at once a day: occasions (FUP-06..08), vouchers and balances (LOY-15, LOY-16, LOY-21), churn (CHN-01..05).

In slices, one a look: a large store takes some minutes. Run again on the same day it makes nothing twice: ids are made of the cause. A day that was missed is made good within
CATCH_UP_DAYS, as far as it still fits.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal, cast
from zoneinfo import ZoneInfo

from tinydb import where

from edge.care.alerts import Alerts, Cause
from edge.care.outbox import Outbox
from edge.care.words import Words
from edge.store import allowed, finding, told
from salon.records import FollowUp, Member, Service, Voucher
from salon.rules import churn, loyalty, names, occasions, recommend, tiers, vouchers
from salon.rules.followups import occasion_task
from salon.rules.history import History
from salon.rules.said import Said
from salon.rules.times import Now, full_day, local, text

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy

CATCH_UP_DAYS = 3
"""A long weekend without power. What is older is no longer an occasion."""
SLICE = 200
"""Customers of one look, so that the clocks of complaints are never held up for long and memory stays small."""
_TEMPLATES = {
    "birthday.greeting": "birthday_greeting",
    "anniversary": "anniversary",
    "recommendation": "recommendation",
    "tip": "tip",
}
"""Of single occasions; solar terms and festivals share one."""


class Daily:
    """The daily look of one store."""

    def __init__(self, store: Store, outbox: Outbox, alerts: Alerts, words: Words) -> None:
        self._store, self._outbox, self._alerts, self._words = store, outbox, alerts, words

    def look(self, policy: Policy, now: Now, after: str) -> str:
        """The next customers of this store behind `after`; the rid to go on from, or empty when all were looked at."""
        found = self._store.members.select(where("rid") > after, order_by="rid", limit=SLICE)
        services = self._store.services.select()
        for member in found:
            if member.home_store not in {self._store.store_id, ""}:
                continue
            files = self._store.files(member.rid)
            if files[0] == member.rid:  # one that was merged is looked at as the leading file
                self._one(self._history(member, files, services), files, policy, now)
        return found[-1].rid if len(found) == SLICE else ""

    def _one(self, history: History, files: list[str], policy: Policy, now: Now) -> None:
        self._occasions(history, policy, now)
        gone = vouchers.used(history.ledger)
        self._account(history, finding.records(self._store.vouchers, files), gone, policy, now)
        still = self._churn(history, policy, now)
        self._alerts.settle("churn.", still, now, member=history.member.rid)

    def _history(self, member: Member, files: list[str], services: list[Service]) -> History:
        """Out of all her files: a person that was merged is greeted, counted and missed once."""
        store = self._store
        return History.of(
            member,
            finding.records(store.visits, files),
            services,
            ledger=finding.records(store.ledger, files),
            surveys=finding.records(store.surveys, files),
            appointments=finding.records(store.appointments, files),
        )

    # --- occasions

    def _occasions(self, history: History, policy: Policy, now: Now) -> None:
        today = local(now, self._words.timezone).date()
        first = today - timedelta(days=CATCH_UP_DAYS)
        for due in occasions.within(history, policy, first, today, self._words.timezone):
            if due.until < today:
                continue
            if due.way == "alert":
                self._alerts.raise_once(
                    Cause(due.key, history.member.rid, due.until.isoformat()),
                    "beautician",
                    "info",
                    due.explain,
                    now,
                    action=due.said,
                )
            elif due.way == "task":
                self._task(occasion_task(history.member, due, self._end(due.until), policy, now))
            else:
                self._message(history, due, policy, now)

    def _task(self, task: FollowUp) -> None:
        with self._store.transaction():
            if self._store.follow_ups.find(task.rid) is None:
                self._store.follow_ups.add(task)

    def _message(self, history: History, due: occasions.Due, policy: Policy, now: Now) -> None:
        member = history.member
        lang = member.language or "zh"
        template = _TEMPLATES.get(due.key, "occasion")
        more = {"tip": self._words.tip(lang, now), "occasion": due.said.in_(lang)}
        if due.key in {"birthday.greeting", "anniversary"}:
            more["gift"] = self._gift(history, due, policy, now, lang)
            more["years"] = str(due.explain.figures.get("years", ""))
        if due.key == "recommendation":
            proposal = self._recommended(history, policy, now)
            if not proposal.items:
                return
            more["items"] = Said("、", ", ").in_(lang).join(item.label.in_(lang) for item in proposal.items)
            more["why"] = proposal.items[0].to_her.in_(lang)
        self._outbox.write(
            member,
            template,
            f"{due.key} {due.day.isoformat()}",
            self._words.of(member, **more),
            self._end(due.until),
            due.explain,
            now,
        )

    def _gift(self, history: History, due: occasions.Due, policy: Policy, now: Now, lang: str) -> str:
        """The voucher of a birthday or an anniversary (LOY-15, LOY-16), issued with the greeting; empty where there is none.

        A member's birthday discount is a benefit of her tier (LOY-02): it is hers although no greeting may be sent, and the desk sees it.
        """
        kind = "birthday" if due.key.startswith("birthday") else "anniversary"
        rule = policy.vouchers
        yuan = rule.birthday_yuan if kind == "birthday" else rule.anniversary_yuan
        off = rule.birthday_discount if kind == "birthday" else 0.0
        member = history.member
        greeted = allowed.allows(self._store, member.rid, "marketing")
        tier = tiers.of_visits(history.visits, 0, policy, now).key if not greeted else ""
        due_to_her = kind == "birthday" and loyalty.has(
            loyalty.rights(tier, history, [], policy, now), loyalty.BIRTHDAY
        )
        if not (yuan or off) or not (greeted or due_to_her):
            return ""
        voucher = vouchers.issue(
            cast("Literal['birthday', 'anniversary']", kind),
            member.rid,
            self._store.store_id,
            f"{due.day.year}",
            due.explain,
            policy,
            now,
            self._words.timezone,
            yuan=yuan,
            discount=off,
        )
        with self._store.transaction():
            kept = self._store.vouchers.find(voucher.rid) or self._store.vouchers.add(voucher)
        until = full_day(date.fromisoformat(kept.valid_until))
        label = vouchers.label(kept)
        return Said(f"送您{label.zh}，{until.zh}前有效。", f"For you: {label.en}, until {until.en}.").in_(
            lang
        )

    def _recommended(self, history: History, policy: Policy, now: Now) -> recommend.Proposal:
        store, files = self._store, self._store.files(history.member.rid)
        plans = [plan for plan in finding.records(store.care_plans, files) if plan.state == "active"]
        scans = [scan for scan in finding.records(store.scans, files) if scan.accepted]
        return recommend.recommend(
            history,
            max(plans, key=lambda p: p.started_at, default=None),
            max(scans, key=lambda s: s.at, default=None),
            store.products.select(),
            finding.records(store.offers, files),
            policy,
            now,
            self._words.timezone,
            told=told.of(store, history.member),
        )

    def _end(self, day: date) -> str:
        """The end of a day of the store, as an instant."""
        return text(datetime.combine(day + timedelta(days=1), time(0), ZoneInfo(self._words.timezone)))

    # --- accounts and churn

    def _account(
        self, history: History, own: list[Voucher], gone: set[str], policy: Policy, now: Now
    ) -> None:
        member = history.member
        lang = member.language or "zh"
        for voucher in vouchers.ending(own, gone, policy, now, self._words.timezone):
            until = full_day(date.fromisoformat(voucher.valid_until))
            explain = loyalty.voucher_ends(voucher, policy)
            variables = self._words.of(
                member, voucher=vouchers.label(voucher).in_(lang), until=until.in_(lang)
            )
            self._outbox.write(
                member, "voucher_ending", voucher.rid, variables,
                self._end(date.fromisoformat(voucher.valid_until)), explain, now,
            )  # fmt: skip
        low = loyalty.renewal(history, policy)
        if low is not None:
            last_top_up = max(e.at for e in history.ledger if e.reason == "top_up")
            self._alerts.raise_once(Cause("renewal", member.rid, last_top_up), "consultant", "info", low, now)

    def _churn(self, history: History, policy: Policy, now: Now) -> set[str]:
        """Raise what holds; the rids of all that hold. One absence, one alert: the last visit is the episode."""
        found = churn.assess(history, policy, now)
        episode = history.last.rid if history.last else "none"
        name = names.full(history.member)
        rids: set[str] = set()
        for signal in found.raised:
            cause = Cause(f"churn.{signal.key}", history.member.rid, episode)
            said = signal.explain.said
            self._alerts.raise_once(
                cause,
                "consultant" if signal.tells == "consultant" else "manager",
                "warn",
                signal.explain,
                now,
                said=Said(f"{name}：{said.zh}", f"{name}: {said.en}"),
                action=found.action,
            )
            rids.add(cause.rid)
        return rids
