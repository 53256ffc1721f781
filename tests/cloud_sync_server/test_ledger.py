"""What the books take for an entry, and how a debit is shared out (sync.md 2.4)."""

from __future__ import annotations

import pytest

from cloud_sync_server.ledger import MAX_AMOUNT, is_entry
from cloud_sync_server.vault import NOBODY

WHOLE = {"amount": 100, "unit": "fen"}


@pytest.mark.parametrize(
    ("member", "values", "whole"),
    [
        ("m-1", WHOLE, True),
        ("m-1", WHOLE | {"amount": 0}, True),
        ("m-1", WHOLE | {"amount": MAX_AMOUNT}, True),
        ("m-1", WHOLE | {"amount": -MAX_AMOUNT}, True),
        ("m-1", WHOLE | {"amount": MAX_AMOUNT + 1}, False),
        ("m-1", WHOLE | {"amount": -MAX_AMOUNT - 1}, False),
        ("m-1", WHOLE | {"amount": True}, False),
        ("m-1", WHOLE | {"amount": 1.0}, False),
        ("m-1", WHOLE | {"amount": "100"}, False),
        ("m-1", {"unit": "fen"}, False),
        ("m-1", WHOLE | {"unit": None}, False),
        (NOBODY, WHOLE, False),
    ],
)
def test_an_entry_names_an_account_and_an_amount_that_the_books_can_hold(member, values, whole):
    assert is_entry(member, values) is whole
