"""What the house writes about itself: alerts, quality sheets, suggestions, applications to export, its policies."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from salon.records._base import About, Day, Line, Merge, Privacy, Record, Ref, Text, When, Words, register

Score = Annotated[int, Field(ge=0, le=10)]
PolicyToml = Annotated[str, StringConstraints(max_length=60_000)]


@register
class Alert(Record):
    """Something that somebody must see: churn risk (CHN-05), a clock that ran out (CMP-01), a birthday ahead (FUP-07)."""

    kind: ClassVar[str] = "alert"
    table: ClassVar[str] = "alerts"
    zh: ClassVar[str] = "提醒"
    en: ClassVar[str] = "Alert"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("state",), ("member",))

    store: Annotated[Ref, About("门店", "Store", Merge.FIRST)]
    rule: Annotated[Line, About("规则", "Rule", Merge.FIRST)]
    """Of `salon.rules`, with the inventory ids."""
    key: Annotated[Line, About("类别", "Key", Merge.FIRST)]
    """churn.dormant, complaint.plan, birthday.staff..."""
    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)] = ""
    subject: Annotated[Ref, About("相关记录", "Subject", Merge.FIRST)] = ""
    role: Annotated[Literal["beautician", "desk", "consultant", "manager"], About("通知对象", "For")] = (
        "manager"
    )
    level: Annotated[Literal["info", "warn", "urgent"], About("级别", "Level")] = "warn"
    zh_text: Annotated[Text, About("内容", "Text in Chinese", Merge.FIRST)]
    en_text: Annotated[Text, About("英文内容", "Text in English", Merge.FIRST)]
    action_zh: Annotated[Text, About("建议", "Proposed action in Chinese", Merge.FIRST)] = ""
    action_en: Annotated[Text, About("英文建议", "Proposed action", Merge.FIRST)] = ""
    figures: Annotated[dict[str, Any], About("依据", "Figures", Merge.FIRST)] = {}
    policy: Annotated[Line, About("政策版本", "Policy version", Merge.FIRST, Privacy.OPEN)] = ""
    at: Annotated[When, About("时间", "Time", Merge.FIRST)]
    state: Annotated[Literal["open", "closed"], About("状态", "State")] = "open"
    closed_at: Annotated[When, About("关闭时间", "Closed")] = ""
    closed_by: Annotated[Ref, About("处理人", "Closed by")] = ""
    result: Annotated[Text, About("结果", "Result")] = ""


@register
class QualitySheet(Record):
    """One week's score of ten items for a person or the store (CMP-10)."""

    kind: ClassVar[str] = "quality_sheet"
    table: ClassVar[str] = "quality_sheets"
    fact: ClassVar[bool] = True
    zh: ClassVar[str] = "质量评分表"
    en: ClassVar[str] = "Quality sheet"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("week",), ("employee",))

    store: Annotated[Ref, About("门店", "Store", Merge.FIRST)]
    employee: Annotated[Ref, About("员工", "Employee", Merge.FIRST)] = ""
    week: Annotated[Day, About("周", "Week", Merge.FIRST)]
    """Its Monday."""
    scores: Annotated[dict[str, Score], About("评分", "Scores", Merge.FIRST)]
    by: Annotated[Ref, About("评分人", "By", Merge.FIRST)] = ""
    at: Annotated[When, About("时间", "Time", Merge.FIRST)]
    remarks: Annotated[Text, About("备注", "Remarks", Merge.FIRST)] = ""


@register
class Suggestion(Record):
    """An employee's suggestion: problem, scene, impact, proposal, status (STF-10)."""

    kind: ClassVar[str] = "suggestion"
    table: ClassVar[str] = "suggestions"
    kept_by: ClassVar[str] = "store"
    zh: ClassVar[str] = "改进建议"
    en: ClassVar[str] = "Suggestion"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("state",),)

    store: Annotated[Ref, About("门店", "Store", Merge.FIRST)]
    by: Annotated[Ref, About("提出人", "By", Merge.FIRST)]
    at: Annotated[When, About("时间", "Time", Merge.FIRST)]
    problem: Annotated[Text, About("问题", "Problem"), Field(min_length=1)]
    scene: Annotated[Text, About("场景", "Scene")] = ""
    impact: Annotated[Text, About("影响", "Impact")] = ""
    proposal: Annotated[Text, About("建议", "Proposal"), Field(min_length=1)]
    state: Annotated[Literal["new", "accepted", "done", "declined"], About("状态", "Status")] = "new"
    answer: Annotated[Text, About("答复", "Answer")] = ""


@register
class ExportRequest(Record):
    """An application to take customer data out (SEC-03): purpose, scope, and a second person's decision."""

    kind: ClassVar[str] = "export_request"
    table: ClassVar[str] = "export_requests"
    kept_by: ClassVar[str] = "store"
    zh: ClassVar[str] = "导出申请"
    en: ClassVar[str] = "Application to export"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("state",),)

    store: Annotated[Ref, About("门店", "Store", Merge.FIRST)]
    by: Annotated[Ref, About("申请人", "Applicant", Merge.FIRST)]
    at: Annotated[When, About("申请时间", "Applied", Merge.FIRST)]
    purpose: Annotated[Text, About("用途", "Purpose", Merge.FIRST), Field(min_length=1)]
    columns: Annotated[Words, About("字段", "Fields", Merge.FIRST)]
    members: Annotated[Words, About("会员范围", "Members", Merge.FIRST)] = []
    """Rids; empty: all of the store."""
    scope: Annotated[Literal["columns", "file"], About("内容", "Contents", Merge.FIRST)] = "columns"
    """`columns`: a table of customers. `file`: all that is held of the one member, which she may ask for (SEC-07)."""
    state: Annotated[Literal["asked", "approved", "refused", "done"], About("状态", "State")] = "asked"
    second_person: Annotated[Ref, About("复核人", "Second person")] = ""
    decided_at: Annotated[When, About("决定时间", "Decided")] = ""
    done_at: Annotated[When, About("导出时间", "Exported")] = ""
    rows: Annotated[int, About("导出行数", "Rows"), Field(ge=0)] = 0


@register
class PolicyText(Record):
    """A version of a policy as it was set: by head office for the chain, or by a store within what that allows."""

    kind: ClassVar[str] = "policy_text"
    table: ClassVar[str] = "policy_texts"
    fact: ClassVar[bool] = True
    kept_by: ClassVar[str] = "scope"
    zh: ClassVar[str] = "政策文本"
    en: ClassVar[str] = "Policy text"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("scope",),)

    scope: Annotated[Line, About("范围", "Scope", Merge.FIRST, Privacy.OPEN)]
    """`chain`, or the rid of a store."""
    at: Annotated[When, About("时间", "Set at", Merge.FIRST, Privacy.OPEN)]
    by: Annotated[Ref, About("设定人", "Set by", Merge.FIRST, Privacy.OPEN)] = ""
    toml: Annotated[PolicyToml, About("内容", "Text", Merge.FIRST, Privacy.OPEN)]
    version: Annotated[Line, About("版本", "Version", Merge.FIRST, Privacy.OPEN)]
    """Of the policy that results, as decisions carry it."""
