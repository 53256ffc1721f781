"""What was written since one last looked, by any process of the store."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from edge.store.happened import KIND
from edge.store.tinydb_sqlite import Connections

_POLL_S = 0.1
"""How often a waiting feed looks: a PRAGMA of some microseconds."""


@dataclass(frozen=True)
class Notice:
    """That a record was written: by whom and in which table, not what. An event of a device is told of alike (edge/store/happened.py)."""

    seq: int
    kind: str
    rid: str
    actor: str
    foreign: bool


class Feed:
    """Reads the change log from where it stood when the feed was made. One feed belongs to one thread."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._version = -1
        self._seq: int = connections.get().execute("SELECT coalesce(max(seq), 0) FROM changes").get
        self._happened: int = connections.get().execute("SELECT coalesce(max(id), 0) FROM happened").get

    def poll(self) -> list[Notice]:
        """Notices since the last call; cheap when nothing was written."""
        version = self._connections.data_version()
        if version == self._version:
            return []
        self._version = version
        rows = self._connections.get().execute(
            "SELECT seq, kind, rid, actor, node <> (SELECT store || '.' || epoch FROM node) FROM changes"
            " WHERE seq > ? ORDER BY seq LIMIT 1000",
            (self._seq,),
        )
        notices = [Notice(seq, kind, rid, actor, bool(foreign)) for seq, kind, rid, actor, foreign in rows]
        if notices:
            self._seq = notices[-1].seq
        if len(notices) == 1000:
            self._version = -1  # there may be more: look again at once
        return notices + self._events()

    def _events(self) -> list[Notice]:
        """What happened at devices since the last call."""
        rows: list[Any] = (
            self._connections.get()
            .execute(
                "SELECT id, json_extract(body, '$.id'), json_extract(body, '$.device') FROM happened"
                " WHERE id > ? ORDER BY id",
                (self._happened,),
            )
            .fetchall()
        )
        self._happened = max([self._happened, *(number for number, _, _ in rows)])
        return [
            Notice(self._seq, KIND, str(event), f"device:{device}", foreign=False)
            for _, event, device in rows
        ]

    def wait(self, timeout_s: float) -> list[Notice]:
        """Like poll, but wait for something to come."""
        end = time.monotonic() + timeout_s
        while not (notices := self.poll()) and time.monotonic() < end:
            time.sleep(_POLL_S)
        return notices
