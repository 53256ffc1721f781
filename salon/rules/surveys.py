"""The survey after a visit (CMP-13, FUP-12), what its answers mean for the file, and NPS (CMP-14)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from salon.policies import Policy
from salon.records import Service, Survey, Visit
from salon.rules.figures import Figure, Person, measure
from salon.rules.said import Explain, Said
from salon.rules.times import Now, instant, text

SCALE: Mapping[str, tuple[int, Said]] = {
    "very_good": (100, Said("非常满意", "Very good")),
    "good": (90, Said("满意", "Good")),
    "fair": (75, Said("一般", "Fair")),
    "poor": (50, Said("不满意", "Poor")),
    "bad": (20, Said("很不满意", "Bad")),
}
"""Five faces, one touch; each is worth so much of 100. Good is 90: the document's limit of a content answer."""


@dataclass(frozen=True)
class Question:
    """One question with its options; `tags` are put on the file by an answer, `drops` taken off."""

    key: str
    label: Said
    options: Mapping[str, Said]
    tags: Mapping[str, str]
    drops: Mapping[str, tuple[str, ...]]


FORM: tuple[Question, ...] = (
    Question(
        "pressure",
        Said("今天的力度", "Today's pressure"),
        {
            "right": Said("正好", "Right"),
            "strong": Said("太重", "Too strong"),
            "weak": Said("太轻", "Too weak"),
        },
        {"strong": "力度轻", "weak": "力度重"},
        {"strong": ("力度重",), "weak": ("力度轻",)},
    ),
    Question(
        "wait",
        Said("等候时间", "The wait"),
        {"fine": Said("可以接受", "Fine"), "long": Said("太久", "Too long")},
        {"long": "赶时间"},
        {},
    ),
    Question(
        "skin",
        Said("护理后的皮肤", "Your skin since then"),
        {
            "well": Said("舒服", "Well"),
            "tight": Said("紧绷", "Tight"),
            "red": Said("泛红发痒", "Red or itching"),
        },
        {"tight": "需要补水", "red": "需要舒缓"},
        {"well": ("需要舒缓",)},
    ),
    Question(
        "talk",
        Said("护理时您喜欢", "During the treatment you like"),
        {"quiet": Said("安静休息", "Quiet"), "chat": Said("聊聊天", "A chat")},
        {"quiet": "喜欢安静", "chat": "喜欢聊天"},
        {"quiet": ("喜欢聊天",), "chat": ("喜欢安静",)},
    ),
)


@dataclass(frozen=True)
class Outcome:
    """What a survey changes: tags at once (FUP-12), and whether somebody must act."""

    tags: list[str]
    """The file's tags afterwards, sorted."""
    needs_call: bool
    """Low, or a discomfort: the manager calls, a compensation visit may follow (FUP-03)."""
    explain: Explain


def outcome(survey: Survey, tags: Iterable[str], policy: Policy) -> Outcome:
    """What the answers of a survey mean."""
    after = set(tags)
    for question in FORM:
        answer = survey.answers.get(question.key, "")
        after -= set(question.drops.get(answer, ()))
        after |= {question.tags[answer]} if answer in question.tags else set()
    low = survey.satisfaction < policy.satisfaction_scale.low
    unwell = survey.answers.get("skin") == "red"
    said = Said(
        f"满意度 {survey.satisfaction}（低于 {policy.satisfaction_scale.low} 须致电）"
        + ("；护理后不适" if unwell else ""),
        f"Satisfaction {survey.satisfaction} (a call below {policy.satisfaction_scale.low})"
        + ("; discomfort since" if unwell else ""),
    )
    figures = {"satisfaction": survey.satisfaction, "answers": dict(survey.answers)}
    return Outcome(
        sorted(after), low or unwell, Explain("survey (FUP-12, CMP-13)", said, figures, policy.version)
    )


def grievance(survey: Survey) -> tuple[str, Said]:
    """What a bad answer complains of: the topic of a complaint, and what she said in its questions (CMP-01)."""
    chosen = {q.key: q.options[survey.answers[q.key]] for q in FORM if survey.answers.get(q.key) in q.options}
    face = next((said for points, said in SCALE.values() if points == survey.satisfaction), Said("", ""))
    parts = [
        Said(f"{q.label.zh}：{chosen[q.key].zh}", f"{q.label.en}: {chosen[q.key].en}")
        for q in FORM
        if q.key in chosen
    ]
    zh = "；".join([f"问卷：{face.zh}", *(p.zh for p in parts)])
    en = "; ".join([f"Survey: {face.en}", *(p.en for p in parts)])
    if survey.answers.get("skin") == "red":
        topic = "allergy"
    elif survey.answers.get("skin") == "tight":
        topic = "effect"
    elif survey.answers.get("wait") == "long" or survey.answers.get("pressure") in {"strong", "weak"}:
        topic = "service"
    else:
        topic = "other"
    return topic, Said(zh, en)


def answered(
    visit: Visit, at: Now, face: str, nps: int | None, answers: Mapping[str, str], remarks: str
) -> Survey:
    """The survey of a visit as the customer gave it. Raises KeyError for a face that is none. One a visit."""
    fields: dict[str, Any] = {"nps": nps, "remarks": remarks, "answers": dict(answers)}
    return Survey(
        rid=f"s-{visit.rid}",
        member=visit.member,
        visit=visit.rid,
        at=text(instant(at)),
        satisfaction=SCALE[face][0],
        service=visit.services[0] if visit.services else "",
        therapist=visit.therapist,
        **fields,
    )


def nps(surveys: Sequence[Survey], policy: Policy) -> Figure:
    """Promoters less detractors, in points of 100 (CMP-14). People behind it: the detractors."""
    scale = policy.satisfaction_scale
    given = [(s, s.nps) for s in surveys if s.nps is not None]
    promoters = sum(score >= scale.nps_promoter for _, score in given)
    detractors = [(s, score) for s, score in given if score <= scale.nps_detractor]
    value = 100 * (promoters - len(detractors)) / len(given) if given else None
    people = [
        Person(s.member, Said(f"推荐度 {score}", f"Would recommend: {score}"), s.visit)
        for s, score in detractors
    ]
    said = Said(
        f"推荐 {promoters}、不推荐 {len(detractors)}、共 {len(given)} 份",
        f"{promoters} promoters, {len(detractors)} detractors of {len(given)}",
    )
    return measure("nps", "CMP-14", value, len(given), "points", policy.targets.nps, people, said, policy)


def by_service(surveys: Sequence[Survey], services: Sequence[Service], policy: Policy) -> dict[str, Figure]:
    """Average satisfaction of each service (CMP-13), by its rid."""
    return {
        s.rid: average([survey for survey in surveys if survey.service == s.rid], policy) for s in services
    }


def by_therapist(surveys: Sequence[Survey], policy: Policy) -> dict[str, Figure]:
    """Average satisfaction of each technician (CMP-13), by rid."""
    rids = sorted({survey.therapist for survey in surveys} - {""})
    return {rid: average([s for s in surveys if s.therapist == rid], policy) for rid in rids}


def average(surveys: Sequence[Survey], policy: Policy) -> Figure:
    """The mean rating of 0-100. People behind it: those who rated low."""
    low = [s for s in surveys if s.satisfaction < policy.satisfaction_scale.low]
    value = sum(s.satisfaction for s in surveys) / len(surveys) if surveys else None
    people = [
        Person(s.member, Said(f"评分 {s.satisfaction}", f"Rated {s.satisfaction}"), s.visit) for s in low
    ]
    said = Said(
        f"{len(surveys)} 份问卷的平均分，{len(low)} 份偏低", f"Mean of {len(surveys)} surveys, {len(low)} low"
    )
    target = policy.satisfaction_scale.good
    return measure("rating", "CMP-13", value, len(surveys), "points", target, people, said, policy)
