"""How much of a table was read: on PostgreSQL its own count of rows, on SQLite the plan of each statement that was run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlalchemy import event

_STEP = re.compile(r"(?:SCAN|SEARCH) (\w+)(.*)")
_COUNTED = """
    SELECT relname, coalesce(seq_tup_read, 0), coalesce(idx_tup_fetch, 0)
    FROM pg_stat_xact_user_tables WHERE relname = ANY(%(tables)s)
"""


@dataclass
class Reads:
    """Of one piece of work."""

    gone_through: list[str] = field(default_factory=list)
    """Tables that were read as a whole, or from one key on, instead of by a key: once for each time."""
    rows: int = 0
    """Rows that were looked at. PostgreSQL only."""


def reads(con, tables, work, *, analyzed):
    """(what `work(con)` returns, its `Reads` of these tables). `analyzed`: with statistics, as autovacuum makes them within a minute."""
    if con.dialect.name == "sqlite":
        return _planned(con, set(tables), work)
    if analyzed:
        con.exec_driver_sql(f"ANALYZE {', '.join(tables)}")
    before = _counted(con, tables)
    result = work(con)
    out = Reads()
    for name, (whole, by_key) in _counted(con, tables).items():
        was = before.get(name, (0, 0))
        out.gone_through += [name] * (whole > was[0])
        out.rows += whole - was[0] + by_key - was[1]
    return result, out


def emptied(con, *tables):
    """No rows, and on PostgreSQL no pages and statistics of other tests' rows either, as in a new database."""
    for name in tables:
        if con.dialect.name == "postgresql":
            con.exec_driver_sql(f"TRUNCATE {name}")
            # What autovacuum may have learnt of other tests' rows meanwhile: TRUNCATE leaves it.
            con.exec_driver_sql("DELETE FROM pg_statistic WHERE starelid = %s::regclass", (name,))
        else:
            con.exec_driver_sql(f"DELETE FROM {name}")


def _counted(con, tables):
    found = con.exec_driver_sql(_COUNTED, {"tables": list(tables)})
    return {name: (whole, by_key) for name, whole, by_key in found}


def _planned(con, tables, work):
    ran = []

    def note(_con, _cursor, text, values, *_rest):
        ran.append((text, values))

    event.listen(con, "before_cursor_execute", note)
    result = work(con)
    event.remove(con, "before_cursor_execute", note)
    out = Reads()
    for text, values in ran:
        for row in con.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values):
            step = _STEP.match(row[3])
            if step and step[1] in tables and "=?" not in step[2]:
                out.gone_through.append(step[1])
    return result, out
