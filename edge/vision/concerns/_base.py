"""What every concern has: a raw value with its unit, a declared way to a score, limits, and words."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Literal

import cv2
import numpy as np

from edge.vision.graphs.color import HAEMOGLOBIN, MELANIN, SRGB_TO_XYZ
from edge.vision.middle import median
from edge.vision.regions import Mask, Plane
from edge.vision.results import Direction
from edge.vision.surface import Surface

# At "clear" a score is 90, at "severe" 20: the logistic curve between is fixed by these two.
CLEAR_SCORE, SEVERE_SCORE = 90.0, 20.0
_CLEAR_LOGIT = math.log(CLEAR_SCORE / (100 - CLEAR_SCORE))
_SEVERE_LOGIT = math.log(SEVERE_SCORE / (100 - SEVERE_SCORE))


# What a unit of each pigment takes from the lightness of skin at L* = 60: dL* = (L* + 16) / 3 per unit of optical density,
# and the pigments' absorption weighted as luminance is.
_WEIGHT = np.array(SRGB_TO_XYZ[1])
MELANIN_DARKENS, BLOOD_DARKENS = (
    (60 + 16) / 3 * float(_WEIGHT @ np.array(absorption)) for absorption in (MELANIN, HAEMOGLOBIN)
)


# A mean is made on a smaller picture where its sigma is still this wide there.
NARROW_PX = 2.0
# Variance, in pixels of the smaller picture, of averaging areas (about 1/12) and of going back by straight lines (about 1/6).
OWN_BLUR = 0.22


@dataclass(frozen=True)
class Anchors:
    """The raw values that count as clear and as severe; the mapping to a score follows from them."""

    clear: float
    severe: float

    @property
    def k(self) -> float:
        return (self.severe - self.clear) / (_CLEAR_LOGIT - _SEVERE_LOGIT)

    @property
    def x50(self) -> float:
        return self.clear + _CLEAR_LOGIT * self.k

    def score(self, value: float) -> float:
        """0 (worst) to 100; falls steadily with the value."""
        return 100 / (1 + math.exp(min(50.0, max(-50.0, (value - self.x50) / self.k))))

    def score_sd(self, value: float, sd: float) -> float:
        """The repeat error of the score, from that of the value, by the slope at this place."""
        share = self.score(value) / 100
        return 100 * share * (1 - share) / abs(self.k) * sd


@dataclass(frozen=True, eq=False)
class Measured:
    """What a concern found. `heat` (0 to 1 in the canonical frame) is drawn where `drawn` is true.

    A report of figures needs no picture, so the heat is made when it is first asked for, by `paint`.
    """

    value: float
    regions: dict[str, float] = field(default_factory=dict)
    details: dict[str, float] = field(default_factory=dict)
    paint: Callable[[], Plane] | None = None
    drawn: Mask | None = None
    band: str | None = None  # a key of texts.toml, instead of the band of the score
    # Places (canonical pixels) that are not scored because a doctor should look at them.
    referred: list[tuple[float, float]] = field(default_factory=list)
    # A key of texts.toml: why on this skin, unless the light was calibrated, the value says something beside this person's other values only.
    # It is not scored then.
    own_only: str | None = None

    @cached_property
    def heat(self) -> Plane | None:
        return None if self.paint is None else np.asarray(self.paint(), dtype=np.float32)


Closer = Literal["places", "relief"]  # single places and lines; or the relief at the fine scale


@dataclass(frozen=True)
class Concern:
    """One row of the report. `measure` answers None when the photo shows too little skin for it."""

    key: str
    order: int
    unit: str
    measure: Callable[[Surface], Measured | None] | None = None
    direction: Direction = "lower_is_better"
    anchors: Anchors | None = None
    version: str = "1"
    regions: tuple[str, ...] = ()
    max_mm_per_px: float = 1.6  # coarser photos do not carry it
    decimals: int = 2
    indicative: str | None = None  # a key of texts.toml: why the value is only a hint, if it is
    not_measured: str | None = None  # a key of texts.toml: why no camera, or not this version, measures it
    closer: Closer | None = None  # what of `Surface.detail`, which takes longest, it asks for
    needs_eyes: bool = False  # measured in places that a few millimetres beside are another skin
    spoiled_by: tuple[str, ...] = ()  # soft checks of the gate under which it is not measured


@dataclass(frozen=True)
class RepeatError:
    """How far two captures of one face differ (1 SD, raw units), and how that was measured."""

    sd: float
    method: str
    icc: float | None = None  # ICC(2,1): the share of the spread between people; None: not measured


@cache
def _repeat_file() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("repeat.toml").read_text("utf-8"))


def repeat_error(key: str, *, calibrated: bool = False) -> RepeatError | None:
    """The repeat error of a concern as data, None where it was never measured; with a colour card in view it is another."""
    data = _repeat_file()
    part = "_card" if calibrated and key in data.get("sd_card", {}) else ""
    row = data[f"sd{part}"].get(key)
    if row is None:
        return None
    return RepeatError(float(row), str(data["method"]), data.get(f"icc{part}", {}).get(key))


def region_error(key: str, region: str, *, calibrated: bool = False) -> float | None:
    """The repeat error of a concern in one region (1 SD, raw units): a small region repeats less well than the face.

    None where it was never measured; a colour card hardly makes it worse, so what is not known with one is taken without.
    """
    parts = ("region_sd_card", "region_sd") if calibrated else ("region_sd",)
    found = (_repeat_file().get(part, {}).get(key, {}).get(region) for part in parts)
    return next((float(sd) for sd in found if sd is not None), None)


def spread(plane: Plane, mask: Mask) -> float:
    """Robust SD: 1.4826 times the median absolute deviation."""
    values = plane[mask]
    return 1.4826 * median(np.abs(values - median(values)))


def masked_blur(plane: Plane, mask: Mask, sigma_px: float) -> Plane:
    """A Gaussian mean over the pixels of `mask` only, so that what is not skin does not bleed in."""
    return masked_blurs([plane], mask, sigma_px)[0]


def masked_blurs(planes: Sequence[Plane], mask: Mask, sigma_px: float) -> list[Plane]:
    """The same of several planes, for which the mask is blurred once.

    Wide ones are made on a half or a quarter of the picture: what they leave has no detail to lose, and they cost a tenth. Shrinking and
    going back blur by themselves, which is taken off again: the error is within 1 % of the spread that the mean has.
    """
    step = next((step for step in (4, 2) if sigma_px >= NARROW_PX * step), 1)
    height, width = mask.shape
    size = (max(1, width // step), max(1, height // step))
    own = math.sqrt((sigma_px / step) ** 2 - OWN_BLUR) if step > 1 else sigma_px

    def blurred(part: Plane) -> Plane:
        small = part if step == 1 else cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.GaussianBlur(small, (0, 0), own), dtype=np.float32)

    weight = mask.astype(np.float32)
    share = np.maximum(blurred(weight), np.float32(1e-3))
    means = [np.asarray(blurred(plane * weight) / share, dtype=np.float32) for plane in planes]
    if step == 1:
        return means
    back = (cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR) for mean in means)
    return [np.asarray(mean, dtype=np.float32) for mean in back]
