"""The greeting at arrival (SVC-02..05): by surname, with the last visit, the drink, the therapist, today's flow and the plan."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from salon.policies import Policy
from salon.records import Employee, Member, Service, Step, Visit
from salon.rules import drinks, names
from salon.rules.said import Explain, Said
from salon.rules.times import Now, day, days_between, local

_DOSE = re.compile(r"\s*[（(][^（）()]*[）)]")
"""What stands in brackets in a step is for the hand that does it: 2 pumps, 25 g."""


@dataclass(frozen=True)
class FlowStep:
    """One line of "today with us"."""

    label: str
    minutes: int


@dataclass(frozen=True)
class Greeting:
    """What the customer sees, in her language, and the line for the staff."""

    title: str
    lines: tuple[str, ...]
    drink: str
    therapist: str
    flow: tuple[FlowStep, ...]
    plan: str
    points: int
    script_line: str
    """What the front desk says (SVC-03)."""
    explain: Explain


def greet(
    member: Member,
    last_visit: Visit | None,
    visit: Visit | None,
    therapist: Employee | None,
    services: Sequence[Service],
    points: int,
    policy: Policy,
    now: Now,
    lang: str,
    *,
    timezone: str = "Asia/Shanghai",
    plan: Said | None = None,
) -> Greeting:
    """`services` is the catalogue, in which the services of both visits are looked up; `points` the balance; `plan` the care plan
    that she has, else what her file says of one.
    """
    clock = local(now, timezone)
    who = names.address(member, lang)
    catalogue = {service.rid: service for service in services}
    hello = _hello(clock.hour)
    title = Said(f"{who}，{hello.zh}", f"{hello.en}, {who}").in_(lang)
    helper = therapist_name(therapist, lang)
    drink = drinks.label((visit.drink if visit else "") or member.drink, lang)
    lines = [
        line.in_(lang) for line in _lines(member, last_visit, catalogue, clock.date().month, now, timezone)
    ]
    if helper:
        lines.append(Said(f"今天由{helper}为您服务", f"{helper} looks after you today").in_(lang))
    script = _script(who, last_visit, catalogue, drink, helper)
    said = Said("按姓氏、上次到店与偏好问候", "Greeted by surname, last visit and preferences")
    figures = {
        "last_visit": last_visit.rid if last_visit else "",
        "points": points,
        "identify_target_s": policy.identify_target.seconds,
    }
    return Greeting(
        title=title,
        lines=tuple(lines),
        drink=drink,
        therapist=helper,
        flow=_flow(visit, catalogue, lang),
        plan=plan.in_(lang) if plan else member.plan,
        points=points,
        script_line=script.in_(lang),
        explain=Explain("greeting (SVC-03, SVC-04, SVC-05)", said, figures, policy.version),
    )


def therapist_name(therapist: Employee | None, lang: str) -> str:
    if therapist is None:
        return ""
    return therapist.name if lang.startswith("zh") else therapist.name_en or therapist.name


def _hello(hour: int) -> Said:
    if hour < 11:
        return Said("早上好", "Good morning")
    if hour < 13:
        return Said("中午好", "Hello")
    return Said("下午好", "Good afternoon") if hour < 18 else Said("晚上好", "Good evening")


def service_names(rids: Sequence[str], catalogue: dict[str, Service]) -> Said:
    """Names of services for a sentence; a service no longer in the catalogue is left out."""
    known = [catalogue[rid] for rid in rids if rid in catalogue]
    return Said("、".join(s.name for s in known), ", ".join(s.name_en for s in known))


def _lines(
    member: Member,
    last: Visit | None,
    catalogue: dict[str, Service],
    month: int,
    now: Now,
    timezone: str,
) -> list[Said]:
    lines: list[Said] = []
    if last is None or not last.arrived_at:
        lines.append(Said("很高兴第一次见到您", "It is a pleasure to meet you"))
    else:
        when = day(local(last.arrived_at, timezone))
        what = service_names(last.services, catalogue)
        lines.append(
            Said(
                f"上次您来是{when.zh}，做了{what.zh}" if what.zh else f"上次见您是{when.zh}",
                f"Last time, {when.en}: {what.en}" if what.en else f"We last saw you on {when.en}",
            )
        )
        if days_between(last.arrived_at, now) > 90:
            lines.append(Said("好久不见，很想念您", "It has been a while, we are glad you are back"))
    if member.birthday and int(member.birthday[5:7]) == month:
        lines.append(Said("祝您生日月快乐", "Happy birthday this month"))
    return lines


def _flow(visit: Visit | None, catalogue: dict[str, Service], lang: str) -> tuple[FlowStep, ...]:
    """The steps of today's services that the customer lives through; the staff's own preparation and doses are left out."""
    if visit is None:
        return ()
    steps = [step for rid in visit.services if rid in catalogue for step in catalogue[rid].steps]
    shown = [step for step in steps if step.kind not in {"disinfect", "prepare"}]
    return tuple(FlowStep(for_guests(step).in_(lang), step.minutes) for step in shown)


def for_guests(step: Step) -> Said:
    """A step in the customer's words; a service that has none for it shows the staff's without doses."""
    return Said(step.guest_zh or _DOSE.sub("", step.zh), step.guest_en or _DOSE.sub("", step.en))


def _script(who: str, last: Visit | None, catalogue: dict[str, Service], drink: str, helper: str) -> Said:
    zh, en = [f"{who}您好，欢迎光临"], [f"Welcome, {who}"]
    if last is not None:
        what = service_names(last.services, catalogue)
        if what.zh:
            zh.append(f"上次的{what.zh}感觉怎么样")
            en.append(f"I hope you liked the {what.en.lower()} last time")
        if last.next_hint:
            zh.append(f"上次记下：{last.next_hint}")
            en.append(f"noted last time: {last.next_hint}")
    if drink:
        poured = f"{drink[:1].lower()}{drink[1:]}"
        zh.append(f"{'还是' if last else ''}为您准备{drink}{'吗' if last else ''}")
        en.append(f"we will bring your {poured} as usual" if last else f"we will bring you {poured}")
    if helper:
        zh.append(f"今天由{helper}为您服务")
        en.append(f"{helper} looks after you today")
    return Said("，".join(zh) + "。", "; ".join(en) + ".")
