"""How far two close-ups of one scalp or nail differ: `python -m edge.vision.closeup.repeat` prints `repeat.toml`.

Rendered scenes are photographed again and again in other light, distance, turn and camera error, and measured from the bytes on. The SD pooled
over scenes is the repeat error that a report shows. Hair parted anew, another finger's hold and another day are not in it.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.closeup.scan import analyse_closeup
from edge.vision.render import nail, scalp
from edge.vision.render.camera import Camera, jpeg_bytes, shoot
from edge.vision.render.layers import Rng
from edge.vision.repeat import BLUR, COLOUR, DISTANCE, LIGHT, METHOD, NOISE, POSE
from edge.vision.results import Of

SCENES, CAPTURES = 8, 4
SEED = 20261125
JPEG = (80, 95)


def scenes(of: Of) -> Iterator[NDArray[np.float32]]:
    """All tones, little and much of everything."""
    for k in range(SCENES):
        ita = 55 - 100 * k / (SCENES - 1)
        if of == "scalp":
            hairs, flakes = 1500 + 1300 * k, (0, 40, 120, 300)[k % 4]
            yield scalp.render(scalp.Scalp(seed=700 + k, ita=ita, hairs=hairs, flakes=flakes)).light
        else:
            form = tuple(nail.ENDS)[k % 3]
            polish = ((0.5, 0.03, 0.05), None, (0.7, 0.5, 0.45), None)[k % 4]
            yield nail.render(
                nail.Finger(seed=800 + k, ita=ita, form=form, polish=polish, length_mm=10.0 + k)
            ).light


def captured(light: NDArray[np.float32], rng: Rng) -> bytes:
    """One photo of a scene."""
    height, width = light.shape[:2]
    turn = cv2.getRotationMatrix2D(
        (width / 2, height / 2), float(rng.uniform(-POSE, POSE)), 1 + float(rng.uniform(-DISTANCE, DISTANCE))
    )
    seen = np.asarray(
        cv2.warpAffine(light, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), np.float32
    )
    red, green, blue = (1 + float(v) for v in rng.uniform(-COLOUR, COLOUR, 3))
    camera = Camera(
        exposure=1 + float(rng.uniform(-LIGHT, LIGHT)),
        balance=(red, green, blue),
        blur_px=float(rng.uniform(*BLUR)),
        noise=float(rng.uniform(*NOISE)),
        jpeg=None,
    )
    return jpeg_bytes(shoot(seen, camera, rng), int(rng.integers(*JPEG)))


def spreads(of: Of) -> tuple[dict[str, float], int]:
    """Key -> pooled SD, and how many captures were accepted."""
    variances: dict[str, list[float]] = defaultdict(list)
    accepted = 0
    for number, light in enumerate(scenes(of)):
        rng = np.random.default_rng([SEED, number])
        values: dict[str, list[float]] = defaultdict(list)
        for _ in range(CAPTURES):
            result = analyse_closeup(captured(light, rng), of)
            accepted += result.accepted
            for row in result.concerns:
                if row.value is not None:
                    values[row.key].append(row.value)
        for key, found in values.items():
            if len(found) > 1:
                variances[key].append(float(np.var(found, ddof=1)))
    return {key: float(np.sqrt(np.mean(found))) for key, found in variances.items()}, accepted


def main() -> int:
    print(
        "# Repeat errors of close-ups (1 SD, raw units). Written by `python -m edge.vision.closeup.repeat`."
    )
    kinds: tuple[Of, ...] = ("scalp", "nails")
    found = {of: spreads(of) for of in kinds}
    counts = ", ".join(f"{SCENES} {of}, {n} of {SCENES * CAPTURES} accepted" for of, (_, n) in found.items())
    print(f'method = "{counts}; {METHOD}"')
    print("[sd]")
    for sds, _ in found.values():
        for key, sd in sds.items():
            print(f"{key} = {sd:.2g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
