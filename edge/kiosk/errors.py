"""What a person sees when something cannot be done: a calm page in her language, and a way on."""

from __future__ import annotations

import logging
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from edge.kiosk import chrome, guard
from edge.kiosk.context import kiosk
from edge.kiosk.i18n import _
from edge.kiosk.pages import Door

logger = logging.getLogger(__name__)


def install(app: Flask) -> None:
    app.register_error_handler(HTTPException, _expected)
    if not app.testing:
        app.register_error_handler(Exception, _unexpected)


def _message(code: int) -> tuple[str, str]:
    texts = {
        401: (_("Please sign in"), _("You have been signed out. Nothing was changed.")),
        403: (_("Not from here"), _("This page belongs to somebody else's work.")),
        404: (_("Nothing here"), _("This page does not exist, or its time is over.")),
        410: (_("This link has ended"), _("Please ask for a new one at the kiosk.")),
        413: (_("Too much"), _("What was sent is larger than any of our forms.")),
        421: (
            _("Not this address"),
            _("This store does not answer by that name. Please use the code at the desk."),
        ),
        429: (_("Too many tries"), _("Please wait a little, then try again.")),
    }
    return texts.get(code, (_("Something went wrong"), _("Our staff have been told. Please try again.")))


def _expected(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if error.response is not None:
        return error.response
    if request.accept_mimetypes.best == "application/json":
        return jsonify(error=error.name), code
    return _page(code), code


def _unexpected(error: Exception) -> ResponseReturnValue:
    # The rule and not the address: that of a report opens the report.
    where = request.url_rule.rule if request.url_rule else "?"
    logger.error("request failed: %s", where, exc_info=error)
    kiosk().store.refuse("http", request.remote_addr or "", "failed", f"{where}: {type(error).__name__}")
    return _page(500), 500


def _page(code: int) -> str:
    title, text = _message(code)
    rule = kiosk().rights.rules.get(request.endpoint or "")
    staff = bool(rule and rule.door is Door.STAFF) or bool(chrome.staff_pages())
    return render_template(
        "error.html",
        title=title,
        text=text,
        code=code,
        layout="staff.html" if staff else "base.html",
        reader=_hands(staff=staff),
        way_on=_to_sign_in() if code == HTTPStatus.UNAUTHORIZED else _way_on(),
        label=_("Sign in") if code == HTTPStatus.UNAUTHORIZED else _("To the first page"),
    )


def _hands(*, staff: bool) -> str:
    """Whose type and targets the page has: at the bed, even what is not there is read and left with gloves on."""
    if not staff:
        return "customer"
    return "gloves" if request.path.startswith("/station") else "staff"


def _to_sign_in() -> str:
    """Back to where she was, by way of her PIN: whoever is signed out in the middle of a treatment goes on with it."""
    came_from = urlsplit(request.referrer or "")
    before = came_from.path if came_from.netloc == request.host else ""
    return url_for("house.sign_in", next=guard.own_path(before, "/" + request.path.split("/")[1]))


def _way_on() -> str:
    """The first page of whoever is there; none for a customer's phone, which may not open the kiosk."""
    pages = chrome.staff_pages()
    if pages:
        return pages[0].href
    return "/" if guard.at_kiosk_screen() else ""
