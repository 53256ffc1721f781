"""A whole rendered face, front view: good enough for a face detector, the gate and every measure, with known doses.

All places are millimetres of the canonical frame (`align.py`): the eyes lie 63 mm apart. One seed is one person; a dose
changes one thing and leaves every other pixel of that person as it was, which is what dose-response and cross-talk need.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.regions import polygons, rounded
from edge.vision.render import lesions, relief
from edge.vision.render.anatomy import Grid, features, form, head_mask
from edge.vision.render.layers import Layers, Plane, octaves, plain, textured
from edge.vision.render.light import ARMS, Lamp, Surface, lit
from edge.vision.render.tone import melanin_for

CONCERNS = (
    "redness", "pigmentation", "evenness", "dark_circles", "shine", "pores", "texture", "wrinkles", "spots", "acne_like",
)  # fmt: skip
# What a dose of 1 adds to a face, beside what all skin has.
MOST = {
    "redness": 0.55,  # haemoglobin over the whole face
    "pigmentation": 34,  # patches of 5 to 8 mm
    "evenness": 0.5,  # haemoglobin, in fields of 30 mm
    "dark_circles": 0.9,  # melanin and a third of it haemoglobin under the eyes
    "shine": 0.5,  # gloss on the T-zone
    "pores": 60,  # per cm2 on nose and cheeks
    "texture": 0.035,  # mm of relief
    "wrinkles": 46,  # lines
    "spots": 70,
    "acne_like": 45,
}


@dataclass(frozen=True)
class Person:
    """One person in one pose under one light."""

    seed: int = 0
    ita: float = 35.0
    haemoglobin: float = 0.35
    doses: dict[str, float] = field(default_factory=dict)
    eyes_open: bool = True
    yaw: float = 0.0  # degrees
    pitch: float = 0.0
    lamps: tuple[Lamp, ...] = ARMS
    px_per_mm: float = 9.0

    def rng(self, what: str) -> np.random.Generator:
        return np.random.default_rng([20261122, self.seed, *what.encode()])

    def dose(self, concern: str) -> float:
        return MOST[concern] * self.doses.get(concern, 0.0)


@dataclass(frozen=True, eq=False)
class Rendered:
    """Linear light of the picture, and where the eyes are in it."""

    light: NDArray[np.float32]
    eyes: tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Painted:
    """A person's skin and form, before any light: what is the same in every capture, and takes most of the time."""

    person: Person
    grid: Grid
    layers: Layers
    gloss: Plane
    height: Plane

    def seen(self, yaw: float, pitch: float) -> Rendered:
        """The person in a pose, degrees."""
        person, grid = replace(self.person, yaw=yaw, pitch=pitch), self.grid
        surface = Surface(0.03, 16.0)
        light = lit(self.layers, person.lamps, surface, self.height, self.gloss, pose=(yaw, pitch))
        head = head_mask(grid)[..., None]
        backdrop = np.float32(0.42)
        light = light * head + backdrop * (1 - head)
        light, eyes = _turned(light, self.height, person, grid)
        return Rendered(light, eyes)


def render(person: Person) -> Rendered:
    return paint(person).seen(person.yaw, person.pitch)


def paint(person: Person) -> Painted:
    grid = Grid(person.px_per_mm)
    melanin = melanin_for(round(person.ita, 1), round(person.haemoglobin, 2))
    layers = plain(grid.shape, person.px_per_mm, melanin, person.haemoglobin)
    rng = person.rng("skin")
    textured(layers, rng, 0.012, 0.08, 0.004)
    _pigments(layers, person, grid)
    _relief(layers, person, grid)
    gloss = _gloss(person, grid)
    features(layers, grid, person.rng("features"), eyes_open=person.eyes_open)
    return Painted(person, grid, layers, gloss, form(grid))


def _mask(grid: Grid, names: tuple[str, ...]) -> Plane:
    mask = np.zeros(grid.shape, dtype=np.uint8)
    shapes = polygons(1.0)
    for name in names:
        points = np.rint([grid.pixel(p) for p in rounded(shapes[name])]).astype(np.int32)
        cv2.fillPoly(mask, [points], 1)
    return mask.astype(np.float32)


def _points(
    rng: np.random.Generator, mask: Plane, number: int, room: float = 3.0
) -> list[tuple[float, float]]:
    """Random places within a mask, none nearer than `room` mm to its border or (in 1,000 tries) to another."""
    inner = cv2.distanceTransform((mask > 0).astype(np.uint8), cv2.DIST_L2, 3)
    ys, xs = np.nonzero(inner > room)
    chosen = rng.permutation(len(xs))[: number * 40]
    found: list[tuple[float, float]] = []
    for k in chosen:
        if len(found) == number:
            break
        if all(math.hypot(xs[k] - x, ys[k] - y) > 4 * room for x, y in found):
            found.append((float(xs[k]), float(ys[k])))
    return found


FACE = ("forehead", "left_cheek", "right_cheek", "nose", "chin")


def _pigments(layers: Layers, person: Person, grid: Grid) -> None:
    px = person.px_per_mm
    layers.haemoglobin += np.float32(person.dose("redness"))
    rng = person.rng("evenness")
    layers.haemoglobin += np.float32(person.dose("evenness")) * np.clip(
        octaves(grid.shape, rng, [30 * px, 60 * px], 0.4), -1, 2
    ).astype(np.float32)
    np.maximum(layers.haemoglobin, 0.05, out=layers.haemoglobin)
    under = _mask(grid, ("left_under_eye", "right_under_eye"))
    under = np.asarray(cv2.GaussianBlur(under, (0, 0), 1.2 * px))
    layers.melanin += np.float32(person.dose("dark_circles")) * under
    layers.haemoglobin += np.float32(person.dose("dark_circles") / 3) * under
    # The same people always carry the same marks, in the same order: more of a dose only adds.
    rng, mask = person.rng("pigmentation"), _mask(grid, FACE)
    for x, y in _points(rng, mask, 60, px)[: round(person.dose("pigmentation"))]:
        size = float(rng.uniform(2.3, 4.0)) * px
        patch = np.asarray(_soft_spot(grid.shape, x, y, size))
        layers.melanin += np.float32(0.45 * (1 + 0.5 * layers.base_melanin)) * patch
    rng = person.rng("spots")
    for x, y in _points(rng, mask, 90, 0.6 * px)[: round(person.dose("spots"))]:
        lesions.spot(layers, rng, x, y, float(rng.uniform(0.6, 1.3)), 0.55)
    rng = person.rng("acne")
    for x, y in _points(rng, mask, 60, px)[: round(person.dose("acne_like"))]:
        lesions.papule(layers, rng, x, y, float(rng.uniform(0.8, 1.7)), 0.55)


def _soft_spot(shape: tuple[int, int], x: float, y: float, size: float) -> Plane:
    plane = np.zeros(shape, dtype=np.float32)
    cv2.circle(plane, (round(x), round(y)), round(size), 1.0, -1)
    reach = round(size * 2.5)
    box = (
        slice(max(0, round(y) - reach), round(y) + reach),
        slice(max(0, round(x) - reach), round(x) + reach),
    )
    plane[box] = cv2.GaussianBlur(plane[box], (0, 0), size / 3)
    return plane


def _relief(layers: Layers, person: Person, grid: Grid) -> None:
    px = person.px_per_mm
    relief.pores(
        layers, person.rng("pores"), 1.5 + person.dose("pores"), (0.14, 0.22),
        _mask(grid, ("nose", "left_cheek", "right_cheek")),
    )  # fmt: skip
    cheeks = _mask(grid, ("forehead", "left_cheek", "right_cheek"))
    soft = np.asarray(cv2.GaussianBlur(cheeks, (0, 0), px))
    texture = octaves(grid.shape, person.rng("texture"), [0.35 * px, 0.6 * px], 1.0)
    layers.height += np.float32(person.dose("texture")) * texture * soft
    rng = person.rng("wrinkles")
    zones = (
        "forehead",
        "forehead",
        "left_crows_feet",
        "right_crows_feet",
        "left_under_eye",
        "right_under_eye",
    )
    masks = {zone: _mask(grid, (zone,)) for zone in zones}
    starts = {zone: _points(rng, mask, 30, 0.5 * px) for zone, mask in masks.items()}
    for k in range(round(person.dose("wrinkles"))):
        zone = zones[k % len(zones)]
        angle = float(rng.normal(0, 0.12)) + (math.pi if zone.startswith("right") else 0.0)
        length = float(rng.uniform(12, 26) if zone == "forehead" else rng.uniform(6, 10))
        width, depth = float(rng.uniform(0.3, 0.5)), float(rng.uniform(0.1, 0.18))
        if starts[zone]:
            start = starts[zone][k % len(starts[zone])]
            relief.line(layers, relief.curve(rng, start, angle, length * px, 0.3), width, depth)


def _gloss(person: Person, grid: Grid) -> Plane:
    zone = _mask(grid, ("forehead", "glabella", "nose", "chin"))
    soft = np.asarray(cv2.GaussianBlur(zone, (0, 0), 2 * person.px_per_mm), dtype=np.float32)
    rough = octaves(grid.shape, person.rng("gloss"), [2 * person.px_per_mm, 8 * person.px_per_mm], 0.5)
    return np.asarray(
        np.float32(person.dose("shine")) * soft * np.clip(0.2 + 0.5 * rough, 0, 1.2), dtype=np.float32
    )


def _turned(
    light: NDArray[np.float32], height: Plane, person: Person, grid: Grid
) -> tuple[NDArray[np.float32], tuple[tuple[float, float], tuple[float, float]]]:
    """The face turned about the middle of the head: every point moves by its own depth."""
    yaw, pitch = math.radians(person.yaw), math.radians(person.pitch)
    cx, cy = grid.pixel((0.0, 0.0))
    depth = height * person.px_per_mm

    def seen(x: float, y: float, z: float) -> tuple[float, float]:
        return (
            cx + (x - cx) * math.cos(yaw) + z * math.sin(yaw),
            cy + (y - cy) * math.cos(pitch) + z * math.sin(pitch),
        )

    eyes = []
    for side in (-31.5, 31.5):
        x, y = grid.pixel((side, 0.0))
        eyes.append(seen(x, y, float(depth[round(y), round(x)])))
    if not (person.yaw or person.pitch):
        return light, (eyes[0], eyes[1])
    rows, columns = np.mgrid[: grid.shape[0], : grid.shape[1]].astype(np.float32)
    x_at, y_at = columns.copy(), rows.copy()
    for _ in range(4):  # the place that is seen here: its depth decides where it is, so ask again
        z = np.asarray(cv2.remap(depth, x_at, y_at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
        x_at = np.asarray((columns - cx - z * math.sin(yaw)) / math.cos(yaw) + cx, dtype=np.float32)
        y_at = np.asarray((rows - cy - z * math.sin(pitch)) / math.cos(pitch) + cy, dtype=np.float32)
    turned = cv2.remap(light, x_at, y_at, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.maximum(np.asarray(turned, dtype=np.float32), 0), (eyes[0], eyes[1])
