"""Where photos come from, named by a text: one file, a folder, a camera."""

from __future__ import annotations

import numpy as np
import pytest

from edge.vision.camera import FileSource, open_source
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
