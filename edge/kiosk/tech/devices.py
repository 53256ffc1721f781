"""Routes of one device: add, wait for both ticks, Wi-Fi over the cable, calibrate, label, firmware, retire."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import actor, kiosk, the_store
from edge.kiosk.i18n import _, language
from edge.kiosk.services import devices, diagnostics, technician
from salon.records import BadRecord, Device

SHOWN = 60  # messages of the bus on the page
EVENTS_SHOWN = 8  # of one device: what it told last, without what was read


def _device(device_id: str) -> Device:
    found = devices.device_of(the_store(), device_id)
    if found is None:
        abort(404)
    return found


def _attachment(data: bytes, mime: str, name: str) -> Response:
    return Response(data, mimetype=mime, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def add_form(problem: str = "", status: int = 200) -> ResponseReturnValue:
    """The form for a new device."""
    store = the_store()
    house = store.stores.find(store.store_id)
    page = render_template(
        "tech/add.html",
        profiles=devices.catalogue(store)["profiles"],
        places=house.beds if house else [],
        typed=request.form,
        problem=problem,
    )
    return page, status


def add() -> ResponseReturnValue:
    """Ask for a new device."""
    wanted = {
        name: request.form.get(name, "").strip()
        for name in ("device", "profile", "name", "name_en", "place", "address")
    }
    if not wanted["device"] or not wanted["name"]:
        return add_form(_("An id and a name are needed."), 422)
    if not devices.ID.fullmatch(wanted["device"]):
        return add_form(_("The id may hold small letters, digits and hyphens, 31 at most."), 422)
    job = devices.ask(the_store(), actor(), "add", **wanted)
    return redirect(url_for("tech.job", job_id=job, then="device", device=wanted["device"]))


def job(job_id: str) -> ResponseReturnValue:
    """What became of a request; on to the device once it is done."""
    found = devices.job_of(the_store(), job_id)
    if found is None:
        abort(404)
    if found.state == "done" and request.args.get("then") == "device":
        return redirect(url_for("tech.device", device_id=request.args.get("device", "")))
    why = devices.FAILED.get(found.code)
    return render_template(
        "tech/job.html", job=found, device=request.args.get("device", ""), why=why and why.in_(language())
    )


def device(device_id: str, problem: str = "", status: int = 200) -> ResponseReturnValue:
    """Everything about one device."""
    found = _device(device_id)
    page = render_template("tech/device.html", problem=problem, **_shown(found))
    return page, status


def device_part(device_id: str) -> ResponseReturnValue:
    """Its ticks and values, refreshed by themselves."""
    return render_template("tech/device_part.html", **_shown(_device(device_id)))


def _shown(found: Device) -> dict[str, Any]:
    store = the_store()
    house = store.stores.find(store.store_id)
    state = next((s for s in technician.devices(store) if s.device.device == found.device), None)
    return {
        "device": found,
        "state": state,
        "ticks": devices.ticks(store, found),
        "measures": devices.measures_of(store, found),
        "settable": devices.settable(store, found),
        "has_firmware": (store.home / "firmware" / found.device).is_dir(),
        "heard": current_app.extensions["tech_messages"].latest(found.device)[:12],
        "happened": store.happened.latest(found.device, EVENTS_SHOWN),
        "places": house.beds if house else [],
        "history": technician.history(store, found),
    }


def change(device_id: str) -> ResponseReturnValue:
    """Its name and place."""
    found = _device(device_id)
    fields = {name: request.form.get(name, "").strip() for name in ("name", "name_en", "place")}
    if not fields["name"]:
        return device(device_id, _("A name is needed."), 422)
    with the_store().acting(actor()):
        the_store().devices.edit(found.rid, **fields)
    return redirect(url_for("tech.device", device_id=device_id))


def calibrate(device_id: str) -> ResponseReturnValue:
    """By two points: what it showed, and what was true."""
    found = _device(device_id)
    measure = request.form.get("measure", "")
    if measure not in devices.measures_of(the_store(), found):
        abort(404)
    try:
        shown1, true1, shown2, true2 = (
            float(request.form.get(key, "")) for key in ("shown1", "true1", "shown2", "true2")
        )
        devices.calibrate(the_store(), actor(), found, measure, (shown1, shown2), (true1, true2))
    except (ValueError, BadRecord):
        return device(device_id, _("Two different points, each with what it showed and what was true."), 422)
    return redirect(url_for("tech.device", device_id=device_id))


def set_value(device_id: str) -> ResponseReturnValue:
    """Try an actuator: a lift, a light; done when the device itself says so."""
    found = _device(device_id)
    key, wanted = request.form.get("measure", ""), request.form.get("value", "")
    if devices.settable(the_store(), found).get(key) is None or not wanted.isdecimal():
        return device(device_id, _("A whole number is needed."), 422)
    commands = kiosk().commands
    outcome = "not_sent" if commands is None else commands.send(device_id, "number", key, wanted)
    told = {
        "confirmed": "",
        "not_sent": _("The broker is away: nothing was sent."),
        "not_confirmed": _("Sent, but the device has not said that it did it."),
    }
    if told[outcome]:
        return device(device_id, told[outcome], 502)
    return redirect(url_for("tech.device", device_id=device_id))


def retire(device_id: str) -> ResponseReturnValue:
    """Out at once."""
    _device(device_id)
    how = "stolen" if request.form.get("how") == "stolen" else "retire"
    asked = devices.ask(the_store(), actor(), how, device=device_id)
    return redirect(url_for("tech.job", job_id=asked, device=device_id))


def label(device_id: str) -> ResponseReturnValue:
    """A label with a QR code of this device's page."""
    found = _device(device_id)
    address = f"{kiosk().settings.address_for_phones()}{url_for('tech.device', device_id=device_id)}"
    return _attachment(devices.label(found, address), "application/pdf", f"{device_id}.pdf")


def firmware(device_id: str) -> ResponseReturnValue:
    """The folder to flash, with its secrets: for the laptop that has the cable."""
    packed = devices.firmware_zip(the_store(), _device(device_id).device)
    if packed is None:
        abort(404)
    return _attachment(packed, "application/zip", f"{device_id}.zip")


# --- Wi-Fi over the cable


def wifi() -> ResponseReturnValue:
    """First question: what is plugged in."""
    asked = devices.ask(the_store(), actor(), "ports")
    return redirect(url_for("tech.wifi_step", job_id=asked))


def wifi_step(job_id: str) -> ResponseReturnValue:
    """The next step after an answer: choose a port, choose a network, done; or which step failed."""
    found = devices.job_of(the_store(), job_id)
    if found is None:
        abort(404)
    step, _dot, reason = found.code.partition(".")
    why = devices.NO_WIFI.get(reason) or devices.FAILED.get(found.code)
    return render_template("tech/wifi.html", job=found, step=step, why=why and why.in_(language()))


def wifi_next() -> ResponseReturnValue:
    """Ask the next question."""
    form = request.form
    if "ssid" in form:
        secret = devices.hand_over(the_store(), form.get("password", ""))
        asked = devices.ask(
            the_store(), actor(), "join", port=form.get("port", ""), ssid=form["ssid"], secret=secret
        )
    else:
        asked = devices.ask(the_store(), actor(), "networks", port=form.get("port", ""))
    return redirect(url_for("tech.wifi_step", job_id=asked))


# --- looking


def messages_part() -> ResponseReturnValue:
    """The last messages on the bus."""
    return render_template(
        "tech/messages.html", heard=current_app.extensions["tech_messages"].latest()[:SHOWN]
    )


def diagnostics_zip() -> ResponseReturnValue:
    """One tap: what support needs, without a person in it."""
    data = diagnostics.bundle(the_store(), kiosk().bus, current_app.config["VERSION"])
    return _attachment(data, "application/zip", f"parlour-{the_store().store_id}-diagnostics.zip")
