"""What the house offers: the store itself, its services with their steps (SVC-07), and products with their ingredients."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from salon.records._base import About, Day, Line, Merge, Privacy, Record, Ref, Rid, Text, Words, register

STORE_ID = re.compile(r"[0-9a-z][0-9a-z_]{2,23}")
"""What a store may be called by head office and itself: it stands in the topics of its devices, in addresses and in file names."""


class Step(BaseModel):
    """One step of a service's SOP."""

    model_config = ConfigDict(extra="forbid")

    key: Rid
    zh: Line
    en: Line
    """What the staff reads: with doses, settings and what to watch."""
    guest_zh: Line = ""
    guest_en: Line = ""
    """What the customer reads at her arrival and in her report. Empty: the staff's words without what stands in brackets."""
    minutes: Annotated[int, Field(ge=0, le=240)] = 0
    kind: Literal["disinfect", "prepare", "measure", "treat", "product", "finish"] = "treat"
    core: bool = True
    """False: left out or shortened in the express service (APT-12). Disinfection is always core."""
    evidence: Literal["", "reading", "scan", "steriliser", "product"] = ""
    """What a device can prove of it; a tick by hand is marked so."""


@register
class Store(Record):
    """A store of the chain."""

    kind: ClassVar[str] = "store"
    table: ClassVar[str] = "stores"
    kept_by: ClassVar[str] = "rid"
    zh: ClassVar[str] = "门店"
    en: ClassVar[str] = "Store"

    name: Annotated[Line, About("店名", "Name", privacy=Privacy.OPEN)]
    name_en: Annotated[Line, About("英文店名", "Name in English", privacy=Privacy.OPEN)] = ""
    city: Annotated[Line, About("城市", "City", privacy=Privacy.OPEN)] = ""
    timezone: Annotated[Line, About("时区", "Time zone", privacy=Privacy.OPEN)] = "Asia/Shanghai"
    opens: Annotated[Line, About("开门", "Opens", privacy=Privacy.OPEN)] = "10:00"
    closes: Annotated[Line, About("关门", "Closes", privacy=Privacy.OPEN)] = "21:00"
    beds: Annotated[Words, About("床位", "Beds", Merge.SET, Privacy.OPEN)] = []
    rooms: Annotated[Words, About("房间", "Rooms", Merge.SET, Privacy.OPEN)] = []
    """Rooms that are booked as such (APT-08); empty where the beds stand in one room."""
    phone: Annotated[Line, About("电话", "Phone", privacy=Privacy.OPEN)] = ""


@register
class Service(Record):
    """Something a customer can have: price in fen, minutes, steps."""

    kind: ClassVar[str] = "service"
    table: ClassVar[str] = "services"
    zh: ClassVar[str] = "项目"
    en: ClassVar[str] = "Service"

    name: Annotated[Line, About("名称", "Name", privacy=Privacy.OPEN)]
    name_en: Annotated[Line, About("英文名称", "Name in English", privacy=Privacy.OPEN)]
    category: Annotated[
        Literal["skin", "nails", "hair", "body"], About("类别", "Category", privacy=Privacy.OPEN)
    ]
    minutes: Annotated[int, About("时长", "Minutes", privacy=Privacy.OPEN, unit="min"), Field(ge=5, le=480)]
    price_fen: Annotated[int, About("价格", "Price", privacy=Privacy.OPEN, unit="fen"), Field(ge=0)]
    cycle_days: Annotated[
        int, About("周期", "Cycle", privacy=Privacy.OPEN, unit="d"), Field(ge=0, le=730)
    ] = 0
    steps: Annotated[list[Step], About("步骤", "Steps", privacy=Privacy.OPEN)] = []
    contraindications: Annotated[Words, About("禁忌", "Contraindications", Merge.SET, Privacy.OPEN)] = []
    aftercare: Annotated[Text, About("护理后须知", "Aftercare", privacy=Privacy.OPEN)] = ""
    aftercare_en: Annotated[
        Text, About("护理后须知（英文）", "Aftercare in English", privacy=Privacy.OPEN)
    ] = ""
    uses: Annotated[Words, About("功效方向", "Good for", Merge.SET, Privacy.OPEN)] = []
    """Needs it answers, by the same words as a product's uses: soothing, hydrating, firming..."""
    express_minutes: Annotated[
        int, About("快速时长", "Express minutes", privacy=Privacy.OPEN, unit="min"), Field(ge=0, le=120)
    ] = 0
    """0: not offered as an express service (APT-12)."""
    active: Annotated[bool, About("在售", "On offer", privacy=Privacy.OPEN)] = True


@register
class Product(Record):
    """A product with its ingredients, as the allergen check needs them (SAF-04, SAF-05)."""

    kind: ClassVar[str] = "product"
    table: ClassVar[str] = "products"
    zh: ClassVar[str] = "产品"
    en: ClassVar[str] = "Product"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("barcode",),)

    name: Annotated[Line, About("名称", "Name", privacy=Privacy.OPEN)]
    name_en: Annotated[Line, About("英文名称", "Name in English", privacy=Privacy.OPEN)]
    brand: Annotated[Line, About("品牌", "Brand", privacy=Privacy.OPEN)] = ""
    brand_en: Annotated[Line, About("英文品牌", "Brand in English", privacy=Privacy.OPEN)] = ""
    barcode: Annotated[Line, About("条码", "Barcode", privacy=Privacy.OPEN)] = ""
    ingredients: Annotated[Words, About("成分", "Ingredients", Merge.SET, Privacy.OPEN)] = []
    allergens: Annotated[Words, About("含过敏原", "Allergens in it", Merge.SET, Privacy.OPEN)] = []
    uses: Annotated[Words, About("用途", "Uses", Merge.SET, Privacy.OPEN)] = []
    price_fen: Annotated[
        int, About("零售价", "Retail price", privacy=Privacy.OPEN, unit="fen"), Field(ge=0)
    ] = 0
    home_care: Annotated[Text, About("居家建议", "Home advice", privacy=Privacy.OPEN)] = ""
    home_care_en: Annotated[
        Text, About("居家建议（英文）", "Home advice in English", privacy=Privacy.OPEN)
    ] = ""
    batch: Annotated[Line, About("当前批次", "Batch in use", privacy=Privacy.OPEN)] = ""
    expires: Annotated[Day, About("有效期", "Expires", privacy=Privacy.OPEN)] = ""
    admitted: Annotated[bool, About("已准入", "Admitted", privacy=Privacy.OPEN)] = True
    supplier: Annotated[Ref, About("供应商", "Supplier", privacy=Privacy.OPEN)] = ""
    checked_at: Annotated[Day, About("质检日期", "Quality check", privacy=Privacy.OPEN)] = ""
    sample: Annotated[Line, About("留样编号", "Retained sample", privacy=Privacy.OPEN)] = ""
    supplier_covers: Annotated[
        bool, About("供应商过敏赔付协议", "Supplier covers allergies", privacy=Privacy.OPEN)
    ] = False
    """SAF-06: a supplier's agreement to compensate an allergic reaction."""
