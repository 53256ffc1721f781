"""Photos never leave the store: neither their bytes, nor their ids, nor where the face was (SEC-07)."""

from __future__ import annotations

import json
import zlib

from edge.store import now, photos
from salon.records import CloseUp, Consent, Scan
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


def consent(granted, decided_at, rid="c-photos"):
    return Consent(
        rid=rid, member="m-0001", purpose="photos", granted=granted, decided_at=decided_at, text_version="photos-1", channel="kiosk"
    )  # fmt: skip


def picture(store, owner):
    return store.media.put(
        JPEG, mime="image/jpeg", owner=owner, purpose="scan", taken_at=now(), keep_until=None
    )


def test_a_no_said_in_one_store_erases_the_photos_in_the_other_sec_06(shops, hq):
    """What they were kept for is over, wherever they are; the figures stay."""
    here, there = shops("s001"), shops("s002")
    with here.store.acting("system"):
        here.store.add(member())
        here.store.add(visit())
        here.store.add(consent(True, "2026-11-01T00:00:00.000Z"))
    here.store.scans.add(Scan(rid="sc-0001", visit="v-0001", member="m-0001", at=now(), phase="before"))
    here.store.closeups.add(CloseUp(rid="cu-0001", visit="v-0001", member="m-0001", at=now(), of="scalp"))
    for owner in ("sc-0001", "cu-0001", "v-0001"):
        picture(here.store, owner)
    here.sync()
    assert there.agent.look_up("13800000001") == ["m-0001"]
    there.sync()
    with there.store.acting("desk"):
        there.store.consents.edit("c-photos", granted=False, decided_at=now())
    there.sync()
    here.sync()
    assert not here.store.consents.load("c-photos").granted
    assert here.store.media.is_empty()
    assert here.store.scans.find("sc-0001") is not None


def test_what_a_power_cut_left_of_photos_goes_with_the_next_sweep_sec_06(shops):
    store = shops("s001").store
    store.add(member())
    store.add(member("m-0002"))
    for rid, who in (("sc-0001", "m-0001"), ("sc-0002", "m-0002")):
        store.scans.add(Scan(rid=rid, visit="v-0001", member=who, at=now(), phase="before"))
        picture(store, rid)
    store.consents.add(consent(True, "2026-11-01T00:00:00.000Z", "c-old"))
    photos.sweep(store, now())
    assert store.media.of_owner("sc-0001")
    store.consents.add(consent(False, "2026-11-02T00:00:00.000Z"))  # kept, and then the power went
    photos.sweep(store, now())
    assert not store.media.of_owner("sc-0001")
    assert store.media.of_owner("sc-0002"), "she was never asked, or said yes"
