"""The guest form on her own phone: a QR code with a link that lives 15 minutes and belongs to the first phone that opens it.

The link's token is a draft of its own, so that the form goes on even when the kiosk has been taken by the next customer;
if the kiosk still waits, it goes to the greeting by itself.
"""

from __future__ import annotations

import io
import secrets

import segno
from flask import Response, abort, current_app, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import kiosk, the_store
from edge.kiosk.customer import form
from edge.kiosk.customer.blueprint import my_draft, save
from edge.kiosk.drafts import LIFE, Draft
from edge.kiosk.live import DRAFT
from edge.kiosk.services import calls, intake

CLAIM = "join"
"""Where the phone's session keeps that the link is its own."""


def invite() -> ResponseReturnValue:
    """The kiosk's page with the QR code. Shown again, it is the same link."""
    draft = my_draft()
    if draft.get("visit"):
        return redirect(url_for("customer.welcome"))
    if kiosk().drafts.load(draft.get("join", "")) is None:
        given = {name: draft[name] for name in ("started", "given", "answers") if name in draft}
        save({**draft, "join": kiosk().drafts.open(kiosk=session[DRAFT], **given)})
    return render_template("customer/own_phone.html", minutes=int(LIFE // 60), opened=_opened())


def part() -> ResponseReturnValue:
    """How far the phone is; once it has finished, the kiosk goes on."""
    draft = my_draft()
    if draft.get("visit"):
        return redirect(url_for("customer.welcome"))
    return render_template("customer/own_phone_part.html", opened=_opened())


def _opened() -> bool:
    joined = kiosk().drafts.load(my_draft().get("join", ""))
    return bool(joined and joined.get("claim"))


def code() -> ResponseReturnValue:
    token = my_draft().get("join")
    if not token:
        abort(404)
    address = kiosk().settings.address_for_phones() + url_for("customer.join", token=token)
    picture = io.BytesIO()
    segno.make(address, error="m").save(
        picture, kind="svg", border=2, dark="#2b2521", light="#fffdfa", scale=8
    )
    return Response(picture.getvalue(), mimetype="image/svg+xml")


# --- on the phone


def _draft_of(token: str) -> Draft:
    """The draft of a link that this phone has claimed. Ended or taken by another phone: 410."""
    draft = kiosk().drafts.load(token)
    if (
        draft is None
        or "kiosk" not in draft
        or not draft.get("claim")
        or draft["claim"] != session.get(CLAIM)
    ):
        abort(410)
    return draft


def join(token: str) -> ResponseReturnValue:
    """The link is opened: the first phone makes it its own."""
    draft = kiosk().drafts.load(token)
    if draft is None or "kiosk" not in draft:
        abort(410)
    if not draft.get("claim"):
        session[CLAIM] = secrets.token_urlsafe(16)
        draft["claim"] = session[CLAIM]
        kiosk().drafts.save(token, draft)
        current_app.extensions["live"].tell_visitor(draft["kiosk"], "moved")
    return redirect(url_for("customer.join_step", token=token, step=intake.steps_for(_draft_of(token))[0]))


def _on_phone(token: str) -> form.Place:
    def keep(draft: Draft) -> None:
        kiosk().drafts.save(token, draft)

    def done(draft: Draft) -> ResponseReturnValue:
        with the_store().transaction():
            _draft_of(token)  # a second tap on the last button finds nothing left
            member, visit = form.finish(draft, "phone")
            waiting = kiosk().drafts.load(draft["kiosk"])
            if waiting is not None and not waiting.get("visit"):
                kiosk().drafts.save(draft["kiosk"], {**waiting, "member": member.rid, "visit": visit.rid})
            kiosk().drafts.drop(token)
        return end(draft, "yes")

    def refused() -> ResponseReturnValue:
        calls.place(the_store(), "form")
        return end(_draft_of(token), "no")

    def end(draft: Draft, kept: str) -> ResponseReturnValue:
        kiosk().drafts.drop(token)
        session.pop(CLAIM, None)
        current_app.extensions["live"].tell_visitor(draft["kiosk"], "moved")
        return redirect(url_for("customer.joined", kept=kept))

    def url(step: str) -> str:
        return url_for("customer.join_step", token=token, step=step)

    return form.Place("phone", url, url_for("customer.join", token=token), keep, done, refused)


def show(token: str, step: str) -> ResponseReturnValue:
    return form.show(_on_phone(token), _draft_of(token), step)


def answer(token: str, step: str) -> ResponseReturnValue:
    return form.answer(_on_phone(token), _draft_of(token), step)


def joined() -> ResponseReturnValue:
    """The phone's last page: nothing about the person is on it."""
    return render_template("customer/joined.html")
