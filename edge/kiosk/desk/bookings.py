"""Bookings of a day: create, move, cancel."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, cast

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk import i18n
from edge.kiosk.context import actor, the_store
from edge.kiosk.desk.blueprint import choices, found, say, service_line
from edge.kiosk.services import bookings, people
from salon.rules import greeting, names


def day(problems: dict[str, str] | None = None, status: int = 200) -> ResponseReturnValue:
    """The bookings of one day, and the form for a new one."""
    store, language = the_store(), i18n.language()
    shown = _day(request.values.get("day", ""))
    wanted = request.values.get("q", "")
    member = store.members.find(request.values.get("member", "") or "-")
    rows = [
        {
            "booking": booking,
            "address": names.address(found(store.members, booking.member), language),
            "services": service_line(booking.services),
            "therapist": greeting.therapist_name(
                store.employees.find(booking.therapist) if booking.therapist else None, language
            ),
        }
        for booking in bookings.of_day(store, shown)
    ]
    page = render_template(
        "desk/bookings.html",
        day=shown,
        before=shown - timedelta(days=1),
        after=shown + timedelta(days=1),
        rows=rows,
        q=wanted,
        matches=people.search(store, wanted) if wanted and member is None else [],
        member=member,
        names=names,
        problems=problems or {},
        typed=request.form,
        **choices(),
    )
    return page, status


def _day(text: str) -> date:
    today = i18n.today()
    try:
        wanted = date.fromisoformat(text)
    except ValueError:
        return today
    return min(max(wanted, today - bookings.SHOWN_BACK), today + bookings.FARTHEST)


def book() -> ResponseReturnValue:
    store = the_store()
    member = found(store.members, request.form.get("member", ""))
    chosen = request.form.getlist("services")
    try:
        starts_at = bookings.instant(store, request.form.get("day", ""), request.form.get("clock", ""))
        for rid in chosen:
            found(store.services, rid)
        made = bookings.book(
            store,
            actor(),
            member.rid,
            starts_at,
            services=chosen,
            therapist=request.form.get("therapist", ""),
            bed=request.form.get("bed", ""),
            needs=request.form.get("needs", ""),
        )
    except bookings.BadBooking as bad:
        return day(say(bad.fields), 422)
    return redirect(url_for("desk.bookings", day=i18n.local(made.starts_at).date().isoformat()))


def move(rid: str) -> ResponseReturnValue:
    found(the_store().appointments, rid)
    try:
        starts_at = bookings.instant(the_store(), request.form.get("day", ""), request.form.get("clock", ""))
        moved = bookings.move(the_store(), actor(), rid, starts_at)
    except bookings.BadBooking as bad:
        return day({rid: " ".join(say(bad.fields).values())}, 422)
    return redirect(url_for("desk.bookings", day=i18n.local(moved.starts_at).date().isoformat()))


def end(rid: str) -> ResponseReturnValue:
    """Cancelled, or she did not come."""
    known = found(the_store().appointments, rid)
    how = request.form.get("how", "")
    if how in {"cancelled", "no_show"}:
        try:
            bookings.end(the_store(), actor(), rid, cast("Literal['cancelled', 'no_show']", how))
        except bookings.BadBooking as bad:
            return day({rid: " ".join(say(bad.fields).values())}, 422)
    return redirect(url_for("desk.bookings", day=i18n.local(known.starts_at).date().isoformat()))
