"""The survey after a visit (FUP-12, CMP-13): one a visit, its answers change the tags at once, a low one calls the manager and
starts the clock of a complaint (CMP-01).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinydb import where

from edge.kiosk.services import complaining, tasks
from edge.kiosk.services.once import add_once
from edge.store import now
from salon.rules import surveys
from salon.rules.said import Said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Member, Survey, Visit

RULE = "survey"
"""The follow-up that asks for it: done with the answer."""


class NoFace(ValueError):
    """Raised when nobody said how it was; `.said` is for the page."""

    said = Said("请选择一个表情", "Please choose a face")


def given(store: Store, visit: Visit) -> Survey | None:
    """The answer of this visit, if there is one."""
    return store.surveys.find(f"s-{visit.rid}")


def answer(store: Store, actor: str, policy: Policy, visit: Visit, posted: Mapping[str, str]) -> Survey:
    """Keep the answer. Asked twice, the first one stands. Raises NoFace."""
    face = posted.get("face", "")
    if face not in surveys.SCALE:
        raise NoFace(face)
    number = posted.get("nps", "")
    nps = int(number) if number.isascii() and number.isdigit() and int(number) <= 10 else None
    known = {question.key: question for question in surveys.FORM}
    answers = {key: posted[key] for key in known if posted.get(key, "") in known[key].options}
    made = surveys.answered(visit, now(), face, nps, answers, posted.get("remarks", "").strip()[:1000])
    with store.acting(actor), store.transaction():
        before = given(store, visit)
        kept = add_once(store.surveys, made)
        if before is not None:
            return kept
        member = store.members.load(visit.member)
        meant = surveys.outcome(kept, member.tags, policy)
        if meant.tags != member.tags:
            store.members.edit(member.rid, tags=meant.tags)
        for task in store.follow_ups.select(where("visit") == visit.rid):
            if task.rule == RULE and task.state == "open":
                store.follow_ups.edit(task.rid, state="done", done_at=now(), result=surveys.SCALE[face][1].zh)
        if meant.needs_call:
            tasks.hand_over(
                store, actor, member.rid, visit.rid, "manager", f"致电 / Call: {meant.explain.said.zh}"
            )
            _complain(store, actor, policy, kept, member)
    return kept


def _complain(store: Store, actor: str, policy: Policy, survey: Survey, member: Member) -> None:
    """A bad answer is a complaint from its first minute (CMP-01), in her words where she wrote some. One a survey."""
    topic, said = surveys.grievance(survey)
    summary = said.in_(member.language or "zh")
    complaining.open_case(
        store, actor, policy, member.rid, topic=topic, story=f"{survey.remarks}\n{summary}".strip(), visit=survey.visit,
        rid=f"c-{survey.rid}"[:64], owner="",
    )  # fmt: skip
