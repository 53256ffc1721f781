"""`parlour scan`: accepted or the reasons why not, for people and as JSON; 0 if any was accepted, 2 if none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.vision.cli import scan_command
from edge.vision.concerns._base import repeat_error


@pytest.fixture
def face(tmp_path, astronaut, encoded):
    path = tmp_path / "face.png"
    path.write_bytes(encoded(astronaut))
    return path


@pytest.fixture
def nothing(tmp_path):
    path = tmp_path / "nothing.txt"
    path.write_text("no photo")
    return path


@pytest.fixture(autouse=True)
def english(monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "PARLOUR_MODELS", "PARLOUR_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")


def test_a_folder_without_photos_is_said(tmp_path, capsys):
    assert scan_command([tmp_path]) == 2
    assert f"There are no photos in {tmp_path}" in capsys.readouterr().err


def test_json_has_all_that_is_known(face, nothing, tmp_path, capsys):
    out = tmp_path / "out" / "deep"
    assert scan_command([nothing, face], json=True, out=out) == 0
    refused, accepted = json.loads(capsys.readouterr().out)
    assert refused["accepted"] is False
    assert refused["refusals"][0]["code"] == "photo_not_an_image"
    assert accepted["accepted"] is True
    assert {c["key"] for c in accepted["concerns"]} >= {"tone", "redness", "moisture"}
    assert accepted["models"][0]["sha256"]
    assert accepted["timings_ms"]["total"] > 0
    assert accepted["outlines"]["nose"]
    for path in accepted["overlays"].values():
        assert Path(path).read_bytes().startswith(b"\xff\xd8\xff")


def test_none_accepted_is_two(nothing, tmp_path, capsys):
    assert scan_command([nothing, tmp_path / "missing.jpg"]) == 2
    shown = capsys.readouterr().out
    assert "not accepted" in shown
    assert "no readable file missing.jpg" in shown


def test_people_read_values_errors_and_reasons(face, capsys):
    assert scan_command([face]) == 0
    shown = capsys.readouterr().out
    assert "accepted with limits" in shown
    assert "Please come closer" in shown
    assert "Redness: 0.3" in shown
    redness = next(line for line in shown.splitlines() if "Redness: 0.3" in line)
    assert f"repeat error ±{repeat_error('redness').sd:.2g}" in redness
    assert "Pores: Not measurable at this resolution" in shown
    assert "Moisture: Probe only" in shown


def test_chinese_by_locale(face, monkeypatch, capsys):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert scan_command([face]) == 0
    shown = capsys.readouterr().out
    assert "请靠近一些" in shown
    assert "仅由皮肤检测笔测量" in shown


def test_a_folder_stands_for_its_photos(face, nothing, capsys):
    assert scan_command([face.parent], json=True) == 0
    assert [row["photo_name"] for row in json.loads(capsys.readouterr().out)] == ["face.png"]


def test_photos_of_one_name_do_not_overwrite_each_other(face, tmp_path, capsys):
    other = tmp_path / "other" / face.name
    other.parent.mkdir()
    other.write_bytes(face.read_bytes())
    scan_command([face, other], json=True, out=tmp_path / "out")
    first, second = json.loads(capsys.readouterr().out)
    assert not set(first["overlays"].values()) & set(second["overlays"].values())


def test_a_folder_that_cannot_be_written_is_three(face, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert scan_command([face], out=tmp_path / "file") == 3
    assert "cannot be written" in capsys.readouterr().err
