"""Money and points: an append-only ledger (LOY-07, LOY-09). A balance is a sum; a correction is a new entry."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from salon.records._base import About, Line, Merge, Privacy, Record, Ref, When, register

Unit = Literal["points", "fen", "voucher"]


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
