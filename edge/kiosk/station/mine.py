"""What waits for the colleague at the bed herself: her customers' birthdays, calls and hand-overs (FUP-07, FUP-09, SVC-16)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import actor, signed_in, the_policy, the_store
from edge.kiosk.i18n import language
from edge.kiosk.services import returning, tasks, telling

if TYPE_CHECKING:
    from edge.kiosk.services.telling import Mine


def waiting() -> Mine:
    employee = signed_in()
    assert employee is not None, "the guard lets nobody else in"
    return telling.of(the_store(), the_policy(), employee, language())


def page() -> ResponseReturnValue:
    return render_template("station/mine.html", mine=waiting())


def task_closed(rid: str) -> ResponseReturnValue:
    """What came of a task of hers. Another's does not exist for her (SEC-01)."""
    if rid not in {task.rid for task in waiting().tasks}:
        abort(404)
    state = request.form.get("state", "")
    if state in {"done", "skipped"}:
        outcome = cast("Literal['done', 'skipped']", state)
        step = request.form.get("next_action", "")
        tasks.close(the_store(), actor(), rid, outcome, request.form.get("result", ""), step)
    return redirect(url_for("station.mine"))


def alert_closed(rid: str) -> ResponseReturnValue:
    """She has seen to it."""
    if rid not in {alert.rid for alert in waiting().alerts}:
        abort(404)
    returning.close_alert(the_store(), actor(), rid, request.form.get("result", ""))
    return redirect(url_for("station.mine"))
