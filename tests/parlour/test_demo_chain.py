"""`parlour run` says what is in the way instead of half starting."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import pytest

from edge.store import Store, iso
from parlour import demo_chain, demo_data
from salon import demo, records


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PARLOUR_HOME", str(tmp_path))
    return tmp_path


def test_a_port_in_use_is_named_with_the_variable_that_moves_it(monkeypatch, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("PARLOUR_HQ_PORT", str(taken.getsockname()[1]))
        assert demo_chain.run() == 1
    assert "PARLOUR_HQ_PORT" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["http", "0", "70000", "-1"])
def test_a_port_that_is_none_is_named(monkeypatch, capsys, wrong):
    monkeypatch.setenv("PARLOUR_KIOSK_PORT", wrong)
    assert demo_chain.run() == 1
    assert f"PARLOUR_KIOSK_PORT={wrong}" in capsys.readouterr().err


def test_a_second_run_on_the_same_data_is_refused(folder, capsys):
    with demo_chain._only_one(folder) as first:
        assert first
        assert demo_chain.run() == 1
    assert "PARLOUR_HOME" in capsys.readouterr().err


def test_the_demo_is_filled_once_and_gets_new_bookings_on_a_new_day(folder):
    day = datetime(2026, 11, 22, 2, tzinfo=UTC)
    with demo_data.store(folder, demo_data.FIRST, day) as store:
        counts = (len(store.members), len(store.visits), len(store.appointments))
    with demo_data.store(folder, demo_data.FIRST, day) as store:
        assert (len(store.members), len(store.visits), len(store.appointments)) == counts
    with demo_data.store(folder, demo_data.FIRST, day + timedelta(days=1)) as store:
        assert len(store.visits) == counts[1]
        assert len(store.appointments) == 2 * counts[2]


def test_a_demo_whose_bookings_were_moved_starts_on_later_days(folder):
    """Where somebody has booked meanwhile, the day's invented booking gives way."""
    day = datetime(2026, 11, 22, 2, tzinfo=UTC)
    later = timedelta(days=1)
    with demo_data.store(folder, demo_data.FIRST, day) as store:
        for one in store.appointments.select():
            begin, end = (iso(datetime.fromisoformat(at) + later) for at in (one.starts_at, one.ends_at))
            store.appointments.edit(one.rid, starts_at=begin, ends_at=end)
        count = len(store.appointments)
    with demo_data.store(folder, demo_data.FIRST, day + later) as store:
        assert len(store.appointments) == count


def test_a_demo_that_was_filled_by_an_older_version_goes_on(folder):
    day = datetime(2026, 11, 22, 2, tzinfo=UTC)
    with demo_data.store(folder, demo_data.FIRST, day) as store:
        count = len(store.members)
        store.settings.set("demo_filled", False)  # as before it was noted
    with demo_data.store(folder, demo_data.FIRST, day) as store:
        assert len(store.members) == count


def test_a_store_that_is_not_the_demos_is_left_alone_and_says_what_to_do(folder, capsys, monkeypatch):
    with Store.create(folder, demo_data.FIRST) as store, store.acting("system"):
        store.add(records.Store(rid=demo_data.FIRST, name="真店"))
    for variable in demo_chain.Ports.VARIABLES.values():
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            monkeypatch.setenv(variable, str(free.getsockname()[1]))
    monkeypatch.setattr(demo_chain.Supervisor, "start", lambda self, part: None)
    assert demo_chain.run() == 1
    said = capsys.readouterr().err
    assert "holds a store that is not the demo's" in said
    assert "PARLOUR_HOME" in said
    with Store.open(folder) as store:
        assert len(store.members) == 0


def test_no_pin_of_the_demo_stands_in_clear_in_the_store(folder):
    with demo_data.store(folder, demo_data.FIRST, datetime.now(UTC)) as store:
        hashes = [employee.pin_hash for employee in store.employees.select()]
    assert all(h.startswith("$argon2id$") for h in hashes)
    assert not set(hashes) & set(demo.pins(demo_data.FIRST).values())
