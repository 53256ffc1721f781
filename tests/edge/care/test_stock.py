"""A nearly empty bottle is one task for the desk, and closes itself when it was replaced (MEA-10)."""

from __future__ import annotations

import pytest

from edge.care import stock
from edge.care.alerts import Alerts
from edge.store import Store
from salon import policies
from salon.records import Device, Reading

AT = "2026-11-22T02:00:00.000Z"


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "home", "s001") as made:
        made.devices.add(
            Device(
                rid="d-bottle",
                device="bottle-1",
                profile="bottle_scale",
                name="精华瓶",
                name_en="Serum",
                place="1号床",
                store="s001",
            )
        )
        yield made


def weigh(store, *values):
    for value in values:
        number = len(store.readings)
        at = f"2026-11-22T02:{number:02d}:00.000Z"
        store.readings.add(
            Reading(
                rid=f"r-{number:03d}", device="bottle-1", measure="bottle_left", value=value, unit="%", at=at
            )
        )
        store.latest.put("bottle-1", "bottle_left", value, "%", at, interval_s=1e9)


def open_alerts(store):
    return [alert for alert in store.alerts.select() if alert.state == "open"]


def test_it_is_told_once_a_bottle_with_figure_and_what_to_do(store):
    weigh(store, 40, 14)
    assert stock.look(store, Alerts(store), policies.default(), AT) == 1
    weigh(store, 12, 9)
    assert stock.look(store, Alerts(store), policies.default(), AT) == 0
    [alert] = open_alerts(store)
    assert (alert.role, alert.key, alert.subject) == ("desk", "stock.low", "d-bottle")
    assert "14" in alert.zh_text
    assert "补货" in alert.zh_text
    assert alert.action_zh
    assert alert.action_en


def test_a_new_bottle_closes_it_and_the_next_empty_one_is_a_new_task(store):
    weigh(store, 40, 10)
    stock.look(store, Alerts(store), policies.default(), AT)
    weigh(store, 100)
    assert stock.look(store, Alerts(store), policies.default(), AT) == 0
    assert open_alerts(store) == []
    weigh(store, 8)
    assert stock.look(store, Alerts(store), policies.default(), AT) == 1
    assert len(store.alerts.select()) == 2


def test_a_retired_scale_tells_nothing(store):
    weigh(store, 5)
    store.devices.edit("d-bottle", state="retired")
    assert stock.look(store, Alerts(store), policies.default(), AT) == 0


def test_the_limit_is_the_houses_own_mea_10(store):
    weigh(store, 22)
    assert stock.look(store, Alerts(store), policies.default(), AT) == 0
    generous = policies.load("[restock]\nleft_percent = 25")
    assert stock.look(store, Alerts(store), generous, AT) == 1
    [alert] = open_alerts(store)
    assert alert.figures["limit"] == 25
    assert alert.policy == generous.version
