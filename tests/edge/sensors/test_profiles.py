from __future__ import annotations

import pytest

from edge.sensors import profiles
from edge.sensors.fakes import World
from edge.sensors.profiles import found


def test_every_folder_is_a_kind_of_device_and_none_is_broken():
    assert set(found().profiles) == {
        "skin_probe", "room_air", "bed", "bottle_scale", "steriliser", "scanner", "card_reader", "body_scale",
        "call_button", "footswitch", "status_light", "light_ring", "tasmota_plug",
    }  # fmt: skip
    assert found().broken == {}


def test_every_kind_says_its_name_in_both_languages():
    for profile in found().profiles.values():
        assert profile.en
        assert any("\u4e00" <= letter <= "\u9fff" for letter in profile.zh)


def test_a_broken_kind_is_reported_and_the_others_load(tmp_path, monkeypatch):
    (tmp_path / "broken_kind.py").write_text("raise RuntimeError('no driver')")
    monkeypatch.setattr(profiles, "__path__", [*profiles.__path__, str(tmp_path)])
    found.cache_clear()
    try:
        assert found().broken == {"broken_kind": "RuntimeError: no driver"}
        assert "skin_probe" in found().profiles
    finally:
        monkeypatch.undo()
        found.cache_clear()


def fake(profile: str, world: World, seed: str = "1"):
    return found().profiles[profile].fake(world, "A1", seed)


def test_the_fake_skin_drinks_during_a_care():
    world = World(seed=1)
    probe = fake("skin_probe", world)
    before, again, after, next_guest = (
        dict(probe.press("measure", at))["skin_moisture"] for at in (0.0, 2.0, 30.0, 2000.0)
    )
    assert before == pytest.approx(41, abs=5)
    assert again == pytest.approx(before, abs=2.5)
    assert after - before > 7
    assert next_guest == pytest.approx(41, abs=5)


def test_the_same_seed_measures_the_same():
    def series(seed):
        world = World(seed=seed)
        probe = fake("skin_probe", world, f"{seed}/probe-1")
        return [probe.press("measure", at) for at in (0.0, 30.0, 2000.0)]

    assert series(1) == series(1)
    assert series(1) != series(2)


def test_the_fake_bed_follows_the_guest():
    world = World()
    bed, probe = fake("bed", world), fake("skin_probe", world)
    assert bed.tick(0.0)[0] == ("bed_presence", 0.0)
    probe.press("measure", 1.0)
    assert bed.tick(1.0) == [("bed_presence", 1.0)]
    assert bed.tick(2.0) == []
    assert bed.tick(700.0) == [("bed_presence", 0.0)]


def test_the_fake_bottle_gets_lighter_by_a_dose_a_care():
    world = World()
    scale, probe = fake("bottle_scale", world), fake("skin_probe", world)
    full = dict(scale.tick(0.0))
    probe.press("measure", 1.0)
    probe.press("measure", 30.0)
    lighter = dict(scale.tick(30.0))
    assert full["bottle_weight"] - lighter["bottle_weight"] == pytest.approx(2.4, abs=0.4)
    assert lighter["bottle_uses"] - full["bottle_uses"] == 1
    assert lighter["bottle_left"] < full["bottle_left"]


def test_the_fake_steriliser_runs_a_cycle_after_a_care_and_says_how_long_it_held_SAF_07():
    world = World()
    steriliser, probe = fake("steriliser", world), fake("skin_probe", world)
    assert ("cycle_running", 0.0) in steriliser.tick(0.0)
    probe.press("measure", 1.0)
    probe.press("measure", 30.0)
    assert ("cycle_running", 1.0) in steriliser.tick(31.0)
    ended = dict(steriliser.tick(200.0))
    assert ended["cycle_running"] == 0.0
    assert ended["cycle_hold"] >= 3
    assert ended["cycle_peak"] > 134


def test_a_bed_goes_where_it_is_told_MEA_09():
    assert fake("bed", World()).set("chair_height", 72.0) == [("chair_height", 72.0)]


def test_the_fake_room_stays_believable_for_a_day():
    air = fake("room_air", World())
    values = {}
    for minute in range(24 * 60):
        for key, value in air.tick(minute * 60.0):
            values.setdefault(key, []).append(value)
    assert 20 < min(values["temperature"]) <= max(values["temperature"]) < 28
    assert 30 < min(values["humidity"]) <= max(values["humidity"]) < 70
    assert 400 < min(values["co2"]) <= max(values["co2"]) < 1200
