"""A store in the middle of a day: visits at each of their steps, so that every page has something to show.

Made through the same services as the pages use, in the running store, with guests of its own so that other journeys are not in the way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.kiosk.services import (
    accounts,
    bookings,
    checkin,
    checkout,
    complaining,
    exporting,
    finishing,
    people,
    places,
    products,
    quoting,
    refunding,
    sop,
    tasks,
    treatment,
)
from edge.store import Store, new_rid, now
from salon import policies, records
from salon.rules.times import later
from tests.journeys.workbench import Workbench
from tests.journeys.workbench import set_up as set_up_workbench

ACTOR = "e-chen-jing"
BED = "3号床"
STORE = "s001"
SERVICE = "svc-soothe"
ROOM = "双人房"
TONER = "p-astringent-toner"
SERUM = "p-soothing-serum"
GUESTS = {
    "arrived": ("周", "婷", "13500000001"),
    "care": ("吴", "欣", "13500000002"),
    "feedback": ("郑", "爽", "13500000003"),
    "aftercare": ("冯", "雪", "13500000004"),
    "closed": ("蒋", "琳", "13500000005"),
}


@dataclass(frozen=True)
class Stage:
    """What the pages' addresses are made of."""

    arrived: str
    care: str
    feedback: str
    aftercare: str
    closed: str
    """Visits, by where they stand; the last one paid, with a part of it given back."""
    member: str
    """Of the visit under way: with an allergy, a scan, a complaint."""
    report: str
    stopped: str
    complaint: str
    bill: str
    booking: str
    """Of a guest to come, at no bed and with nobody yet."""
    step: str
    """`service=...&step=...` of the next step of the visit under way."""
    workbench: Workbench
    """What the technician finds."""
    faceless: str
    """The job of a photo in which no face was found: it waits for somebody to point at the eyes."""


def set_up(store: Store) -> Stage:
    """The day as it stands at noon."""
    policy = policies.active([], STORE).policy
    visits = {}
    with store.acting(ACTOR), store.transaction():
        for step, (surname, given, phone) in GUESTS.items():
            member = _guest(store, f"m-stage-{step}", surname, given, phone)
            visits[step] = checkin.arrive(store, ACTOR, member, "phone", 14_000).rid
            store.visits.edit(visits[step], therapist=ACTOR, bed=BED, services=[SERVICE])
        for step in ("care", "feedback", "aftercare", "closed"):
            _treat(store, policy, visits[step])
        stopped = _stopped(store, visits["care"])
        _given_up(store)
        coming = bookings.book(
            store, ACTOR, "m-stage-closed", later(now(), days=2), services=[SERVICE], therapist="", bed="", needs="想要安静"
        )  # fmt: skip
        under_way = _bundle(store, visits["feedback"])
        finishing.to_feedback(store, ACTOR, under_way)
        ended = finishing.finish(
            store,
            ACTOR,
            policy,
            _bundle(store, visits["aftercare"]),
            result="泛红减轻",
            next_hint="下次力度减轻",
        )
        bill = _paid(store, policy, visits["closed"])
        case = complaining.open_case(
            store,
            ACTOR,
            policy,
            "m-stage-care",
            topic="service",
            story="等了二十多分钟",
            visit=visits["care"],
        )
        tasks.hand_over(store, ACTOR, "m-stage-care", visits["care"], "desk", "请致电确认")
        _ask_export(store)
        store.settings.set(f"camera.{BED}", f"file:{_empty_chair(store)}")
        workbench = set_up_workbench(store)
        faceless = _faceless(store, visits["care"])
        _near(store, visits["care"])
        on = sop.current(sop.steps(store, _bundle(store, visits["care"])))
    return Stage(
        **visits,
        member="m-stage-care",
        report=ended.report_code,
        stopped=stopped,
        complaint=case.rid,
        bill=bill,
        booking=coming.rid,
        step=f"service={on.service.rid}&step={on.step.key}",
        workbench=workbench,
        faceless=faceless,
    )


def _paid(store: Store, policy: policies.Policy, visit: str) -> str:
    """Topped up, paid, a part of it given back: everything that a receipt can say."""
    finishing.finish(store, ACTOR, policy, _bundle(store, visit), result="", next_hint="")
    accounts.top_up(store, ACTOR, policy, "m-stage-closed", 50_000, "cash", key="0" * 16)
    due = quoting.quote(store, policy, store.visits.load(visit), checkout.NO_WISHES).total_fen
    done = checkout.settle(store, ACTOR, policy, visit, {"wechat": due}, key="1" * 16)
    refunding.refund(store, ACTOR, visit, {"wechat": 3_000}, key="2" * 16, why="等候太久")
    assert done.bill is not None
    return done.bill.rid


def _guest(store: Store, rid: str, surname: str, given: str, phone: str) -> str:
    member = records.Member(
        rid=rid, surname=surname, given_name=given, gender="female", phone=phone, card_code=people.new_code(),
        drink="jasmine_tea", allergens=["alcohol"], plan="每月一次舒缓", therapist=ACTOR, home_store=STORE,
    )  # fmt: skip
    store.members.add(member)
    store.screenings.add(
        records.Screening(
            rid=f"q-{rid}",
            member=rid,
            taken_at=now(),
            form="skin-1",
            allergens=["alcohol"],
            sensitivity="none",
        )
    )
    store.consents.add(
        records.Consent(
            rid=f"c-{rid}", member=rid, purpose="photos", granted=True, decided_at=now(), text_version="1",
            channel="kiosk",
        )
    )  # fmt: skip
    return rid


def _bundle(store: Store, visit: str) -> treatment.Treatment:
    return treatment.bundle(store, store.visits.load(visit))


def _treat(store: Store, policy: policies.Policy, visit: str) -> None:
    """Into the treatment, two steps of it done, a scan before and after."""
    treatment.confirm(store, ACTOR, _bundle(store, visit), [])
    treatment.begin(store, ACTOR, policy, _bundle(store, visit), BED)
    for state in sop.steps(store, _bundle(store, visit))[:2]:
        sop.tick(
            store, ACTOR, _bundle(store, visit), state.service.rid, state.step.key, state.touches, "good"
        )
    serum = store.products.load(SERUM)
    products.use(store, ACTOR, _bundle(store, visit), serum, serum.batch, new_rid())
    for phase, redness in (("before", 41.2), ("after", 36.9)):
        _scan(store, visit, phase, redness)


def _scan(store: Store, visit: str, phase: str, redness: float) -> None:
    rid = new_rid()
    media = store.media.put(
        _picture(redness), mime="image/jpeg", owner=rid, purpose="scan", taken_at=now(), keep_until=None
    )
    figures = {"value": redness, "unit": "Hb", "score": 62.0, "repeat_sd": 1.0, "status": "measured"}
    absent = {"value": None, "unit": "", "score": None, "repeat_sd": None, "status": "not_measurable"}
    store.scans.add(
        records.Scan(
            rid=rid, visit=visit, member=store.visits.load(visit).member, at=now(), phase=phase, by=ACTOR,
            concerns={"redness": figures, "pores": absent}, overlays={"face": media, "redness": media},
            models={"color": "1"}, accepted=True, checks={"light": {"level_ev": 0.0}},
        )
    )  # fmt: skip


def _faceless(store: Store, visit: str) -> str:
    held = store.media.put(
        _picture(30.0), mime="image/jpeg", owner=visit, purpose="scan-upload", taken_at=now(), keep_until=None
    )
    member = store.visits.load(visit).member
    job = store.jobs.put("scan", {"visit": visit, "member": member, "phase": "before", "photo": held})
    store.jobs.fail(
        job, "no_face", json.dumps({"zh": "没有找到脸", "en": "No face was found", "photo": held})
    )
    return job


def _near(store: Store, visit: str) -> None:
    """A scalp and a nail from near, today and at another visit."""
    member = store.visits.load(visit).member

    def row(value: float | None, sd: float | None, unit: str, **more: str) -> dict[str, object]:
        status = "not_measurable" if value is None else "indicative"
        return {"status": status, "unit": unit, "value": value, "repeat_sd": sd, "version": "1", **more}

    for at, here, cover, flakes in (
        ("2026-09-01T02:00:00Z", "v-before", 52.0, 1.4),
        (now(), visit, 50.3, 0.42),
    ):
        rid = new_rid()
        media = store.media.put(
            _picture(20.0), mime="image/jpeg", owner=rid, purpose="scan", taken_at=now(), keep_until=None
        )
        scalp = {
            "hair_cover": row(cover, 3.6, "%"), "flakes": row(flakes, 0.03, "%"),
            "flakes_per_cm2": row(0.5, 0.04, "1/cm²"), "scalp_oil": row(None, None, "%", reason="oil"),
            "hair_count": row(None, None, "1/cm²", reason="roots"),
        }  # fmt: skip
        store.closeups.add(
            records.CloseUp(
                rid=rid, visit=here, member=member, at=at, of="scalp", figures=scalp, overlay=media
            )
        )
    nail = {
        "nail_length": row(13.1, 0.1, "mm"), "nail_width": row(10.4, 0.3, "mm"), "nail_ratio": row(1.26, 0.03, ""),
        "nail_tip": row(0.8, 0.02, "", form="round"), "nail_l": row(71.0, 0.3, "L*"), "nail_a": row(14.2, 0.3, "a*"),
        "nail_b": row(9.1, 0.4, "b*"), "nail_health": row(None, None, "", reason="nail_health"),
    }  # fmt: skip
    store.closeups.add(
        records.CloseUp(rid=new_rid(), visit=visit, member=member, at=now(), of="nails", figures=nail)
    )


def _picture(redness: float) -> bytes:
    """A face as far as a layout needs one: an oval, as red as it was measured."""
    canvas = np.full((480, 360, 3), (214, 224, 232), np.uint8)
    cv2.ellipse(canvas, (180, 240), (120, 170), 0, 0, 360, (190 - 2 * redness, 190 - 2 * redness, 225), -1)
    return bytes(cv2.imencode(".jpg", canvas)[1])


def _empty_chair(store: Store) -> Path:
    """What the camera at the bed sees: nobody, so that its guidance goes on until it is stopped."""
    path = store.home / "empty-chair.png"
    cv2.imwrite(str(path), np.full((480, 640, 3), (150, 160, 165), np.uint8))
    return path


def _given_up(store: Store) -> None:
    """A room that is no longer used, with a booking there tomorrow that has to be moved."""
    tomorrow = later(now(), days=1)
    bookings.book(
        store, ACTOR, "m-stage-closed", tomorrow, services=[SERVICE], therapist="", bed="", room=ROOM, needs=""
    )  # fmt: skip
    places.give_up(store, ACTOR, "room", ROOM)


def _stopped(store: Store, visit: str) -> str:
    """A product stopped."""
    toner = store.products.load(TONER)
    found = _bundle(store, visit)
    use = products.stop(store, ACTOR, found, toner, products.conflicts(store, toner, found.member), new_rid())
    return use.rid


def _ask_export(store: Store) -> None:
    manager = next(e for e in store.employees.select() if "manager" in e.roles and e.store == STORE)
    exporting.ask(store, manager, "生日短信", list(exporting.USUAL))
