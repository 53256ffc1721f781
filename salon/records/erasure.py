"""That a member was erased, told by each store that did it (SEC-07). It names a record id and no person."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from salon.records._base import About, Merge, Privacy, Record, Ref, When, register


@register
class ErasureReceipt(Record):
    """One store's answer: what it held of the member is gone."""

    kind: ClassVar[str] = "erasure_receipt"
    table: ClassVar[str] = "erasure_receipts"
    fact: ClassVar[bool] = True
    zh: ClassVar[str] = "删除回执"
    en: ClassVar[str] = "Receipt of an erasure"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("subject",),)

    subject: Annotated[Ref, About("会员", "Member", Merge.FIRST, Privacy.OPEN)]
    """Not called `member`: what is sealed under a member's key cannot be written once that key is destroyed."""
    store: Annotated[Ref, About("门店", "Store", Merge.FIRST, Privacy.OPEN)]
    at: Annotated[When, About("时间", "Time", Merge.FIRST, Privacy.OPEN)]
    records: Annotated[int, About("删除记录数", "Records erased", Merge.FIRST, Privacy.OPEN), Field(ge=0)]
    photos: Annotated[int, About("删除照片数", "Photos erased", Merge.FIRST, Privacy.OPEN), Field(ge=0)] = 0
