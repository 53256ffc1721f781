"""Where photos come from, named by a text: one file, a folder, a camera."""

from __future__ import annotations

import numpy as np
import pytest

from edge.vision.camera import FileSource, open_source
from edge.vision.capture import FRAME_S, LiveCamera
from edge.vision.errors import CameraError


def test_sources_are_named_by_text(tmp_path, astronaut, encoded):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(astronaut))
    (tmp_path / "b.png").write_bytes(b"broken")
    file = open_source(f"file:{path}")
    assert isinstance(file, FileSource)
    assert isinstance(open_source(str(path)), FileSource)
    assert np.array_equal(next(file.frames()), astronaut)
    folder = open_source(str(tmp_path))
    assert len(list(folder.frames())) == 1
    assert folder.passed_over == [("b.png", "photo_not_an_image")]
    with pytest.raises(CameraError):
        open_source("usb:x")
    with pytest.raises(CameraError):
        open_source("usb:97")


def test_ten_frames_a_second_are_guided_though_each_wait_is_a_little_too_long():
    """A camera of 30 frames a second, guidance of 40 ms, a system that wakes up 2 ms late: the aim of the live page."""
    clock = {"now": 0.0}

    class Thirty:
        name = "thirty"

        def frames(self):
            while True:
                shown = clock["now"] = (int(clock["now"] * 30) + 1) / 30
                yield np.full((1, 1, 3), shown)

        def close(self):
            pass

    def wait(seconds):
        clock["now"] += seconds + 0.002 if seconds > 0 else 0.0
        return False

    ages = []
    for frame in LiveCamera("A1", lambda _bed: Thirty(), lambda: clock["now"], wait).frames():
        ages.append(clock["now"] - float(frame[0, 0, 0]))
        clock["now"] += 0.040
        if clock["now"] >= 20:
            break
    assert 10 * 20 <= len(ages) <= 20 / FRAME_S + 1
    assert max(ages) < 0.04, "what is guided is what the camera sees now"
