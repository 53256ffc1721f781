"""Photos never leave the store: neither their bytes, nor their ids, nor where the face was (SEC-07)."""

from __future__ import annotations

import json
import zlib

from edge.store import now
from salon.records import Scan
from tests.edge.sync.conftest import member, visit

JPEG = b"\xff\xd8\xff\xe0secret-picture-bytes"


def bodies(shop):
    """What went over the line, unpacked."""
    for request in shop.line.requests:
        data = request.content
        yield from (data, _unpacked(data))


def _unpacked(data):
    try:
        return zlib.decompress(data, wbits=47)
    except zlib.error:
        return b""


def test_a_scan_is_sent_as_figures_and_its_pictures_stay(shops, hq):
    shop = shops("s001")
    store = shop.store
    held = store.media.put(
        JPEG, mime="image/jpeg", owner="sc-0001", purpose="scan", taken_at=now(), keep_until=None
    )
    with store.acting("system"), store.transaction():
        store.add(member())
        store.add(visit())
        store.add(
            Scan(
                rid="sc-0001", visit="v-0001", member="m-0001", at=now(), phase="before", models={"color_v1": "1.0.0"},
                concerns={"redness": {"value": 0.625, "unit": "Hb", "status": "measured"}}, photo=held,
                overlays={"face": held, "side_left": held}, geometry={"right_eye": [123.25, 456.75], "sha256": "ab" * 32},
            )
        )  # fmt: skip
    shop.sync()
    assert store.outbox.count() == 0
    sent = b"\n".join(bodies(shop))
    assert b"sc-0001" in sent, "the scan itself was sent"
    for secret in (JPEG, b"secret-picture", held.encode(), b"123.25", b"ab" * 32, b"side_left"):
        assert secret not in sent, secret
    assert held not in json.dumps([dict(row) for row in _rows(hq)], default=str)


def _rows(hq):
    from sqlalchemy import MetaData, select

    with hq.here.database.engine.connect() as con:
        tables = MetaData()
        tables.reflect(con)
        for table in tables.sorted_tables:
            yield from con.execute(select(table)).mappings()
