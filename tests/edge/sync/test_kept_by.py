"""What only its own store may write, through the agents of whole stores: nothing an honest store does is refused (decision 9)."""

from __future__ import annotations

from sqlalchemy import select

from cloud_sync_server.schema import quarantine
from edge.sync.nightly import reconcile
from salon.records import Employee
from tests.edge.sync import test_hq_put_back
from tests.edge.sync.test_hq_put_back import at_hq

trio = test_hq_put_back.trio  # a fixture

LI = {"rid": "e-li", "login": "li", "name": "李", "roles": ["desk"], "store": "s001"}


def aside(hq):
    wanted = select(quarantine.c.store, quarantine.c.rid, quarantine.c.reason, quarantine.c.state)
    return hq.here.database.read(lambda con: con.execute(wanted.order_by(quarantine.c.n)).all())


def test_an_employee_that_head_office_lost_is_said_by_a_witness_once_and_then_by_her_own_store(trio, hq):
    one, two, three = trio
    put_back = hq.keep()
    one.store.employees.add(Employee(**LI, pin_hash="a", badge="b"))
    for shop in trio * 2:
        shop.sync()
    put_back()
    one.line.cut = True
    for shop in (two, three):
        shop.sync()
    for _ in range(3):
        reconcile(two.agent)
    assert "e-li" not in at_hq(hq)
    assert [row[1:] for row in aside(hq)] == [("e-li", "foreign_fact", "open"), ("e-li", "orphan", "open")]
    one.line.cut = False
    for shop in trio * 2:
        assert shop.sync().error == ""
    assert "e-li" in at_hq(hq)
    assert [row.state for row in aside(hq)] == ["replayed"] * 2
    reconcile(two.agent)  # lets go of the dots of its own word
    assert [reconcile(shop.agent).outcome for shop in trio] == ["equal"] * 3
    assert two.store.employees.load("e-li").roles == three.store.employees.load("e-li").roles == ["desk"]


def test_a_colleague_who_goes_to_another_store_is_written_there_from_then_on(trio, hq):
    one, two, _ = trio
    one.store.employees.add(Employee(**LI))
    one.store.employees.edit("e-li", specialities=["facial"])
    one.store.employees.edit("e-li", store="s002")
    for shop in trio * 2:
        shop.sync()
    two.store.employees.edit("e-li", roles=["desk", "consultant"], exam_at="2026-11-20")
    for shop in trio * 2:
        shop.sync()
    assert aside(hq) == []
    assert one.store.employees.load("e-li").roles == ["consultant", "desk"]
    assert [reconcile(shop.agent).outcome for shop in trio] == ["equal"] * 3


def test_a_store_that_gives_another_ones_colleague_a_role_gives_it_to_nobody_else(trio, hq):
    one, two, three = trio
    one.store.employees.add(Employee(**LI))
    for shop in trio * 2:
        shop.sync()
    two.store.employees.edit("e-li", roles=["owner"])
    for shop in trio * 2:
        assert shop.sync().error == ""
    for _ in range(2):
        reconcile(two.agent)
    assert [row[1:] for row in aside(hq)] == [("e-li", "foreign_fact", "open")]
    one.store.employees.edit("e-li", name_en="Li")
    for shop in trio * 2:
        shop.sync()
    assert one.store.employees.load("e-li").roles == three.store.employees.load("e-li").roles == ["desk"]
    assert [row.state for row in aside(hq)] == ["open"]
