"""Light on skin: diffuse light by the slope of the relief, scattered below the surface, and reflections above it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.graphs.color import HAEMOGLOBIN, MELANIN
from edge.vision.render.layers import Layers, Plane

# How far light wanders in skin, millimetres (1 SD): red farthest. Relief is washed out by it.
SCATTER_MM = (0.23, 0.13, 0.09)
ALBEDO = 0.82  # of skin without pigment
# Share of the light that the rough surface sends back in all directions, before any pigment: dark skin is greyer by it
# than pigment alone would make it. The darkest Monk tones (1.4 to 3 % of white, nearly grey) are little else.
VEIL = 0.016
OCCLUSION = 1.5  # per millimetre below the surface around: the bottom of a fold sees less of the lamps


@dataclass(frozen=True)
class Lamp:
    """A soft lamp: where it stands, and how strong it is."""

    azimuth: float  # degrees, 0 to the right of the picture, 90 at its top
    height: float  # degrees above the skin
    power: float

    @property
    def direction(self) -> NDArray[np.float64]:
        a, h = math.radians(self.azimuth), math.radians(self.height)
        return np.array([math.cos(h) * math.cos(a), -math.cos(h) * math.sin(a), math.sin(h)])


ARMS = (Lamp(20, 50, 0.42), Lamp(160, 50, 0.42), Lamp(90, 40, 0.22))  # two arms and the ring above
AMBIENT = 0.18


@dataclass(frozen=True)
class Surface:
    """How the surface reflects: gloss 0 is matte."""

    gloss: float = 0.02
    sharpness: float = 14.0  # exponent of the reflection: higher is wetter


MATTE = Surface()


def lit(
    layers: Layers,
    lamps: Sequence[Lamp] = ARMS,
    surface: Surface = MATTE,
    form: Plane | None = None,
    gloss_map: Plane | None = None,
    ambient: float = AMBIENT,
    pose: tuple[float, float] = (0.0, 0.0),
) -> NDArray[np.float32]:
    """Linear light (H, W, 3), about 1 for white facing all lamps. `form` is the height of the face itself, mm.

    A head turned by `pose` (yaw and pitch, degrees) is lamps and camera turned the other way about it.
    """
    px = layers.px_per_mm
    height = layers.height if form is None else layers.height + form
    normal = _normals(height, px)
    diffuse = np.full(layers.shape, ambient, dtype=np.float32)
    shine = np.zeros(layers.shape, dtype=np.float32)
    turn = _rotation(*pose)
    for lamp in lamps:
        direction = turn @ lamp.direction
        facing = normal @ direction.astype(np.float32)
        diffuse += np.float32(lamp.power) * np.maximum(facing, 0)
        half = direction + turn @ (0, 0, 1)
        half /= np.linalg.norm(half)
        shine += np.float32(lamp.power) * np.maximum(normal @ half.astype(np.float32), 0) ** surface.sharpness
    base = np.asarray(cv2.GaussianBlur(layers.height, (0, 0), 1.2 * px), dtype=np.float32)
    diffuse *= np.exp(-OCCLUSION * np.clip(base - layers.height, 0, 0.4))
    picture = np.empty((*layers.shape, 3), dtype=np.float32)
    for c, scatter in enumerate(SCATTER_MM):
        soft = np.asarray(cv2.GaussianBlur(diffuse, (0, 0), scatter * px), dtype=np.float32)
        density = MELANIN[c] * layers.melanin + HAEMOGLOBIN[c] * layers.haemoglobin
        body = ALBEDO * np.exp(-np.maximum(density, 0))
        # Pigment lies in the skin, so that its edges are scattered too, though less than the light.
        body = np.asarray(cv2.GaussianBlur(body, (0, 0), max(0.35 * scatter * px, 0.1)), dtype=np.float32)
        picture[..., c] = soft * (body + layers.pale * (1 - body))
    gloss = surface.gloss if gloss_map is None else surface.gloss + gloss_map
    picture += (VEIL * diffuse + gloss * shine)[..., None]
    return picture


def _rotation(yaw: float, pitch: float) -> NDArray[np.float64]:
    """From the room into the head's own axes."""
    y, p = math.radians(yaw), math.radians(pitch)
    about_y = np.array([[math.cos(y), 0, -math.sin(y)], [0, 1, 0], [math.sin(y), 0, math.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(p), -math.sin(p)], [0, math.sin(p), math.cos(p)]])
    return np.asarray(about_y @ about_x, dtype=np.float64)


def _normals(height: Plane, px: float) -> NDArray[np.float32]:
    # Heights are millimetres, steps are pixels: the slope has no unit.
    dx = np.asarray(cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=px / 8))
    dy = np.asarray(cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=px / 8))
    inverse = 1 / np.sqrt(1 + dx * dx + dy * dy)
    return np.stack([-dx * inverse, -dy * inverse, inverse], axis=-1)
