"""The board of the day, the calls of customers, the follow-ups due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk import i18n
from edge.kiosk.context import actor, roles, the_policy, the_store
from edge.kiosk.desk import (
    asking,
    batches,
    bookings,
    complaints,
    files,
    filing,
    letters,
    money,
    people,
    visits,
)
from edge.kiosk.desk.blueprint import found, pages
from edge.kiosk.pages import Family, staff
from edge.kiosk.services import board as boards
from edge.kiosk.services import bookings as booking_service
from edge.kiosk.services import calls, complaining, days, returning, sending, tasks, telling
from salon.rules import names

if TYPE_CHECKING:
    from salon.records import FollowUp, Member


@pages.get("")
def board() -> ResponseReturnValue:
    return render_template("desk/board.html", **_board())


@pages.get("/part/board")
def board_part() -> ResponseReturnValue:
    return render_template("desk/board_part.html", **_board())


def _board() -> dict[str, object]:
    made = boards.board(the_store(), the_policy(), i18n.language())
    late = [task for task in tasks.due(the_store(), the_policy(), i18n.language()) if task.late]
    return {
        "board": made,
        "calls": calls.waiting(the_store()),
        "clashes": booking_service.conflicts(the_store()),
        "elsewhere": [b for b in booking_service.elsewhere(the_store()) if b.booking == "conflict"],
        "cases": [case for case in complaining.unsettled(the_store(), the_policy()) if case.running],
        "late": late,
        "names": names,
    }


@pages.post("/calls/<call>")
def call_taken(call: str) -> ResponseReturnValue:
    """Somebody goes to the customer who called."""
    calls.answered(the_store(), call)
    return redirect(url_for("desk.board"))


@pages.get("/tasks")
def follow_ups() -> ResponseReturnValue:
    store = the_store()
    return render_template(
        "desk/tasks.html",
        tasks=tasks.due(store, the_policy(), i18n.language()),
        employees={employee.rid: employee for employee in store.employees.select()},
        closed=[
            (task, member, tasks.about(task, the_policy(), i18n.language()))
            for task, member in _closed_today()
        ],
        names=names,
        failed=len(sending.of(store, "failed")),
        alerts=telling.at_the_desk(store, roles()),
    )


@pages.post("/alerts/<rid>")
def alert_closed(rid: str) -> ResponseReturnValue:
    """Somebody at the desk has seen to it."""
    if rid not in {alert.rid for alert in telling.at_the_desk(the_store(), roles())}:
        abort(404)
    returning.close_alert(the_store(), actor(), rid, request.form.get("result", ""))
    return redirect(url_for("desk.follow_ups"))


def _closed_today() -> list[tuple[FollowUp, Member]]:
    start, _end = days.bounds(i18n.today(), days.zone_name(the_store()))
    return tasks.closed_since(the_store(), start)


@pages.post("/tasks/<rid>")
def task_closed(rid: str) -> ResponseReturnValue:
    found(the_store().follow_ups, rid)
    state = request.form.get("state", "")
    if state == "open":
        tasks.reopen(the_store(), actor(), rid)
    if state in {"done", "skipped"}:
        outcome = cast("Literal['done', 'skipped']", state)
        result, step = request.form.get("result", ""), request.form.get("next_action", "")
        tasks.close(the_store(), actor(), rid, outcome, result, step)
    return redirect(url_for("desk.follow_ups"))


@pages.post("/tasks/<rid>/problem")
def problem_found(rid: str) -> ResponseReturnValue:
    """She was called and something is wrong (FUP-03): the call is done, and its case opens with the visit and her words."""
    task = found(the_store().follow_ups, rid)
    words = request.form.get("result", "").strip()
    tasks.close(the_store(), actor(), rid, "done", words or i18n.word("有不适或不满意", "Something is wrong"))
    return complaints.new(task.member, typed={"visit": task.visit, "story": words})


pages.add_url_rule("/visit/<rid>", "visit", visits.show)
pages.add_url_rule("/visit/<rid>/assign", "assign", visits.assign, methods=["POST"])
pages.add_url_rule("/visit/<rid>/checkout", "checkout", money.pay, methods=["POST"])
pages.add_url_rule("/visit/<rid>/refund", "refund", money.refund, methods=["POST"])
pages.add_url_rule("/visit/<rid>/method", "change_method", money.change_method, methods=["POST"])
pages.add_url_rule("/people/<rid>/account", "account", money.account)
pages.add_url_rule("/people/<rid>/top-up", "top_up", money.top_up, methods=["POST"])
pages.add_url_rule("/people/<rid>/undo", "undo", money.undo, methods=["POST"])
pages.add_url_rule("/people/<rid>/benefit", "benefit", money.benefit, methods=["POST"])
pages.add_url_rule("/people/<rid>/points", "spend_points", money.spend_points, methods=["POST"])
pages.add_url_rule("/people/<rid>/voucher", "hand_over_voucher", money.hand_over_voucher, methods=["POST"])
pages.add_url_rule("/people/<rid>/gift", "give_voucher", money.give_voucher, methods=["POST"])
pages.add_url_rule("/people/<rid>/reward", "reward", money.reward, methods=["POST"])
pages.add_url_rule("/bills/<rid>", "bill", money.bill)
pages.add_url_rule("/money", "money", money.day)
pages.add_url_rule("/visit/<rid>/leave", "send_away", visits.send_away, methods=["POST"])
pages.add_url_rule("/bookings", "bookings", bookings.day)
pages.add_url_rule("/bookings", "book", bookings.book, methods=["POST"])
pages.add_url_rule("/bookings/<rid>/move", "move_booking", bookings.move, methods=["POST"])
pages.add_url_rule("/bookings/<rid>/end", "end_booking", bookings.end, methods=["POST"])
pages.add_url_rule("/people", "people", people.search)
pages.add_url_rule("/people", "register", people.register, methods=["POST"])
pages.add_url_rule("/people/<rid>", "person", people.show)
pages.add_url_rule("/people/<rid>/arrive", "arrive", people.arrive, methods=["POST"])
pages.add_url_rule("/people/<rid>/all", "whole", files.show)
pages.add_url_rule("/people/<rid>/remove", "remove", files.remove, methods=["POST"])
pages.add_url_rule("/people/<rid>/withdraw", "withdraw", files.withdraw, methods=["POST"])
pages.add_url_rule("/people/<rid>/hand-over", "hand_over", files.hand_over, methods=["POST"])
pages.add_url_rule("/people/<rid>/complaint", "new_complaint", complaints.new)
pages.add_url_rule("/people/<rid>/complaint", "open_complaint", complaints.open_case, methods=["POST"])
pages.add_url_rule("/complaints", "complaints", complaints.board)
pages.add_url_rule("/complaints/<rid>", "complaint", complaints.show)
pages.add_url_rule("/complaints/<rid>", "advance_complaint", complaints.advance, methods=["POST"])
pages.add_url_rule("/people/<rid>/file", "file", filing.form)
pages.add_url_rule("/people/<rid>/file", "save_file", filing.save, methods=["POST"])
pages.add_url_rule("/people/<rid>/brought-by", "brought_by", filing.brought_by, methods=["POST"])
pages.add_url_rule("/people/<rid>/paid-by", "paid_by", filing.paid_by, methods=["POST"])
pages.add_url_rule("/people/<rid>/note", "note", filing.note, methods=["POST"])
pages.add_url_rule("/messages", "messages", letters.page)
pages.add_url_rule("/messages/<rid>", "message_again", letters.again, methods=["POST"])
pages.add_url_rule("/batches", "batches", batches.search)
pages.add_url_rule("/visit/<rid>/survey", "survey", asking.page)
pages.add_url_rule("/visit/<rid>/survey", "survey_given", asking.answer, methods=["POST"])

_DESK = staff("desk", "consultant", "manager")

FAMILY = Family(
    pages,
    rights=dict.fromkeys(
        (
            "board", "board_part", "call_taken", "follow_ups", "task_closed", "problem_found", "alert_closed", "visit", "assign", "checkout",
            "send_away", "bookings", "book", "move_booking", "end_booking", "people", "register", "person", "arrive",
            "whole", "remove", "withdraw", "hand_over", "new_complaint", "open_complaint", "complaints", "complaint",
            "advance_complaint", "batches", "survey", "survey_given", "message_again",
            "refund", "change_method", "account", "top_up", "undo", "benefit", "reward", "spend_points", "hand_over_voucher", "bill", "money",
            "file", "save_file", "brought_by", "paid_by", "note", "messages",
        ),
        _DESK,
    )
    | {"give_voucher": money.GIVERS},
    rooms={"desk": _DESK},
)  # fmt: skip
