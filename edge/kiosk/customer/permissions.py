"""What she agreed to, and changing her mind (SEC-06, SEC-07): by herself, at the screen where she was just greeted, as easily as she agreed.

Only the file itself is not given up here: that is erasing it, and a person has to ask whether she means that.
"""

from __future__ import annotations

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import the_store
from edge.kiosk.customer.blueprint import my_draft
from edge.kiosk.services import consents
from edge.store import allowed

ACTOR = "kiosk"


def _hers() -> str | None:
    """The member who was greeted at this screen."""
    draft = my_draft()
    visit = the_store().visits.find(draft["visit"]) if draft.get("visit") else None
    return visit.member if visit else None


def page() -> ResponseReturnValue:
    member = _hers()
    if member is None:
        return redirect(url_for("customer.hello"))
    given: dict[str, bool] = {
        consent.purpose: consent.granted for consent in allowed.last_words(the_store(), member)
    }
    texts = [
        text
        for text in consents.texts().values()
        if not text.needed and (text.asked or given.get(text.purpose))
    ]
    return render_template("customer/permissions.html", texts=texts, given=given)


def one(purpose: str) -> ResponseReturnValue:
    """The text that she decides about, with both answers."""
    if _hers() is None:
        return redirect(url_for("customer.hello"))
    text = consents.texts().get(purpose)
    if text is None or text.needed:
        abort(404)
    return render_template("customer/permission.html", consent=text)


def decide(purpose: str) -> ResponseReturnValue:
    member, text = _hers(), consents.texts().get(purpose)
    if member is None:
        return redirect(url_for("customer.hello"))
    decision = request.form.get("decision", "")
    if text is None or text.needed or decision not in {"yes", "no"}:
        abort(404)
    consents.decide(the_store(), ACTOR, member, purpose, granted=decision == "yes", channel="kiosk")
    return redirect(url_for("customer.permissions"))
