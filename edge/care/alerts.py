"""Alerts as records: raised once for one cause, with the rule, its figures and a proposed action; closed when the cause is gone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tinydb import where

from salon.records import Alert
from salon.rules.said import Explain, Said
from salon.rules.times import Now, instant, text

if TYPE_CHECKING:
    from edge.store import Store

Role = Literal["beautician", "desk", "consultant", "manager"]
Level = Literal["info", "warn", "urgent"]


@dataclass(frozen=True)
class Cause:
    """What an alert is about. `episode` tells one absence, one complaint, one birthday from the next."""

    key: str
    member: str
    episode: str
    subject: str = ""

    @property
    def rid(self) -> str:
        joined = f"{self.key}\n{self.member}\n{self.episode}\n{self.subject}"
        return "al-" + hashlib.blake2b(joined.encode(), digest_size=16).hexdigest()


class Alerts:
    """The alerts of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def raise_once(
        self,
        cause: Cause,
        role: Role,
        level: Level,
        explain: Explain,
        now: Now,
        *,
        said: Said | None = None,
        action: Said | None = None,
    ) -> bool:
        """Whether it was new. One that a person closed is not raised again for the same cause."""
        told, todo = said or explain.said, action or Said("", "")
        with self._store.transaction():
            if self._store.alerts.find(cause.rid) is not None:
                return False
            self._store.alerts.add(
                Alert(
                    rid=cause.rid,
                    store=self._store.store_id,
                    rule=explain.rule,
                    key=cause.key,
                    member=cause.member,
                    subject=cause.subject,
                    role=role,
                    level=level,
                    zh_text=told.zh,
                    en_text=told.en,
                    action_zh=todo.zh,
                    action_en=todo.en,
                    figures=explain.figures,
                    policy=explain.policy,
                    at=text(instant(now)),
                )
            )
        return True

    def settle(self, prefix: str, still: set[str], now: Now, *, member: str = "") -> int:
        """Close the open alerts of a family whose cause is gone. `still`: rids of those that hold. `member`: only hers."""
        closed = 0
        wanted = (where("state") == "open") & (where("store") == self._store.store_id)
        if member:
            wanted = (where("member") == member) & wanted
        for alert in self._store.alerts.select(wanted):
            if alert.key.startswith(prefix) and alert.rid not in still:
                self._store.alerts.edit(
                    alert.rid,
                    state="closed",
                    closed_at=text(instant(now)),
                    result="原因已消失 / no longer holds",
                )
                closed += 1
        return closed
