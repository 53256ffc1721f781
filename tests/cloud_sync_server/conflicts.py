"""A database that refuses a share of all commits, as a busy cluster does."""

from __future__ import annotations

import random

import psycopg
from sqlalchemy import event
from sqlalchemy.exc import OperationalError


class Conflict(psycopg.errors.SerializationFailure):
    """What PostgreSQL says when two transactions cannot be put one after the other (40001)."""


class Deadlock(psycopg.errors.DeadlockDetected):
    """What it says to one of two that wait for each other (40P01)."""


def conflicts(engine, share, seed=7):
    """Returns a list of one number: how many commits were refused so far."""
    draw = random.Random(seed)
    count = [0]

    def refuse(con):
        if not con.get_execution_options().get("parlour_reads") and draw.random() < share:
            count[0] += 1
            kind = Conflict if count[0] % 2 else Deadlock
            raise OperationalError("COMMIT", {}, kind("could not serialize access due to concurrent update"))

    event.listen(engine, "commit", refuse)
    return count
