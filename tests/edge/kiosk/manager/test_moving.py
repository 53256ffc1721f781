"""A customer who moves is handed to another store, which welcomes her (SYN-04); the level of service by class (SYN-05)."""

from __future__ import annotations

import pytest

from edge.kiosk.services import moving
from edge.store import now
from salon import policies, records
from salon.rules import classes
from salon.rules.history import History


@pytest.fixture
def xuhui(store):
    store.stores.edit("s001", city="上海")
    store.stores.add(records.Store(rid="s003", name="北京店", name_en="Beijing", city="北京"))
    return store.stores.add(records.Store(rid="s002", name="徐汇店", name_en="Xuhui", city="上海"))


def test_the_stores_of_the_same_city_are_offered_first(store, xuhui):
    assert [one.rid for one in moving.others(store)] == ["s002", "s003"]


def test_who_moves_is_the_other_stores_customer_at_once(manager, store, came, xuhui):
    """SYN-04: her file is one; what changes is whose customer she is."""
    came(200)
    store.members.edit("m-wang", home_store="s001", therapist="e-mei")
    assert "Hand her over" in manager.get("/manager/lost").text
    manager.post("/manager/lost/m-wang/move", data={"store": "s002"})
    kept = store.members.load("m-wang")
    assert (kept.home_store, kept.therapist) == ("s002", "")
    assert manager.post("/manager/lost/m-wang/move", data={"store": "s001"}).status_code == 404
    assert manager.post("/manager/lost/m-wang/move", data={"store": "s-none"}).status_code == 404


def test_her_new_store_is_told_to_welcome_her_until_she_has_been_there(manager, store, came, xuhui):
    """SYN-04"""
    visit = came(40)
    store.visits.edit(visit.rid, closed_at=now())
    store.members.edit("m-li", home_store="s001", therapist="")
    store.visits.add(
        records.Visit(rid="v-far", member="m-li", store="s002", state="closed", arrived_at=now())
    )
    page = manager.get("/manager/part/board").text
    assert "Came over from another store" in page
    came(0, member="m-li")
    assert "Came over from another store" not in manager.get("/manager/part/board").text


@pytest.mark.parametrize(
    ("home", "paid", "key"),
    [("s001", 20000, "ordinary"), ("s001", 600000, "vip"), ("s009", 600000, "cross_store")],
)
def test_the_level_of_service_follows_from_home_tier_and_value(store, came, home, paid, key):
    """SYN-05"""
    visit = came(100, paid=paid)
    member = store.members.load("m-wang").model_copy(update={"home_store": home})
    visits = [visit.model_copy(update={"store": home})]
    level = classes.of(member, History.of(member, visits, []), "s001", policies.default(), now())
    assert level.key == key
    assert "SYN-05" in level.explain.rule
    assert level.explain.policy == policies.default().version
