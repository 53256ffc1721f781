"""Two files of one person, shown as one: which file leads, and which belong to it (SYN-01, SYN-11).

Head office says that a file is merged into another (`Member.merged_into`), and can take it back: so nothing is rewritten. Visits,
entries and bookings go on naming the file that they were written for, and whoever looks somebody up follows the name here: by
phone, by card, by a rid in a booking, a visit or an account. This is the only place that does.
"""

from __future__ import annotations

from tinydb.queries import where

from edge.store.tinydb_sqlite import SqliteTable

DEPTH = 8
"""Files followed one into the next: a longer chain, or a ring, is damage and ends where it is."""


def leading(members: SqliteTable, rid: str) -> str:
    """The file that this one is shown with; itself, if it was not merged, or into one that is not here."""
    seen = [rid]
    for _ in range(DEPTH):
        found = members.get(where("rid") == seen[-1])
        onward = found["merged_into"] if found is not None else ""
        if not onward or onward in seen or not members.contains(where("rid") == onward):
            break
        seen.append(onward)
    return seen[-1]


def files(members: SqliteTable, rid: str) -> list[str]:
    """All files of the person of this file: the leading one first."""
    out = [leading(members, rid)]
    for one in out:
        out += [m["rid"] for m in members.search(where("merged_into") == one) if m["rid"] not in out]
    return out
