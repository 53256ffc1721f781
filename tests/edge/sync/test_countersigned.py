"""HQ's signature under a store's chain is one that the store can check and nobody else can make (SEC-02, SEC-10)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, insert, select, update

from cloud_sync_server import proof
from cloud_sync_server.schema import heads
from cloud_sync_server.vault import Vault
from edge.store import countersigned
from edge.store.schema import Node
from edge.sync import enrol
from edge.sync.nightly import reconcile
from parlour.audit import standing, verify
from salon.reconcile import CHAIN_START, chain_wire
from salon.reconcile.countersigned import fingerprint, head_text
from salon.reconcile.protocol import DigestAnswer, EnrolAnswer, SignedHead
from tests.edge.sync.conftest import URL, Shop, member, visit


@pytest.fixture
def shop(shops):
    one = shops("s001")
    one.store.members.add(member())
    one.store.visits.add(visit())
    reconcile(one.agent)
    assert list(verify(one.store)) == []
    return one


def faults(shop):
    return [fault.said.en for fault in verify(shop.store)]


def notes(shop):
    return " ".join(note.en for note in standing(shop.store))


def write_anew(store):
    """Alters the first line of the log, and all that follows from it: links, and the head in the store's own row."""
    con = store.connections.get()
    node = Node.read(con)
    h = CHAIN_START
    rows = con.execute("SELECT n, body FROM changes WHERE lane = 'hq' ORDER BY n").fetchall()
    with store.transaction():
        for n, body in rows:
            said = body.replace("13800000001", "13900000009")
            h = chain_wire(h, json.loads(said))
            con.execute("UPDATE changes SET body = ?, h = ? WHERE lane = 'hq' AND n = ?", (said, h, n))
        con.execute("UPDATE node SET hq_h = ?", (h,))
    assert node.hq_n == len(rows)
    assert node.hq_h != h
    return h.hex()


def test_the_newest_head_is_kept_under_hqs_signature(shop, hq):
    (head,) = countersigned.held(shop.store)
    assert head.n == Node.read(shop.store.connections.get()).hq_n
    assert countersigned.keys(shop.store) == [hq.here.vault.public_key]
    assert "(0 days ago), up to number 2; 1 signed heads" in notes(shop)
    assert fingerprint(hq.here.vault.public_key) in notes(shop)


def test_a_log_written_anew_with_its_chain_is_found_whatever_is_done_to_the_list(shop):
    h = write_anew(shop.store)
    assert faults(shop) == [f"not what head office signed on {countersigned.held(shop.store)[0].at[:10]}"]
    (said,) = shop.store.settings.get(countersigned.HEADS)
    shop.store.settings.set(countersigned.HEADS, [{**said, "h": h}])
    assert faults(shop) == ["the signature is not head office's"]
    shop.store.settings.set(countersigned.HEADS, [])
    assert faults(shop) == ["the last night left 1 signed heads here, and there are 0"]
    mine = Ed25519PrivateKey.generate()
    text = head_text("s001", said["epoch"], said["n"], h, said["at"])
    forged = {**said, "h": h, "signature": mine.sign(text).hex()}
    shop.store.settings.set(countersigned.HEADS, [forged])
    assert faults(shop) == ["the signature is not head office's"]
    # Whoever puts his own key in HQ's place as well has another one than HQ shows.
    shop.store.settings.set(countersigned.KEYS, [mine.public_key().public_bytes_raw().hex()])
    assert faults(shop) == []
    theirs = notes(shop).partition("signed by: ")[2]
    reconcile(shop.agent)
    assert "signs by another key" in faults(shop)[0]
    assert theirs == notes(shop).partition("signed by: ")[2]


@pytest.mark.parametrize("field", ["epoch", "n", "h", "at", "signature"])
def test_no_part_of_a_signed_head_can_be_altered(shop, field):
    (said,) = shop.store.settings.get(countersigned.HEADS)
    other = {
        "epoch": "0123", "n": 1, "h": "0" * 32, "at": "2026-01-01T00:00:00.000Z", "signature": "zz",
    }  # fmt: skip
    shop.store.settings.set(countersigned.HEADS, [{**said, field: other[field]}])
    assert faults(shop) == ["the signature is not head office's"]


def test_a_head_of_another_store_is_not_this_ones(shop):
    (head,) = countersigned.held(shop.store)
    assert countersigned.is_signed("s001", head, countersigned.keys(shop.store))
    assert not countersigned.is_signed("s002", head, countersigned.keys(shop.store))


def test_what_hqs_own_table_was_made_to_say_is_refused_and_shown_once(shop, hq):
    hq.here.database.write(lambda con: con.execute(update(heads).values(h=b"x" * 16)))
    for _ in range(2):
        reconcile(shop.agent)
    assert [refusal.code for refusal in shop.store.refusals()] == ["head_forged"]
    (said,) = faults(shop)
    assert said.endswith("what came as head office's signature is not its own: not taken")
    assert len(countersigned.held(shop.store)) == 1
    told = hq.here.database.write(lambda con: proof.signed(con, hq.here.vault, "s001"))
    at = "2027-01-01T00:00:00.000Z"
    text = head_text("s001", told[0].epoch, 2, countersigned.held(shop.store)[0].h, at)
    right = told[0].model_copy(
        update={"h": countersigned.held(shop.store)[0].h, "at": at, "signature": hq.here.vault.sign(text)}
    )
    assert countersigned.take(shop.store, hq.here.vault.public_key, [*told, right]) == 2  # the right one


def test_another_key_is_refused_and_shown_until_the_store_is_enrolled_again(shop, hq, monkeypatch):
    known = countersigned.keys(shop.store)
    theirs = Vault(b"n" * 32)
    with monkeypatch.context() as patch:
        patch.setattr(Vault, "sign", lambda _self, said: theirs._signing.sign(said).hex())
        patch.setattr(Vault, "public_key", theirs.public_key)
        hq.here.database.write(lambda con: con.execute(heads.delete()))
        for _ in range(2):
            reconcile(shop.agent)
        assert [refusal.code for refusal in shop.store.refusals()] == ["heads_key_changed"]
        assert countersigned.keys(shop.store) == known
        assert "another key" in faults(shop)[0]
        enrol(shop.store, URL, hq.code("s001"), client=httpx.Client(transport=shop.line))
        shop.agent.look_again()
        reconcile(shop.agent)
    assert countersigned.keys(shop.store) == [theirs.public_key, *known]
    assert faults(shop) == []


def test_a_store_enrolled_before_takes_the_key_from_its_line_once(shop, hq):
    shop.store.settings.set(countersigned.KEYS, [])
    shop.store.settings.set(countersigned.HEADS, [])
    reconcile(shop.agent)
    assert countersigned.keys(shop.store) == [hq.here.vault.public_key]
    assert (faults(shop), len(countersigned.held(shop.store))) == ([], 1)


def test_an_hq_of_before_is_said_to_be_unsigned_and_still_compared(shops, monkeypatch):
    one = shops("s001")
    one.store.members.add(member())
    one.store.settings.set(countersigned.KEYS, [])
    real = one.agent.line.digest

    def older(request):
        said = real(request).model_dump(exclude={"signed", "heads_key"})
        return DigestAnswer.model_validate(said)

    monkeypatch.setattr(one.agent.line, "digest", older)
    assert reconcile(one.agent).outcome == "equal"
    assert faults(one) == []
    assert "not signed" in notes(one)
    write_anew(one.store)
    assert "not what head office signed" in faults(one)[0]
    assert EnrolAnswer.model_validate({"store_id": "s001", "key": "k", "lookup_key": ""}).heads_key == ""


def test_a_store_of_before_is_told_heads_in_the_form_it_knows(shop, hq):
    """Two versions back: [epoch, n, hash, day] and nothing else."""
    said = []
    real = shop.agent.line.digest
    shop.agent.line.digest = lambda request: said.append(real(request)) or said[-1]
    reconcile(shop.agent)
    (head,) = countersigned.held(shop.store)
    assert said[0].heads == [(head.epoch, head.n, head.h, head.at[:10])]


def test_heads_that_hq_signed_for_itself_alone_are_signed_anew_and_altered_ones_are_not(shop, hq):
    (head,) = countersigned.held(shop.store)
    vault = hq.here.vault
    day = "2026-10-01"
    right = vault.token("chain head", f"s001.{head.epoch} 1 {'ab' * 16} {day}")
    row = {"store": "s001", "epoch": head.epoch, "n": 1, "h": bytes.fromhex("ab" * 16)}
    old = [
        {**row, "day": day, "at": f"{day}T01:00:00.000Z", "signature": right},
        {**row, "day": "2026-10-02", "at": "2026-10-02T01:00:00.000Z", "signature": "0" * 64},
    ]
    hq.here.database.write(lambda con: con.execute(insert(heads), old))
    told = hq.here.database.write(lambda con: proof.signed(con, vault, "s001"))
    assert [one.at[:10] for one in told] == [day, head.at[:10]]
    assert all(countersigned.is_signed("s001", one, [vault.public_key]) for one in told)


def test_hq_put_back_signs_by_the_same_key_and_nothing_signed_before_is_a_fault(shop, hq):
    put_back = hq.keep()
    shop.store.members.edit("m-0001", tags=["vip"])
    hq.here.database.write(lambda con: con.execute(heads.delete()))
    reconcile(shop.agent)
    assert [head.n for head in countersigned.held(shop.store)] == [3]
    put_back()
    assert reconcile(shop.agent).outcome in {"equal", "mended"}
    assert faults(shop) == []
    assert countersigned.held(shop.store)[-1].n == 3


def test_a_new_card_is_told_that_an_earlier_ones_heads_cannot_be_compared(shop, hq, tmp_path):
    fresh = Shop(hq, tmp_path / "new", "s001")
    fresh.store.members.add(member("m-0002", phone="13800000002"))
    assert reconcile(fresh.agent).outcome in {"equal", "mended"}
    assert faults(fresh) == []
    assert "1 of them are of an earlier card" in notes(fresh)
    write_anew_of(fresh.store)
    assert "not what head office signed" in faults(fresh)[0]
    fresh.close()


def write_anew_of(store):
    con = store.connections.get()
    node = Node.read(con)
    con.execute("UPDATE changes SET body = replace(body, '13800000002', '13900000009') WHERE lane = 'hq'")
    h = CHAIN_START
    for n, body in con.execute(
        "SELECT n, body FROM changes WHERE lane = 'hq' AND node LIKE ? ORDER BY n", (f"%{node.epoch}",)
    ).fetchall():
        h = chain_wire(h, json.loads(body))
        con.execute("UPDATE changes SET h = ? WHERE n = ? AND node LIKE ?", (h, n, f"%{node.epoch}"))
    con.execute("UPDATE node SET hq_h = ?", (h,))


def test_the_list_does_not_grow_for_ever_and_keeps_the_newest_of_each_life(shop, hq):
    vault, first = hq.here.vault, datetime(2024, 1, 1, tzinfo=UTC)

    def head(epoch, n, day):
        at = (first + timedelta(days=day)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return SignedHead(
            epoch=epoch, n=n, h="ab" * 16, at=at, signature=vault.sign(head_text("s001", epoch, n, "ab" * 16, at))
        )  # fmt: skip

    many = [head("aaaa", 1, 0), *(head("bbbb", n, n) for n in range(1, 420)), head("bbbb", 500, 419)]
    countersigned.take(shop.store, vault.public_key, many)
    held = countersigned.held(shop.store)
    assert len(held) == countersigned.KEPT + 1
    assert (held[0].epoch, held[0].n) == ("aaaa", 1)
    assert [one.n for one in held if one.at.startswith(many[-1].at[:10])] == [500]  # of a day the furthest
    rows = [
        {"store": "s001", "epoch": one.epoch, "day": one.at[:10], "n": one.n, "h": b"h", "at": one.at,
         "signature": one.signature} for one in many[:-1]
    ]  # fmt: skip
    hq.here.database.write(lambda con: con.execute(insert(heads), rows))
    hq.here.database.write(lambda con: proof.countersign(con, vault, "s001"))
    count = hq.here.database.read(
        lambda con: con.execute(select(func.count()).select_from(heads)).scalar_one()
    )
    assert count == proof.HEADS_KEPT
