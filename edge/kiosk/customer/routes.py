"""From the first touch to the greeting.

Typing a number never tells whether it is a member's: everybody is asked the surname next, on the same page, and only the
two together lead to "is this you?". Who is not known by them goes on as a new guest, with nothing to type again.
"""

from __future__ import annotations

import time

from flask import current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk import guard, heard, i18n
from edge.kiosk.context import kiosk, the_policy, the_store
from edge.kiosk.customer import form, own_phone, permissions
from edge.kiosk.customer.blueprint import (
    FEW,
    begin,
    found_draft,
    large_type,
    leave,
    my_draft,
    pages,
    read_large,
    save,
)
from edge.kiosk.drafts import Draft
from edge.kiosk.i18n import _
from edge.kiosk.pages import KIOSK, PHONE, Family
from edge.kiosk.services import answering, calls, checkin, finishing, intake, people, reports, treatment
from edge.store import allowed
from salon.records import Visit
from salon.rules import drinks, names, phones

ACTOR = "kiosk"


@pages.get("/")
def attract() -> ResponseReturnValue:
    """The first page. Whoever was here before is forgotten."""
    leave()
    if large_type():
        return read_large(redirect(url_for("customer.attract")), large=False)
    return render_template("customer/attract.html")


@pages.post("/large-type")
def larger() -> ResponseReturnValue:
    """Large type and few choices, or back. Whoever is known keeps it for the next visit."""
    wanted = request.form.get("large") == "yes"
    member = my_draft().get("member")
    if member:
        with the_store().acting(ACTOR):
            the_store().members.edit(member, large_type=wanted)
    then = guard.own_path(request.form.get("next", ""), url_for("customer.hello"))
    return read_large(redirect(then), wanted)


@pages.post("/start")
def start() -> ResponseReturnValue:
    """The first touch: the clock of SVC-02 starts."""
    begin(started=time.time())
    return redirect(url_for("customer.hello"))


@pages.get("/hello")
def hello() -> ResponseReturnValue:
    my_draft()
    return render_template("customer/hello.html")


@pages.get("/phone")
def phone() -> ResponseReturnValue:
    return render_template("customer/phone.html", typed=my_draft().get("typed_phone", ""), problem="")


@pages.post("/phone")
def phone_given() -> ResponseReturnValue:
    draft = my_draft()
    typed = request.form.get("phone", "")[:30]
    try:
        number = phones.normalise(typed)
    except phones.BadPhone as bad:
        problem = bad.said.in_(i18n.language())
        return render_template("customer/phone.html", typed=typed, problem=problem), 422
    save({**draft, "typed_phone": typed, "phone": number})
    return redirect(url_for("customer.surname"))


@pages.get("/surname")
def surname() -> ResponseReturnValue:
    number = my_draft().get("phone")
    if not number:
        return redirect(url_for("customer.phone"))
    return _surname_page(number, "")


def _surname_page(number: str, problem: str) -> str:
    return render_template(
        "customer/surname.html", masked=phones.mask(number), surnames=names.surnames(), problem=problem
    )


@pages.post("/surname")
def surname_given() -> ResponseReturnValue:
    draft = my_draft()
    number = draft.get("phone", "")
    given = request.form.get("surname", "").strip()[:40]
    if not number:
        return redirect(url_for("customer.surname"))
    if not given:
        return _surname_page(number, intake.NO_SURNAME.in_(i18n.language())), 422
    if not names.is_name(given):
        return _surname_page(number, _("A name has only letters.")), 422
    member = people.known_anywhere(the_store(), number, given)
    if member is None:
        save({**draft, "given": True, "answers": {"surname": given, "given_name": "", "phone": number}})
        return redirect(url_for("customer.new_guest"))
    save({**draft, "candidate": member.rid, "how": "phone"})
    return redirect(url_for("customer.is_it_you"))


@pages.get("/code")
def code() -> ResponseReturnValue:
    my_draft()
    return render_template("customer/code.html", problem="")


@pages.post("/code")
def code_given() -> ResponseReturnValue:
    """A code from the camera, or from a reader that types."""
    typed = request.form.get("code", "")[:200]
    if (
        heard.FIELD in request.form and not typed
    ):  # one form for all: the camera sends the other field along, empty
        return _held_to_the_reader()
    draft = _whoever_holds_it()
    found = people.with_code(the_store(), typed)
    if found is None:
        return _unknown_code()
    member, how = found
    save({**draft, "candidate": member.rid, "how": how})
    return redirect(url_for("customer.is_it_you"))


def _held_to_the_reader() -> ResponseReturnValue:
    """Read by the store's own scanner or card reader, which no page can pretend: she is greeted without touching the screen."""
    text = heard.read(request.form)
    if not text:  # another screen was first, or it came too late
        return redirect(url_for("customer.attract"))
    draft = _whoever_holds_it()
    found = people.with_code(the_store(), text)
    if found is None:
        return _unknown_code()
    member, how = found
    return _welcomed(draft, member.rid, how)


def _whoever_holds_it() -> Draft:
    """The draft of who holds a code to a reader: on the first page, or after somebody's greeting, a visit begins with it."""
    draft = found_draft()
    if draft is None or draft.get("visit"):
        begin(started=time.time())
        draft = my_draft()
    return draft


def _unknown_code() -> ResponseReturnValue:
    problem = _("We do not know this code. Please try again, or use your phone number.")
    return render_template("customer/code.html", problem=problem), 422


@pages.get("/is-it-you")
def is_it_you() -> ResponseReturnValue:
    draft = my_draft()
    candidate = draft.get("candidate")
    member = the_store().members.find(candidate) if candidate else None
    if member is None:
        return redirect(url_for("customer.hello"))
    name = names.mask(member.surname, member.given_name)
    # The number that she typed: it may be her second, and her first is nothing to read back to whoever knows that.
    number = draft["phone"] if draft.get("how") == "phone" else member.phone
    return render_template("customer/is_it_you.html", name=name, phone=phones.mask(number))


@pages.post("/is-it-you")
def is_it_you_answered() -> ResponseReturnValue:
    draft = my_draft()
    member = draft.pop("candidate", None)
    if member is None or request.form.get("answer") != "yes":
        save(draft)
        return redirect(url_for("customer.hello"))
    return _welcomed(draft, member, draft["how"])


def _welcomed(draft: Draft, member: str, how: checkin.How) -> ResponseReturnValue:
    """She is who she is: her visit begins, and the greeting comes."""
    took = checkin.milliseconds_since(draft["started"], time.time())
    with the_store().transaction():  # one commit: she waits for it
        visit = checkin.arrive(the_store(), ACTOR, member, how, took)
        save({**draft, "member": member, "visit": visit.rid})
    answer = make_response(redirect(url_for("customer.welcome")))
    return read_large(answer, large_type() or the_store().members.load(member).large_type)


@pages.get("/welcome")
def welcome() -> ResponseReturnValue:
    """The greeting (SVC-03..05): drink, therapist, flow, plan, points."""
    draft = my_draft()
    visit = the_store().visits.find(draft["visit"]) if draft.get("visit") else None
    if visit is None:
        return redirect(url_for("customer.hello"))
    store, language = the_store(), i18n.language()
    if visit.state in {"feedback", "aftercare", "closed"}:
        return _goodbye(visit)
    return render_template(
        "customer/welcome.html",
        greeting=checkin.greet(store, the_policy(), visit, language),
        visit=visit,
        drinks={
            key: said.in_(language)
            for key, said in list(drinks.DRINKS.items())[: FEW if large_type() else None]
        },
        drink=drinks.label(visit.drink, language),
        questionnaire_due=checkin.questionnaire_due(store, the_policy(), visit.member),
    )


def _goodbye(visit: Visit) -> str:
    """After her treatment: how was it (FUP-12), on her own phone, and when she comes again (SVC-15)."""
    store = the_store()
    link = reports.link(kiosk().settings, visit.report_code)
    return render_template(
        "customer/goodbye.html",
        who=names.address(store.members.load(visit.member), i18n.language()),
        given=answering.given(store, visit),
        qr=reports.qr_svg(f"{link}/survey") if link else "",
        due=finishing.next_visit(store, treatment.bundle(store, visit)),
    )


@pages.post("/welcome/drink")
def drink() -> ResponseReturnValue:
    draft = my_draft()
    chosen = request.form.get("drink", "")
    if draft.get("visit") and chosen in drinks.DRINKS:
        checkin.choose_drink(the_store(), ACTOR, draft["visit"], chosen)
    return redirect(url_for("customer.welcome"))


@pages.post("/welcome/questionnaire")
def questionnaire() -> ResponseReturnValue:
    """A member whose questionnaire is missing or out of date fills it in; only that, and consents never asked."""
    draft = my_draft()
    if not draft.get("member"):
        return redirect(url_for("customer.hello"))
    asked = [consent.purpose for consent in allowed.last_words(the_store(), draft["member"])]
    save({**draft, "asked": asked})
    return redirect(url_for("customer.new_guest"))


@pages.post("/still-here")
def still_here() -> ResponseReturnValue:
    """The visitor reads or thinks: her draft lives on."""
    save(my_draft())
    return "", 204


@pages.post("/leave")
def leave_now() -> ResponseReturnValue:
    leave()
    return redirect(url_for("customer.attract"))


@pages.post("/call")
def call() -> ResponseReturnValue:
    """A person, please. The desk hears it at once; the call stays until somebody has taken it."""
    calls.place(the_store(), request.form.get("page", "")[:80])
    current_app.extensions["live"].tell("desk", "called", {})
    return "", 204


pages.add_url_rule("/permissions", "permissions", permissions.page)
pages.add_url_rule("/permissions/<purpose>", "permission", permissions.one)
pages.add_url_rule("/permissions/<purpose>", "permission_given", permissions.decide, methods=["POST"])
pages.add_url_rule("/new", "new_guest", form.first_on_kiosk)
pages.add_url_rule("/new/<step>", "form_step", form.show_on_kiosk)
pages.add_url_rule("/new/<step>", "form_answer", form.answer_on_kiosk, methods=["POST"])
pages.add_url_rule("/see-us", "see_us", form.see_us)
pages.add_url_rule("/own-phone", "own_phone", own_phone.invite)
pages.add_url_rule("/own-phone/part", "own_phone_part", own_phone.part)
pages.add_url_rule("/own-phone/code.svg", "own_phone_code", own_phone.code)
pages.add_url_rule("/join/<token>", "join", own_phone.join)
pages.add_url_rule("/join/<token>/<step>", "join_step", own_phone.show)
pages.add_url_rule("/join/<token>/<step>", "join_answer", own_phone.answer, methods=["POST"])
pages.add_url_rule("/joined", "joined", own_phone.joined)

FAMILY = Family(
    pages,
    rights={
        **dict.fromkeys(
            (
                "attract", "larger", "start", "hello", "phone", "phone_given", "surname", "surname_given", "code",
                "code_given", "is_it_you", "is_it_you_answered", "welcome", "drink", "questionnaire", "permissions", "permission", "permission_given",
                "still_here", "leave_now", "call", "new_guest", "form_step", "form_answer", "see_us",
                "own_phone", "own_phone_part", "own_phone_code",
            ),
            KIOSK,
        ),
        "join": PHONE,
        "join_step": PHONE,
        "join_answer": PHONE,
        "joined": PHONE,
    },
    rooms={heard.KIOSK: KIOSK},
)  # fmt: skip
