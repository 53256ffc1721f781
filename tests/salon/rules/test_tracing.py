"""Batches, admission, aftercare (SAF-06, SAF-09, SAF-10)."""

from __future__ import annotations

from datetime import date

from salon.records import Complaint, Member, ProductUse
from salon.rules import tracing


def use(n, member, batch="B7", **fields):
    values = {
        "rid": f"u-{n:03}", "visit": f"v-{n:03}", "member": member, "product": "p-1", "batch": batch,
        "at": f"2026-11-{n:02}T06:00:00Z", "by": "e-chen",
    }  # fmt: skip
    return ProductUse(**(values | fields))


PEOPLE = {rid: Member(rid=rid, surname="王") for rid in ("m-001", "m-002", "m-003")}


def test_everyone_who_had_a_batch_the_latest_first_saf_10():
    uses = [
        use(1, "m-001"), use(9, "m-001"), use(5, "m-002", by="e-lin"), use(6, "m-003", batch="B8"),
        use(7, "m-003", outcome="stopped"), use(8, "m-gone"), use(3, "m-003", product="p-2"),
    ]  # fmt: skip
    complaint = Complaint(
        rid="c-001",
        member="m-002",
        visit="v-005",
        opened_at="2026-11-06T06:00:00Z",
        topic="allergy",
        story="红",
    )
    found = tracing.who_had("p-1", "B7", uses, PEOPLE.get, [complaint])
    assert [(h.member.rid, h.times) for h in found.people] == [("m-001", 2), ("m-002", 1)]
    assert (found.people[0].first_at, found.people[0].last_at) == (uses[0].at, uses[1].at)
    assert (found.people[1].staff, found.people[1].complaints) == (("e-lin",), ("c-001",))
    assert found.unknown == ("m-gone",)
    assert found.explain.figures == {"product": "p-1", "batch": "B7", "people": 2, "unknown": 1}


def test_without_a_batch_every_batch_is_suspect_saf_10():
    uses = [use(1, "m-001"), use(2, "m-002", batch="B8"), use(3, "m-003", batch="")]
    assert len(tracing.who_had("p-1", "", uses, PEOPLE.get).people) == 3


def test_an_overridden_stop_was_used_all_the_same_saf_10():
    assert tracing.who_had("p-1", "B7", [use(1, "m-001", outcome="overridden")], PEOPLE.get).people


def test_admission_says_what_is_missing_and_stops_what_is_out_of_date_saf_06(product):
    today = date(2026, 11, 22)
    bare = tracing.admission(product(), today)
    assert bare.ok
    assert len(bare.missing) == 3  # check, sample, supplier's agreement
    full = product(checked_at="2026-01-01", sample="L-7", supplier_covers=True, expires="2026-11-22")
    assert tracing.admission(full, today).missing == ()
    assert not tracing.admission(full, date(2026, 11, 23)).ok
    assert not tracing.admission(product(admitted=False), today).ok


def test_aftercare_of_todays_services_each_once_saf_09(service):
    said, explain = tracing.aftercare([service, service])
    assert said.zh == "24 小时内避免高温"
    assert said.en == "Avoid heat for 24 hours"
    assert explain.figures == {"services": ["svc-soothe"]}
