"""The change log as people ask it: who wrote what and when, and who signed in (SEC-02).

Signing in is no record; it is noted in the same log, so that a line taken away shows.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import Any

from edge.store import changelog
from edge.store.clock import new_rid

SIGN_IN = "sign_in"
"""Kind of the line that a sign-in leaves. Its rid is its own: a record's would mix the line into that record's history."""


@dataclass(frozen=True)
class Line:
    """One write: what it was about, by whom, which fields it named."""

    at: str
    kind: str
    rid: str
    actor: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Wrote:
    """One write of a record, with what its fields said before and say now."""

    at: str
    actor: str
    fields: dict[str, tuple[Any, Any]]
    """Name -> (before, now); before is None where nothing had been said."""


def signed_in(con: Any, how: str, screen: str) -> None:
    """Whoever acts has signed in, by badge or PIN, at a screen. Call it in a transaction."""
    changelog.note(con, SIGN_IN, new_rid(), {"how": how, "from": screen})


def read(
    con: Any, *, actor: str = "", rid: str = "", kind: str = "", since: str = "", limit: int = 200
) -> list[Line]:
    """The newest lines that fit, own and foreign; what was erased has no line any more."""
    rows = con.execute(
        "SELECT at, kind, rid, actor, body FROM changes WHERE body <> '' AND lane <> 'fork'"
        " AND (?1 = '' OR actor = ?1) AND (?2 = '' OR rid = ?2) AND (?3 = '' OR kind = ?3) AND at >= ?4"
        " ORDER BY seq DESC LIMIT ?5",
        (actor, rid, kind, since, limit),
    ).fetchall()
    return [
        Line(at, kind, rid, actor, tuple(json.loads(body).get("f", {})))
        for at, kind, rid, actor, body in rows
    ]


def values(con: Any, rid: str, *, limit: int) -> list[Wrote]:
    """The newest writes of a record, own and foreign, each with the values that it replaced. Never of a record that holds secrets."""
    rows = con.execute(
        "SELECT at, actor, body FROM changes WHERE body <> '' AND lane <> 'fork' AND rid = ? ORDER BY seq",
        (rid,),
    ).fetchall()
    known: dict[str, Any] = {}
    found: deque[Wrote] = deque(maxlen=limit)
    for at, actor, body in rows:
        said: dict[str, Any] = json.loads(body).get("f", {})
        found.append(Wrote(at, actor, {name: (known.get(name), value) for name, value in said.items()}))
        known |= said
    return list(reversed(found))
