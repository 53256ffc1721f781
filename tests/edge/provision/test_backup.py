"""A backup is whole, readable with the store's keys alone, and does not disturb the store."""

from __future__ import annotations

import shutil

import pytest

from edge.provision import backup
from edge.provision.backup import back_up
from edge.store import Store, new_rid, now
from salon.records import Device

CANARY = "一号床：金丝雀的名字"
"""Long enough that no cipher text holds it by chance, as one character does now and then."""


def fill(store, count=50):
    for number in range(count):
        store.devices.add(
            Device(
                rid=new_rid(), device=f"d-{number}", profile="bed", name=CANARY, store="s001", added_at=now()
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
    assert CANARY.encode() not in (folder / "store.db").read_bytes()


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


def test_a_second_copy_elsewhere_is_the_same_and_seven_are_kept_sec_05(store, tmp_path):
    fill(store, 3)
    elsewhere = tmp_path / "cloud"
    elsewhere.mkdir()
    for _ in range(9):
        folder = back_up(store.home)
        there = backup.copy_away(folder, elsewhere, store.store_id)
    assert (there / "store.db").read_bytes() == (folder / "store.db").read_bytes()
    assert len(list((elsewhere / "s001").iterdir())) == backup.KEEP
    assert not list((elsewhere / "s001").rglob("*.key"))


def test_a_place_that_is_not_mounted_is_said_and_never_made_up_sec_05(store, tmp_path, monkeypatch):
    folder = back_up(store.home)
    with pytest.raises(backup.NoPlace) as refused:
        backup.copy_away(folder, tmp_path / "not-mounted", "s001")
    assert isinstance(refused.value, OSError)
    assert not (tmp_path / "not-mounted").exists()


def test_the_nightly_command_makes_both_copies_sec_05(store, tmp_path, monkeypatch, capsys):
    elsewhere = tmp_path / "cloud"
    elsewhere.mkdir()
    monkeypatch.setenv("PARLOUR_HOME", str(store.home))
    monkeypatch.setenv(backup.COPY, str(elsewhere))
    assert backup.main() == 0
    assert "the same, compared" in capsys.readouterr().out
    assert len(list((elsewhere / "s001").iterdir())) == 1
