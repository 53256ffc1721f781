"""`parlour staff add`: the first manager of a new store (STF-06)."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from edge.store import Store
from parlour.cli import app

LAN = ["staff", "add", "lan", "--name", "沈岚", "--role", "manager"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PARLOUR_HOME", str(tmp_path / "home"))
    Store.create(tmp_path / "home", "s001").close()
    return tmp_path / "home"


def test_the_pin_is_asked_for_twice_and_she_is_there(home):
    answer = CliRunner().invoke(app, LAN, input="270914\n270914\n")
    assert answer.exit_code == 0, answer.output
    assert "270914" not in answer.output
    with Store.open(home) as store:
        assert [(e.login, e.roles) for e in store.employees.select()] == [("lan", ["manager"])]


def test_a_pin_that_is_guessed_is_refused_and_nobody_is_written(home):
    answer = CliRunner().invoke(app, LAN, input="123456\n123456\n")
    assert answer.exit_code == 1
    with Store.open(home) as store:
        assert store.employees.select() == []
