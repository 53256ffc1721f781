"""The demo chain: complete, consistent, and the same for the same time."""

from __future__ import annotations

import pytest

from salon import demo, policies
from salon.records import (
    Appointment,
    Employee,
    LedgerEntry,
    Member,
    Product,
    Screening,
    Service,
    Survey,
    Visit,
)
from salon.rules import advice, allergens, kpis, points, screening, times, told

NOW = "2026-11-22T05:26:59.123Z"
STORES = ("s001", "s002")


def of(kind, records):
    return [record for record in records if isinstance(record, kind)]


@pytest.fixture(params=[(store, regulars) for store in STORES for regulars in (False, True)])
def records(request):
    store, regulars = request.param
    return demo.build(store, NOW, regulars=regulars)


def test_every_record_is_valid_and_has_its_own_id(records):
    for record in records:
        assert type(record).parse(record.document()) == record
    ids = [(record.kind, record.rid) for record in records]
    assert len(set(ids)) == len(ids)


def test_every_reference_points_to_something_of_this_store(records):
    known = {record.rid for record in records}
    for record in records:
        for field in ("store", "member", "visit", "therapist", "appointment", "home_store", "referred_by"):
            assert getattr(record, field, "") in known | {""}, (record.rid, field)
        if isinstance(record, Appointment | Visit):
            assert set(record.services) <= known


def test_the_same_time_gives_the_same_records():
    assert demo.build("s001", NOW) == demo.build("s001", NOW)


def test_a_house_in_business_has_people_behind_its_figures_kpi_01_kpi_13():
    records = demo.build("s001", NOW, regulars=True)
    figures = [
        kpis.satisfaction(of(Survey, records), policies.default(), NOW),
        kpis.ticket(of(Visit, records), policies.default(), NOW),
    ]
    assert all(figure.value is not None and figure.n >= 30 for figure in figures)
    phones = [m.phone for store in STORES for m in of(Member, demo.build(store, NOW, regulars=True))]
    assert len(set(phones)) == len(phones)


def test_the_stores_share_catalogue_and_differ_in_people():
    first, second = (demo.build(store, NOW) for store in STORES)
    for kind in (Service, Product):
        assert of(kind, first) == of(kind, second)
    for kind in (Member, Employee, Visit, LedgerEntry):
        assert not {r.rid for r in of(kind, first)} & {r.rid for r in of(kind, second)}


def test_there_are_bookings_for_today_within_opening_hours(records):
    bookings = of(Appointment, records)
    assert len(bookings) >= 4
    for booking in bookings:
        start = times.local(booking.starts_at, "Asia/Shanghai")
        assert start.date().isoformat() == "2026-11-22"
        assert 10 <= start.hour < 21


def test_no_therapist_or_bed_is_booked_twice_at_a_time_apt_08(records):
    for key in ("therapist", "bed"):
        taken: dict[str, str] = {}
        for booking in sorted(of(Appointment, records), key=lambda b: b.starts_at):
            assert taken.get(getattr(booking, key), "") <= booking.starts_at, booking.rid
            taken[getattr(booking, key)] = booking.ends_at


@pytest.mark.parametrize("store", STORES)
def test_every_role_can_log_in(store):
    people = demo.employees(store)
    assert {login for login, pin in demo.pins(store).items() if len(pin) == 6} == {e.login for e in people}
    assert {role for e in people for role in e.roles} >= {"beautician", "desk", "manager", "technician"}


def test_accounts_are_the_sum_of_what_happened():
    ledger = of(LedgerEntry, demo.build("s002", NOW))
    sun = [entry for entry in ledger if entry.member == "m-sun-jie"]
    assert points.balance(sun, "fen") == 300000 - 2 * 68800
    assert points.balance(sun, "points") == 6800 + 688 + 688 + 398  # stored value earned at the top-up


def test_a_guest_without_a_visit_has_no_questionnaire_and_is_stopped_saf_01():
    records = demo.build("s001", NOW)
    new = next(m for m in of(Member, records) if m.rid == "m-ouyang-xue")
    answers = [q for q in of(Screening, records) if q.member == new.rid]
    assert screening.gate(new, answers, None, policies.default(), NOW).needs == ("screening",)


def test_the_toner_is_stopped_for_the_customer_who_reacts_to_alcohol_saf_05():
    wang = next(m for m in demo.members("s001", NOW) if m.rid == "m-wang-li")
    stopped = {p.rid for p in demo.products() if allergens.conflicts(p, wang.allergens)}
    assert stopped == {"p-astringent-toner", "p-scalp-tonic"}


def test_some_product_has_fragrance_and_some_has_alcohol_saf_04():
    for key in ("alcohol", "fragrance", "gel_polish", "ppd", "parabens"):
        assert any(allergens.conflicts(p, [key]) for p in demo.products()), key


@pytest.mark.parametrize("store", STORES)
def test_there_is_home_advice_for_every_customer(store):
    answers = of(Screening, demo.build(store, NOW))
    for member in demo.members(store, NOW):
        hers = told.of([member], [q for q in answers if q.member == member.rid])
        found = advice.home_care(member, {}, demo.products(), demo.services()[:1], member.language, told=hers)
        assert {a.kind for a in found} == {"aftercare", "product" if hers.asked else "unasked"}


def test_every_service_begins_with_disinfection_and_warns_by_known_conditions_saf_07():
    for service in demo.services():
        assert service.steps[0].kind == "disinfect"
        assert set(service.contraindications) <= set(screening.CONDITIONS)
        assert sum(step.minutes for step in service.steps) == service.minutes, service.rid
        assert service.aftercare_en


def test_the_sample_list_has_rows_under_its_header_prf_24():
    rows = demo.import_rows()
    assert rows[0][:3] == ["姓名", "手机", "性别"]
    assert {len(row) for row in rows} == {8}


def test_every_step_that_a_customer_lives_through_has_her_words_svc_05(records):
    for service in of(Service, records):
        for step in service.steps:
            if step.kind not in {"disinfect", "prepare"}:
                assert step.guest_zh, (service.rid, step.key)
                assert step.guest_en, (service.rid, step.key)
                assert not set("（(") & set(step.guest_zh + step.guest_en)
