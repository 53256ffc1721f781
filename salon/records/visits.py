"""A customer's way through the house: the booking, the visit in five steps (SVC-01), and what was done in it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from salon.records._base import About, Line, Merge, Privacy, Record, Ref, Text, When, Words, register

VisitState = Literal[
    "booked", "arrived", "treatment", "feedback", "aftercare", "closed", "cancelled", "no_show"
]
"""The five steps of SVC-01 (booking, arrival, treatment, effect feedback, after-sale) and how a visit ends."""


@register
class Appointment(Record):
    """A booking in the one calendar (APT-01)."""

    kind: ClassVar[str] = "appointment"
    table: ClassVar[str] = "appointments"
    zh: ClassVar[str] = "预约"
    en: ClassVar[str] = "Appointment"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("starts_at",), ("member",))

    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    store: Annotated[Ref, About("门店", "Store", Merge.FIRST)]
    services: Annotated[Words, About("项目", "Services", Merge.SET)]
    starts_at: Annotated[When, About("开始", "Starts")]
    ends_at: Annotated[When, About("结束", "Ends")]
    therapist: Annotated[Ref, About("美容师", "Therapist")] = ""
    bed: Annotated[Line, About("床位", "Bed")] = ""
    room: Annotated[Line, About("房间", "Room")] = ""
    """Where the house has rooms of one bed, or one that a service takes alone: never twice at a time either (APT-08)."""
    status: Annotated[
        Literal["booked", "arrived", "cancelled", "no_show", "done"], About("状态", "Status")
    ] = "booked"
    booking: Annotated[Literal["confirmed", "provisional", "conflict"], About("确认", "Confirmation")] = (
        "confirmed"
    )
    """Made elsewhere a booking is provisional until the store that owns the calendar says yes or no (APT-08)."""
    channel: Annotated[Literal["desk", "phone", "web", "kiosk"], About("渠道", "Channel")] = "desk"
    needs: Annotated[Text, About("需求", "Needs")] = ""
    deposit_fen: Annotated[int, About("定金", "Deposit", unit="fen"), Field(ge=0)] = 0
    express: Annotated[bool, About("快速服务", "Express")] = False
    touch_up: Annotated[bool, About("补妆位", "Touch-up slot")] = False
    prepared_at: Annotated[When, About("准备确认", "Preparation confirmed")] = ""
    prepared_by: Annotated[Ref, About("准备人", "Prepared by")] = ""
    cancelled_at: Annotated[When, About("取消时间", "Cancelled")] = ""
    visit: Annotated[Ref, About("到店记录", "Visit")] = ""


@register
class Visit(Record):
    """One visit, from booking to after-sale."""

    kind: ClassVar[str] = "visit"
    table: ClassVar[str] = "visits"
    zh: ClassVar[str] = "到店"
    en: ClassVar[str] = "Visit"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("member",),
        ("state",),
        ("arrived_at",),
        ("report_code",),
    )

    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    store: Annotated[Ref, About("门店", "Store", Merge.FIRST)]
    state: Annotated[VisitState, About("进度", "State")]
    appointment: Annotated[Ref, About("预约", "Appointment")] = ""
    services: Annotated[Words, About("项目", "Services", Merge.SET)] = []
    therapist: Annotated[Ref, About("美容师", "Therapist")] = ""
    bed: Annotated[Line, About("床位", "Bed")] = ""
    drink: Annotated[Line, About("饮品", "Drink")] = ""
    arrived_at: Annotated[When, About("到店时间", "Arrived")] = ""
    identified_by: Annotated[
        Literal["", "phone", "qr", "card", "desk", "form"], About("识别方式", "Identified by")
    ] = ""
    identify_ms: Annotated[int, About("识别用时", "Time to identify", unit="ms"), Field(ge=0)] = 0
    """From the first touch to the greeting (SVC-02, KPI-17)."""
    treatment_at: Annotated[When, About("开始护理", "Treatment began")] = ""
    feedback_at: Annotated[When, About("效果反馈", "Feedback")] = ""
    aftercare_at: Annotated[When, About("护理完成", "Treatment finished")] = ""
    closed_at: Annotated[When, About("结束", "Closed")] = ""
    contraindications_at: Annotated[When, About("禁忌确认时间", "Contraindications confirmed")] = ""
    contraindications_by: Annotated[Ref, About("禁忌确认人", "Confirmed by")] = ""
    contraindications_found: Annotated[
        Words, About("本次禁忌", "Contraindications found", Merge.SET, Privacy.HEALTH)
    ] = []
    paid_fen: Annotated[int, About("实付", "Paid", unit="fen"), Field(ge=0)] = 0
    payment: Annotated[
        Literal["", "cash", "card", "wechat", "alipay", "stored_value"], About("支付方式", "Payment")
    ] = ""
    refunded_fen: Annotated[int, About("已退款", "Refunded", unit="fen"), Field(ge=0)] = 0
    result: Annotated[Text, About("效果与反馈", "Result and feedback")] = ""
    next_hint: Annotated[Text, About("下次提示", "Hint for next time")] = ""
    report_code: Annotated[Line, About("报告码", "Report code", privacy=Privacy.LOCAL)] = ""
    occasion: Annotated[
        Literal["", "wedding", "business", "travel", "gift", "treat"], About("场合", "Occasion")
    ] = ""
    together: Annotated[Words, About("同行会员", "Came with", Merge.SET)] = []
    """Members who came along (LOY-13)."""
    express: Annotated[bool, About("快速服务", "Express")] = False
    original: Annotated[Ref, About("原到店记录", "Original visit")] = ""
    """For a compensation visit (SVC-17): the visit that it makes good."""


@register
class SopTick(Record):
    """One step of the SOP done: when, by whom, and how it is known (SVC-07, SAF-07)."""

    kind: ClassVar[str] = "sop_tick"
    table: ClassVar[str] = "sop_ticks"
    fact: ClassVar[bool] = True
    zh: ClassVar[str] = "步骤记录"
    en: ClassVar[str] = "Step done"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("visit",),)

    visit: Annotated[Ref, About("到店记录", "Visit", Merge.FIRST)]
    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    service: Annotated[Ref, About("项目", "Service", Merge.FIRST)]
    step: Annotated[Line, About("步骤", "Step", Merge.FIRST)]
    at: Annotated[When, About("时间", "Time", Merge.FIRST)]
    by: Annotated[Ref, About("员工", "By", Merge.FIRST)]
    source: Annotated[Literal["hand", "sensor"], About("依据", "Evidence", Merge.FIRST)] = "hand"
    evidence: Annotated[Ref, About("证据记录", "Evidence record", Merge.FIRST)] = ""
    comfort: Annotated[
        Literal["", "good", "too_strong", "too_weak", "too_dark", "painful"],
        About("舒适度", "Comfort", Merge.FIRST),
    ] = ""
    undone: Annotated[bool, About("撤销", "Undone", Merge.FIRST)] = False
    """A tick taken back is a second fact that says so."""


@register
class ProductUse(Record):
    """A product used on a customer, with its batch (SAF-05, SAF-10); or stopped before it was."""

    kind: ClassVar[str] = "product_use"
    table: ClassVar[str] = "product_uses"
    fact: ClassVar[bool] = True
    zh: ClassVar[str] = "产品使用"
    en: ClassVar[str] = "Product use"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("visit",), ("product", "batch"), ("member",))

    visit: Annotated[Ref, About("到店记录", "Visit", Merge.FIRST)]
    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    product: Annotated[Ref, About("产品", "Product", Merge.FIRST)]
    batch: Annotated[Line, About("批次", "Batch", Merge.FIRST)] = ""
    at: Annotated[When, About("时间", "Time", Merge.FIRST)]
    by: Annotated[Ref, About("员工", "By", Merge.FIRST)]
    outcome: Annotated[Literal["used", "stopped", "overridden"], About("结果", "Outcome", Merge.FIRST)] = (
        "used"
    )
    conflicts: Annotated[
        Words, About("冲突过敏原", "Allergens in conflict", Merge.FIRST, Privacy.HEALTH)
    ] = []
    reason: Annotated[Line, About("放行理由", "Reason of the override", Merge.FIRST)] = ""
    second_person: Annotated[Ref, About("复核人", "Second person", Merge.FIRST)] = ""
