"""How far two captures of one face differ: `python -m edge.vision.repeat PHOTO...` prints `concerns/repeat.toml`.

Each photo is "taken again" many times with the small differences of a fixed station (the constants below), measured anew
from the bytes on, and the SD of each concern is pooled over the photos. It leaves out what a copy of a photo cannot
show: a turned head, another expression, another day. So the figures are provisional and too small rather than
too large, until stores have measured the same people twice.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from itertools import product
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.cascade import Cascades
from edge.vision.face import Detector, default_detector
from edge.vision.photo import Photo, load_photo
from edge.vision.scan import analyse, default_models

CAPTURES = 24  # a photo: the SD of an SD is then 15 %
SEED = 20261122
# The differences between two captures at a fixed station.
LIGHT = 0.03  # SD, share: the lamp 1 cm nearer or farther, warm or cold
COLOUR = 0.01  # SD, share per channel: what a locked white balance still drifts
ROLL = 3.0  # SD, degrees
SCALE = 0.03  # SD, share
SHIFT = 0.03  # SD, share of the width
BLUR = 0.5  # px, uniform from 0
NOISE = 1.5  # SD, bytes
JPEG = (85, 95)  # quality, uniform
METHOD = (
    f"light {LIGHT:.0%}, colour {COLOUR:.0%}, roll {ROLL:g} degrees, scale {SCALE:.0%}, shift {SHIFT:.0%}, "
    f"blur to {BLUR:g} px, noise {NOISE:g}, JPEG {JPEG[0]} to {JPEG[1]}"
)


def retake(rgb: NDArray[np.uint8], rng: np.random.Generator) -> bytes:
    """The same face, captured again."""
    height, width = rgb.shape[:2]
    middle = (width / 2, height / 2)
    turn = np.array(cv2.getRotationMatrix2D(middle, rng.normal(0, ROLL), 1 + rng.normal(0, SCALE)))
    turn[:, 2] = turn[:, 2] + rng.normal(0, SHIFT * width, 2)
    moved = cv2.warpAffine(rgb, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    gain = (1 + rng.normal(0, LIGHT)) * (1 + rng.normal(0, COLOUR, 3))
    # Light acts on linear values; a power of 2.2 is near enough to undo and redo the curve of sRGB.
    lit = 255 * np.clip((np.asarray(moved) / 255.0) ** 2.2 * gain, 0, 1) ** (1 / 2.2)
    soft = cv2.GaussianBlur(lit, (0, 0), max(0.05, rng.uniform(0, BLUR)))
    noisy = np.clip(soft + rng.normal(0, NOISE, lit.shape), 0, 255).astype(np.uint8)
    quality = int(rng.integers(JPEG[0], JPEG[1], endpoint=True))
    _, data = cv2.imencode(
        ".jpg", cv2.cvtColor(noisy, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    return bytes(data)


def detectors() -> list[Detector]:
    """All that a shop may have; the worst counts."""
    installed = default_detector(default_models())
    return [installed] if isinstance(installed, Cascades) else [installed, Cascades()]


def repeat_sds(photos: list[Photo], captures: int = CAPTURES) -> tuple[dict[str, float], int]:
    """The pooled SD per concern, and how many captures were accepted."""
    variances: dict[str, list[float]] = defaultdict(list)
    accepted = 0
    for photo, detector in product(photos, detectors()):
        rng = np.random.default_rng(SEED)
        values: dict[str, list[float]] = defaultdict(list)
        for _ in range(captures):
            result = analyse(retake(photo.rgb, rng), detector=detector)
            accepted += result.accepted
            for concern in result.concerns:
                if concern.value is not None:
                    values[concern.key].append(concern.value)
        for key, found in values.items():
            if len(found) >= captures // 2:
                variances[key].append(float(np.var(found, ddof=1)))
    return {key: math.sqrt(sum(v) / len(v)) for key, v in variances.items()}, accepted


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__)
        return 2
    photos = [load_photo(Path(argument)) for argument in arguments]
    sds, accepted = repeat_sds(photos)
    finders = detectors()
    total = len(photos) * len(finders) * CAPTURES
    print("# Repeat error per concern (1 SD, raw units). Written by `python -m edge.vision.repeat`.")
    print('status = "provisional"')
    print(
        f'method = "{len(photos)} portraits, each retaken {CAPTURES} times on the computer ({METHOD}), '
        f"faces found by {' and '.join(d.name for d in finders)}; {accepted} of {total} accepted; "
        f'no turned heads, no second day"'
    )
    print("[sd]")
    for key, sd in sds.items():
        print(f"{key} = {float(f'{sd:.2g}')}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
