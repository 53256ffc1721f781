"""`python -m training.train PATCHES.npz OUT.onnx --steps N [--slice M]`: train the lesion network on one CPU thread.

Two runs of the same steps on the same machine give the same file: one thread, one seed, deterministic kernels. With `--slice` a call stops
after so many minutes and the next one goes on where it stopped, to the same bytes as in one go. Loss: cross entropy plus
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


class Run:
    """The network, its optimiser and the dice: all that the next step needs, so that it can be put away and taken up again."""

    def __init__(self, kept: Path) -> None:
        self.kept = kept
        # Channels last: with so few of them a CPU convolves twice as fast.
        self.net = LesionNet().to(memory_format=torch.channels_last)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=RATE, weight_decay=1e-3)
        self.rng = np.random.default_rng(SEED)
        self.step, self.mean, self.seconds = 0, 0.0, 0.0
        if kept.exists():
            state = torch.load(kept, weights_only=False)  # our own file of a moment ago
            self.net.load_state_dict(state["net"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.rng.bit_generator.state = state["rng"]
            self.step, self.mean, self.seconds = state["step"], state["mean"], state["seconds"]

    def keep(self, seconds: float) -> None:
        state = {
            "net": self.net.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "rng": self.rng.bit_generator.state,
            "step": self.step,
            "mean": self.mean,
            "seconds": self.seconds + seconds,
        }
        torch.save(state, self.kept)

    def train(self, x: torch.Tensor, y: torch.Tensor, total: int) -> None:
        rate = RATE * min(1.0, (self.step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * self.step / total))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad()
        loss = loss_of(self.net(x), y)
        loss.backward()
        self.optimiser.step()
        one = float(loss.detach())
        self.mean += 0.02 * (one - self.mean) if self.step else one
        self.step += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patches", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=1100)
    parser.add_argument("--slice", type=float, default=math.inf, help="minutes of this call")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(mode=True)
    data = np.load(chosen.patches)
    xs, ys = torch.from_numpy(data["x"]), torch.from_numpy(data["y"])
    run = Run(chosen.out.with_suffix(".state"))
    start, began = time.process_time(), time.monotonic()
    while run.step < chosen.steps:
        if time.monotonic() - began > 60 * chosen.slice:
            run.keep(time.process_time() - start)
            print(f"stopped at step {run.step} of {chosen.steps}: call again to go on", flush=True)
            return 3
        rows = torch.from_numpy(run.rng.integers(0, len(xs), BATCH))
        run.train(*turned(xs[rows].float(), ys[rows].float(), run.rng), chosen.steps)
        if run.step % 50 == 0:
            spent = run.seconds + time.process_time() - start
            print(f"step {run.step}/{chosen.steps} loss {run.mean:.4f} {spent:.0f} s of CPU", flush=True)
    chosen.out.write_bytes(to_onnx(run.net.eval()))
    card = {
        "seed": SEED,
        "steps": run.step,
        "batch": BATCH,
        "patches": len(xs),
        "minutes": round((run.seconds + time.process_time() - start) / 60, 1),
        "loss": round(run.mean, 4),
    }
    chosen.out.with_suffix(".training.json").write_text(json.dumps(card, indent=1) + "\n")
    run.kept.unlink(missing_ok=True)
    print(card)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
