"""The steps of the treatment, one at a time (SVC-07), each with its comfort check (SVC-08)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, get_args

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import actor, the_store
from edge.kiosk.services import finishing, products, sop
from edge.kiosk.station.blueprint import under_way

if TYPE_CHECKING:
    from edge.kiosk.services.sop import Comfort


def page(rid: str) -> ResponseReturnValue:
    """The step to do now, and what was done."""
    found = under_way(rid)
    steps = sop.steps(the_store(), found)
    skipped = request.args.get("skipped", 0, type=int)
    state = sop.current(steps, skipped)
    return render_template(
        "station/care.html",
        treatment=found,
        steps=steps,
        state=state,
        number=steps.index(state) + 1 if state else len(steps),
        skipped=skipped,
        uses={use.product: use for use in products.used_in(the_store(), rid)},
        names={p.rid: p for p in the_store().products.select()},
        phase=sop.phase_of(state.service, state.step) if state else "after",
    )


def comfort(rid: str) -> ResponseReturnValue:
    """How was it? Four answers; any of them ticks the step."""
    found = under_way(rid)
    steps = sop.steps(the_store(), found)
    wanted = (request.args.get("service", ""), request.args.get("step", ""))
    state = next((s for s in steps if (s.service.rid, s.step.key) == wanted), None)
    if state is None or state.done:
        return redirect(url_for("station.care", rid=rid))
    return render_template("station/comfort.html", treatment=found, state=state)


def tick(rid: str) -> ResponseReturnValue:
    """The step is done."""
    found = under_way(rid)
    felt = request.form.get("comfort", "")
    if felt not in get_args(sop.Comfort):
        abort(400)
    sop.tick(the_store(), actor(), found, *_touched(), cast("Comfort", felt))
    return redirect(url_for("station.care", rid=rid))


def undo(rid: str) -> ResponseReturnValue:
    """The last tick was a mistake."""
    sop.undo(the_store(), actor(), under_way(rid), *_touched())
    return redirect(url_for("station.care", rid=rid))


def _touched() -> tuple[str, str, int]:
    """Which step the form is about, and how often it had been touched when the page was shown."""
    form = request.form
    return form.get("service", ""), form.get("step", ""), form.get("touches", -1, type=int)


def end(rid: str) -> ResponseReturnValue:
    """The hands-on part is over; what was done is measured next."""
    finishing.to_feedback(the_store(), actor(), under_way(rid))
    return redirect(url_for("station.measure", rid=rid, phase="after"))
