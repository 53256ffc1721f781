"""Money and points: an append-only ledger (LOY-07, LOY-09), and the bills that say how money changed hands (SVC-14).

A balance is the sum of its entries; a correction is a new entry, a refund a new bill. Nothing of both is ever edited.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from salon.records._base import About, Line, Merge, Privacy, Record, Ref, When, register

Unit = Literal["points", "fen", "voucher"]
Method = Literal["cash", "card", "wechat", "alipay", "stored_value"]
"""How something is paid."""
BillType = Literal["visit", "top_up", "deposit", "refund", "correction"]
LineKind = Literal[
    "service", "compensation", "discount", "benefit", "points", "voucher", "deposit", "agreed", "top_up", "refund", "method"
]  # fmt: skip


@register
class LedgerEntry(Record):
    """One posting on a member's account, in whole units: points, fen of stored value, vouchers."""

    kind: ClassVar[str] = "ledger_entry"
    table: ClassVar[str] = "ledger"
    fact: ClassVar[bool] = True
    zh: ClassVar[str] = "账目"
    en: ClassVar[str] = "Ledger entry"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("member", "unit"), ("visit",))

    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    unit: Annotated[Unit, About("单位", "Unit", Merge.FIRST)]
    amount: Annotated[int, About("数额", "Amount", Merge.FIRST)]
    """Positive: credit; negative: debit."""
    reason: Annotated[
        Literal[
            "earn",
            "top_up",
            "spend",
            "refund",
            "correction",
            "referral",
            "import",
            "reward",
            "issue",
            "redeem",
        ],
        About("事由", "Reason", Merge.FIRST),
    ]
    at: Annotated[When, About("时间", "Time", Merge.FIRST)]
    store: Annotated[Ref, About("门店", "Store", Merge.FIRST)]
    visit: Annotated[Ref, About("到店记录", "Visit", Merge.FIRST)] = ""
    voucher: Annotated[Ref, About("优惠券", "Voucher", Merge.FIRST)] = ""
    lease: Annotated[Ref, About("额度编号", "Lease", Merge.FIRST, Privacy.OPEN)] = ""
    """A debit made in a store names the lease it was made under (sync.md 2.4)."""
    corrects: Annotated[Ref, About("更正的账目", "Entry corrected", Merge.FIRST)] = ""
    policy: Annotated[Line, About("政策版本", "Policy version", Merge.FIRST, Privacy.OPEN)] = ""
    explain: Annotated[Line, About("说明", "Explanation", Merge.FIRST)] = ""


class BillLine(BaseModel):
    """One line of a bill, as it read on the day: a price that changes later changes no receipt."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: LineKind
    zh: Line
    en: Line
    fen: int
    """Below zero: it takes off."""
    ref: Ref = ""
    """The service, voucher or booking that it is about."""


@register
class Bill(Record):
    """Money that changed hands once: a visit paid, stored value topped up, a deposit, a refund, a way of payment put right.

    The lines add up to the parts. Its id is made of its cause (the visit, or the form that was sent), so that a second click,
    a second desk or a restart finds it there.
    """

    kind: ClassVar[str] = "bill"
    table: ClassVar[str] = "bills"
    fact: ClassVar[bool] = True
    zh: ClassVar[str] = "账单"
    en: ClassVar[str] = "Bill"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("member",), ("visit",), ("at",))

    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    store: Annotated[Ref, About("门店", "Store", Merge.FIRST)]
    visit: Annotated[Ref, About("到店记录", "Visit", Merge.FIRST)] = ""
    type: Annotated[BillType, About("类型", "Kind", Merge.FIRST)]
    at: Annotated[When, About("时间", "Time", Merge.FIRST)]
    by: Annotated[Ref, About("员工", "By", Merge.FIRST)] = ""
    lines: Annotated[list[BillLine], About("明细", "Lines", Merge.FIRST)]
    parts: Annotated[dict[Method, int], About("支付方式", "Paid by", Merge.FIRST, unit="fen")]
    """Fen by way of payment; below zero: it was given back."""
    corrects: Annotated[Ref, About("更正的账单", "Bill corrected", Merge.FIRST)] = ""
    key: Annotated[Line, About("表单编号", "Form", Merge.FIRST, Privacy.OPEN)] = ""
    """Of the form that was sent: the same key is the same click."""
    explain: Annotated[Line, About("说明", "Explanation", Merge.FIRST)] = ""
    policy: Annotated[Line, About("政策版本", "Policy version", Merge.FIRST, Privacy.OPEN)] = ""

    @property
    def total_fen(self) -> int:
        return sum(self.parts.values())
