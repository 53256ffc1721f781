"""What HQ holds of a person: sealed under the member's own key, health only with consent, nothing after erasure."""

from __future__ import annotations

import stat

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cloud_sync_server.schema import changes, conflicts, lookups, member_keys, metadata, records
from cloud_sync_server.vault import NOBODY, Keyring
from salon.reconcile import canonical
from tests.cloud_sync_server.wire import MEMBER, VISIT, consent

HEALTHY = {**MEMBER, "allergens": {"add": ["latex-canary"]}, "medical_notes": "asthma-canary"}


def everything(hq):
    """All bytes of all tables."""

    def read(con):
        return b"".join(
            repr(tuple(row)).encode()
            for table in metadata.sorted_tables
            for row in con.execute(select(table))
        )

    return hq.here.database.read(read)


def state_of(hq, kind, rid):
    def read(con):
        row = con.execute(select(records).where(records.c.kind == kind, records.c.rid == rid)).one()
        ring = hq.here.vault.reading(con, [row.member])
        return ring.open(row.member, row.body, f"records|{row.member}|{kind}|{rid}")

    return hq.here.database.read(read)


STAMP = st.builds("{:012x}0000-{}.0001".format, st.integers(1, 3), st.sampled_from(["s001", "s002"]))
TEXT = st.text() | STAMP | STAMP.map('"{}"'.format)
"""What people write, and what looks like a stamp and is none."""


@given(
    st.dictionaries(st.text(max_size=3), STAMP, max_size=6),
    st.dictionaries(st.text(max_size=3), TEXT, max_size=6),
)
@settings(max_examples=60)
def test_a_sealed_state_is_the_state(stamps, values):
    ring, state = Keyring({"m-1": AESGCM(bytes(32))}), {"v": values, "t": stamps, "s": {}}
    for member in ("m-1", NOBODY):
        body = ring.seal_state(member, state, canonical(state), "records|m-1|visit|v-1")
        assert ring.open(member, body, "records|m-1|visit|v-1") == state


def test_a_stamp_of_many_fields_is_stored_once():
    """Half of what HQ's database holds of a visit were the same 28 letters, again and again."""
    ring, row = Keyring({"m-1": AESGCM(bytes(32))}), "records|m-1|visit|v-1"
    stamps = dict.fromkeys(
        ("arrived_at", "member", "paid_fen", "state", "store"), "01a205414a070012-s001.0001"
    )
    state = {"v": dict.fromkeys(stamps, 1), "t": stamps, "s": {}}
    plain = canonical(state)
    saved = len(ring.seal_plain("m-1", plain, row)) - len(ring.seal_state("m-1", state, plain, row))
    assert saved > 3 * len(stamps["state"])


def test_no_name_phone_or_note_stands_in_the_clear_in_any_table(hq):
    """SEC-04."""
    store = hq.enrol("s001")
    store.write("member", "m-0001", {**MEMBER, "surname": "Canarylast", "notes": "canary-note"})
    store.write("visit", "v-0001", {**VISIT, "result": "canary-result"})
    store.push()
    held = everything(hq)
    assert b"13800000001" not in held
    assert b"anary" not in held
    assert state_of(hq, "member", "m-0001")["v"]["notes"] == "canary-note"


def test_key_files_are_for_hqs_user_alone(hq):
    keys = list((hq.here.settings.home / "keys").iterdir())
    assert keys
    assert all(stat.S_IMODE(key.stat().st_mode) == 0o600 for key in keys)


def test_the_sqlite_file_holds_no_plain_text(tmp_path):
    from cloud_sync_server.app import create_app
    from cloud_sync_server.context import EXTENSION
    from cloud_sync_server.settings import Settings
    from tests.cloud_sync_server.wire import HqClient

    app = create_app(Settings(home=tmp_path))
    HqClient(app).enrol("s001")
    app.extensions[EXTENSION].database.close()
    assert all(b"s001" not in file.read_bytes() for file in tmp_path.glob("hq.db*"))


def test_a_body_moved_to_another_row_does_not_open(hq):
    store = hq.enrol("s001")
    store.write("member", "m-0001", MEMBER)
    store.push()
    row = hq.here.database.read(lambda con: con.execute(select(records)).one())
    ring = hq.here.database.read(lambda con: hq.here.vault.reading(con, ["m-0001"]))
    assert ring.open("m-0001", row.body, "records|m-0001|member|m-0001")
    with pytest.raises(InvalidTag):
        ring.open("m-0001", row.body, "records|m-0001|member|m-0002")


def test_health_data_without_consent_is_not_taken_in(hq):
    """SEC-07: even when a store sends it."""
    store = hq.enrol("s001")
    store.write("member", "m-0001", HEALTHY)
    assert store.push().json["results"] == [{"n": 1, "code": "dropped", "detail": "allergens, medical_notes"}]
    assert "medical_notes" not in state_of(hq, "member", "m-0001")["v"]


def test_health_data_is_held_while_the_consent_stands_and_dropped_when_it_is_withdrawn(hq):
    """SEC-07."""
    store, other = hq.enrol("s001"), hq.enrol("s002")
    other.bootstrap()
    store.write("consent", "c-0001", consent(granted=True))
    store.write("member", "m-0001", HEALTHY)
    assert store.push().json["results"] == []
    assert state_of(hq, "member", "m-0001")["v"]["allergens"] == ["latex-canary"]
    assert len(other.pull()) == 2
    store.write("consent", "c-0001", {"granted": {"withdraw": True}})
    store.push(3)
    state = state_of(hq, "member", "m-0001")
    assert not {"allergens", "medical_notes"} & {*state["v"], *state["t"], *state["s"]}
    assert state["v"]["surname"] == "王"
    late = hq.enrol("s003")
    assert "canary" not in repr(late.bootstrap())
    other.cursor = other.cursor.replace(".2", ".0")
    assert "canary" not in repr(other.pull())


def test_a_withdrawal_at_one_store_stops_another_that_does_not_know_of_it_yet(hq):
    one, two = hq.enrol("s001"), hq.enrol("s002")
    one.write("member", "m-0001", MEMBER)
    one.write("consent", "c-0001", consent(granted=True))
    one.push()
    two.write("consent", "c-0002", consent(granted=False))
    two.push()
    one.write("member", "m-0001", {"medical_notes": "asthma-canary"})
    assert one.push(3).json["results"][0]["code"] == "dropped"


def test_an_erased_member_leaves_no_values_and_is_found_no_more(hq):
    """SEC-07: erase wins and never comes back."""
    one, two = hq.enrol("s001"), hq.enrol("s002")
    one.write("member", "m-0001", MEMBER)
    one.write("member", "m-0001", {"phone": "13900000002"})
    one.push()
    two.write("member", "m-0001", {"phone": "13900000003"})
    two.push()
    one.write("member", "m-0001", {}, erase=True)
    one.push(3)
    two.write("member", "m-0001", {"surname": "赵"})
    two.push(2)
    assert state_of(hq, "member", "m-0001").keys() == {"v", "t", "s", "x"}
    assert state_of(hq, "member", "m-0001")["v"] == {}
    read = hq.here.database.read
    assert read(lambda con: con.execute(select(lookups)).all()) == []
    assert read(lambda con: con.execute(select(conflicts)).all()) == []
    bodies = read(
        lambda con: (
            con.execute(select(changes.c.body).where(changes.c.store == "s001").order_by(changes.c.n))
            .scalars()
            .all()
        )
    )
    assert bodies[:2] == [None, None]


def test_members_have_keys_of_their_own(hq):
    store = hq.enrol("s001")
    for i in (1, 2):
        store.write("member", f"m-000{i}", MEMBER)
    store.push()
    rows = hq.here.database.read(lambda con: con.execute(select(member_keys)).all())
    assert len({bytes(row.wrapped) for row in rows}) == 2
