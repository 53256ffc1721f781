"""A store in the middle of a day: visits at each of their steps, so that every page has something to show.

Made through the same services as the pages use, in the running store, with guests of its own so that other journeys are not in the way.
"""

from __future__ import annotations

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
