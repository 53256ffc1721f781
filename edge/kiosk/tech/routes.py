"""The technician's page, in parts that stay true by themselves: devices, the appliance, the line, jobs, refusals, live messages.

What changes a device's login is asked of the provisioning unit (edge/kiosk/services/devices.py): this server has no right at the broker.
"""

from __future__ import annotations

import json

from flask import Blueprint, Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue

from edge.kiosk import i18n
from edge.kiosk.context import EXTENSION, kiosk, the_store
from edge.kiosk.pages import Family, staff
from edge.kiosk.services import technician
from edge.kiosk.services.devices import catalogue
from edge.kiosk.services.job_words import answered, asked
from edge.kiosk.services.live_messages import LiveMessages
from edge.kiosk.services.refusal_words import why
from edge.kiosk.tech import devices, refused
from salon.rules.said import Said

pages = Blueprint(
    "tech",
    __name__,
    url_prefix="/tech",
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)
TECHNICIAN = staff("technician")


@pages.get("")
def home() -> ResponseReturnValue:
    """Everything at a glance."""
    heard = current_app.extensions["tech_messages"].latest()[: devices.SHOWN]
    return render_template("tech/home.html", heard=heard, **_devices(), **_appliance(), **_refused())


@pages.get("/part/devices")
def devices_part() -> ResponseReturnValue:
    return render_template("tech/devices.html", **_devices())


@pages.get("/part/appliance")
def appliance_part() -> ResponseReturnValue:
    return render_template("tech/appliance.html", **_appliance())


@pages.get("/part/refused")
def refused_part() -> ResponseReturnValue:
    return render_template("tech/refused.html", **_refused())


pages.add_url_rule("/refused/<int:number>", "refusal", refused.show)
pages.add_url_rule("/refused/<int:number>", "refusal_decide", refused.decide, methods=["POST"])
pages.add_url_rule("/part/messages", "messages_part", devices.messages_part)
pages.add_url_rule("/diagnostics.zip", "diagnostics_zip", devices.diagnostics_zip)
pages.add_url_rule("/add", "add_form", devices.add_form)
pages.add_url_rule("/add", "add", devices.add, methods=["POST"])
pages.add_url_rule("/job/<job_id>", "job", devices.job)
pages.add_url_rule("/device/<device_id>", "device", devices.device)
pages.add_url_rule("/device/<device_id>/part", "device_part", devices.device_part)
pages.add_url_rule("/device/<device_id>", "change", devices.change, methods=["POST"])
pages.add_url_rule("/device/<device_id>/calibrate", "calibrate", devices.calibrate, methods=["POST"])
pages.add_url_rule("/device/<device_id>/set", "set_value", devices.set_value, methods=["POST"])
pages.add_url_rule("/device/<device_id>/retire", "retire", devices.retire, methods=["POST"])
pages.add_url_rule("/device/<device_id>/label.pdf", "label", devices.label)
pages.add_url_rule("/device/<device_id>/firmware.zip", "firmware", devices.firmware)
pages.add_url_rule("/wifi", "wifi", devices.wifi, methods=["POST"])
pages.add_url_rule("/wifi/next", "wifi_next", devices.wifi_next, methods=["POST"])
pages.add_url_rule("/wifi/<job_id>", "wifi_step", devices.wifi_step)

_VIEWS = (
    "home", "devices_part", "appliance_part", "refused_part", "refusal", "refusal_decide", "messages_part", "diagnostics_zip", "add_form", "add", "job",
    "device", "device_part", "change", "calibrate", "set_value", "retire", "label", "firmware", "wifi", "wifi_next", "wifi_step",
)  # fmt: skip


def _devices() -> dict[str, object]:
    return {"devices": technician.devices(the_store())}


def _appliance() -> dict[str, object]:
    return {
        "health": technician.health(the_store(), kiosk().bus),
        "jobs": technician.jobs(the_store()),
        "version": current_app.config["VERSION"],
        "screens": current_app.extensions["live"].silence(),
    }


def _refused() -> dict[str, object]:
    boundary = request.args.get("boundary", "")
    return {
        "refusals": technician.refusals(the_store(), boundary),
        "boundary": boundary if boundary in technician.BOUNDARIES else "",
        "boundaries": technician.BOUNDARIES,
    }


@pages.context_processor
def words() -> dict[str, object]:
    """What the technician's templates say of measures and sizes."""
    measures = catalogue(the_store())["measures"]
    return {
        "measure": lambda key: technician.said(measures, key).in_(i18n.language()),
        "said": lambda text: text.in_(i18n.language()) if isinstance(text, Said) else text,
        "binary": lambda key: measures.get(key, {}).get("component") == "binary_sensor",
        "why": why,
        "asked": asked,
        "answered": answered,
        "weak": technician.weak,
        "size": size,
        "reading": reading,
        "since": since,
        "delay": delay,
        "seconds": seconds,
        "as_json": lambda value: json.dumps(value, ensure_ascii=False, indent=1),
    }


def size(count: int) -> str:
    """1.4 GB"""
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit in {"B", "kB"} else f"{value:.1f} {unit}"


def since(when: str) -> str:
    """14:05 of today, else the day too."""
    clock = i18n.clock(when)
    return clock if i18n.local(when).date() == i18n.today() else f"{i18n.short_day(when)} {clock}"


def delay(at: str, came: str) -> str:
    """How long something was on its way: 40 s, 6 min, 3 h."""
    waited = abs((i18n.local(came) - i18n.local(at)).total_seconds())
    if waited < 120:
        told = Said(f"{waited:.0f} 秒", f"{waited:.0f} s")
    elif waited < 7200:
        told = Said(f"{waited / 60:.0f} 分钟", f"{waited / 60:.0f} min")
    else:
        told = Said(f"{waited / 3600:.0f} 小时", f"{waited / 3600:.0f} h")
    return told.in_(i18n.language())


def seconds(when: str) -> str:
    """14:05:09, on the store's clock: what devices say comes several times a minute."""
    return i18n.local(when).strftime("%H:%M:%S")


def reading(value: float) -> str:
    """As many decimals as the figure carries, at most one: 24.1, 812."""
    return f"{value:.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.1f}"


def _begin(app: Flask) -> None:
    held = app.extensions[EXTENSION]
    app.extensions["tech_messages"] = LiveMessages(held.bus, held.store.store_id)


FAMILY = Family(
    pages,
    rights=dict.fromkeys(_VIEWS, TECHNICIAN),
    rooms={"tech": TECHNICIAN},
    on_register=_begin,
)
