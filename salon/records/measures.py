"""What was measured: readings of devices and scans of the camera. Facts, never edited."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from salon.records._base import About, Lane, Line, Merge, Privacy, Record, Ref, When, register

Level = Annotated[int, Field(ge=0, le=3)]


@register
class Reading(Record):
    """One value of one device at one time, with its quality.

    A reading taken of a person during a visit travels to HQ; the air of a room is this store's business alone.
    """

    kind: ClassVar[str] = "reading"
    table: ClassVar[str] = "readings"
    fact: ClassVar[bool] = True
    zh: ClassVar[str] = "读数"
    en: ClassVar[str] = "Reading"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("visit",), ("device", "measure", "at"))

    device: Annotated[Line, About("设备", "Device", Merge.FIRST, Privacy.OPEN)]
    measure: Annotated[Line, About("测量项", "Measure", Merge.FIRST, Privacy.OPEN)]
    value: Annotated[float, About("数值", "Value", Merge.FIRST), Field(allow_inf_nan=False)]
    unit: Annotated[Line, About("单位", "Unit", Merge.FIRST, Privacy.OPEN)] = ""
    at: Annotated[When, About("时间", "Time", Merge.FIRST, Privacy.OPEN)]
    place: Annotated[Line, About("位置", "Place", Merge.FIRST, Privacy.OPEN)] = ""
    quality: Annotated[
        Literal["good", "doubtful", "bad"], About("质量", "Quality", Merge.FIRST, Privacy.OPEN)
    ] = "good"
    phase: Annotated[Literal["", "before", "after"], About("阶段", "Phase", Merge.FIRST)] = ""
    visit: Annotated[Ref, About("到店记录", "Visit", Merge.FIRST)] = ""
    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)] = ""

    @classmethod
    def lane(cls, document: dict[str, Any]) -> Lane:
        return Lane.HQ if document.get("member") else Lane.STORE


@register
class Observation(Record):
    """What a person saw of hair and scalp at a visit (MEA-14): levels, not findings. Beside what devices measure, never among it."""

    kind: ClassVar[str] = "observation"
    table: ClassVar[str] = "observations"
    fact: ClassVar[bool] = True
    zh: ClassVar[str] = "头皮观察"
    en: ClassVar[str] = "Scalp as seen"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("member",), ("visit",))

    visit: Annotated[Ref, About("到店记录", "Visit", Merge.FIRST)]
    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    at: Annotated[When, About("时间", "Time", Merge.FIRST)]
    by: Annotated[Ref, About("员工", "By", Merge.FIRST)] = ""
    levels: Annotated[dict[str, Level], About("所见", "Levels", Merge.FIRST)]
    """oil, flakes, loss, redness -> 0 none to 3 much."""


@register
class Scan(Record):
    """One skin scan: values per concern with scores and repeat errors. The photo stays in the store's media database."""

    kind: ClassVar[str] = "scan"
    table: ClassVar[str] = "scans"
    fact: ClassVar[bool] = True
    zh: ClassVar[str] = "皮肤检测"
    en: ClassVar[str] = "Skin scan"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("visit",), ("member",))

    visit: Annotated[Ref, About("到店记录", "Visit", Merge.FIRST)]
    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    at: Annotated[When, About("时间", "Time", Merge.FIRST)]
    phase: Annotated[Literal["before", "after"], About("阶段", "Phase", Merge.FIRST)]
    by: Annotated[Ref, About("员工", "By", Merge.FIRST)] = ""
    accepted: Annotated[bool, About("合格", "Accepted", Merge.FIRST)] = True
    concerns: Annotated[dict[str, Any], About("指标", "Concerns", Merge.FIRST)] = {}
    """Concern key -> {value, unit, score, repeat_sd, status, regions}: numbers only. `regions`: name -> {value, repeat_sd, score, score_sd};
    before 2026-11-23 the value alone."""
    checks: Annotated[dict[str, Any], About("拍摄质量", "Quality checks", Merge.FIRST)] = {}
    models: Annotated[dict[str, str], About("模型版本", "Model versions", Merge.FIRST, Privacy.OPEN)] = {}
    mm_per_px: Annotated[float, About("像素间距", "Pixel pitch", Merge.FIRST, unit="mm"), Field(ge=0)] = 0.0
    photo: Annotated[Line, About("照片", "Photo", Merge.FIRST, Privacy.LOCAL)] = ""
    overlays: Annotated[dict[str, str], About("叠加图", "Overlays", Merge.FIRST, Privacy.LOCAL)] = {}
    geometry: Annotated[dict[str, Any], About("对齐参数", "Alignment", Merge.FIRST, Privacy.LOCAL)] = {}


@register
class CloseUp(Record):
    """Scalp or a nail, measured on one close-up photo: values with repeat errors. The photo stays in the store's media database."""

    kind: ClassVar[str] = "closeup"
    table: ClassVar[str] = "closeups"
    fact: ClassVar[bool] = True
    zh: ClassVar[str] = "近拍测量"
    en: ClassVar[str] = "Close-up"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("member",), ("visit",))

    visit: Annotated[Ref, About("到店记录", "Visit", Merge.FIRST)]
    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    at: Annotated[When, About("时间", "Time", Merge.FIRST)]
    of: Annotated[Literal["scalp", "nails"], About("部位", "Of", Merge.FIRST)]
    by: Annotated[Ref, About("员工", "By", Merge.FIRST)] = ""
    figures: Annotated[dict[str, Any], About("指标", "Figures", Merge.FIRST)] = {}
    """Key -> {value, unit, repeat_sd, status, version, reason}: numbers only."""
    models: Annotated[dict[str, str], About("模型版本", "Model versions", Merge.FIRST, Privacy.OPEN)] = {}
    mm_per_px: Annotated[float, About("像素间距", "Pixel pitch", Merge.FIRST, unit="mm"), Field(ge=0)] = 0.0
    photo: Annotated[Line, About("照片", "Photo", Merge.FIRST, Privacy.LOCAL)] = ""
    overlay: Annotated[Line, About("叠加图", "Overlay", Merge.FIRST, Privacy.LOCAL)] = ""
