"""A manager's browser, and visits to look back on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge.store import iso
from salon import records


@pytest.fixture
def manager(signed_in):
    return signed_in("shen")


@pytest.fixture
def came(store):
    """Adds a closed visit, so many days ago, at ten in the morning in Shanghai; none that is still to come."""

    def add(days_ago, member="m-wang", paid=39800, **fields):
        moment = datetime.now(UTC)
        at = min(moment, (moment - timedelta(days=days_ago)).replace(hour=2, minute=0))
        rid = f"v-{member}-{days_ago}"
        values = {
            "state": "closed", "services": ["svc-calm"], "arrived_at": iso(at), "closed_at": iso(at), "paid_fen": paid, **fields,
        }  # fmt: skip
        return store.visits.add(records.Visit(rid=rid, member=member, store="s001", **values))

    return add
