"""`python -m training.patches OUT.npz FIRST COUNT`: render the patches of these seeds for the network.

Runs in the product's own environment. Training uses seeds from 0, the choice of thresholds seeds from 500,000, and
the held-out set seeds from 1,000,000 (`benchmarks/bench_lesions.py` renders that itself): they never meet.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from edge.vision.graphs.color import OD_FLOOR, srgb_table
from edge.vision.lesions import CHANNELS, highpass
from edge.vision.render.patch import Patch, random_patch


def network_input(patch: Patch) -> np.ndarray:
    """What the product would hand to the network for this photo."""
    linear = srgb_table()[patch.rgb].transpose(2, 0, 1)
    density = -np.log(np.maximum(linear, OD_FLOOR)).astype(np.float32)
    return highpass(density, np.ones(patch.rgb.shape[:2], dtype=np.bool_))


def main(arguments: list[str]) -> int:
    if len(arguments) != 3:
        print(__doc__)
        return 2
    target, first, count = Path(arguments[0]), int(arguments[1]), int(arguments[2])
    inputs, labels, tones = [], [], []
    for seed in range(first, first + count):
        patch = random_patch(seed)
        inputs.append(network_input(patch).astype(np.float16))
        labels.append(np.stack([patch.labels[name] for name in CHANNELS]).astype(np.uint8))
        tones.append(patch.ita)
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez(target, x=np.stack(inputs), y=np.stack(labels), ita=np.array(tones, dtype=np.float32))
    print(f"{count} patches from seed {first} -> {target}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
