"""A customer, a service, a product and a visit, to change one thing of at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from salon import policies
from salon.records import Employee, Member, Product, Screening, Service, Step, Visit
from salon.rules import told as told_rule
from salon.rules.history import History
from salon.rules.times import instant, text

NOW = "2026-11-22T05:26:59.123Z"  # 13:26 in Shanghai


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def policy():
    return policies.default()


@pytest.fixture
def member():
    return Member(
        rid="m-wang-li",
        surname="王",
        given_name="丽",
        gender="female",
        phone="13812345678",
        channel="wechat",
        drink="jasmine_tea",
        skin_type="sensitive",
        allergens=["alcohol"],
        plan="舒缓修护，每月一次",
        tags=["裸色", "怕痛"],
    )


@pytest.fixture
def service():
    return Service(
        rid="svc-soothe",
        name="舒缓护理",
        name_en="Soothing facial",
        category="skin",
        minutes=60,
        price_fen=39800,
        steps=[
            Step(key="disinfect", zh="仪器消毒", en="Disinfect", kind="disinfect"),
            Step(key="cleanse", zh="温和洁面", en="Gentle cleanse", minutes=10),
            Step(key="mask", zh="舒缓面膜", en="Soothing mask", minutes=20, kind="product"),
        ],
        contraindications=["wound"],
        aftercare="24 小时内避免高温",
        aftercare_en="Avoid heat for 24 hours",
    )


@pytest.fixture
def therapist():
    return Employee(
        rid="e-chen", login="chen", name="陈静", name_en="Jing", roles=["beautician"], store="s001"
    )


@pytest.fixture
def visit():
    return Visit(
        rid="v-today",
        member="m-wang-li",
        store="s001",
        state="arrived",
        services=["svc-soothe"],
        therapist="e-chen",
        arrived_at="2026-11-22T05:20:00Z",
    )


@pytest.fixture
def last_visit():
    return Visit(
        rid="v-last",
        member="m-wang-li",
        store="s001",
        state="closed",
        services=["svc-soothe"],
        therapist="e-chen",
        arrived_at="2026-10-25T06:00:00Z",
        closed_at="2026-10-25T07:30:00Z",
        paid_fen=39800,
        payment="wechat",
        next_hint="脸颊减轻力度",
    )


@pytest.fixture
def screening():
    return Screening(
        rid="q-1", member="m-wang-li", taken_at="2026-10-25T05:50:00Z", form="skin-1", sensitivity="mild"
    )


@pytest.fixture
def told():
    """What a customer has told this store: her file, and a questionnaire that names nothing more. told(member, asked=False)."""

    def make(*files, asked=True):
        answers = [Screening(rid="q-0", member=files[0].rid, taken_at=NOW, form="skin-1", sensitivity="none")]
        return told_rule.of(files, answers if asked else [])

    return make


@pytest.fixture
def product():
    def make(rid="p-1", **fields):
        defaults = {"name": "产品", "name_en": "Product", "home_care": "早晚使用", "uses": ["home"]}
        return Product(rid=rid, **(defaults | fields))

    return make


@pytest.fixture
def services(service):
    """Skin with a 28-day cycle, nails with 24, and a scalp care without one."""
    return [
        service.model_copy(update={"cycle_days": 28, "uses": ["soothing"]}),
        Service(
            rid="svc-nails",
            name="美甲",
            name_en="Nails",
            category="nails",
            minutes=60,
            price_fen=19800,
            cycle_days=24,
        ),
        Service(rid="svc-scalp", name="头皮", name_en="Scalp", category="hair", minutes=45, price_fen=32800),
    ]


@pytest.fixture
def came():
    """A finished visit so many days ago: came(28, 398)."""

    def make(days_ago, yuan=398, what="svc-soothe", member="m-wang-li", **fields):
        arrived = instant(NOW) - timedelta(days=days_ago)
        defaults = {
            "rid": f"v-{member}-{days_ago}",
            "member": member,
            "store": "s001",
            "state": "closed",
            "services": [what],
            "therapist": "e-chen",
            "arrived_at": text(arrived),
            "treatment_at": text(arrived + timedelta(minutes=8)),
            "aftercare_at": text(arrived + timedelta(minutes=70)),
            "closed_at": text(arrived + timedelta(minutes=80)),
            "paid_fen": yuan * 100,
            "payment": "wechat",
        }
        return Visit(**(defaults | fields))

    return make


@pytest.fixture
def history(member, services):
    """Her history of some visits: history(came(28), came(56), surveys=...)."""

    def make(*visits, who=member, **more):
        return History.of(who, visits, services, **more)

    return make
