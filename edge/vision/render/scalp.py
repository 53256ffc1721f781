"""A scalp close-up whose truth is known: skin, hairs that lie away from a parting, flakes, and the grey strip beside them.

Hairs are drawn at twice the scale and averaged down, so that one thinner than a pixel covers as much of it as it would in a camera.
Colours mix in linear light, as they do there.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.card import STRIP_MM, draw_strip
from edge.vision.graphs.color import srgb_table
from edge.vision.render.camera import Rgb
from edge.vision.render.layers import Plane, Rng, disk, octaves, plain, textured, window
from edge.vision.render.light import Surface, lit
from edge.vision.render.tone import melanin_for

FIELD_MM = (144.0, 96.0)  # the strip is 129 mm long
FINER = 2  # hairs are drawn on this many times as many pixels
HAIR_MM = (0.05, 0.11)
STRIP_AT_MM = 4.0  # from the lower edge
PAPER = 0.86  # share of light that white paper sends back
BLACK, BROWN, GREY, BLOND = (0.008, 0.006, 0.005), (0.05, 0.025, 0.012), (0.3, 0.3, 0.29), (0.35, 0.22, 0.1)


@dataclass(frozen=True)
class Scalp:
    """What is on a rendered scalp."""

    seed: int
    ita: float = 40.0
    hairs: int = 6000  # on the whole field
    flakes: int = 0
    colour: tuple[float, float, float] = BLACK
    gloss: float = 0.06  # of the hair and of the scalp
    redness: float = 0.35
    parting_mm: float = 5.0
    strip: bool = True
    px_per_mm: float = 10.0


@dataclass(frozen=True, eq=False)
class Scene:
    """Linear light and what is truly there, on the same grid; `field` is all but the strip."""

    light: NDArray[np.float32]
    hair: Plane  # share of each pixel
    flakes: Plane
    field: NDArray[np.bool_]
    px_per_mm: float

    @property
    def cover_pct(self) -> float:
        return 100 * float(self.hair[self.field].mean())

    @property
    def flakes_pct(self) -> float:
        return 100 * float(self.flakes[self.field].mean())


def render(scalp: Scalp) -> Scene:
    """The scene of a seed: the same pixels for the same seed and version."""
    rng = np.random.default_rng([20261123, scalp.seed])
    px = scalp.px_per_mm
    shape = (round(FIELD_MM[1] * px), round(FIELD_MM[0] * px))
    layers = plain(shape, px, melanin_for(round(scalp.ita, 1), round(scalp.redness, 2)), scalp.redness)
    textured(layers, rng, 0.03, 0.15, 0.006)
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32) / px
    form = (-((columns - FIELD_MM[0] / 2) ** 2 + (rows - FIELD_MM[1] / 2) ** 2) / 900).astype(np.float32)
    gloss = (scalp.gloss * 0.5 * np.maximum(octaves(shape, rng, [8 * px, 16 * px], 0.5), 0)).astype(
        np.float32
    )
    skin = lit(layers, surface=Surface(gloss=0.3 * scalp.gloss), form=form, gloss_map=gloss)
    level = lit(plain(shape, px, 0, 0), form=form).mean(axis=2) / 0.84  # what falls on the scene, about 1
    under = _flakes(rng, shape, px, scalp.flakes - scalp.flakes // 2)
    over = _flakes(rng, shape, px, scalp.flakes // 2)
    hair, gleam = _hairs(rng, scalp, shape)
    light = _mixed(skin, under, 0.8 * level[..., None])
    strand = level[..., None] * (np.array(scalp.colour) + scalp.gloss * gleam[..., None])
    light = _mixed(_mixed(light, hair, strand.astype(np.float32)), over, 0.8 * level[..., None])
    field = np.ones(shape, dtype=np.bool_)
    hair = np.asarray(hair * (1 - over), dtype=np.float32)
    flakes = np.asarray(np.maximum(over, under * (1 - hair)), dtype=np.float32)
    if scalp.strip:
        lay_strip(light, level, field, px)
    return Scene(light.astype(np.float32), hair, flakes, field, px)


def _mixed(under: NDArray[np.float32], share: Plane, over: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(under * (1 - share[..., None]) + over * share[..., None], dtype=np.float32)


def _hairs(rng: Rng, scalp: Scalp, shape: tuple[int, int]) -> tuple[Plane, Plane]:
    """Share of each pixel that hair covers, and how the hairs gleam where they turn to the lamp."""
    fine = scalp.px_per_mm * FINER
    mask = np.zeros((shape[0] * FINER, shape[1] * FINER), dtype=np.uint8)
    middle = FIELD_MM[1] * 0.42
    drift = rng.normal(0, 0.15)
    steps = np.linspace(0, 1, 12)
    for _ in range(scalp.hairs):
        x, y = rng.uniform(-10, FIELD_MM[0] + 10), rng.uniform(-10, FIELD_MM[1] + 10)
        away = y - middle
        if abs(away) < scalp.parting_mm / 2:
            continue
        turn = np.sign(away) * np.pi / 2 + drift + rng.normal(0, 0.12)
        length, bend = rng.uniform(15, 50), rng.normal(0, 0.3)
        angle = turn + bend * steps
        path = np.array([x, y]) + length * steps[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        wide = max(1, round(rng.uniform(*HAIR_MM) * fine))
        points = np.rint(path * fine * 16).astype(np.int32)
        cv2.polylines(
            mask, [points], isClosed=False, color=255, thickness=wide, lineType=cv2.LINE_AA, shift=4
        )
    size = (shape[1], shape[0])
    whole = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    share = np.asarray(whole / 255, dtype=np.float32)
    rows = np.mgrid[: shape[0], : shape[1]][0].astype(np.float32) / scalp.px_per_mm
    # Hair gleams in a band across the strands, broken up by how they lie.
    band = np.exp(-(((rows - 0.75 * FIELD_MM[1]) / 9) ** 2)) + np.exp(
        -(((rows - 0.12 * FIELD_MM[1]) / 7) ** 2)
    )
    rough = np.clip(0.5 + 0.5 * octaves(shape, rng, [0.3 * scalp.px_per_mm, scalp.px_per_mm], 0.3), 0, 2)
    return share, np.asarray(band * rough, dtype=np.float32)


def _flakes(rng: Rng, shape: tuple[int, int], px: float, count: int) -> Plane:
    """Share of each pixel that flakes cover."""
    total = np.zeros(shape, dtype=np.float32)
    for _ in range(count):
        radius = float(np.clip(rng.lognormal(np.log(0.45), 0.4), 0.2, 1.5)) * px
        where, dx, dy = window(shape, rng.uniform(0, shape[1]), rng.uniform(0, shape[0]), 2 * radius)
        np.maximum(total[where], disk(dx, dy, radius, 0.5, rng, 0.3), out=total[where])
    return total


def lay_strip(light: NDArray[np.float32], level: Plane, field: NDArray[np.bool_], px: float) -> None:
    strip: Rgb = draw_strip(px)
    height, width = strip.shape[:2]
    top = light.shape[0] - height - round(STRIP_AT_MM * px)
    left = (light.shape[1] - width) // 2
    where = (slice(top, top + height), slice(left, left + width))
    light[where] = srgb_table()[strip] * PAPER * level[where][..., None]
    field[where] = False
    assert width / px <= STRIP_MM[0] + 1, "the strip keeps its size"
