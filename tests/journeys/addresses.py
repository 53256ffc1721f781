"""The address of every page, by who opens it. test_every_page proves that none is missing."""

from __future__ import annotations

from tests.journeys.stage import SERUM, Stage

MEMBER = "m-wang-li"
BATCH = "S2611"
"""Of the serum that the guests of the stage have had."""
FORM = ("surname", "title", "phone", "birthday", "drink", "allergens", "conditions", "sensitivity")
KIOSK = ("/hello", "/phone", "/code", *(f"/new/{step}" for step in FORM), "/own-phone", "/see-us")
"""With a draft open; what follows from answers is walked in test_customer_pages."""
PHONE = ("/joined?kept=yes", "/joined?kept=no", "/r/no-such-report", "/join/no-such-link")
OPEN = ("/staff/sign-in", "/no-such-page")
HQ = (
    "/", "/members", "/members?q=nobody", f"/members/{MEMBER}", "/stores", "/quarantine", "/settlement", "/settlement?month=2020-01",
    "/nights", "/reviews", "/erasures", "/policy", "/no-such-page",
)  # fmt: skip
HQ_OPEN = ("/sign-in",)
HQ_ELSEWHERE = {"healthz": "a figure"}
"""Head office's endpoints that show no page, and why."""


def desk(stage: Stage) -> tuple[str, ...]:
    return (
        "/desk", "/desk/bookings", f"/desk/bookings?member={MEMBER}", "/desk/people", "/desk/people?q=nobody",
        "/desk/people?q=13800010001", f"/desk/people/{MEMBER}", f"/desk/people/{stage.member}",
        f"/desk/people/{stage.member}/all", f"/desk/people/{MEMBER}/account", f"/desk/people/{stage.member}/file",
        f"/desk/people/{stage.member}/complaint", "/desk/complaints",
        f"/desk/complaints/{stage.complaint}", "/desk/tasks", f"/desk/visit/{stage.arrived}",
        f"/desk/visit/{stage.care}", f"/desk/visit/{stage.aftercare}", f"/desk/visit/{stage.aftercare}/survey",
        "/desk/messages", "/desk/money", "/desk/batches", f"/desk/batches?q={BATCH}", "/desk/batches?q=nothing", f"/desk/visit/{stage.closed}",
        f"/desk/bills/{stage.bill}", "/desk/people/m-stage-closed/account",
    )  # fmt: skip


def station(stage: Stage) -> tuple[str, ...]:
    care = f"/station/visit/{stage.care}"
    return (
        "/station", "/station/mine", f"/station/booking/{stage.booking}", f"/station/visit/{stage.arrived}/prepare", f"/station/visit/{stage.arrived}/safety",
        *(f"{care}/{page}" for page in (
            "measure/before", "measure/after", "result/before", "result/after", "care",
            f"care/comfort?{stage.step}", "products", f"products/{SERUM}", f"stopped/{stage.stopped}",
            f"stopped/{stage.stopped}/override", "services", "more", "mood", "offers", "plan", "history", "room", "scalp", "next", "hand-over",
            "closeup/scalp", "closeup/nails", f"scan/{stage.faceless}/eyes",
        )),
        f"/station/visit/{stage.feedback}/finish", f"/station/visit/{stage.aftercare}/done",
    )  # fmt: skip


def scanning(stage: Stage, job: str) -> tuple[str, str]:
    """A scan that runs, of the visit under way and of a guest."""
    return f"/station/visit/{stage.care}/scan/{job}", f"/station/guest/{job}"


ELSEWHERE = {
    **dict.fromkeys(
        ("customer.surname", "customer.is_it_you", "customer.welcome", "customer.join_step", "customer.permissions", "customer.permission"),
        "test_customer_pages",
    ),
    **dict.fromkeys(
        (
            "customer.own_phone_part", "desk.board_part", "manager.board_part", "station.measured_part",
            "station.room_part", "station.waiting_part", "tech.appliance_part", "tech.device_part", "tech.devices_part", "tech.messages_part",
            "tech.refused_part",
        ),
        "a part of a page that is looked at",
    ),
    **dict.fromkeys(("customer.new_guest", "station.visit", "house.language"), "leads on to another page"),
    **dict.fromkeys(
        (
            "customer.own_phone_code", "house.health", "report.picture", "station.guest_state", "station.picture", "station.scan_state",
            "station.closeup_picture", "station.waiting_photo",
            "tech.diagnostics_zip", "tech.firmware", "tech.label",
        ),
        "a picture, a file or a figure",
    ),
}  # fmt: skip
"""Endpoints that show no page of their own, or one that needs more than an address: what becomes of them."""
MANAGER = (
    "/manager", "/manager/classes", "/manager/figure/ticket", "/manager/figure/identify", "/manager/hour/5/14", "/manager/day/2026-11-20", "/manager/kind/nails", "/manager/today", "/manager/lost",
    "/manager/team", "/manager/team/e-chen-jing", "/manager/quality", "/manager/quality/e-chen-jing", "/manager/products", f"/manager/products?of={SERUM}",
    "/manager/places", "/manager/catalogue", "/manager/catalogue/service/svc-soothe", "/manager/catalogue/product/p-matte-gel",
    "/manager/catalogue/product/new", "/manager/data", "/manager/suggestions", "/manager/team/e-chen-jing/leave", "/manager/exports", f"/manager/exports?member={MEMBER}",
)  # fmt: skip
HANDBOOK = ("/handbook", "/handbook/drills", "/handbook/incidents", "/handbook/suggestions")


def tech(stage: Stage) -> tuple[str, ...]:
    bench = stage.workbench
    return (
        "/tech", "/tech?boundary=photo", "/tech?boundary=sync", "/tech/add", "/tech/device/probe-1", "/tech/device/bed-1", *HANDBOOK,
        *(f"/tech/refused/{number}" for number in bench.refusals), *(f"/tech/job/{job}?{n}" for n, job in enumerate(bench.requests)),
        *(f"/tech/wifi/{job}?{n}" for n, job in enumerate(bench.wifi)),
    )  # fmt: skip


def staff(stage: Stage) -> dict[str, tuple[str, ...]]:
    """By the login that opens them."""
    return {
        "xu": desk(stage), "chen": station(stage), "shen": MANAGER,
        "gu": tech(stage),
    }  # fmt: skip
