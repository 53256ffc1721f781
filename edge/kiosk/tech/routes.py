"""The technician's page, in parts that stay true by themselves: devices, the appliance, the line, jobs, refusals.

It shows and changes nothing: devices are added and retired by `parlour provision`, which the page explains.
"""

from __future__ import annotations

import json

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from edge.kiosk import i18n
from edge.kiosk.context import kiosk, the_store
from edge.kiosk.pages import Family, staff
from edge.kiosk.services import technician
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
    return render_template("tech/home.html", **_devices(), **_appliance(), **_refused())


@pages.get("/part/devices")
def devices_part() -> ResponseReturnValue:
    return render_template("tech/devices.html", **_devices())


@pages.get("/part/appliance")
def appliance_part() -> ResponseReturnValue:
    return render_template("tech/appliance.html", **_appliance())


@pages.get("/part/refused")
def refused_part() -> ResponseReturnValue:
    return render_template("tech/refused.html", **_refused())


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
    return {
        "measure": lambda key: technician.measure_of(key).in_(i18n.language()),
        "said": lambda text: text.in_(i18n.language()) if isinstance(text, Said) else text,
        "size": size,
        "reading": reading,
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


def reading(value: float) -> str:
    """As many decimals as the figure carries, at most one: 24.1, 812."""
    return f"{value:.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.1f}"


FAMILY = Family(
    pages,
    rights=dict.fromkeys(("home", "devices_part", "appliance_part", "refused_part"), TECHNICIAN),
    rooms={"tech": TECHNICIAN},
)
