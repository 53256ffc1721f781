"""What happened at a device - a code scanned, a card read, a press - kept before anybody is told of it, and handed on once.

A broker that dies takes along what it was just telling, so an event is true when it is in here, and its device may forget it only then
(`Held`). Its id makes a repeat nothing new; `claim` gives each event to one asker, also when that one was away for a while.

A page acts on a card that is held to the reader *now* and never on one of ten minutes ago, whatever lay in between: a broker's restart,
a page's restart, a clock that was set. So each event says when it happened by the machine's own start and the time since, which nobody
can set; one that is older than FRESH_S is *late*: kept and shown with its age, never acted on. What was read may name a member: it is
taken out of the row as soon as it was handed on, or is late.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from tinydb.queries import where

from edge.store import clock
from edge.store.tinydb_sqlite import Connections, SqliteTable

KIND = "happened"
"""What the feed calls it: it is no record, and leaves no line in the change log."""
FRESH_S = 10
"""s: a code scanned half a minute ago is not the customer who stands here now."""
SLACK_MS = 1000
"""ms that an event may seem to lie ahead: a device's clock and ours, both right to the second."""
MOST = 2000
"""Events kept and ids known: the oldest go first. A repeat comes within minutes, and this is days of a busy store."""
HELD = 500
"""Events of one device that wait to be taken: days without a broker; the oldest give way."""

State = Literal["new", "told", "late"]
Moment = tuple[str, int]
"""The machine's start, and ms since."""


def moment() -> Moment:
    """Now, by what cannot be set: all processes of this machine agree on it."""
    return clock.source.boot_id(), clock.source.boottime_ms()


def is_fresh(boot: str, up_ms: int, now: Moment) -> bool:
    """Whether something happened in this start of the machine, at most FRESH_S ago."""
    return boot == now[0] and -SLACK_MS <= now[1] - up_ms <= FRESH_S * 1000


@dataclass(frozen=True)
class Happening:
    """One event of one device."""

    id: str
    what: str
    """`scan`, `card`, `press`."""
    device: str
    profile: str
    """What kind it is: `scanner`, `card_reader`, `call_button`, `footswitch`."""
    place: str
    """Where it stood: a bed, the desk, the kiosk. A page takes those of its own place."""
    event_type: str
    """`read`, `pressed`."""
    text: str
    """The code, or the UID of the card; empty once it was handed on."""
    at: str
    """When it happened, by the clock on the wall: to be shown, never to be judged by."""
    came: str
    """When it came here."""
    boot: str
    up_ms: int
    state: State = "new"

    @property
    def late(self) -> bool:
        return self.state == "late"


class Happenings:
    """The events of this store's devices, each once."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._table = SqliteTable(connections, KIND)
        self._table.create_index("id", unique=True)
        self._table.create_index("state")

    def add(self, happening: Happening) -> bool:
        """Keep an event. False for one that is known: its device did not hear that it was taken."""
        fresh = is_fresh(happening.boot, happening.up_ms, moment())
        kept = happening if fresh else replace(happening, text="")
        with self._connections.transaction():
            if self._table.get(where("id") == kept.id) is not None:
                return False
            doc_id = self._table.insert(vars(kept))
            if doc_id > MOST:
                self._table.remove(doc_ids=[doc_id - MOST])
        return True

    def claim(self) -> list[Happening]:
        """What nobody has been told yet, the oldest first; told now, or late. No two askers get the same."""
        if self._table.get(where("state") == "new") is None:
            return []
        moment_now = moment()
        with self._connections.transaction():
            found = [Happening(**dict(row)) for row in self._table.search(where("state") == "new")]
            told = [
                replace(one, state="told" if is_fresh(one.boot, one.up_ms, moment_now) else "late")
                for one in found
            ]
            for one in told:
                self._table.update({"state": one.state, "text": ""}, where("id") == one.id)
        return [replace(one, text="") if one.late else one for one in told]

    def latest(self, device: str, limit: int) -> list[Happening]:
        """The last events of a device, the newest first."""
        rows = self._table.search(where("device") == device)
        return [Happening(**dict(row)) for row in sorted(rows, key=lambda row: -row.doc_id)[:limit]]

    def forget_texts(self) -> None:
        """Nobody asked in time: what was read is of no use any more, and it may name a member."""
        unread = self._table.search((where("state") == "new") & (where("text") != ""))
        now = moment()
        stale = [row.doc_id for row in unread if not is_fresh(row["boot"], row["up_ms"], now)]
        if stale:
            self._table.update({"text": ""}, doc_ids=stale)


class Held:
    """The outbox of the devices on this machine's own ports: what they told and nobody has said to have taken."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._table = SqliteTable(connections, "held_events")
        self._table.create_index("id", unique=True)
        self._table.create_index("device")

    def put(self, device: str, event: str, said: dict[str, Any]) -> None:
        with self._connections.transaction():
            self._table.insert({"id": event, "device": device, "said": said})
            held = sorted(row.doc_id for row in self._table.search(where("device") == device))
            if len(held) > HELD:
                self._table.remove(doc_ids=held[:-HELD])

    def done(self, event: str) -> None:
        self._table.remove(where("id") == event)

    def of(self, device: str) -> dict[str, dict[str, Any]]:
        """By id, the oldest first."""
        rows = sorted(self._table.search(where("device") == device), key=lambda row: row.doc_id)
        return {row["id"]: row["said"] for row in rows}

    def forget(self, device: str) -> None:
        """A device has gone for good."""
        self._table.remove(where("device") == device)
