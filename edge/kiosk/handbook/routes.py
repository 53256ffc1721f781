"""The handbook: the first two hours (STF-08), what to say (SVC-06, STF-09), plans for a bad hour (SEC-12), suggestions (STF-10).

For everybody who works here, whatever the role: it shows nothing about a customer.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from edge.kiosk.context import actor, roles, signed_in, the_store
from edge.kiosk.i18n import _, language
from edge.kiosk.pages import Family, staff
from edge.kiosk.services import suggesting
from salon.rules import playbooks
from salon.rules.said import Said
from salon.rules.staff import SUGGESTION_STATES

pages = Blueprint(
    "handbook",
    __name__,
    url_prefix="/handbook",
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)
FIRST = "first-contact"
"""The scene that every customer begins with (SVC-06): it stands first, with its script."""
NAMES: dict[str, Said] = {
    "greet": Said("进门问候", "At the door"),
    "call-72h": Said("护理后 72 小时回访", "The call after 72 hours"),
    "win-back": Said("久未到店致电", "The call after a long time"),
    "birthday": Said("生日", "Birthday"),
    "next-visit": Said("约下一次", "The next visit"),
}
"""When a line is said. A script without a name here is shown by its key."""
BLANKS: dict[str, Said] = {
    "name": Said("顾客称呼", "her name"),
    "hello": Said("问候语", "Good morning"),
    "last": Said("上次的项目", "the last service"),
    "store": Said("店名", "our salon"),
    "staff": Said("您的名字", "your name"),
    "until": Said("日期", "the day"),
    "day": Said("日期", "the day"),
}
"""What stands in the blanks of a script."""


@pages.context_processor
def words() -> dict[str, object]:
    return {"said": lambda text: text.in_(language())}


@pages.get("")
def home() -> ResponseReturnValue:
    """The first two hours of whoever reads it, and what to say."""
    lessons = playbooks.lessons(roles())
    return render_template(
        "handbook/home.html",
        lessons=lessons,
        minutes=sum(lesson.minutes for lesson in lessons),
        first=next(drill for drill in playbooks.drills() if drill.key == FIRST),
        scripts=[
            (NAMES.get(key, Said(key, key)), _filled(line)) for key, line in playbooks.scripts().items()
        ],
    )


def _filled(line: Said) -> Said:
    """A script with its blanks named, as one reads it aloud."""
    zh = line.zh.format_map({key: f"〔{said.zh}〕" for key, said in BLANKS.items()})
    return Said(zh, line.en.format_map({key: f"[{said.en}]" for key, said in BLANKS.items()}))


@pages.get("/drills")
def drills() -> ResponseReturnValue:
    return render_template("handbook/drills.html", drills=playbooks.drills())


@pages.get("/incidents")
def incidents() -> ResponseReturnValue:
    return render_template("handbook/incidents.html", incidents=playbooks.incidents())


@pages.get("/suggestions")
def suggestions(problem: str = "") -> ResponseReturnValue:
    """One's own suggestions with their answers, and a new one."""
    me = signed_in()
    assert me is not None, "the guard lets nobody else in"
    page = render_template(
        "handbook/suggestions.html",
        own=suggesting.listed(the_store(), me.rid),
        states=SUGGESTION_STATES,
        given=request.form,
        problem=problem,
    )
    return page, 422 if problem else 200


@pages.post("/suggestions")
def suggest() -> ResponseReturnValue:
    form = request.form
    try:
        suggesting.make(
            the_store(), actor(), problem=form.get("problem", ""), scene=form.get("scene", ""),
            impact=form.get("impact", ""), proposal=form.get("proposal", ""),
        )  # fmt: skip
    except suggesting.Unfinished:
        return suggestions(_("Please say what the problem is, and what you propose."))
    return redirect(url_for("handbook.suggestions"))


_ALL = staff("technician", "beautician", "desk", "consultant", "manager")

FAMILY = Family(
    pages, rights=dict.fromkeys(("home", "drills", "incidents", "suggestions", "suggest"), _ALL), rooms={}
)
