"""What goes by today's date waits while the store's clock is behind what was already written (sync.md 2.2, `salon.rules.dated`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.kiosk.services.once import add_once, fact_rid
from salon.records import Alert
from salon.rules import dated

if TYPE_CHECKING:
    from edge.store import Store
    from salon.rules.said import Said


class ClockWrong(ValueError):
    """Raised when something has to wait for the right time; `.said` is for the page."""

    def __init__(self, said: Said) -> None:
        self.said = said
        super().__init__(said.en)


def why_not(store: Store, what: dated.Dated) -> Said | None:
    """Why this has to wait; None as a rule, and at once when the clock is right again."""
    return dated.why_not(what, suspect=store.clock_suspect())


def check(store: Store, what: dated.Dated) -> None:
    """Raises ClockWrong."""
    said = why_not(store, what)
    if said is not None:
        raise ClockWrong(said)


def on_the_page(store: Store) -> Said | None:
    """What every page of staff says meanwhile."""
    return dated.on_the_page() if store.clock_suspect() else None


def owe(store: Store, member: str, subject: str, moment: str, what: list[Said]) -> None:
    """Tell the manager what a customer could not be given, so that it is not forgotten. Once for a subject."""
    said, to_do = dated.owed(what)
    add_once(
        store.alerts,
        Alert(
            rid=fact_rid("owed", subject, member), store=store.store_id, rule="vouchers (LOY-14)", key="clock.owed",
            member=member, subject=subject, role="manager", level="warn", zh_text=said.zh, en_text=said.en,
            action_zh=to_do.zh, action_en=to_do.en, at=moment,
        ),
    )  # fmt: skip
