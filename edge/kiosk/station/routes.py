"""The bed station's first page, the way into a visit, and who may open what."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import EXTENSION, signed_in, the_store
from edge.kiosk.pages import Family, staff
from edge.kiosk.services import checkin, preparing, scans, treatment
from edge.kiosk.services.scene import Scenes
from edge.kiosk.station import (
    care,
    closeup,
    coming,
    finish,
    guest,
    images,
    measure,
    mine,
    plan,
    pointing,
    product,
    relay,
    room,
    safety,
    scalp,
    services,
    wishes,
)
from edge.kiosk.station.blueprint import BED, bed, beds, pages, visit_of
from edge.kiosk.station.uploads import MemoryRequest
from edge.store import now

if TYPE_CHECKING:
    from edge.kiosk.context import Kiosk
    from edge.kiosk.live import Live
    from salon.records import Employee

YEAR = 365 * 24 * 3600


@pages.get("")
def home() -> ResponseReturnValue:
    """Which bed this is, and who waits for it."""
    camera = scans.has_camera(the_store(), bed())
    return render_template("station/home.html", beds=beds(), camera=camera, **_waiting())


@pages.get("/part/waiting")
def waiting_part() -> ResponseReturnValue:
    return render_template("station/waiting.html", **_waiting())


def _waiting() -> dict[str, object]:
    employee: Employee | None = signed_in()
    found = treatment.waiting(the_store(), employee, bed()) if employee else []
    moment = now()
    minutes = {item.visit.rid: checkin.waiting_minutes(item.visit, moment) for item in found}
    return {
        "bed": bed(),
        "waiting": found,
        "coming": preparing.coming(the_store(), employee, bed()) if employee else [],
        "minutes": minutes,
        "me": employee,
        "for_me": mine.waiting().count if employee else 0,
    }


@pages.post("/bed")
def choose_bed() -> ResponseReturnValue:
    """Set the bed that this screen stands at."""
    answer = redirect(url_for("station.home"))
    chosen = request.form.get("bed", "")
    if chosen in beds():
        answer.set_cookie(BED, quote(chosen), max_age=YEAR, samesite="Strict", httponly=True, path="/station")
    else:
        answer.delete_cookie(BED, path="/station", samesite="Strict", httponly=True)
    return answer


@pages.get("/visit/<rid>")
def visit(rid: str) -> ResponseReturnValue:
    """On with a visit where it stands."""
    state = visit_of(rid).visit.state
    page = {"arrived": "prepare", "treatment": "care", "feedback": "finish"}.get(state, "done")
    return redirect(url_for(f"station.{page}", rid=rid))


pages.add_url_rule("/booking/<rid>", "coming", coming.page)
pages.add_url_rule("/booking/<rid>", "ready", coming.ready, methods=["POST"])
pages.add_url_rule("/mine", "mine", mine.page)
pages.add_url_rule("/mine/tasks/<rid>", "mine_task", mine.task_closed, methods=["POST"])
pages.add_url_rule("/mine/alerts/<rid>", "mine_alert", mine.alert_closed, methods=["POST"])
pages.add_url_rule("/visit/<rid>/prepare", "prepare", safety.prepare)
pages.add_url_rule("/visit/<rid>/lead", "lead", room.lead, methods=["POST"])
pages.add_url_rule("/visit/<rid>/room", "room", room.page)
pages.add_url_rule("/visit/<rid>/room/part", "room_part", room.part)
pages.add_url_rule("/visit/<rid>/room", "set_room", room.put, methods=["POST"])
pages.add_url_rule("/visit/<rid>/safety", "safety", safety.page)
pages.add_url_rule("/visit/<rid>/safety", "confirm", safety.confirm, methods=["POST"])
pages.add_url_rule("/visit/<rid>/patch-test", "patch_test", safety.patch_test, methods=["POST"])

pages.add_url_rule("/visit/<rid>/measure/<any(before, after):phase>", "measure", measure.page)
pages.add_url_rule("/visit/<rid>/measure/<any(before, after):phase>/part", "measured_part", measure.part)
pages.add_url_rule(
    "/visit/<rid>/measure/<any(before, after):phase>/probe", "probe", measure.probe, methods=["POST"]
)
pages.add_url_rule(
    "/visit/<rid>/measure/<any(before, after):phase>/scan", "scan_start", measure.scan, methods=["POST"]
)
pages.add_url_rule(
    "/visit/<rid>/measure/<any(before, after):phase>/photo", "photo", measure.photo, methods=["POST"]
)
pages.add_url_rule("/visit/<rid>/scan/<job>", "scan", measure.watch)
pages.add_url_rule("/visit/<rid>/scan/<job>/state", "scan_state", measure.state)
pages.add_url_rule("/visit/<rid>/scan/<job>/cancel", "scan_cancel", measure.cancel, methods=["POST"])
pages.add_url_rule("/visit/<rid>/scan/<job>/eyes", "eyes", pointing.page)
pages.add_url_rule("/visit/<rid>/scan/<job>/eyes", "keep_eyes", pointing.keep, methods=["POST"])
pages.add_url_rule("/visit/<rid>/scan/<job>/photo", "waiting_photo", pointing.photo)
pages.add_url_rule("/visit/<rid>/closeup/<any(scalp, nails):of>", "closeup", closeup.page)
pages.add_url_rule(
    "/visit/<rid>/closeup/<any(scalp, nails):of>", "closeup_photo", closeup.photo, methods=["POST"]
)
pages.add_url_rule(
    "/visit/<rid>/closeup/<any(scalp, nails):of>/live", "closeup_live", closeup.live, methods=["POST"]
)
pages.add_url_rule("/visit/<rid>/closeup/<closeup>/picture", "closeup_picture", closeup.picture)
pages.add_url_rule("/visit/<rid>/result/<any(before, after):phase>", "result", measure.result)
pages.add_url_rule("/visit/<rid>/picture/<scan>/<name>", "picture", images.picture)

pages.add_url_rule("/visit/<rid>/history", "history", measure.history)
pages.add_url_rule("/guest", "guest_start", guest.start, methods=["POST"])
pages.add_url_rule("/guest/<job>", "guest", guest.page)
pages.add_url_rule("/guest/<job>/state", "guest_state", guest.state)
pages.add_url_rule("/guest/<job>/cancel", "guest_cancel", guest.cancel, methods=["POST"])

pages.add_url_rule("/visit/<rid>/care", "care", care.page)
pages.add_url_rule("/visit/<rid>/care/comfort", "comfort", care.comfort)
pages.add_url_rule("/visit/<rid>/care/tick", "tick", care.tick, methods=["POST"])
pages.add_url_rule("/visit/<rid>/care/undo", "undo", care.undo, methods=["POST"])
pages.add_url_rule("/visit/<rid>/care/end", "care_end", care.end, methods=["POST"])

pages.add_url_rule("/visit/<rid>/products", "products", product.choose)
pages.add_url_rule("/visit/<rid>/products", "pick", product.pick, methods=["POST"])
pages.add_url_rule("/visit/<rid>/products/<product>", "product", product.page)
pages.add_url_rule("/visit/<rid>/products/<product>", "use", product.use, methods=["POST"])
pages.add_url_rule("/visit/<rid>/stopped/<use>", "stopped", product.stopped)
pages.add_url_rule("/visit/<rid>/stopped/<use>/override", "override", product.override)
pages.add_url_rule(
    "/visit/<rid>/stopped/<use>/override", "override_try", product.override_try, methods=["POST"]
)

pages.add_url_rule("/visit/<rid>/services", "services", services.page)
pages.add_url_rule("/visit/<rid>/services", "change_services", services.change, methods=["POST"])

pages.add_url_rule("/visit/<rid>/more", "more", wishes.more)
pages.add_url_rule("/visit/<rid>/mood", "mood", wishes.mood)
pages.add_url_rule("/visit/<rid>/mood", "keep_mood", wishes.keep_mood, methods=["POST"])
pages.add_url_rule("/visit/<rid>/offers", "offers", wishes.offers)
pages.add_url_rule("/visit/<rid>/offers", "answered", wishes.answered, methods=["POST"])
pages.add_url_rule("/visit/<rid>/scalp", "scalp", scalp.page)
pages.add_url_rule("/visit/<rid>/scalp", "keep_scalp", scalp.keep, methods=["POST"])
pages.add_url_rule("/visit/<rid>/plan", "plan", plan.page)
pages.add_url_rule("/visit/<rid>/plan", "change_plan", plan.change, methods=["POST"])
pages.add_url_rule("/visit/<rid>/next", "next_visit", wishes.next_visit)
pages.add_url_rule("/visit/<rid>/next", "book_next", wishes.book, methods=["POST"])
pages.add_url_rule("/visit/<rid>/hand-over", "hand_over_page", wishes.hand_over_page)
pages.add_url_rule("/visit/<rid>/hand-over", "hand_over", wishes.hand_over, methods=["POST"])

pages.add_url_rule("/visit/<rid>/finish", "finish", finish.page)
pages.add_url_rule("/visit/<rid>/finish", "finish_now", finish.finish, methods=["POST"])
pages.add_url_rule("/visit/<rid>/done", "done", finish.done)

AT_THE_BED = staff("beautician", "consultant", "manager")
_VIEWS = (
    "home", "waiting_part", "choose_bed", "visit", "coming", "ready",
    "prepare", "lead", "room", "room_part", "set_room", "safety", "confirm", "patch_test",
    "measure", "measured_part", "probe", "scan_start", "photo", "scan", "scan_state", "scan_cancel", "result", "picture",
    "eyes", "keep_eyes", "waiting_photo", "closeup", "closeup_photo", "closeup_live", "closeup_picture",
    "history", "guest_start", "guest", "guest_state", "guest_cancel",
    "care", "comfort", "tick", "undo", "care_end",
    "products", "pick", "product", "use", "stopped", "override", "override_try",
    "services", "change_services", "more", "mood", "keep_mood", "offers", "answered", "scalp", "keep_scalp", "plan", "change_plan", "next_visit", "book_next",
    "hand_over_page", "hand_over", "mine", "mine_task", "mine_alert", "finish", "finish_now", "done",
)  # fmt: skip


def _begin(app: Flask) -> None:
    app.request_class = MemoryRequest
    relay.listen(app)
    held: Kiosk = app.extensions[EXTENSION]
    live: Live = app.extensions["live"]
    app.extensions["scenes"] = Scenes(
        held.store, held.commands, lambda: live.changed({"reading"}), lambda: held.policy
    )


FAMILY = Family(
    pages,
    rights=dict.fromkeys(_VIEWS, AT_THE_BED),
    rooms={"station": AT_THE_BED, "station:": AT_THE_BED, relay.ROOM: AT_THE_BED},
    on_register=_begin,
)
