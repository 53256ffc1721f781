"""What a member may use: vouchers (LOY-14) and the benefits of her tier (LOY-22).

Both are facts. A voucher is used by a ledger entry whose id is made of the voucher's: a second use has the same id.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from salon.records._base import About, Day, Line, Merge, Privacy, Record, Ref, When, register

VoucherKind = Literal[
    "trial", "return", "birthday", "care", "referral", "member_day", "anniversary", "compensation", "gift"
]


@register
class Voucher(Record):
    """A voucher as it was issued: worth an amount, a service, or a share of the price."""

    kind: ClassVar[str] = "voucher"
    table: ClassVar[str] = "vouchers"
    fact: ClassVar[bool] = True
    zh: ClassVar[str] = "优惠券"
    en: ClassVar[str] = "Voucher"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("member",),)

    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    store: Annotated[Ref, About("门店", "Store", Merge.FIRST)]
    type: Annotated[VoucherKind, About("类型", "Kind", Merge.FIRST)]
    value_fen: Annotated[int, About("面值", "Value", Merge.FIRST, unit="fen"), Field(ge=0)] = 0
    service: Annotated[Ref, About("项目", "Service", Merge.FIRST)] = ""
    discount: Annotated[float, About("折扣", "Share off", Merge.FIRST), Field(ge=0, le=1)] = 0.0
    least_spend_fen: Annotated[
        int, About("最低消费", "Least spend", Merge.FIRST, unit="fen"), Field(ge=0)
    ] = 0
    issued_at: Annotated[When, About("发放时间", "Issued", Merge.FIRST)]
    valid_from: Annotated[Day, About("生效", "Valid from", Merge.FIRST)]
    valid_until: Annotated[Day, About("截止", "Valid until", Merge.FIRST)]
    """The last day on which it is taken."""
    explain: Annotated[Line, About("说明", "Explanation", Merge.FIRST)] = ""
    policy: Annotated[Line, About("政策版本", "Policy version", Merge.FIRST, Privacy.OPEN)] = ""


@register
class BenefitUse(Record):
    """A benefit of a tier that was used (LOY-22)."""

    kind: ClassVar[str] = "benefit_use"
    table: ClassVar[str] = "benefit_uses"
    fact: ClassVar[bool] = True
    zh: ClassVar[str] = "权益使用"
    en: ClassVar[str] = "Benefit used"
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("member",),)

    member: Annotated[Ref, About("会员", "Member", Merge.FIRST)]
    store: Annotated[Ref, About("门店", "Store", Merge.FIRST)]
    benefit: Annotated[Line, About("权益", "Benefit", Merge.FIRST)]
    at: Annotated[When, About("时间", "Time", Merge.FIRST)]
    visit: Annotated[Ref, About("到店记录", "Visit", Merge.FIRST)] = ""
    by: Annotated[Ref, About("员工", "By", Merge.FIRST)] = ""
    undoes: Annotated[Ref, About("撤销的记录", "Use taken back", Merge.FIRST)] = ""
    """A use that was a mistake: this fact says so, and neither of the two counts."""
