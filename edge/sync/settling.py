"""What head office did not take of this store, and has decided on since: here it asks for no decision any more (SYN-08).

Head office tells nobody what becomes of what it put aside; the store asks for those that it still shows. So a lost answer is asked for again,
and a store that was away for a month asks when it is back. Of what waits there for its record's first change nobody knows whose it is but
the store that wrote it: where she was erased since, it says so (SEC-07).
"""

from __future__ import annotations

import time

from edge.store import Refusal, Store, overruled, putaside
from edge.sync.errors import Refused
from edge.sync.line import Line
from salon.reconcile.protocol import AsideRequest

ASK_EVERY_S = 300.0
"""While something is open: a person decides in minutes or days."""
_LOOKED_AT = 500
_DECIDED = {
    "replayed": "again",
    "mended": putaside.MENDED,
    "discarded": putaside.PUT_AWAY,
    "erased": putaside.PUT_AWAY,
}
"""What head office calls it, and what this store does."""


class Settling:
    """One store's open refusals, compared with HQ's."""

    def __init__(self, store: Store, line: Line) -> None:
        self._store = store
        self._line = line
        self._next = 0.0

    def step(self, *, now: bool = False) -> int:
        """Ask, when it is time. Returns how many were decided on. Raises SyncError."""
        if not now and time.monotonic() < self._next:
            return 0
        self._next = time.monotonic() + ASK_EVERY_S
        read = (
            putaside.read(self._store, refusal, decided=_is_theirs_to_decide(refusal))
            for refusal in self._store.refusals(_LOOKED_AT)
        )
        waiting = {
            (aside.origin.epoch, n): aside.refusal.number
            for aside in read
            if aside is not None and aside.own and isinstance(n := aside.op.get("n"), int)
        }
        decided = self._ask(waiting) if waiting or now else 0
        overruled.settle(self._store)
        return decided

    def _ask(self, waiting: dict[tuple[str, int], int]) -> int:
        try:
            answer = self._line.aside(AsideRequest(changes=sorted(waiting)))
            gone = self._store.erased_of({rid for _, _, rid in answer.orphans})
            unwanted = overruled.without_a_beginning(
                self._store, {rid for _, _, rid in answer.orphans} - gone
            )
            if gone or unwanted:
                self._line.aside(
                    AsideRequest(
                        changes=[],
                        erased=[(e, n) for e, n, rid in answer.orphans if rid in gone],
                        unwanted=[(e, n) for e, n, rid in answer.orphans if rid in unwanted],
                    )
                )
        except Refused as error:
            if error.status == 404:  # an HQ of before
                return 0
            raise
        known = [one for one in answer.decided if (one[0], one[1]) in waiting and one[2] in _DECIDED]
        for epoch, n, state in known:
            self._store.settle_refusal(waiting[epoch, n], _DECIDED[state], putaside.HEAD_OFFICE)
        return len(known)


def _is_theirs_to_decide(refusal: Refusal) -> bool:
    """Whatever a technician did with it here: only head office can say what becomes of what waits there."""
    return refusal.state == putaside.PUT_AWAY and refusal.by != putaside.HEAD_OFFICE
