"""The blueprint of the customer's pages, and the draft that a visitor's browser holds the key of."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, session, url_for
from werkzeug.wrappers import Response

from edge.kiosk.context import kiosk
from edge.kiosk.drafts import Draft
from edge.kiosk.live import DRAFT

pages = Blueprint(
    "customer",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/customer",
)


LARGE = "large"
"""Cookie of this screen, for this visitor: large type, and few choices (PRF-19)."""
FEW = 4
"""Choices shown at once in that mode."""


@pages.app_context_processor
def _reading() -> dict[str, object]:
    return {"large_type": large_type()}


def large_type() -> bool:
    return request.cookies.get(LARGE) == "1"


def read_large(answer: Response, large: bool) -> Response:
    """Set how this screen's pages are shown from now on, until the visitor leaves."""
    if large:
        answer.set_cookie(LARGE, "1", samesite="Strict", httponly=True)
    else:
        answer.delete_cookie(LARGE, samesite="Strict", httponly=True)
    return answer


def my_draft() -> Draft:
    """The draft of this screen's visitor; without one, back to the first page."""
    draft = found_draft()
    if draft is None:
        abort(redirect(url_for("customer.attract")))
    return draft


def found_draft() -> Draft | None:
    """The draft of this screen's visitor, if somebody has begun."""
    return kiosk().drafts.load(session.get(DRAFT, ""))


def save(draft: Draft) -> None:
    kiosk().drafts.save(session[DRAFT], draft)


def begin(**values: object) -> None:
    """A new visitor: whatever the last one left is dropped."""
    leave()
    session[DRAFT] = kiosk().drafts.open(**values)


def leave() -> None:
    """Forget the visitor of this screen: her draft and its key."""
    key = session.pop(DRAFT, "")
    if key:
        kiosk().drafts.drop(key)
