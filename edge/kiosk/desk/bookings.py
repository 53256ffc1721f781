"""Bookings of a day: make, change, cancel; who is where when; clashes answered by a person (APT-01..03, APT-06..09, APT-12, APT-14)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from tinydb import where

from edge.kiosk import i18n
from edge.kiosk.context import actor, the_policy, the_store
from edge.kiosk.desk.blueprint import beds, choices, found, rooms, say, service_line, therapists
from edge.kiosk.desk.checkouts import methods
from edge.kiosk.services import bookings, calendar, days, deposits, gaps, paying, people, places, standing
from edge.kiosk.services.paying import BadPayment
from salon.rules import booking as rules
from salon.rules import greeting, names
from salon.rules.said import Said

if TYPE_CHECKING:
    from salon.records import Appointment, Member


def day(problems: dict[str, str] | None = None, status: int = 200) -> ResponseReturnValue:
    """The bookings of one day, and the form for a new one."""
    store = the_store()
    shown = _day(request.values.get("day", ""))
    wanted = request.values.get("q", "")
    member = store.members.find(request.values.get("member", "") or "-")
    if member is None:
        people.fetch(store, wanted)
    page = render_template(
        "desk/bookings.html",
        day=shown,
        before=shown - timedelta(days=1),
        after=shown + timedelta(days=1),
        rows=[_row(booking) for booking in bookings.of_day(store, shown)],
        clashes=[
            _row(b) | {"others": [_row(o) for o in bookings.in_the_way(store, b)]}
            for b in bookings.conflicts(store)
        ],
        elsewhere=[_row(b) for b in bookings.elsewhere(store)],
        given_up=[(place, [_row(b) for b in place.ahead]) for place in places.given_up(store)],
        calendar=calendar.of(store, shown, [e.rid for e in therapists()], beds(), rooms()),
        people={e.rid: i18n.word(e.name, e.name_en) for e in store.employees.select()},
        here=store.store_id,
        person_options=[(e.rid, i18n.word(e.name, e.name_en)) for e in therapists()],
        bed_options=[(bed, bed) for bed in beds()],
        room_options=[(room, room) for room in rooms()],
        channels={key: said.in_(i18n.language()) for key, said in bookings.CHANNELS.items()},
        address=lambda booking: names.address(found(store.members, booking.member), i18n.language()),
        q=wanted,
        matches=people.search(store, wanted) if wanted and member is None else [],
        member=member,
        names=names,
        problems=problems or {},
        typed=request.values,
        **(_of_member(member, shown) if member else {}),
        **choices(),
    )
    return page, status


def _row(booking: Appointment) -> dict[str, Any]:
    store, language = the_store(), i18n.language()
    by = store.employees.find(booking.therapist) if booking.therapist else None
    at = store.stores.find(booking.store) if booking.store != store.store_id else None
    return {
        "booking": booking,
        "address": names.address(found(store.members, booking.member), language),
        "services": service_line(booking.services),
        "therapist": greeting.therapist_name(by, language),
        "store": i18n.word(at.name, at.name_en) if at else booking.store,
    }


def _of_member(member: Member, shown: date) -> dict[str, Any]:
    """What the form needs to know of her: how she kept her bookings, how far ahead she may book, where else there is a store."""
    store, policy = the_store(), the_policy()
    kept = rules.attendance(
        store.appointments.select(where("member") == member.rid), member.rid, policy, i18n.now()
    )
    return {
        "attendance": kept,
        "snug": gaps.snug(
            store, shown, member, request.values.get("therapist", ""), request.values.getlist("services")
        ),
        "deposit_fen": rules.deposit_fen(
            [s for s in store.services.select() if s.rid in request.values.getlist("services")], policy
        ),
        "stores": [one for one in store.stores.select() if one.rid != store.store_id],
        "payments": {key: label for key, label in methods().items() if key != "stored_value"},
        "touch_up_days": policy.booking.touch_up_days,
        "express_min": policy.booking.express_min,
        "ahead": [
            {"booking": b, "services": service_line(b.services)}
            for b in store.appointments.select(where("member") == member.rid, order_by="starts_at")
            if b.status == "booked" and i18n.local(b.starts_at) > i18n.now()
        ],
        "key": request.form.get("key") or paying.new_key(),
    }


def _day(text: str) -> date:
    today = i18n.today()
    try:
        wanted = date.fromisoformat(text)
    except ValueError:
        return today
    return min(max(wanted, today - bookings.SHOWN_BACK), today + bookings.FARTHEST)


def book() -> ResponseReturnValue:
    store, form = the_store(), request.form
    member = found(store.members, form.get("member", ""))
    chosen = form.getlist("services")
    key, how = form.get("key", ""), form.get("channel", "")
    try:
        starts_at = bookings.instant(store, form.get("day", ""), form.get("clock", ""))
        if "anyway" not in form:
            _may_book(member, starts_at)
        for rid in chosen:
            found(store.services, rid)
        if form.get("touch_up"):
            bookings.within_touch_up(store, the_policy(), form.get("returns", ""), starts_at)
        paid = paying.fen(form["deposit"], "deposit") if form.get("deposit", "").strip() else 0
        by = paying.method_of(form.get("payment", "")) if paid else "cash"
        with store.transaction():
            made = bookings.book(
                store,
                actor(),
                member.rid,
                starts_at,
                services=chosen,
                therapist=_one_of([e.rid for e in therapists()], form.get("therapist")) or "",
                bed=_one_of(beds(), form.get("bed")) or "",
                room=_one_of(rooms(), form.get("room")) or "",
                needs=form.get("needs", ""),
                key=key if paying.KEY.fullmatch(key) else "",
                at_store=_other_store(form.get("store", "")),
                express=bool(form.get("express")),
                touch_up=bool(form.get("touch_up")),
                channel=cast("bookings.Channel", how) if how in bookings.CHANNELS else "desk",
                policy=the_policy(),
            )
            if paid:
                made = deposits.take(store, actor(), made, paid, by)
    except (bookings.BadBooking, BadPayment) as bad:
        return day(say(bad.fields), 422)
    return redirect(url_for("desk.bookings", day=i18n.local(made.starts_at).date().isoformat()))


def _other_store(rid: str) -> str:
    return rid if rid and the_store().stores.find(rid) else ""


def _may_book(member: Member, starts_at: str) -> None:
    """How far ahead she may book by her tier (APT-07). Raises BadBooking."""
    store, policy = the_store(), the_policy()
    tier = standing.of(store, policy, member).tier.key
    zone = days.zone_name(store)
    allowed = rules.may_book(tier, i18n.local(starts_at).date(), i18n.now(), policy, zone)
    if not allowed.holds and i18n.local(starts_at).date() > i18n.today():
        said = allowed.explain.said
        raise bookings.BadBooking(
            ahead=Said(f"{said.zh}，所选日期更远", f"{said.en}: this day is further ahead")
        )


def move(rid: str) -> ResponseReturnValue:
    """Another time, person, bed or room; what clashed is confirmed by it."""
    found(the_store().appointments, rid)
    form = request.form
    try:
        starts_at = bookings.instant(the_store(), form.get("day", ""), form.get("clock", ""))
        moved = bookings.change(
            the_store(), actor(), rid, starts_at,
            therapist=_one_of([e.rid for e in therapists()], form.get("therapist")),
            bed=_one_of(beds(), form.get("bed")), room=_one_of(rooms(), form.get("room")),
            services=_services(form.getlist("services")) if "with_services" in form else None, policy=the_policy(),
        )  # fmt: skip
    except bookings.BadBooking as bad:
        return day({rid: " ".join(say(bad.fields).values())}, 422)
    return redirect(url_for("desk.bookings", day=i18n.local(moved.starts_at).date().isoformat()))


def _services(chosen: list[str]) -> list[str]:
    return [found(the_store().services, rid).rid for rid in chosen]


def _one_of(known: list[str], text: str | None) -> str | None:
    return text if text is None or text in known else ""


def end(rid: str) -> ResponseReturnValue:
    """Cancelled, or she did not come."""
    known = found(the_store().appointments, rid)
    how = request.form.get("how", "")
    if how in {"cancelled", "no_show"}:
        try:
            bookings.end(the_store(), actor(), rid, cast("Literal['cancelled', 'no_show']", how))
        except bookings.BadBooking as bad:
            return day({rid: " ".join(say(bad.fields).values())}, 422)
        if request.form.get("deposit_back"):
            deposits.give_back(the_store(), actor(), known)
    return redirect(url_for("desk.bookings", day=i18n.local(known.starts_at).date().isoformat()))
