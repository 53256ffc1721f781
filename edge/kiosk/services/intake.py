"""The form of a new guest in small steps (PRF-14, PRF-18), the questionnaire (SAF-01) and the consents, one by one.

The same steps on the kiosk and on the guest's own phone. Answers gather in a draft, step by step, as typed; when the last is
given, member, questionnaire and consents are written in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, cast

from edge.kiosk.services import consents, people
from edge.store import new_rid, now
from salon.records import Member, Screening
from salon.rules import allergens, names, phones, screening
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.kiosk.drafts import Draft
    from edge.store import Store

OLDEST = 120
"""Years: a birthday before that is a slip of the finger."""
NO_SURNAME = Said("请告诉我们您的姓", "Please tell us your surname")
GENDERS = ("female", "male", "other")
SENSITIVITIES = ("none", "mild", "severe")
SURNAME_MOST, GIVEN_MOST, REMARKS_MOST = 40, 40, 400


class Problems(ValueError):
    """Raised when a step's answers cannot be taken; `.fields` maps each field to what is wrong."""

    def __init__(self, **fields: Said) -> None:
        self.fields = fields
        super().__init__(", ".join(fields))


Answers = dict[str, Any]
Posted = Callable[[str], list[str]]
"""The values posted under a name (Flask's `request.form.getlist`)."""


@dataclass(frozen=True)
class Step:
    """One page of the form: which template shows it, and how its answers are read."""

    key: str
    template: str
    read: Callable[[Posted], Answers]
    consent: str = ""


def _one(posted: Posted, name: str, most: int = 200) -> str:
    return " ".join((posted(name) or [""])[0].split())[:most]


def _surname(posted: Posted) -> Answers:
    surname = _one(posted, "surname", SURNAME_MOST)
    if not surname:
        raise Problems(surname=NO_SURNAME)
    if any(letter.isdigit() for letter in surname):
        raise Problems(surname=Said("姓氏里不应有数字", "A surname has no digits"))
    given = _one(posted, "given_name", GIVEN_MOST)
    wrong = [
        name
        for name, text in (("surname", surname), ("given_name", given))
        if text and not names.is_name(text)
    ]
    if wrong:
        raise Problems(**dict.fromkeys(wrong, Said("姓名里只能有文字", "A name has only letters")))
    return {"surname": surname, "given_name": given}


def _title(posted: Posted) -> Answers:
    gender = _one(posted, "gender")
    if gender not in GENDERS:
        raise Problems(gender=Said("请选择一个称呼", "Please choose one"))
    return {"gender": gender}


def _phone(posted: Posted) -> Answers:
    try:
        return {"phone": phones.normalise(_one(posted, "phone", 30))}
    except phones.BadPhone as bad:
        raise Problems(phone=bad.said) from bad


def _birthday(posted: Posted) -> Answers:
    parts = [_one(posted, name, 4) for name in ("year", "month", "day")]
    if not any(parts):
        return {"birthday": ""}
    if not all(parts):
        raise Problems(
            birthday=Said(
                "请把年、月、日都选上，或都留空", "Please choose year, month and day, or none of them"
            )
        )
    wrong = Said("这一天不存在，请核对", "There is no such day, please check")
    try:
        born = date(*(int(part) for part in parts))
    except ValueError as error:
        raise Problems(birthday=wrong) from error
    age = (date.today() - born).days  # noqa: DTZ011 - a day's error does not matter here
    if age < 0:
        raise Problems(birthday=Said("这一天还没有到，请核对", "This day is still to come, please check"))
    if age > OLDEST * 366:
        raise Problems(birthday=wrong)
    return {"birthday": born.isoformat()}


def _drink(posted: Posted) -> Answers:
    return {"drink": _one(posted, "drink", 80)}


def _allergens(posted: Posted) -> Answers:
    chosen = [key for key in posted("allergens") if key in allergens.CATALOGUE]
    other = [
        allergens.key_of(word) for word in _one(posted, "other").replace("，", ",").split(",") if word.strip()
    ]
    return {"allergens": sorted({*chosen, *(word[:80] for word in other)})}


def _conditions(posted: Posted) -> Answers:
    return {"conditions": sorted(key for key in posted("conditions") if key in screening.CONDITIONS)}


def _sensitivity(posted: Posted) -> Answers:
    chosen = _one(posted, "sensitivity")
    if chosen not in SENSITIVITIES:
        raise Problems(sensitivity=Said("请选择一项", "Please choose one"))
    return {"sensitivity": chosen, "remarks": _one(posted, "remarks", REMARKS_MOST)}


def _consent(purpose: str) -> Callable[[Posted], Answers]:
    def read(posted: Posted) -> Answers:
        decision = _one(posted, "decision")
        if decision not in {"yes", "no"}:
            raise Problems(decision=Said("请选择同意或不同意", "Please choose yes or no"))
        return {f"consent:{purpose}": decision == "yes"}

    return read


def _nothing(_posted: Posted) -> Answers:
    return {}


STEPS: dict[str, Step] = {
    step.key: step
    for step in (
        Step("surname", "surname", _surname),
        Step("title", "title", _title),
        Step("phone", "phone", _phone),
        Step("birthday", "birthday", _birthday),
        Step("drink", "drink", _drink),
        Step("allergens", "allergens", _allergens),
        Step("conditions", "conditions", _conditions),
        Step("sensitivity", "sensitivity", _sensitivity),
        *(Step(f"consent-{p.replace('_', '-')}", "consent", _consent(p), p) for p in consents.asked()),
        Step("review", "review", _nothing),
    )
}
_ABOUT_HER = ("surname", "title", "phone", "birthday", "drink")


def steps_for(draft: Draft) -> list[str]:
    """The steps this guest still goes through: a member only those of the questionnaire and of consents not yet asked,
    and nobody what she has told already (3.3.7 of WCAG: nothing twice).
    """
    asked = set(draft.get("asked", ()))
    known = bool(draft.get("member"))
    skipped = {"surname", "phone"} if draft.get("given") else set()
    return [
        key
        for key, step in STEPS.items()
        if not (known and key in _ABOUT_HER) and key not in skipped and step.consent not in asked
    ]


def take(draft: Draft, key: str, posted: Posted) -> Draft:
    """The draft with one step's answers. Raises Problems."""
    return {**draft, "answers": {**draft.get("answers", {}), **STEPS[key].read(posted)}}


def keep(draft: Draft, posted: dict[str, list[str]]) -> Draft:
    """The draft with a half-filled step as typed, to show again: after a mistake, or in the other language."""
    typed = {name: values for name, values in posted.items() if name not in {"keep", "csrf"}}
    return {**draft, "typed": typed}


def after(draft: Draft, key: str) -> str | None:
    """The step after this one; None after the last."""
    keys = steps_for(draft)
    position = keys.index(key) + 1 if key in keys else 0
    return keys[position] if position < len(keys) else None


def before(draft: Draft, key: str) -> str | None:
    """The step before this one; None before the first."""
    keys = steps_for(draft)
    position = keys.index(key) if key in keys else 0
    return keys[position - 1] if position > 0 else None


def unanswered(draft: Draft) -> str | None:
    """The first step that lacks a needed answer: the last page cannot be reached by its address alone."""
    answers = draft.get("answers", {})
    needed = {
        "surname": "surname", "title": "gender", "phone": "phone", "sensitivity": "sensitivity",
        **{f"consent-{p.replace('_', '-')}": f"consent:{p}" for p in consents.asked()},
    }  # fmt: skip
    return next((key for key in steps_for(draft) if key in needed and needed[key] not in answers), None)


def refuses_service(draft: Draft) -> bool:
    """She does not want a file kept: then nothing is kept, and a person serves her."""
    return draft.get("answers", {}).get("consent:service") is False


def finish(
    store: Store, actor: str, draft: Draft, *, channel: Literal["kiosk", "phone", "desk"], language: str
) -> Member:
    """Write what the draft gathered: the member (new, or known), the questionnaire, the consents. All or nothing."""
    answers: Answers = draft.get("answers", {})
    with store.acting(actor), store.transaction():
        member = _member(store, draft, answers, channel, language)
        store.screenings.add(
            Screening(
                rid=new_rid(),
                member=member.rid,
                taken_at=now(),
                form=screening.FORM_VERSION,
                allergens=answers.get("allergens", []),
                conditions=answers.get("conditions", []),
                sensitivity=answers.get("sensitivity", "none"),
                remarks=answers.get("remarks", ""),
            )
        )
        for purpose in consents.asked():
            if f"consent:{purpose}" in answers:
                granted = bool(answers[f"consent:{purpose}"])
                consents.decide(store, actor, member.rid, purpose, granted=granted, channel=channel)
        return member


def _member(store: Store, draft: Draft, answers: Answers, channel: str, language: str) -> Member:
    health = {"allergens": answers.get("allergens", []), "contraindications": answers.get("conditions", [])}
    if draft.get("member"):
        member = store.members.load(draft["member"])
        # An allergen stays until someone removes it knowingly: not ticking it again is no removal.
        return store.members.edit(
            member.rid,
            allergens=sorted({*member.allergens, *health["allergens"]}),
            contraindications=sorted({*member.contraindications, *health["contraindications"]}),
        )
    return store.members.add(
        Member(
            rid=new_rid(),
            surname=answers["surname"],
            given_name=answers.get("given_name", ""),
            gender=answers["gender"],
            phone=answers["phone"],
            birthday=answers.get("birthday", ""),
            drink=answers.get("drink", ""),
            language=cast("Literal['zh', 'en']", language),
            card_code=people.new_code(),
            home_store=store.store_id,
            joined_at=now(),
            source=cast("Literal['kiosk', 'phone', 'desk']", channel),
            **health,
        )
    )
