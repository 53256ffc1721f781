"""A customer's plan (SEG-11) and what was offered to her (SEG-13, SVC-13)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from salon.records._base import About, Line, Merge, Privacy, Record, Ref, Text, When, Words, register


@register
class CarePlan(Record):
    """An individual care plan: products, services, frequency; adjusted after feedback."""

    kind: ClassVar[str] = "care_plan"
    table: ClassVar[str] = "care_plans"
    zh: ClassVar[str] = "护理方案"
    en: ClassVar[str] = "Care plan"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("member",),)

    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    store: Annotated[Ref, About("门店", "Store", Merge.FIRST)] = ""
    template: Annotated[Line, About("模板", "Template")]
    goals: Annotated[Words, About("目标", "Goals", Merge.SET)] = []
    services: Annotated[Words, About("项目", "Services", Merge.SET)] = []
    products: Annotated[Words, About("居家产品", "Home products", Merge.SET)] = []
    every_days: Annotated[int, About("频率", "Every", unit="d"), Field(ge=1, le=365)]
    photos_every_days: Annotated[int, About("对比照频率", "Photos every", unit="d"), Field(ge=0, le=365)] = 0
    started_at: Annotated[When, About("开始", "Started", Merge.FIRST)]
    adjusted_at: Annotated[When, About("上次调整", "Last adjusted")] = ""
    adjusted_why: Annotated[Text, About("调整原因", "Why adjusted")] = ""
    state: Annotated[Literal["active", "ended"], About("状态", "State")] = "active"
    explain: Annotated[Line, About("说明", "Explanation")] = ""
    policy: Annotated[Line, About("政策版本", "Policy version", privacy=Privacy.OPEN)] = ""


@register
class Offer(Record):
    """Something recommended to a customer, and her answer: how upsell is audited and annoyance is limited."""

    kind: ClassVar[str] = "offer"
    table: ClassVar[str] = "offers"
    fact: ClassVar[bool] = True
    zh: ClassVar[str] = "推荐记录"
    en: ClassVar[str] = "Offer"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("member",), ("visit",))

    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    visit: Annotated[Ref, About("到店记录", "Visit", Merge.FIRST)] = ""
    item: Annotated[Ref, About("项目或产品", "Service or product", Merge.FIRST)]
    at: Annotated[When, About("时间", "Time", Merge.FIRST)]
    by: Annotated[Ref, About("员工", "By", Merge.FIRST)] = ""
    answer: Annotated[Literal["taken", "later", "declined"], About("答复", "Answer", Merge.FIRST)]
    explain: Annotated[Line, About("说明", "Explanation", Merge.FIRST)] = ""


@register
class Interaction(Record):
    """Something a customer did or asked, also what did not sell (PRF-05), and what earns points for itself (LOY-08)."""

    kind: ClassVar[str] = "interaction"
    table: ClassVar[str] = "interactions"
    fact: ClassVar[bool] = True
    zh: ClassVar[str] = "互动记录"
    en: ClassVar[str] = "Interaction"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("member",),)

    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    store: Annotated[Ref, About("门店", "Store", Merge.FIRST)] = ""
    type: Annotated[
        Literal["question", "share", "review", "event", "call", "reply"], About("类型", "Kind", Merge.FIRST)
    ]
    at: Annotated[When, About("时间", "Time", Merge.FIRST)]
    topic: Annotated[Line, About("主题", "Topic", Merge.FIRST)] = ""
    reason: Annotated[
        Literal["", "service", "product", "price", "external"], About("流失原因", "Reason code", Merge.FIRST)
    ] = ""
    """Of a win-back call (CHN-06)."""
    text: Annotated[Text, About("内容", "Text", Merge.FIRST)] = ""
    by: Annotated[Ref, About("员工", "By", Merge.FIRST)] = ""
