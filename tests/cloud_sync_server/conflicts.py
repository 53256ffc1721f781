"""A driver that refuses a share of all transactions, as a busy cluster does: those that write when they commit, those that only read
(some engines refuse these too) when they begin.
"""

from __future__ import annotations

import random
import threading

import psycopg
from sqlalchemy import event


def conflicts(engine, share, reads=0.0, seed=7):
    """Returns a list of one number: how many transactions were refused so far."""
    draw = random.Random(seed)
    count = [0]
    dialect = engine.dialect
    commit, begin = dialect.do_commit, dialect.do_begin
    here = threading.local()

    def refuse():
        count[0] += 1
        if dialect.name == "sqlite":
            raise dialect.loaded_dbapi.OperationalError("database is locked")
        if count[0] % 2:
            raise psycopg.errors.SerializationFailure("could not serialize access due to concurrent update")
        raise psycopg.errors.DeadlockDetected("deadlock detected")

    def look(con):
        here.reads = con.get_execution_options().get("parlour_reads", False)

    def do_begin(connection):
        begin(connection)
        if here.reads and draw.random() < reads:
            refuse()

    def do_commit(connection):
        if draw.random() < share:
            refuse()
        commit(connection)

    event.listen(engine, "begin", look)
    dialect.do_begin, dialect.do_commit = do_begin, do_commit
    return count
