"""`python -m training.train PATCHES.npz OUT.onnx [--minutes M | --steps N]`: train the lesion network on one CPU thread.

Two runs of the same steps on the same machine give the same file: one thread, one seed, deterministic kernels. Loss: cross entropy plus
soft Dice per map, so that a lesion of ten pixels counts beside a page of empty skin.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch

from training.network import LesionNet, to_onnx

SEED = 20261122
BATCH = 24
RATE = 4e-3
WEIGHTS = torch.tensor([1.0, 1.0, 1.0, 0.5])  # acne, spot, wrinkle, hair
POSITIVE = torch.tensor([4.0, 4.0, 4.0, 2.0])  # a lesion's pixel counts for so many of bare skin


def loss_of(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, truth, pos_weight=POSITIVE[:, None, None], reduction="none"
    ).mean(dim=(0, 2, 3))
    share = torch.sigmoid(logits)
    both, all_ = (share * truth).sum(dim=(0, 2, 3)), (share + truth).sum(dim=(0, 2, 3))
    dice = 1 - (2 * both + 1) / (all_ + 1)
    return (WEIGHTS * (entropy + 0.5 * dice)).sum() / WEIGHTS.sum()


def turned(x: torch.Tensor, y: torch.Tensor, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Flips, quarter turns, a little gain, and now and then a part that is no skin."""
    turns, flip = int(rng.integers(4)), rng.random() < 0.5
    x, y = (torch.rot90(t, turns, (2, 3)) for t in (x, y))
    if flip:
        x, y = x.flip(3), y.flip(3)
    x = x * float(rng.uniform(0.85, 1.15))
    if rng.random() < 0.3:
        side = x.shape[2]
        rows, columns = np.mgrid[:side, :side] / side - 0.5
        angle, at = rng.uniform(0, 6.3), rng.uniform(0.1, 0.45)
        mask = torch.from_numpy((columns * np.cos(angle) + rows * np.sin(angle) < at).astype(np.float32))
        x, y = x * mask, y * mask
    return x.contiguous(memory_format=torch.channels_last), y.contiguous()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patches", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=13.0)
    parser.add_argument("--steps", type=int, default=0)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(mode=True)
    rng = np.random.default_rng(SEED)
    data = np.load(chosen.patches)
    xs, ys = torch.from_numpy(data["x"]), torch.from_numpy(data["y"])
    # Channels last: with so few of them a CPU convolves twice as fast.
    net = LesionNet().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=1e-3)
    start, step, mean = time.monotonic(), 0, 0.0
    steps = chosen.steps
    while step < (steps or math.inf):
        # The pace of the first steps says how many there will be: the rate must end at its end.
        if not steps and step == 20:
            steps = 20 + int(
                (60 * chosen.minutes - (time.monotonic() - start)) / ((time.monotonic() - start) / 20)
            )
        total = steps or 2000
        rate = RATE * min(1.0, (step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * min(1.0, step / total)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        chosen_rows = torch.from_numpy(rng.integers(0, len(xs), BATCH))
        x, y = turned(xs[chosen_rows].float(), ys[chosen_rows].float(), rng)
        optimiser.zero_grad()
        loss = loss_of(net(x), y)
        loss.backward()
        optimiser.step()
        mean += 0.02 * (float(loss.detach()) - mean) if step else float(loss.detach())
        step += 1
        if step % 100 == 0:
            print(f"step {step}/{total} loss {mean:.4f} {time.monotonic() - start:.0f} s", flush=True)
            chosen.out.write_bytes(to_onnx(net.eval()))
            net.train()
    chosen.out.write_bytes(to_onnx(net.eval()))
    card = {
        "seed": SEED,
        "steps": step,
        "batch": BATCH,
        "patches": len(xs),
        "minutes": round((time.monotonic() - start) / 60, 1),
        "loss": round(mean, 4),
    }
    chosen.out.with_suffix(".training.json").write_text(json.dumps(card, indent=1) + "\n")
    print(card)


if __name__ == "__main__":
    main()
