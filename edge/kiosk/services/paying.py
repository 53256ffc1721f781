"""What every page that takes money shares: amounts as typed, ways of payment, the key of a form, and why it cannot be taken."""

from __future__ import annotations

import re
import secrets
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, cast

from salon.rules.billing import METHODS
from salon.rules.said import Said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from salon.records.money import Method

MOST_FEN = 100_000_000
"""One million yuan: more is a slip of the finger."""
KEY = re.compile(r"[0-9a-f]{16}")
AMOUNT = Said("请输入金额，例如 298 或 298.50", "Please enter an amount, such as 298 or 298.50")


class BadPayment(ValueError):
    """Raised when money cannot be taken or given back; `.fields` maps each field to what is wrong."""

    def __init__(self, **fields: Said) -> None:
        self.fields = fields
        super().__init__(", ".join(fields))


def new_key() -> str:
    """For one form: sent twice, it is one payment."""
    return secrets.token_hex(8)


def key_of(form: Mapping[str, str]) -> str:
    """The form's key. Raises BadPayment for a form that has none: without it a second click could not be told from a first."""
    key = form.get("key", "")
    if not KEY.fullmatch(key):
        raise BadPayment(key=Said("请重新打开这个页面再试", "Please open this page again and try once more"))
    return key


def fen(text: str, field: str = "amount") -> int:
    """An amount in yuan as typed, in fen. Raises BadPayment."""
    try:
        amount = Decimal(text.strip().removeprefix("¥").replace(",", "")) * 100
    except InvalidOperation as error:
        raise BadPayment(**{field: AMOUNT}) from error
    if not amount.is_finite() or amount != int(amount) or not 0 <= amount <= MOST_FEN:
        raise BadPayment(**{field: AMOUNT})
    return int(amount)


def method_of(text: str, field: str = "payment") -> Method:
    """A way of payment as chosen. Raises BadPayment."""
    if text not in METHODS:
        raise BadPayment(**{field: Said("请选择支付方式", "Please choose how it is paid")})
    return cast("Method", text)


def parts_of(form: Mapping[str, str], to_pay: int) -> dict[Method, int]:
    """How a bill is paid, in one way or in two: without a second amount, the second way takes the rest. Raises BadPayment."""
    amount = fen(form.get("amount", ""))
    first = method_of(form.get("payment", "")) if amount or form.get("payment") else None
    parts: dict[Method, int] = {first: amount} if first else {}
    if form.get("payment2"):
        second = method_of(form["payment2"], "payment2")
        if second == first:
            said = Said("第二种方式须不同", "The second way has to be another one")
            raise BadPayment(payment2=said)
        typed = form.get("amount2", "").strip()
        parts[second] = fen(typed, "amount2") if typed else max(0, to_pay - amount)
    return {method: part for method, part in parts.items() if part}


def words(parts: Mapping[Method, int]) -> Said:
    """微信支付 198.00 元、储值 200.00 元."""
    zh = "、".join(f"{METHODS[method].zh} {fen / 100:,.2f} 元" for method, fen in parts.items())
    en = ", ".join(f"{METHODS[method].en} {fen / 100:,.2f} yuan" for method, fen in parts.items())
    return Said(zh or "无需付款", en or "nothing to pay")
