"""`parlour card` prints a card that a photo of it is corrected by; `parlour remeasure` says what became of old scans."""

from __future__ import annotations

import pytest

from edge.store import Store, now
from edge.vision import remeasure as library
from parlour.scans import card_command, remeasure_command
from salon.records import Member, Scan


@pytest.fixture(autouse=True)
def english(monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")


@pytest.mark.parametrize("chart", [False, True])
def test_a_card_is_written_as_an_a4_page(tmp_path, capsys, chart):
    file = tmp_path / "card.pdf"
    assert card_command(file, chart=chart) == 0
    data = file.read_bytes()
    assert data.startswith(b"%PDF-")
    assert b"/MediaBox [ 0 0 595" in data
    assert "100 %" in capsys.readouterr().out


def test_a_folder_that_is_not_there_is_said(tmp_path, capsys):
    assert card_command(tmp_path / "none" / "card.pdf") == 3
    assert "cannot be written" in capsys.readouterr().err


@pytest.fixture
def home(tmp_path, monkeypatch):
    folder = tmp_path / "home"
    with Store.create(folder, "s001") as store, store.acting("system"), store.transaction():
        store.add(Member(rid="m-wang", surname="王", phone="13800010001"))
        store.add(Scan(rid="sc-1", visit="v-1", member="m-wang", at=now(), phase="before"))
    monkeypatch.setenv("PARLOUR_HOME", str(folder))
    return folder


def test_scans_without_a_photo_are_counted_not_guessed(home, capsys):
    assert remeasure_command() == 0
    said = capsys.readouterr().out
    assert "measured anew: 0" in said
    assert "no photo kept: 1" in said


def test_an_unknown_customer_is_named(home, capsys):
    assert remeasure_command("m-nobody") == 1
    assert "m-nobody" in capsys.readouterr().err


def test_all_that_came_of_it_is_told(home, capsys, monkeypatch):
    monkeypatch.setattr(library, "remeasure", lambda _store, _member: library.Outcome(4, 3, 2, 1))
    assert remeasure_command("m-wang") == 0
    numbers = [int(line.rsplit(" ", 1)[1]) for line in capsys.readouterr().out.splitlines()]
    assert numbers == [4, 3, 2, 1]
