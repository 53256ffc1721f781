"""Why head office has not released a customer's money or points to this store, in words for the desk (sync.md 2.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.store import NoLease

_LIMITS = {
    "open": Said("本店同时预留的笔数已达总部上限", "This store holds as many releases as head office allows at once"),
    "open_amount": Said(
        "本店预留的金额或积分已达总部上限", "This store holds as much of customers' money or points as head office allows at once"
    ),
    "day": Said("本店 24 小时内的申请已达总部上限", "This store has got as many releases within 24 hours as head office allows"),
    "day_amount": Said(
        "本店 24 小时内获得的金额或积分已达总部上限",
        "This store has got as much money or points within 24 hours as head office allows",
    ),
    "account": Said(
        "本店在这个账户上的份额已达总部上限", "This store holds as large a share of this account as head office allows"
    ),
}  # fmt: skip
"""By the codes of `salon.reconcile.protocol.Limit`."""
_OTHER = Said("已达总部的上限", "A limit of head office's is reached")


def limit_reached(error: NoLease) -> Said | None:
    """That waiting does not help, and what does; None where no limit stood in the way."""
    if not error.limit:
        return None
    why = _LIMITS.get(error.limit, _OTHER)
    return Said(
        f"{why.zh}。请联系总部提高本店上限，或改用其他方式。",
        f"{why.en}. Please have head office raise this store's limit, or take another way.",
    )
