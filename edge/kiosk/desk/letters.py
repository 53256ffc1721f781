"""Messages to customers: what waits, what could not go, why, and what to do about it (FUP-10, FUP-11)."""

from __future__ import annotations

from typing import cast

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import actor, the_store
from edge.kiosk.desk.blueprint import found
from edge.kiosk.i18n import _
from edge.kiosk.services import sending
from salon.records.messages import MessageState
from salon.rules import names


def page() -> ResponseReturnValue:
    """Those that ask for a person first."""
    states = ("failed", "waiting", "expired", "refused", "sent")
    return render_template(
        "desk/messages.html",
        letters={state: sending.of(the_store(), cast("MessageState", state)) for state in states},
        titles={
            "failed": _("Could not go"),
            "waiting": _("Waiting to go"),
            "expired": _("Too late to send"),
            "refused": _("Not wanted, or no way to reach her"),
            "sent": _("Sent"),
        },
        names=names,
    )


def again(rid: str) -> ResponseReturnValue:
    """Try it once more, or call instead."""
    found(the_store().messages, rid)
    if "call" in request.form:
        sending.call_instead(the_store(), actor(), rid)
        return redirect(url_for("desk.follow_ups"))
    sending.again(the_store(), actor(), rid)
    return redirect(url_for("desk.messages"))
