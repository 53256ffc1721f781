"""Head office has not released a customer's money: the desk says whether waiting helps (LOY-09)."""

from __future__ import annotations

from typing import get_args

import pytest

from edge.kiosk.services.releasing import limit_reached
from edge.store import NoLease
from salon.reconcile.protocol import Limit
from tests.edge.kiosk.desk.test_money import key_on


def refused(limit):
    return NoLease("m-wang", "fen", 0, 100, limit)


def test_each_limit_has_words_of_its_own_in_both_languages():
    said = [limit_reached(refused(limit)) for limit in get_args(Limit)]
    assert len({one.zh for one in said}) == len({one.en for one in said}) == len(get_args(Limit)) == 5
    other = limit_reached(refused("of_a_later_version"))
    assert "A limit of head office's is reached" in other.en
    assert "总部" in other.zh
    assert limit_reached(refused("")) is None


@pytest.mark.parametrize(
    ("language", "first", "then"),
    [
        (
            "en",
            "try again in a few seconds",
            "within 24 hours as head office allows. Please have head office raise",
        ),
        ("zh", "请几秒后再试", "24 小时内的申请已达总部上限。请联系总部提高本店上限"),
    ],
)
def test_the_desk_reads_which_limit_is_reached_instead_of_waiting(
    desk, store, due, post, language, first, then
):
    post(100000, reason="top_up")
    address = f"/desk/visit/{due.rid}"
    form = {"amount": "398", "payment": "stored_value", "shown": "39800", "key": key_on(desk, address)}
    assert first in desk.post(f"{address}/checkout?lang={language}", data=form).text
    [wish] = [one for one in store.leases.in_state("asked") if one.unit == "fen"]
    store.leases.refused(wish.lease, "day")
    page = desk.post(f"{address}/checkout?lang={language}", data=form).text
    assert then in page
    assert first not in page
