"""The pages of the guest form: the same steps at the kiosk and on a phone, told apart by a `Place`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk import i18n
from edge.kiosk.context import the_store
from edge.kiosk.customer.blueprint import leave, my_draft, save
from edge.kiosk.drafts import Draft
from edge.kiosk.house.routes import remember_language
from edge.kiosk.services import calls, checkin, consents, intake
from salon.records import Member, Visit
from salon.rules import drinks, names, screening

ACTOR = "kiosk"


@dataclass(frozen=True)
class Place:
    """Where the form is filled in."""

    channel: Literal["kiosk", "phone"]
    url: Callable[[str], str]
    """The address of a step."""
    back: str
    """Where the first step's way back leads."""
    save: Callable[[Draft], None]
    done: Callable[[Draft], ResponseReturnValue]
    refused: Callable[[], ResponseReturnValue]


def show(place: Place, draft: Draft, key: str, problems: dict[str, str] | None = None) -> ResponseReturnValue:
    """One step as a page."""
    if key not in intake.steps_for(draft):
        abort(404)
    lacking = intake.unanswered(draft)
    if key == "review" and lacking is not None:
        return redirect(place.url(lacking))
    step = intake.STEPS[key]
    previous = intake.before(draft, key)
    keys = intake.steps_for(draft)
    page = render_template(
        f"customer/form/{step.template}.html",
        place=place,
        key=key,
        back=place.url(previous) if previous else place.back,
        position=keys.index(key) + 1,
        steps=len(keys),
        answers=draft.get("answers", {}),
        typed=draft.get("typed", {}),
        problems=problems or {},
        consent=consents.texts().get(step.consent),
        questions={question.key: question for question in screening.FORM},
        conditions=screening.CONDITIONS,
        drinks=drinks.DRINKS,
        surnames=names.surnames(),
        year=i18n.today().year,
    )
    return page, 422 if problems else 200


def answer(place: Place, draft: Draft, key: str) -> ResponseReturnValue:
    """Take one step's answers and go on; what was typed is never lost."""
    if key not in intake.steps_for(draft):
        abort(404)
    posted = {name: request.form.getlist(name)[:60] for name in request.form}
    if "keep" in posted:  # the other language, in the middle of a step
        place.save(intake.keep(draft, posted))
        return remember_language(redirect(place.url(key)), posted["keep"][0])
    try:
        draft = intake.take({**draft, "typed": {}}, key, request.form.getlist)
    except intake.Problems as wrong:
        draft = intake.keep(draft, posted)
        place.save(draft)
        return show(
            place, draft, key, {name: said.in_(i18n.language()) for name, said in wrong.fields.items()}
        )
    if intake.refuses_service(draft):
        return place.refused()
    following = intake.after(draft, key)
    if following is None:
        lacking = intake.unanswered(draft)
        return redirect(place.url(lacking)) if lacking else place.done(draft)
    place.save(draft)
    return redirect(place.url(following))


def finish(draft: Draft, channel: Literal["kiosk", "phone"]) -> tuple[Member, Visit]:
    """Write everything, and let the guest arrive."""
    store = the_store()
    with store.transaction():
        member = intake.finish(store, ACTOR, draft, channel=channel, language=i18n.language())
        took = checkin.milliseconds_since(draft["started"], time.time())
        visit = checkin.arrive(store, ACTOR, member.rid, "form", took)
    return member, visit


# --- at the kiosk


def _at_kiosk() -> Place:
    def done(draft: Draft) -> ResponseReturnValue:
        with the_store().transaction():
            if "answers" in my_draft():  # else a second tap on the last button
                member, visit = finish(draft, "kiosk")
                save({"started": draft["started"], "member": member.rid, "visit": visit.rid})
        return redirect(url_for("customer.welcome"))

    def refused() -> ResponseReturnValue:
        leave()
        calls.place(the_store(), "form")
        return redirect(url_for("customer.see_us"))

    draft = my_draft()
    return Place(
        "kiosk",
        lambda step: url_for("customer.form_step", step=step),
        url_for("customer.welcome" if draft.get("visit") else "customer.hello"),
        save,
        done,
        refused,
    )


def first_on_kiosk() -> ResponseReturnValue:
    draft = my_draft()
    return redirect(url_for("customer.form_step", step=intake.steps_for(draft)[0]))


def show_on_kiosk(step: str) -> ResponseReturnValue:
    return show(_at_kiosk(), my_draft(), step)


def answer_on_kiosk(step: str) -> ResponseReturnValue:
    return answer(_at_kiosk(), my_draft(), step)


def see_us() -> ResponseReturnValue:
    """She wants no file: nothing was kept, and a person comes."""
    return render_template("customer/see_us.html")
