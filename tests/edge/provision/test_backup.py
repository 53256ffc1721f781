"""A backup is whole, readable with the store's keys alone, and does not disturb the store."""

from __future__ import annotations

import shutil

import pytest

from edge.provision import backup
from edge.provision.backup import back_up
from edge.store import Store, new_rid, now
from salon.records import Device


def fill(store, count=50):
    for number in range(count):
        store.devices.add(
            Device(
                rid=new_rid(), device=f"d-{number}", profile="bed", name="床", store="s001", added_at=now()
            )
        )


def test_a_copy_holds_all_and_opens_with_the_stores_keys(store, tmp_path):
    fill(store)
    folder = back_up(store.home)
    restored = tmp_path / "restored"
    shutil.copytree(store.home / "keys", restored / "keys")
    for path in folder.iterdir():
        shutil.copy(path, restored)
    with Store.open(restored) as copy:
        assert len(copy.devices) == 50
        assert copy.store_id == "s001"


def test_a_copy_is_worth_nothing_without_the_keys(store):
    fill(store, 1)
    folder = back_up(store.home)
    assert {path.name for path in folder.iterdir()} == {"store.db", "media.db"}
    assert not (folder / "store.db").read_bytes().startswith(b"SQLite format 3")
    assert "床".encode() not in (folder / "store.db").read_bytes()


def test_the_store_may_be_written_while_it_is_copied(store, monkeypatch):
    fill(store)
    monkeypatch.setattr(backup, "PAGES", 1)
    with Store.open(store.home) as other:
        folder = back_up(store.home)
        fill(other, 0)
        other.settings.set("after", 1)
    assert (folder / "store.db").stat().st_size > 0


def test_only_so_many_are_kept_and_the_newest_always(store):
    made = [back_up(store.home, keep=3) for _ in range(5)]
    assert sorted((store.home / "backups").iterdir()) == made[-3:]


def test_one_is_kept_when_one_is_asked_for(store):
    back_up(store.home, keep=1)
    last = back_up(store.home, keep=1)
    assert list((store.home / "backups").iterdir()) == [last]


def test_a_copy_that_fails_its_check_is_not_kept(store, monkeypatch):
    class Damaged(backup.Connections):
        def get(self):
            connection = super().get()
            return Wrapped(connection) if self.path.parent.name == "unfinished" else connection

    class Wrapped:
        def __init__(self, connection):
            self.backup = connection.backup
            self.execute = lambda sql: type("Cursor", (), {"get": "row 3 missing from index"})

    monkeypatch.setattr(backup, "Connections", Damaged)
    with pytest.raises(backup.BadBackup):
        back_up(store.home)
    assert [path.name for path in (store.home / "backups").iterdir()] == ["unfinished"]
