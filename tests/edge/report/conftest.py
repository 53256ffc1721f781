"""A visit with everything a report can have."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw

from edge.report import Material, Picture
from salon import demo, policies
from salon.records import ProductUse, Reading, Scan, Visit
from salon.rules import advice, followups
from salon.rules.told import Told

NOW = "2026-11-22T05:30:00.000Z"


def face(shade: int) -> bytes:
    """A drawn stand-in for a photo, taller than wide."""
    image = Image.new("RGB", (480, 600), (235, 228, 219))
    draw = ImageDraw.Draw(image)
    draw.ellipse((90, 70, 390, 520), fill=(226, 188 + shade, 164 + shade))
    draw.ellipse((120, 300, 200, 370), fill=(214, 130 + 2 * shade, 118 + 2 * shade))
    draw.ellipse((280, 300, 360, 370), fill=(214, 130 + 2 * shade, 118 + 2 * shade))
    body = io.BytesIO()
    image.save(body, "JPEG", quality=80)
    return body.getvalue()


def scan(phase, **values):
    units = {"redness": "Hb", "evenness": "dE ab", "shine": "%", "tone": "°", "dark_circles": "dE ab"}
    sds = {"redness": 0.4, "evenness": 0.3, "shine": 1.2, "tone": 1.5, "dark_circles": 0.35}
    body = {
        key: {"value": value, "unit": units[key], "repeat_sd": sds[key], "status": "measured"}
        | ({"score": score} if score else {})
        for key, (value, score) in values.items()
    }
    body["pores"] = {"value": None, "unit": "1/cm²", "status": "not_measurable"}
    body["moisture"] = {"value": None, "unit": "%", "status": "not_measurable"}
    return Scan(
        rid=f"sc-{phase}",
        visit="v-1",
        member="m-wang-li",
        at="2026-11-22T03:20:00Z" if phase == "before" else "2026-11-22T04:20:00Z",
        phase=phase,
        concerns=body,
        models={"color_v1": "1.0.0", "filters_v1": "1.0.0"},
    )


BEFORE = {
    "tone": (38.2, None),
    "redness": (9.6, 41),
    "evenness": (5.2, 63),
    "shine": (8.1, 74),
    "dark_circles": (4.9, 58),
}
AFTER = {
    "tone": (39.1, None),
    "redness": (7.1, 58),
    "evenness": (4.9, 65),
    "shine": (12.9, 55),
    "dark_circles": (4.6, 60),
}


def reading(number, phase, value, quality="good"):
    return Reading(
        rid=f"rd-{number}",
        device="probe-1",
        measure="skin_moisture",
        value=value,
        unit="%",
        at=f"2026-11-22T0{3 if phase == 'before' else 4}:2{number}:00Z",
        phase=phase,
        quality=quality,
        visit="v-1",
        member="m-wang-li",
    )


@pytest.fixture
def make():
    """Material for a report; fields can be replaced."""

    def material(lang="zh", **fields):
        members = {m.rid: m for m in demo.members("s001", NOW)}
        services, products, policy = demo.services(), demo.products(), policies.default()
        member = fields.pop("member", members["m-wang-li"])
        visit = Visit(
            rid="v-1",
            member=member.rid,
            store="s001",
            state="aftercare",
            services=["svc-soothe"],
            therapist="e-chen-jing",
            arrived_at="2026-11-22T03:05:00Z",
            aftercare_at="2026-11-22T04:30:00Z",
            paid_fen=39800,
            payment="wechat",
            report_code="k7x2m9",
        )
        today = [s for s in services if s.rid in visit.services]
        use = {"visit": "v-1", "member": member.rid, "by": "e-chen-jing", "at": NOW}
        defaults = {
            "visit": visit,
            "member": member,
            "store": demo.stores()[0],
            "policy": policy,
            "therapist": demo.employees("s001")[0],
            "services": services,
            "scans": [scan("before", **BEFORE), scan("after", **AFTER)],
            "readings": [reading(1, "before", 34.0), reading(2, "before", 35.5), reading(3, "after", 52.5)],
            "pictures": [
                Picture(phase="before", concern="redness", caption="泛红", jpeg=face(0)),
                Picture(phase="after", concern="redness", caption="泛红", jpeg=face(14)),
            ],
            "uses": [
                ProductUse(rid="pu-1", product="p-amino-cleanser", batch="A2609", **use),
                ProductUse(rid="pu-2", product="p-soothing-serum", batch="S2611", **use),
                ProductUse(
                    rid="pu-3",
                    product="p-astringent-toner",
                    outcome="stopped",
                    conflicts=["alcohol"],
                    **use,
                ),
            ],
            "products": products,
            "advice": advice.home_care(
                member,
                scan("after", **AFTER).concerns,
                products,
                today,
                lang,
                told=Told(True, tuple(member.allergens), ()),
            ),
            "follow_ups": followups.schedule(visit, member, True, policy, NOW),
            "points_earned": 398,
            "points_balance": 2792,
            "url": "http://192.168.1.20:8080/r/k7x2m9",
            "reading_repeat_sd": {"skin_moisture": 1.5},
        }
        return Material(**(defaults | fields))

    return material
