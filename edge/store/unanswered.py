"""Questionnaires of versions in which "not sensitive" was what an empty field meant (SAF-05).

Another store's questionnaire came without its answers, and was kept as one that names no allergy. Which those are the log tells: it has
no line of this store for them. This store's own, whose "none" was never said because it was the default, get it said now.
"""

from __future__ import annotations

from typing import Any

from tinydb.queries import where

from edge.store import changelog
from edge.store.records import RecordTable
from edge.store.schema import Node
from salon.records import Screening

_ANSWERS = ("allergens", "conditions", "remarks")


def mend(con: Any, table: RecordTable[Screening]) -> int:
    """Inside the transaction of an upgrade. How many were found to be without answers."""
    own = f"{Node.read(con).store}.%"
    count = 0
    for kept in table.search(where("sensitivity") == "none"):
        rid, state = kept["rid"], changelog.load_state(con, kept["rid"])
        if state is not None and "sensitivity" in state["v"]:
            continue
        ours = con.execute("SELECT 1 FROM changes WHERE rid = ? AND node LIKE ? LIMIT 1", (rid, own)).get
        if ours is not None:
            table.say(rid, sensitivity="")
        elif not any(kept[name] for name in _ANSWERS):
            table.put({**kept, "sensitivity": ""})
            count += 1
    return count
