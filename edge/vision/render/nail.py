"""A finger beside the grey strip whose nail is known: its colour, length, width and the form of its tip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.render.layers import Plane, octaves, plain, textured
from edge.vision.render.light import Surface, lit
from edge.vision.render.scalp import FIELD_MM, lay_strip
from edge.vision.render.tone import melanin_for

Form = Literal["square", "round", "pointed"]
# Exponent of the superellipse that ends the nail: large is square, 2 round, 1.25 nearly straight to a point.
ENDS: dict[Form, float] = {"square": 7.0, "round": 2.2, "pointed": 1.25}
BED_MM = 2.5  # of the nail reaches beyond the tip of the finger, at most
MAT = 0.35  # grey, matt, below finger and strip


@dataclass(frozen=True)
class Finger:
    """What lies beside the strip."""

    seed: int
    ita: float = 40.0
    length_mm: float = 13.0
    width_mm: float = 10.5
    form: Form = "round"
    polish: tuple[float, float, float] | None = None  # share of light; None: a bare nail
    gloss: float = 0.08
    turn_deg: float = 0.0
    mat: float = MAT
    px_per_mm: float = 10.0


@dataclass(frozen=True, eq=False)
class Hand:
    """Linear light, the nail's share of each pixel, and its mean colour without gloss in linear light."""

    light: NDArray[np.float32]
    nail: Plane
    colour: NDArray[np.float64]
    px_per_mm: float


def render(finger: Finger) -> Hand:
    """The scene of a seed: the same pixels for the same seed and version."""
    rng = np.random.default_rng([20261124, finger.seed])
    px = finger.px_per_mm
    shape = (round(FIELD_MM[1] * px), round(FIELD_MM[0] * px))
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32) / px
    tip = np.array([FIELD_MM[0] * 0.5 + rng.uniform(-25, 25), 50 + rng.uniform(-4, 4)])
    turn = np.radians(finger.turn_deg)
    # Along the finger from its tip back to the hand, and across it, in millimetres.
    along = -(columns - tip[0]) * np.sin(turn) - (rows - tip[1]) * np.cos(turn)
    across = (columns - tip[0]) * np.cos(turn) - (rows - tip[1]) * np.sin(turn)
    half = 0.5 * finger.width_mm / 0.68 * (1 + 0.1 * np.clip(along / 25, 0, 1))
    shape_of = np.where(along > 8, np.abs(across) / half, np.hypot(across / half, (8 - along) / 8))
    mask = _edge((1 - shape_of) * half * px)
    form = np.where(shape_of < 1, half * np.sqrt(np.maximum(1 - shape_of**2, 0)) * 0.6, 0).astype(np.float32)
    form = np.asarray(cv2.GaussianBlur(form, (0, 0), 0.4 * px), dtype=np.float32)
    nail = _nail(finger, along, across, px)
    layers = plain(shape, px, melanin_for(round(finger.ita, 1), 0.4), 0.4)
    textured(layers, rng, 0.03, 0.12, 0.012)
    base = layers.melanin.copy()
    bed = np.asarray(cv2.GaussianBlur(nail, (0, 0), 0.1 * px), dtype=np.float32)
    layers.melanin = (layers.melanin * (1 - 0.75 * bed)).astype(np.float32)
    layers.haemoglobin = (layers.haemoglobin + 0.25 * bed).astype(np.float32)
    layers.height = (layers.height * (1 - bed) + 0.12 * bed).astype(np.float32)
    free = _edge((-along + 0.5) * px) * nail
    layers.pale = (layers.pale + 0.55 * free + 0.1 * bed).astype(np.float32)
    # The fold around the plate lies in its own shade.
    fold = np.clip(np.asarray(cv2.GaussianBlur(nail, (0, 0), 0.3 * px)) - nail, 0, 1)
    layers.melanin = (layers.melanin + 0.8 * fold * (0.3 + base)).astype(np.float32)
    glossy = (finger.gloss * nail * (0.7 + 0.3 * octaves(shape, rng, [2 * px, 5 * px], 0.5))).astype(
        np.float32
    )
    skin = lit(layers, surface=Surface(gloss=0.015, sharpness=10), form=form, gloss_map=glossy)
    level = lit(plain(shape, px, 0, 0), form=form).mean(axis=2) / 0.84
    if finger.polish is not None:
        varnish = level[..., None] * np.array(finger.polish) + 1.5 * glossy[..., None] * (level**6)[..., None]
        skin = skin * (1 - nail[..., None]) + varnish * nail[..., None]
    shadow = 1 - 0.3 * np.asarray(cv2.GaussianBlur(np.maximum(mask, nail), (0, 0), 1.5 * px))
    ground = (finger.mat * shadow * (1 + 0.02 * octaves(shape, rng, [px, 3 * px], 0.3)))[..., None]
    whole = np.maximum(mask, nail)[..., None]
    light = (ground * (1 - whole) + skin * whole).astype(np.float32)
    lay_strip(light, np.ones(shape, dtype=np.float32), np.ones(shape, dtype=np.bool_), px)
    inside = (nail > 0.99) & (along > 1.5)
    matt = lit(layers, surface=Surface(gloss=0), form=form) if finger.polish is None else light
    return Hand(light, nail, np.median(matt[inside], axis=0).astype(np.float64), px)


def _edge(distance_px: Plane) -> Plane:
    """1 inside, 0 outside, a pixel wide between."""
    return np.asarray(np.clip(distance_px + 0.5, 0, 1), dtype=np.float32)


def _nail(finger: Finger, along: Plane, across: Plane, px: float) -> Plane:
    """Its share of each pixel: a half superellipse at the tip, an ellipse at the cuticle."""
    end = -min(BED_MM, 0.25 * finger.length_mm)
    middle = end + 0.55 * finger.length_mm
    half = finger.width_mm / 2
    far, near = 0.55 * finger.length_mm, 0.45 * finger.length_mm
    power = np.where(along < middle, ENDS[finger.form], 2.4)
    reach = np.where(along < middle, far, near)
    u, v = np.abs(across) / half, np.abs(along - middle) / reach
    inside = (u**power + v**power) ** (1 / power)
    return _edge((1 - inside) * half * px)
