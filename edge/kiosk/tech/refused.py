"""A refused change, on a page of its own: read, tried again, written as it should have been, or put away."""

from __future__ import annotations

import json

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import actor, the_store
from edge.store import putaside
from salon.records import kinds


def page(number: int, problem: putaside.StillRefused | None = None, text: str = "") -> ResponseReturnValue:
    """What the change says, and what may be done with it."""
    store = the_store()
    refusal = store.refusal(number)
    if refusal is None:
        abort(404)
    aside = putaside.read(store, refusal)
    shown = text or (_pretty(putaside.values(store, aside)) if aside else "")
    return render_template(
        "tech/refusal.html", refusal=refusal, aside=aside, text=shown, problem=problem, kinds=kinds()
    ), (422 if problem else 200)


def show(number: int) -> ResponseReturnValue:
    return page(number)


def decide(number: int) -> ResponseReturnValue:
    """Again, mended or put away; what is refused once more is shown with why."""
    by, text = actor(), request.form.get("values", "")
    verdict = request.form.get("verdict")
    try:
        if verdict == "again":
            putaside.again(the_store(), number, by)
        elif verdict == "mend":
            putaside.mend(the_store(), number, text, by)
        elif verdict == "away":
            putaside.put_away(the_store(), number, by)
        else:
            abort(400)
    except putaside.StillRefused as error:
        return page(number, error, text)
    return redirect(url_for("tech.refusal", number=number))


def _pretty(values: dict[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True)
