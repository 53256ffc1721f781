"""gunicorn's thread worker, for a network in which not everybody is a friend.

An open page holds a thread, and so does whoever is still sending a request. Threads are few. So nobody may hold many of them for nothing:

- a request's head comes within HEAD_S, and the whole of it is read and answered within WHOLE_S; a page's socket alone lives on;
- one address holds at most half of the threads, and a quarter of the connections once half of all are open. What it asks for beyond that waits its
  turn, in front of nobody else. The customers' own screens are not counted: they must answer whoever stands before them.

Without this, forty half-sent requests from one telephone in the store's Wi-Fi keep every screen waiting.
"""

from __future__ import annotations

import socket
import time
from collections import Counter, defaultdict, deque
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

SOCKET = "/socket.io"
"""The path of the pages' sockets, which stay open."""


class FairWorker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """Serves many, and none at the cost of the others. All but `handle` and `handle_request` runs in the worker's main thread."""

    HEAD_S = 10.0
    """s for the lines of a request: a page's are one packet. Longer than the 5 s after which gunicorn puts a silent connection aside."""
    WHOLE_S = 120.0
    """s for reading and answering: a photo of 20 MB over a bad Wi-Fi takes a minute."""
    WAITING = 64
    """Connections of one address that may wait for its turn; a browser opens six."""
    screens: frozenset[str] = frozenset()
    """Addresses that are not counted."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._held: Counter[str] = Counter()
        self._waiting: defaultdict[str, deque[TConn]] = defaultdict(deque)
        self._until: dict[TConn, float] = {}

    def enqueue_req(self, conn: TConn) -> None:
        who = _address(conn)
        if who in self.screens or self._held[who] < self._share():
            self._held[who] += 1
            super().enqueue_req(conn)
        elif self._too_many(who):
            self.nr_conns -= 1
            conn.close()
        else:
            self._waiting[who].append(conn)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        who = _address(conn)
        self._held[who] -= 1
        super().finish_request(conn, fs)
        if self._waiting[who] and self._held[who] < self._share():
            self.enqueue_req(self._waiting[who].popleft())
        if not self._waiting[who]:
            del self._waiting[who]
        if not self._held[who]:
            del self._held[who]

    def murder_pending(self) -> None:
        """Once a second: who is late is cut off, which ends the wait of its thread."""
        super().murder_pending()
        now = time.monotonic()
        for conn, until in list(self._until.items()):
            if now > until:
                with suppress(OSError):  # it has ended meanwhile
                    conn.sock.shutdown(socket.SHUT_RDWR)

    def handle(self, conn: TConn) -> Any:
        self._until[conn] = time.monotonic() + self.HEAD_S
        try:
            return super().handle(conn)
        finally:
            self._until.pop(conn, None)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        if req.method == "GET" and req.path.startswith(SOCKET):
            self._until.pop(conn, None)
        else:
            self._until[conn] = time.monotonic() + self.WHOLE_S
        return super().handle_request(req, conn)

    def _share(self) -> int:
        return max(1, int(self.cfg.threads) // 2)

    def _too_many(self, who: str) -> bool:
        if len(self._waiting[who]) >= self.WAITING:
            return True
        if self.nr_conns <= self.worker_connections // 2:
            return False
        idle = sum(_address(conn) == who for conn in (*self.keepalived_conns, *self.pending_conns))
        return bool(idle + len(self._waiting[who]) > self.worker_connections // 4)


def _address(conn: TConn) -> str:
    return str(conn.client[0]) if conn.client else ""


def fair(screens: frozenset[str]) -> type[FairWorker]:
    """A worker that knows the customers' screens."""
    return type("FairWorker", (FairWorker,), {"screens": screens})
