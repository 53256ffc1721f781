"""`parlour staff add`: the first people of a store; the manager adds the others on her page."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from edge.kiosk.services import hiring
from edge.store import opened
from parlour.doctor import language


def add_command(login: str, name: str, name_en: str, roles: Sequence[str], pin: str) -> int:
    """Write a colleague down. 0: she may sign in."""
    with opened() as store:
        try:
            made = hiring.hire(
                store,
                "technician",
                hiring.ROLES,
                name=name,
                name_en=name_en,
                login=login,
                roles=roles,
                pin=pin,
            )
        except hiring.CannotHire as cannot:
            for field, said in cannot.fields.items():
                print(f"{field}: {said.in_(language())}", file=sys.stderr)
            return 1
    print(f"{made.name} ({made.login}): {', '.join(made.roles)}")
    return 0
