"""Pages that stay true: small notices over Socket.IO of what was written, by any process of the store.

A notice names kinds of records and no person; the page then fetches its own parts again, under its own rights. Rooms are
guarded like routes. A page beats every 5 s; `silence()` tells how long the quietest customer screen has not been heard.

Notices are numbered. A page carries the number that stood when its request began (`data-told`) and, once its socket has joined, asks what came since:
what was written between the two would otherwise be shown to nobody.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flask import g, request, session
from flask_socketio import SocketIO

from edge.kiosk import guard, signin
from edge.kiosk.context import kiosk
from edge.kiosk.pages import Door
from salon.records import kinds as all_kinds

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from edge.kiosk.pages import Rule
    from edge.store import Store
    from edge.store.feed import Feed

BEAT = 5
"""s between the beats of a page."""
MOST_ROOMS = 8
"""Rooms that one page may be in."""
WAIT = 1.0
"""s the watcher waits for changes before it looks whether it should stop."""
STOP_WITHIN = 20.0
"""s it is given to end, on the slowest of machines: the store is closed under it afterwards."""
STAFF_ROOMS = ("desk", "station", "manager", "tech")
"""Who hears which kinds of records were written."""
REMEMBERED = 256
"""Notices that a page can ask for again: some minutes of a busy store, and a page asks within a second."""
DRAFT = "draft"
"""Where a customer's browser keeps the key of its draft."""


class Live:
    """The socket, its rooms, and the thread that watches the store."""

    def __init__(self, app: Flask, store: Store) -> None:
        self.socket = _socket(app)
        self._store = store
        self._beats: dict[str, tuple[str, float]] = {}
        self._staff: dict[str, tuple[dict[str, Any], list[Rule]]] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        # Milliseconds, so that the numbers of an earlier run of this server are not taken for this one's.
        self._told = time.time_ns() // 1_000_000
        self._recent: deque[tuple[int, frozenset[str]]] = deque(maxlen=REMEMBERED)
        self._telling = threading.Lock()
        self._hooks: dict[str, Callable[[], None]] = {}
        app.before_request(self._remember_told)
        self.socket.on_event("connect", self._connect)
        self.socket.on_event("disconnect", self._disconnect)
        self.socket.on_event("join", self._join)
        self.socket.on_event("since", self._since)
        self.socket.on_event("beat", self._beat)

    # --- telling

    def tell(self, room: str, event: str, data: dict[str, Any]) -> None:
        """Send to one room. Nobody stays in it longer than her sign-in (`show_out`)."""
        self.socket.emit(event, data, to=room)

    def tell_visitor(self, draft: str, event: str) -> None:
        """Tell the screen on which a customer's draft is open."""
        self.socket.emit(event, {}, to=visitor_room(draft))

    # --- watching

    def on(self, kind: str, hook: Callable[[], None]) -> None:
        """Call `hook` at the start and whenever something of this kind was written, from the watcher's own thread."""
        self._hooks[kind] = hook

    def start(self) -> None:
        feed = self._store.feed()  # before the first page is given out: what is written from here on is told
        self._thread = threading.Thread(target=self._watch, args=(feed,), name="live", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=STOP_WITHIN)

    def _watch(self, feed: Feed) -> None:
        for hook in self._hooks.values():
            hook()
        while not self._stop.is_set():
            notices = feed.wait(WAIT)
            if notices:
                kinds = {notice.kind for notice in notices}
                for kind in kinds & self._hooks.keys():
                    self._hooks[kind]()
                self.changed(kinds)

    def changed(self, kinds: set[str]) -> None:
        """Tell all staff screens which kinds of records were written."""
        with self._telling:
            self._told += 1
            told = self._told
            self._recent.append((told, frozenset(kinds)))
        for room in STAFF_ROOMS:
            self.socket.emit("changed", {"kinds": sorted(kinds), "told": told}, to=room)
        if "employee" in kinds:
            self.show_out()

    def show_out(self) -> None:
        """Close the sockets of whoever may no longer be in one of their rooms: a leaver, a role taken away, a sign-out, a new PIN (SEC-09).

        The page is told first, and asks for itself once more: whoever may still see it does, anybody else is led to the sign-in.
        """
        for sid, (sign_in, rules) in list(self._staff.items()):
            employee = signin.employee_of(self._store, sign_in)
            if employee is None or not all(rule.allows(set(employee.roles)) for rule in rules):
                self._staff.pop(sid, None)
                self.socket.emit("ended", {}, to=sid)
                self.socket.server.disconnect(sid, namespace="/")

    def since(self, told: int) -> dict[str, Any] | None:
        """One notice of all that was told after that one; None when nothing was. Who asks from too long ago hears of every kind."""
        with self._telling:
            now, recent = self._told, list(self._recent)
        if told == now:
            return None
        first = recent[0][0] if recent else now + 1
        if not first - 1 <= told < now:
            return {"kinds": sorted(all_kinds()), "told": now}
        missed = frozenset[str]().union(*(kinds for number, kinds in recent if number > told))
        return {"kinds": sorted(missed), "told": now}

    def _remember_told(self) -> None:
        """Before the view reads anything: what is written from here on is asked for."""
        g.told = self._told

    # --- the socket's events

    def _connect(self, _auth: object = None) -> bool:
        return guard.host_allowed(request.host, kiosk().settings.host_names)

    def _disconnect(self, _reason: object = None) -> None:
        self._beats.pop(_sid(), None)  # Flask-SocketIO adds it
        self._staff.pop(_sid(), None)

    def _join(self, room: object) -> bool:
        """Enter a room, if whoever is at this browser may. Answers whether."""
        if (
            not isinstance(room, str)
            or len(room) > 80
            or len(self.socket.server.rooms(_sid(), "/")) > MOST_ROOMS
        ):
            return False
        if room == "visitor":
            key = session.get(DRAFT)
            if key:
                self._enter(visitor_room(key))
            return bool(key)
        rule = kiosk().rights.of_room(room)
        employee = signin.employee_of_session(self._store)
        if rule is None or (rule.door is Door.STAFF and not (employee and rule.allows(set(employee.roles)))):
            return False
        if rule.door is Door.KIOSK and not guard.at_kiosk_screen():
            return False
        sign_in = signin.held()
        if rule.door is Door.STAFF and sign_in:
            self._staff.setdefault(_sid(), (dict(sign_in), []))[1].append(rule)
        self._enter(room)
        if ":" in room:  # station:3 also hears what all stations hear
            self._enter(room.split(":", 1)[0])
        return True

    def _since(self, told: object) -> dict[str, Any] | None:
        """What a page missed before it joined; nothing to who hears no notices."""
        if not isinstance(told, int) or not set(STAFF_ROOMS) & set(self.socket.server.rooms(_sid(), "/")):
            return None
        return self.since(told)

    def _enter(self, room: str) -> None:
        with suppress(ValueError):  # the page has moved on meanwhile, and its socket is gone
            self.socket.server.enter_room(_sid(), room, namespace="/")

    def _beat(self, page: object) -> None:
        self._beats[_sid()] = (str(page)[:40], time.monotonic())

    def silence(self) -> dict[str, float]:
        """Seconds since the last beat of each family of pages that has an open screen."""
        now = time.monotonic()
        quiet: dict[str, float] = {}
        for page, at in list(self._beats.values()):
            quiet[page] = min(quiet.get(page, now), round(now - at, 1))
        return quiet


def _socket(app: Flask) -> Any:
    """threading, said outright: an installed gevent would otherwise change the mode silently."""
    return SocketIO(  # type: ignore[no-untyped-call]
        app, async_mode="threading", manage_session=False, ping_interval=20, ping_timeout=20
    )


def _sid() -> str:
    """The browser whose event is handled. Flask-SocketIO adds it to the request."""
    sid: str = request.sid  # type: ignore[attr-defined]
    return sid


def visitor_room(draft: str) -> str:
    return "visitor-" + hashlib.blake2b(draft.encode(), digest_size=12).hexdigest()
