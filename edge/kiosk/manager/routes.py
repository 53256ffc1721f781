"""The manager's first page, the people behind a figure, who may be lost, and who may open what."""

from __future__ import annotations

from datetime import date

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk import i18n
from edge.kiosk.context import actor, the_policy, the_store
from edge.kiosk.i18n import language
from edge.kiosk.manager import catalogue, exports, house, quality, rooms, team
from edge.kiosk.manager.blueprint import board, classed, pages
from edge.kiosk.pages import Family, staff
from edge.kiosk.services import arrivals, complaining, figures, moving, returning, tasks
from edge.kiosk.services.clocklock import ClockWrong
from edge.store import NoSuchRecord
from salon.rules.figures import Person
from salon.rules.said import Said
from salon.rules.times import instant
from salon.rules.winback import REASONS


@pages.get("")
def home() -> ResponseReturnValue:
    return render_template("manager/home.html", **_home())


@pages.get("/part/board")
def board_part() -> ResponseReturnValue:
    return render_template("manager/board.html", **_home())


def _home() -> dict[str, object]:
    store, policy = the_store(), the_policy()
    made = board()
    late = [task for task in tasks.due(store, policy, language()) if task.late]
    left = arrivals.left_today(store)
    return {
        "board": made,
        "figures": [(key, figures.LABELS[key], made.figures[key]) for key in figures.OF_QUARTER],
        "today": [(key, figures.LABELS[key], made.figures[key]) for key in figures.OF_TODAY],
        "late": late,
        "cases": complaining.unsettled(store, policy),
        "alerts": returning.alerts(store),
        "lost": returning.at_risk(store, policy),
        "ranking": [
            (member, figure)
            for figure in made.ranking[:6]
            if (member := store.members.find(figure.people[0].member)) is not None
        ],
        "newcomers": moving.newcomers(store),
        "visits": len(left),
        "paid": sum(visit.paid_fen for visit in left),
    }


@pages.get("/figure/<key>")
def figure(key: str) -> ResponseReturnValue:
    """A figure: what it says, what it rests on, and the people behind it."""
    found = figures.find(board(), key)
    if found is None:
        abort(404)
    label, shown = found
    return render_template(
        "manager/figure.html", label=label, figure=shown, explain=shown.explain, rows=_people(shown.people)
    )


@pages.get("/classes")
def classes() -> ResponseReturnValue:
    """The files by need and by level (PRF-23); with a class chosen, who is in it."""
    made = classed(again="again" in request.args)
    found = made.value
    wanted = request.args.get("of", "")
    chosen = next((one for one in found if wanted in {one.label.zh, one.label.en}), None) if wanted else None
    return render_template(
        "manager/classes.html",
        classes=found,
        at=made.at,
        chosen=chosen,
        rows=_people(chosen.people) if chosen else [],
    )


@pages.get("/hour/<int:weekday>/<int:hour>")
def hour(weekday: int, hour: int) -> ResponseReturnValue:
    """The people behind one cell of the heat map."""
    if weekday > 6 or hour > 23:  # Monday is 0
        abort(404)
    day = _weekday(weekday)
    label = Said(f"{day.zh} {hour}:00–{hour + 1}:00", f"{day.en}, {hour}:00-{hour + 1}:00")
    return _behind(label, arrivals.at_hour(the_store(), weekday, hour))


@pages.get("/day/<day>")
def day(day: str) -> ResponseReturnValue:
    """The people behind one point of the line."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        abort(404)
    shown = i18n.day(wanted)
    return _behind(Said(shown, shown), arrivals.on_day(the_store(), wanted))


@pages.get("/kind/<category>")
def kind(category: str) -> ResponseReturnValue:
    """The people behind one part of the pie."""
    if category not in arrivals.KINDS:
        abort(404)
    return _behind(arrivals.KINDS[category], arrivals.of_kind(the_store(), category))


@pages.get("/today")
def today() -> ResponseReturnValue:
    """Who left today, and what each paid."""
    return _behind(Said("今日完成与实收", "Left and paid today"), arrivals.paid_today(the_store()))


def _behind(label: Said, people: list[Person]) -> ResponseReturnValue:
    return render_template(
        "manager/figure.html", label=label, figure=None, explain=None, rows=_people(tuple(people))
    )


def _people(people: tuple[Person, ...]) -> list[dict[str, object]]:
    store = the_store()
    found = [(person, store.members.find(person.member)) for person in people]
    return [
        {
            "member": member,
            "why": person.why.in_(language()),
            "visit": store.visits.find(person.visit) if person.visit else None,
        }
        for person, member in found
        if member is not None
    ]


def _weekday(number: int) -> Said:
    zh = "一二三四五六日"[number]
    en = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[number]
    return Said(f"周{zh}", en)


@pages.context_processor
def calendar() -> dict[str, object]:
    return {"weekday": _weekday, "instant": instant}


@pages.get("/lost")
def lost(problem: str = "", member: str = "") -> ResponseReturnValue:
    """Who may be lost: every sign side by side, and what to do first (CHN-05)."""
    page = render_template(
        "manager/lost.html",
        lost=returning.at_risk(the_store(), the_policy()),
        reasons=REASONS,
        others=moving.others(the_store()),
        problem=problem,
        wrong=member,
    )
    return page, 422 if problem else 200


@pages.post("/lost/<rid>")
def called(rid: str) -> ResponseReturnValue:
    """She was called: why she stayed away, and what she was offered for it (CHN-06, CHN-07)."""
    try:
        returning.called(
            the_store(),
            actor(),
            the_policy(),
            rid,
            request.form.get("reason", ""),
            request.form.get("words", ""),
        )
    except NoSuchRecord:
        abort(404)
    except returning.NoReason as wrong:
        return lost(wrong.said.in_(language()), rid)
    return redirect(url_for("manager.lost"))


@pages.post("/lost/<rid>/offer")
def welcome_back(rid: str) -> ResponseReturnValue:
    """What the house offers who has not been here for long (CHN-08)."""
    try:
        returning.welcome_back(the_store(), actor(), the_policy(), rid)
    except NoSuchRecord:
        abort(404)
    except ClockWrong as wrong:
        return lost(wrong.said.in_(language()), rid)
    return redirect(url_for("manager.lost"))


@pages.post("/lost/<rid>/move")
def move(rid: str) -> ResponseReturnValue:
    """She moves: another store of the chain takes her over (SYN-04)."""
    try:
        moving.hand_over(the_store(), actor(), rid, request.form.get("store", ""))
    except (NoSuchRecord, moving.NoSuchStore):
        abort(404)
    return redirect(url_for("manager.lost"))


@pages.post("/alerts/<rid>")
def alert_closed(rid: str) -> ResponseReturnValue:
    if the_store().alerts.find(rid) is None:
        abort(404)
    returning.close_alert(the_store(), actor(), rid, request.form.get("result", ""))
    return redirect(url_for("manager.home"))


pages.add_url_rule("/team", "team", team.page)
pages.add_url_rule("/team/<rid>/leave", "leave", team.leave)
pages.add_url_rule("/team/<rid>/leave", "leave_now", team.leave_now, methods=["POST"])
pages.add_url_rule("/team/<rid>", "person", team.person)
pages.add_url_rule("/team", "hire", team.hire, methods=["POST"])
pages.add_url_rule("/team/<rid>/pin", "new_pin", team.new_pin, methods=["POST"])
pages.add_url_rule("/team/<rid>/exam", "exam", team.exam, methods=["POST"])
pages.add_url_rule("/quality", "quality", quality.page)
pages.add_url_rule("/quality/<rid>", "sheet", quality.sheet)
pages.add_url_rule("/quality/<rid>", "score", quality.score, methods=["POST"])
pages.add_url_rule("/products", "products", house.products)
pages.add_url_rule("/products/<rid>", "product", house.product, methods=["POST"])
pages.add_url_rule("/catalogue", "catalogue", catalogue.listing)
pages.add_url_rule("/catalogue/<kind>/<rid>", "entry", catalogue.entry)
pages.add_url_rule("/catalogue/<kind>/<rid>", "save_entry", catalogue.save, methods=["POST"])
pages.add_url_rule("/catalogue/<kind>/<rid>/back", "take_back_entry", catalogue.take_back, methods=["POST"])
pages.add_url_rule("/catalogue/service/<rid>/offer", "offer_service", catalogue.offer, methods=["POST"])
pages.add_url_rule("/places", "places", rooms.page)
pages.add_url_rule("/places", "add_place", rooms.add, methods=["POST"])
pages.add_url_rule("/places/change", "change_place", rooms.change, methods=["POST"])
pages.add_url_rule("/data", "data", house.data)
pages.add_url_rule("/suggestions", "suggestions", house.suggestions)
pages.add_url_rule("/suggestions/<rid>", "answer_suggestion", house.answer, methods=["POST"])
pages.add_url_rule("/exports", "exports", exports.page)
pages.add_url_rule("/exports", "ask_export", exports.ask, methods=["POST"])
pages.add_url_rule("/exports/<rid>", "decide_export", exports.decide, methods=["POST"])
pages.add_url_rule("/exports/<rid>/customers.csv", "take_export", exports.take, methods=["POST"])
pages.add_url_rule("/exports/<rid>/everything.zip", "take_export_file", exports.take_file, methods=["POST"])

_MANAGER = staff("manager")

FAMILY = Family(
    pages,
    rights=dict.fromkeys(
        (
            "home", "board_part", "figure", "classes", "hour", "day", "kind", "today", "lost", "called", "welcome_back", "move", "alert_closed", "team", "leave", "leave_now",
            "person", "hire", "new_pin", "exam", "quality", "sheet", "score", "products", "product", "catalogue", "entry", "save_entry", "take_back_entry", "offer_service", "places", "add_place", "change_place", "data", "suggestions", "answer_suggestion",
            "exports", "ask_export", "decide_export", "take_export", "take_export_file",
        ),
        _MANAGER,
    ),
    rooms={"manager": _MANAGER},
)  # fmt: skip
