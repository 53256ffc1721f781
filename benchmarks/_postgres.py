"""What a PostgreSQL server has cost so far: its processes' core time by what they do, its log's bytes, its tables' sizes."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from sqlalchemy import Connection, text

_TICKS = os.sysconf("SC_CLK_TCK")
_ROLES = ("checkpointer", "background writer", "walwriter", "autovacuum")
SESSIONS = "sessions"
"""What clients' statements cost, in the processes that serve them."""
ENDED = "autovacuum, ended"
"""Processes that have come and gone: autovacuum's workers, as sessions stay."""


class Server:
    """The server behind a connection, which has to run on this machine."""

    def __init__(self, con: Connection) -> None:
        folder = con.execute(text("SELECT current_setting('data_directory')")).scalar_one()
        self._pid = int(Path(str(folder), "postmaster.pid").read_text(encoding="utf-8").split()[0])

    def core_s(self) -> Counter[str]:
        """Core-seconds of user and system time since the server was started, by the processes' role."""
        out: Counter[str] = Counter()
        _, ended = _times(self._pid)
        out[ENDED] = ended  # type: ignore[assignment]
        for child in Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text(encoding="utf-8").split():
            try:
                own, _ = _times(int(child))
                title = Path(f"/proc/{child}/cmdline").read_bytes().decode(errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended between the two: its time is among the ended's the next time
            out[next((role for role in _ROLES if role in title), SESSIONS)] += own  # type: ignore[assignment]
        return out


def _times(pid: int) -> tuple[float, float]:
    """Seconds of a process, and of its children that ended (proc(5): fields 14 to 17 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    user, system, ended_user, ended_system = (int(one) / _TICKS for one in fields[11:15])
    return user + system, ended_user + ended_system


def wal_bytes(con: Connection) -> int:
    """How far the server's write-ahead log is."""
    return int(con.execute(text("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")).scalar_one())


def database_bytes(con: Connection) -> int:
    return int(con.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def sizes(con: Connection) -> list[tuple[str, int, int]]:
    """(table, bytes of its rows, bytes of its indexes), the largest first."""
    found = con.execute(text(
        "SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY pg_total_relation_size(oid) DESC"
    ))  # fmt: skip
    return [(str(name), int(rows), int(indexes)) for name, rows, indexes in found]


def work(con: Connection) -> dict[str, int]:
    """Since the server was started: checkpoints, full pages in the log, ANALYZEs of its own, and rows read by reading a whole table."""
    row = con.execute(text(
        "SELECT checkpoints_timed + checkpoints_req AS checkpoints, (SELECT wal_fpi FROM pg_stat_wal) AS full_pages,"
        " (SELECT sum(autoanalyze_count) FROM pg_stat_user_tables) AS analyzed FROM pg_stat_bgwriter"
    )).one()  # fmt: skip
    whole = con.execute(text(
        "SELECT relname, seq_tup_read FROM pg_stat_user_tables WHERE seq_tup_read > 0 ORDER BY 2 DESC LIMIT 4"
    ))  # fmt: skip
    done = {name: int(value or 0) for name, value in row._mapping.items()}
    return done | {f"rows of {name} read with the whole table": int(count) for name, count in whole}
