"""The blueprint of the customer's pages, and the draft that a visitor's browser holds the key of."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, session, url_for

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


def my_draft() -> Draft:
    """The draft of this screen's visitor; without one, back to the first page."""
    draft = kiosk().drafts.load(session.get(DRAFT, ""))
    if draft is None:
        abort(redirect(url_for("customer.attract")))
    return draft


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
