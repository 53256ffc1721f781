"""The skin and allergy questionnaire, and the gate before a treatment (SAF-01..03).

Nothing here is medical advice: an answer that speaks against a treatment stops it and names the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from salon.policies import Policy
from salon.records import Member, Screening, Service, SopTick, Visit
from salon.rules import allergens
from salon.rules.said import Explain, Said
from salon.rules.times import Now, days_between, instant
from salon.rules.visit import confirmed

FORM_VERSION = "skin-1"
PATCH_TEST = "patch-test"
"""The SOP step that records a patch test; its `comfort` is the result, and only `good` passes."""

NEEDS: dict[str, Said] = {
    "screening": Said(
        "请先填写皮肤与过敏问卷", "The skin and allergy questionnaire has to be filled in first"
    ),
    "screening_expired": Said(
        "问卷已过有效期，请重新填写", "The questionnaire is out of date and has to be filled in again"
    ),
    "contraindications": Said(
        "本次到店尚未确认禁忌", "Contraindications are not yet confirmed in this visit"
    ),
    "patch_test": Said("重度敏感：须先做局部皮试", "Severe sensitivity: a local patch test comes first"),
    "contraindicated": Said("今日项目与顾客身体状况相冲突", "A condition speaks against today's treatment"),
}

CONDITIONS: dict[str, Said] = {
    "pregnant": Said("怀孕或哺乳期", "Pregnant or breastfeeding"),
    "recent_procedure": Said("近一个月做过刷酸、激光或微整", "Peel, laser or injection in the last month"),
    "skin_disease": Said("皮肤病发作或治疗中", "A skin disease, active or being treated"),
    "medication": Said(
        "正在用药（如异维A酸、激素、抗凝药）",
        "Taking medication (such as isotretinoin, steroids, blood thinners)",
    ),
    "pacemaker": Said("心脏起搏器或金属植入物", "Pacemaker or metal implant"),
    "wound": Said("护理部位有伤口或感染", "A wound or infection where the treatment is"),
    "sunburn": Said("近期晒伤", "Recent sunburn"),
    "light_sensitive": Said("光敏或癫痫病史", "Sensitive to light, or epilepsy"),
}


@dataclass(frozen=True)
class Option:
    """One possible answer."""

    key: str
    label: Said


@dataclass(frozen=True)
class Question:
    """One question of the form: `key` is the field of Screening that takes the answer."""

    key: Literal["allergens", "conditions", "sensitivity", "remarks"]
    label: Said
    kind: Literal["many", "one", "text"]
    options: tuple[Option, ...] = ()


FORM: tuple[Question, ...] = (
    Question(
        "allergens",
        Said("您对以下哪些过敏？没有请跳过", "Are you allergic to any of these? Skip if none"),
        "many",
        tuple(Option(key, entry.label) for key, entry in allergens.CATALOGUE.items()),
    ),
    Question(
        "conditions",
        Said("您有以下情况吗？没有请跳过", "Does any of this apply to you? Skip if none"),
        "many",
        tuple(Option(key, said) for key, said in CONDITIONS.items()),
    ),
    Question(
        "sensitivity",
        Said("您的皮肤容易敏感吗？", "How sensitive is your skin?"),
        "one",
        (
            Option("none", Said("不敏感", "Not sensitive")),
            Option("mild", Said("偶尔泛红、刺痛", "Sometimes red or stinging")),
            Option("severe", Said("经常过敏、红肿或脱皮", "Often reacts: swelling, peeling")),
        ),
    ),
    Question("remarks", Said("其他需要我们知道的", "Anything else we should know"), "text"),
)


@dataclass(frozen=True)
class Gate:
    """Whether a treatment may begin."""

    blocked: bool
    needs: tuple[str, ...]
    """Keys of NEEDS: what has to happen first."""
    clashes: tuple[str, ...]
    """Keys of CONDITIONS that speak against today's services."""
    explain: Explain


def answered(screening: Screening) -> bool:
    """Whether its answers are in this store. Another store's questionnaire comes without them unless she lets them be shared,
    and must not be taken for one that names no allergy (SAF-05). They come together or not at all; versions before the empty
    sensitivity did not send "none".
    """
    return bool(screening.sensitivity or screening.allergens or screening.conditions or screening.remarks)


def latest(screenings: Sequence[Screening]) -> Screening | None:
    """The newest one whose answers are here."""
    return max(filter(answered, screenings), key=lambda s: instant(s.taken_at), default=None)


def gate(
    member: Member,
    screenings: Sequence[Screening],
    visit: Visit | None,
    policy: Policy,
    now: Now,
    *,
    services: Sequence[Service] = (),
    ticks: Sequence[SopTick] = (),
) -> Gate:
    """What stands between a customer and the treatment.

    `visit` None asks only about the questionnaire (at the kiosk). `services` are those of the visit, `ticks` the customer's
    earlier SOP steps, among which a patch test is looked for.
    """
    needs: list[str] = []
    answers = latest(screenings)
    age = days_between(answers.taken_at, now) if answers else 0
    if answers is None:
        needs.append("screening")
    elif age > policy.safety.screening_days:
        needs.append("screening_expired")
    if visit is not None and not confirmed(visit):
        needs.append("contraindications")
    severe = answers is not None and answers.sensitivity == "severe"
    if severe and not _patch_passed(ticks, policy, now):
        needs.append("patch_test")
    clashes = _clashes(member, answers, visit, services)
    if clashes:
        needs.append("contraindicated")
    return Gate(bool(needs), tuple(needs), clashes, _explain(needs, clashes, age, policy))


def _patch_passed(ticks: Sequence[SopTick], policy: Policy, now: Now) -> bool:
    tests = [tick for tick in ticks if tick.step == PATCH_TEST]
    last = max(tests, key=lambda tick: instant(tick.at), default=None)
    if last is None or last.undone or last.comfort != "good":
        return False
    return days_between(last.at, now) <= policy.safety.patch_test_days


def _clashes(
    member: Member, answers: Screening | None, visit: Visit | None, services: Sequence[Service]
) -> tuple[str, ...]:
    has = set(member.contraindications)
    has.update(answers.conditions if answers else ())
    has.update(visit.contraindications_found if visit else ())
    return tuple(sorted(has & {key for service in services for key in service.contraindications}))


def _explain(needs: list[str], clashes: tuple[str, ...], age: int, policy: Policy) -> Explain:
    said = Said("；".join(NEEDS[n].zh for n in needs), "; ".join(NEEDS[n].en for n in needs))
    if clashes:
        names = [CONDITIONS.get(key, Said(key, key)) for key in clashes]
        said = Said(
            f"{said.zh}（{'、'.join(n.zh for n in names)}）", f"{said.en} ({', '.join(n.en for n in names)})"
        )
    if not needs:
        said = Said("可以开始护理", "The treatment may begin")
    figures = {"needs": needs, "clashes": list(clashes), "questionnaire_days": age}
    return Explain("screening gate (SAF-01, SAF-02, SAF-03)", said, figures, policy.version)
