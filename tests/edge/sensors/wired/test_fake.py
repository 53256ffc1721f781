"""A fake reader over a pseudo-terminal drives the very driver that reads a real one."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
import typer.testing

from edge.sensors.errors import Refused
from edge.sensors.wired import readers
from edge.sensors.wired.errors import NoFake
from edge.sensors.wired.fake import FakeReader
from edge.sensors.wired.line import Line
from edge.sensors.wired.serials import SerialPart
from parlour import stores
from parlour.cli import app
from tests.edge.bus.brokers import until


class Heard:
    """A node that keeps what its part says."""

    def __init__(self):
        self.node = SimpleNamespace(name="reader-1")
        self.said, self.there = [], None

    def say(self, states):
        self.said.append(states)

    def happened(self, what, event_type, *, text):
        self.said.append((what, event_type, text))

    def is_there(self, there):
        self.there = there


SAID = [
    ("scanner", "会员 6901234567892", ("scan", "read", "会员 6901234567892")),
    ("card_reader", "04:a3:b2:c1:d4:e5:f6", ("card", "read", "04A3B2C1D4E5F6")),
    ("card_reader", "0A00C8D1B2", ("card", "read", "0A00C8D1B2")),
    ("body_scale", "65.2 28.4 51.2 44.1", [
        ("body_weight", 65.2), ("body_fat", 28.4), ("body_water", 51.2), ("body_muscle", 44.1),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "meant"), SAID)
def test_what_a_fake_says_is_read_also_after_it_was_plugged_elsewhere_mea_13_mea_04(
    kind, text, meant, tmp_path
):
    fake, heard, refused = FakeReader(kind, tmp_path / "usb-fake"), Heard(), []
    fake.plug()
    line = Line(str(fake.path), 9600, time.monotonic)
    part = SerialPart(kind, line, time.monotonic, lambda *told: refused.append(told))
    part.start(heard)
    assert until(lambda: heard.there)
    fake.say(text)
    assert until(lambda: heard.said == [meant])
    fake.pull()
    assert until(lambda: heard.there is False)
    fake.plug()
    assert until(lambda: heard.there)
    part._last = ("", -10.0)  # the same card again is news only after a while
    fake.say(text)
    assert until(lambda: heard.said == [meant, meant])
    part.stop()
    fake.pull()
    assert refused == []


def test_the_frame_of_a_module_is_the_one_worked_out_by_hand():
    frame = FakeReader("card_reader", None)._frame("0A00C8D1B2")
    assert frame == b"\x020A00C8D1B2A1\x03"
    with pytest.raises(Refused):
        readers.card(b"\x020A00C8D1B2A2")


def test_a_kind_without_a_fake_names_those_that_have_one(tmp_path):
    with pytest.raises(NoFake) as caught:
        FakeReader("teleporter", tmp_path / "x")
    assert caught.value.known == ["body_scale", "card_reader", "scanner"]


def test_the_command_is_a_reader_until_its_input_ends(tmp_path, monkeypatch):
    said, path = [], tmp_path / "usb-fake"
    monkeypatch.setattr(FakeReader, "say", lambda self, text: said.append((text, self.path.is_symlink())))
    run = typer.testing.CliRunner().invoke(
        app, ["devices", "reader", "scanner", str(path)], input="690\n\n691\n"
    )
    assert run.exit_code == 0, run.output
    assert f"serial:{path}" in run.output
    assert said == [("690", True), ("691", True)]
    assert not path.is_symlink()
    assert stores.reader_command("teleporter", path, iter(())) == 1


def test_a_file_that_is_where_the_port_shall_be_is_left_alone(tmp_path):
    path = tmp_path / "letters"
    path.write_text("dear")
    run = typer.testing.CliRunner().invoke(app, ["devices", "reader", "scanner", str(path)], input="690\n")
    assert run.exit_code == 1
    assert path.read_text() == "dear"


def test_a_port_in_a_folder_that_is_not_there_is_said(tmp_path):
    path = tmp_path / "none" / "usb-fake"
    run = typer.testing.CliRunner().invoke(app, ["devices", "reader", "scanner", str(path)], input="690\n")
    assert run.exit_code == 1
    assert f"there is no folder {path.parent}" in run.output
