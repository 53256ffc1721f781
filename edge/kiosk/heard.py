"""What scanners, card readers and buttons told, from the store to the one page that waits for it (MEA-13).

The sensors unit keeps each event (edge/store/happened.py); it is claimed here, once, in this one process. A device at a bed is heard by
that bed's station, one at the desk by the desk, any other by the customers' kiosk. What was read may name a member, and rooms outlive
sign-ins: so it stays here, and the room gets a ticket for it, good once and for a few seconds. What is late opens no page: whoever held
a card there and was not greeted, and whoever pressed a call button, stands on the desk's board with the time.

How a page takes part, with no script of its own: it joins its room (`data-room`: `kiosk`, `desk`, `station:<bed>`) and has a form
    <form method="post" action="..." data-heard="scan card"><input type="hidden" name="heard"></form>
which forms.js sends as soon as one of these events comes (`press`: a footswitch). The view then calls `read(request.form)`.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from flask import current_app

from edge.kiosk.context import EXTENSION
from edge.kiosk.services import calls
from edge.store import StoreError
from edge.store.happened import KIND

if TYPE_CHECKING:
    from flask import Flask

    from edge.kiosk.context import Kiosk
    from edge.kiosk.live import Live
    from edge.store import Store
    from edge.store.happened import Happening

logger = logging.getLogger(__name__)

LIFE = 10.0
"""s from the reading until its ticket ends: a page answers within one, and a code must not wait for the next customer."""
MOST = 32
"""Readings that wait at once; the oldest gives way."""
KIOSK = "kiosk"
DESK = "desk"
DESK_PLACES = frozenset({"desk", "front desk", "前台"})
"""Places of devices that stand at the front desk, as the technician names them."""
FIELD = "heard"
"""Of the form that brings the ticket back."""
CALL_BUTTON = "call_button"
READ = frozenset({"scan", "card"})
"""Events that mean nothing without what was read."""
_NAME = re.compile(r"[a-z_]{1,40}")


class Heard:
    """The readings that wait for their page."""

    def __init__(self, store: Store, live: Live, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._live = live
        self._clock = clock
        self._waiting: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def look(self) -> None:
        """Hand on what happened since the last look, also while this server was away."""
        try:
            claimed = self._store.happened.claim()
        except StoreError:
            logger.exception("what happened at the devices cannot be read now")
            return
        for one in claimed:
            self._hear(one)

    def _hear(self, said: Happening) -> None:
        room = self._room(said.place)
        if said.profile == CALL_BUTTON:
            self._call("button", said)
        elif said.late:
            if room in {KIOSK, DESK} and said.what in READ:
                self._call("missed", said)
        elif _NAME.fullmatch(said.what) and (said.text or said.what not in READ):
            ticket = self._keep(said.text) if said.text else ""
            self._live.tell(room, "heard", {"event": said.what, "ticket": ticket})

    def _call(self, how: calls.How, said: Happening) -> None:
        if calls.place(self._store, said.place, how=how, at=said.at, where=said.place or said.device):
            self._live.tell(DESK, "called", {})

    def read(self, ticket: str) -> str:
        """What a ticket stands for, once; empty when it was used, is too old, or never was."""
        with self._lock:
            text, until = self._waiting.pop(ticket, ("", 0.0))
        return text if until > self._clock() else ""

    def _room(self, place: str) -> str:
        own = self._store.stores.find(self._store.store_id)
        if own is not None and place in own.beds:
            return f"station:{place}"
        return DESK if place.casefold() in DESK_PLACES else KIOSK

    def _keep(self, text: str) -> str:
        ticket = secrets.token_urlsafe(18)
        with self._lock:
            now = self._clock()
            living = {key: entry for key, entry in self._waiting.items() if entry[1] > now}
            self._waiting = dict(list(living.items())[-(MOST - 1) :])
            self._waiting[ticket] = (text, now + LIFE)
        return ticket


def install(app: Flask) -> None:
    """Listen, once, when the kiosk starts."""
    held: Kiosk = app.extensions[EXTENSION]
    heard = Heard(held.store, app.extensions["live"])
    app.extensions["heard"] = heard
    live: Live = app.extensions["live"]
    live.on(KIND, heard.look)


def read(form: Mapping[str, str]) -> str:
    """What the ticket in a posted form stands for; empty when there is none."""
    heard: Heard = current_app.extensions["heard"]
    return heard.read(form.get(FIELD, "")[:64])
