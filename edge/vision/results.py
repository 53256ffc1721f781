"""What a scan says, as data: checked, JSON-serialisable, the same for the screen, the PDF and the record.

Every sentence is there in both languages and every figure with its unit; a concern that could not be measured
has a status and a reason instead of a number.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, PrivateAttr

from edge.vision.texts import Text

SCHEMA = "scan-1"

Level = Literal["ok", "soft", "hard"]
Status = Literal["measured", "indicative", "not_measurable"]
Direction = Literal["lower_is_better", "higher_is_better", "none"]
Of = Literal["scalp", "nails"]  # what a close-up shows


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Refusal(_Data):
    """Why a photo was not accepted, with what to do about it."""

    code: str
    reason: Text
    instruction: Text
    figure: float | None = None
    threshold: float | None = None


class Check(_Data):
    """One row of the quality gate."""

    key: str
    level: Level
    figure: float
    ok_limit: float  # up to (or from) here all is well
    hard_limit: float  # beyond it the photo is refused; between the two some concerns are not measured
    at_least: bool  # whether the limits are lower ones
    unit: str
    label: Text
    reason: Text | None = None
    instruction: Text | None = None


class ModelRef(_Data):
    id: str
    role: str
    version: str
    sha256: str
    licence: str
    signed: bool = False


class RegionValue(_Data):
    """A concern in one region of the face; direction, unit and meaning are the concern's."""

    region: str
    label: Text
    value: float | None
    repeat_sd: float | None = None
    score: float | None = None
    score_sd: float | None = None
    skin_share: float


class ConcernResult(_Data):
    """One concern: the raw value first, the score second, and how far to trust both."""

    key: str
    version: str
    label: Text
    meaning: Text
    status: Status
    reason: Text | None = None
    reason_code: str | None = None
    unit: str
    value: float | None = None
    repeat_sd: float | None = None  # of the value, between two captures of the same face
    score: float | None = None  # 0 to 100; None also where there is no good or bad
    score_sd: float | None = None
    direction: Direction
    band: Text | None = None  # a word for the value (the class of the tone, the band of the score)
    explanation: Text | None = None
    details: dict[str, float] = {}
    regions: list[RegionValue] = []


class Referral(_Data):
    """A place that is not scored, because a doctor should look at it."""

    place: tuple[float, float]  # pixels of the photo
    text: Text


class Calibration(_Data):
    """The colour card that corrected the light."""

    kind: Literal["strip", "chart"]
    error: float  # mean CIELAB difference of its fields after correction


class Registered(_Data):
    """How this face was laid on the customer's earlier one."""

    inliers: int
    shift_mm: float
    turn_deg: float
    scale: float


class FaceFound(_Data):
    """Where the face was, in pixels of the upright photo, to draw it again."""

    box: tuple[float, float, float, float]
    right_eye: tuple[float, float]
    left_eye: tuple[float, float]
    source: str
    detector: str
    roll_deg: float
    faces: int


class Light(_Data):
    """What the light of a photo was, as far as the face itself tells; compared between visits."""

    level_ev: float  # log2 of the median linear luminance of the skin
    warmth: float  # log2 of red over blue of the skin
    side_ev: float  # right cheek against left cheek, log2


class Change(_Data):
    """One concern, before and after."""

    key: str
    label: Text
    unit: str
    before: float | None
    after: float | None
    delta: float | None
    smallest_real: float | None  # 1.96 * sqrt(2) * repeat SD
    verdict: Literal["real_change", "no_real_change", "not_comparable"]
    better: bool | None = None  # None: no change, or a concern without good and bad
    sentence: Text


class Comparison(_Data):
    """Two scans side by side, or the reasons why they must not be compared."""

    comparable: bool
    reasons: list[Text] = []
    reason_codes: list[str] = []
    changes: list[Change] = []


class ScanResult(_Data):
    """The whole outcome of one photo."""

    schema_version: str = SCHEMA
    of: Literal["face"] | Of = "face"
    accepted: bool
    limited: bool = False  # accepted, but some check was soft
    photo_name: str = ""
    photo_sha256: str = ""
    photo_width: int = 0
    photo_height: int = 0
    refusals: list[Refusal] = []
    checks: list[Check] = []
    face: FaceFound | None = None
    mm_per_px: float | None = None
    scale_error_share: float | None = None  # 1 SD: lengths and areas may be wrong by this
    regions_version: str = ""
    outlines: dict[str, list[tuple[float, float]]] = {}  # corners of the regions, pixels of the photo
    light: Light | None = None
    calibration: Calibration | None = None
    registered: Registered | None = None
    concerns: list[ConcernResult] = []
    referrals: list[Referral] = []
    models: list[ModelRef] = []
    models_refused: list[str] = []
    timings_ms: dict[str, float] = {}
    comparison: Comparison | None = None

    # The pixels the overlays are drawn from; not part of the record.
    _pictures: object | None = PrivateAttr(default=None)

    def concern(self, key: str) -> ConcernResult:
        return next(c for c in self.concerns if c.key == key)
