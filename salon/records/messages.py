"""The outbox of messages to customers (FUP-10, FUP-11): what is to be said, how, until when, and what came of it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from salon.records._base import About, Line, Merge, Privacy, Record, Ref, Text, When, register

MessagePurpose = Literal["service", "marketing"]
"""service: about a visit or a booking of hers; marketing: anything else. Each needs the consent of the same name."""
Channel = Literal["wechat", "sms", "phone", "email", "store"]
MessageState = Literal["waiting", "sent", "failed", "expired", "refused"]
"""failed: given up after the last attempt; expired: no longer fit; refused: consent withdrawn or no way to reach her."""


@register
class Message(Record):
    """One message of one store. Only the store that wrote it sends it; others read it to keep the weekly cap."""

    kind: ClassVar[str] = "message"
    table: ClassVar[str] = "messages"
    zh: ClassVar[str] = "消息"
    en: ClassVar[str] = "Message"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("member",), ("state",), ("next_try",))

    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    store: Annotated[Ref, About("门店", "Store", Merge.FIRST)]
    purpose: Annotated[MessagePurpose, About("用途", "Purpose", Merge.FIRST)]
    template: Annotated[Line, About("模板", "Template", Merge.FIRST, Privacy.OPEN)]
    channel: Annotated[Channel, About("渠道", "Channel", Merge.FIRST)]
    to: Annotated[Line, About("收件地址", "Sent to", Merge.FIRST, Privacy.CONTACT)] = ""
    subject: Annotated[Line, About("标题", "Subject", Merge.FIRST, Privacy.CONTACT)] = ""
    text: Annotated[Text, About("内容", "Text", Merge.FIRST, Privacy.CONTACT)]
    task: Annotated[Ref, About("任务", "Task", Merge.FIRST)] = ""
    created_at: Annotated[When, About("生成时间", "Written", Merge.FIRST)]
    expires_at: Annotated[When, About("过期", "No longer fit after", Merge.FIRST)]
    state: Annotated[MessageState, About("状态", "State")] = "waiting"
    attempts: Annotated[int, About("尝试次数", "Attempts"), Field(ge=0)] = 0
    next_try: Annotated[When, About("下次发送", "Next try")] = ""
    sent_at: Annotated[When, About("发送时间", "Sent")] = ""
    why: Annotated[Line, About("原因", "Why not sent")] = ""
    explain: Annotated[Line, About("说明", "Explanation", Merge.FIRST)] = ""
    policy: Annotated[Line, About("政策版本", "Policy version", Merge.FIRST, Privacy.OPEN)] = ""
