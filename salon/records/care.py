"""Care after the visit: follow-up tasks (FUP), surveys (CMP-13, CMP-14) and complaints (CMP)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from salon.records._base import About, Line, Merge, Privacy, Record, Ref, Text, When, Words, register


@register
class FollowUp(Record):
    """A task with owner, due time, channel, result and next action (FUP-09)."""

    kind: ClassVar[str] = "follow_up"
    table: ClassVar[str] = "follow_ups"
    zh: ClassVar[str] = "跟进任务"
    en: ClassVar[str] = "Follow-up"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("visit",),
        ("due_at",),
        ("member",),
        ("state", "due_at"),
    )

    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    visit: Annotated[Ref, About("到店记录", "Visit", Merge.FIRST)] = ""
    store: Annotated[Ref, About("门店", "Store", Merge.FIRST)] = ""
    rule: Annotated[Line, About("规则", "Rule", Merge.FIRST)]
    """The policy's key of this contact: report, survey, call, tip..."""
    due_at: Annotated[When, About("到期", "Due")]
    expires_at: Annotated[When, About("过期", "No longer fit after")] = ""
    owner: Annotated[Ref, About("负责人", "Owner")] = ""
    role: Annotated[
        Literal["", "beautician", "desk", "consultant", "manager"], About("岗位", "For the role")
    ] = ""
    what: Annotated[Line, About("事项", "About", Merge.FIRST)] = ""
    """What is to be done, in Chinese, for a rule that is no contact of the policy."""
    what_en: Annotated[Line, About("事项（英文）", "About, in English", Merge.FIRST)] = ""
    channel: Annotated[Literal["", "wechat", "sms", "phone", "email", "store"], About("渠道", "Channel")] = ""
    state: Annotated[Literal["open", "done", "skipped"], About("状态", "State")] = "open"
    result: Annotated[Text, About("结果", "Result")] = ""
    next_action: Annotated[Line, About("下一步", "Next action")] = ""
    done_at: Annotated[When, About("完成时间", "Done")] = ""
    explain: Annotated[Line, About("说明", "Explanation")] = ""
    policy: Annotated[Line, About("政策版本", "Policy version", Merge.FIRST, Privacy.OPEN)] = ""


@register
class Survey(Record):
    """The answers of one survey: satisfaction 0-100 and NPS 0-10."""

    kind: ClassVar[str] = "survey"
    table: ClassVar[str] = "surveys"
    fact: ClassVar[bool] = True
    zh: ClassVar[str] = "回访问卷"
    en: ClassVar[str] = "Survey"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("visit",), ("member",))

    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    visit: Annotated[Ref, About("到店记录", "Visit", Merge.FIRST)]
    at: Annotated[When, About("时间", "Time", Merge.FIRST)]
    satisfaction: Annotated[int, About("满意度", "Satisfaction", Merge.FIRST), Field(ge=0, le=100)]
    nps: Annotated[int | None, About("推荐度", "Would recommend", Merge.FIRST), Field(ge=0, le=10)] = None
    service: Annotated[Ref, About("项目", "Service", Merge.FIRST)] = ""
    therapist: Annotated[Ref, About("美容师", "Therapist", Merge.FIRST)] = ""
    answers: Annotated[dict[str, Line], About("答案", "Answers", Merge.FIRST)] = {}
    """Question -> option, by `salon.rules.surveys.FORM`."""
    remarks: Annotated[Text, About("留言", "Remarks", Merge.FIRST)] = ""


@register
class Complaint(Record):
    """A complaint under its clock (CMP-01): respond, plan, solve."""

    kind: ClassVar[str] = "complaint"
    table: ClassVar[str] = "complaints"
    zh: ClassVar[str] = "投诉"
    en: ClassVar[str] = "Complaint"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("member",), ("state",))

    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    visit: Annotated[Ref, About("到店记录", "Visit", Merge.FIRST)] = ""
    store: Annotated[Ref, About("门店", "Store", Merge.FIRST)] = ""
    opened_at: Annotated[When, About("提出时间", "Opened", Merge.FIRST)]
    topic: Annotated[Literal["allergy", "effect", "service", "price", "other"], About("类型", "Topic")]
    story: Annotated[Text, About("经过", "What happened")]
    state: Annotated[Literal["open", "responded", "planned", "solved"], About("状态", "State")] = "open"
    responded_at: Annotated[When, About("首次响应", "Responded")] = ""
    planned_at: Annotated[When, About("方案时间", "Planned")] = ""
    solved_at: Annotated[When, About("解决时间", "Solved")] = ""
    owner: Annotated[Ref, About("负责人", "Owner")] = ""
    plan: Annotated[Text, About("方案", "Plan")] = ""
    batches: Annotated[Words, About("相关批次", "Batches", Merge.SET)] = []
    staff: Annotated[Words, About("相关员工", "Staff", Merge.SET)] = []
    steps: Annotated[Words, About("已完成步骤", "Playbook steps done", Merge.SET)] = []
    told_at: Annotated[When, About("告知顾客", "Customer told")] = ""
    """CMP-05: she knows what came of it."""
    breaches: Annotated[Words, About("超时环节", "Clocks run out", Merge.SET)] = []
    solution: Annotated[Text, About("处理结果", "Solution")] = ""
    policy: Annotated[Line, About("政策版本", "Policy version", Merge.FIRST, Privacy.OPEN)] = ""
