"""What an overlay marks can be seen on every skin."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.vision.photo import Photo
from edge.vision.render.camera import Camera, shoot
from edge.vision.render.face import Person, render
from edge.vision.scan import analyse, overlays

LEAST_APART = 10.0  # CIELAB: plain at a glance
MARKED = 100  # px of the canonical frame: 6 mm2


@pytest.mark.parametrize("ita", [-50.0, -20.0, 10.0, 55.0])
def test_spots_stand_out_on_every_tone(models, ita):
    rendered = render(Person(seed=81, ita=ita, doses={"spots": 0.6}, px_per_mm=4.5))
    photo = Photo.from_frame(shoot(rendered.light, Camera(), np.random.default_rng(1)))
    result = analyse(photo, models=models, eyes=rendered.eyes)
    picture = cv2.imdecode(np.frombuffer(overlays(result)["spots"], np.uint8), cv2.IMREAD_COLOR)
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    found = result._pictures.measured["spots"]
    marks, bare = found.drawn & (found.heat > 0.9), found.drawn & (found.heat < 0.05)
    assert marks.sum() > MARKED
    apart = np.linalg.norm(np.median(lab[marks], axis=0) - np.median(lab[bare], axis=0))
    assert apart > LEAST_APART
