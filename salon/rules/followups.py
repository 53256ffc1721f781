"""The contacts after a visit (FUP-01..05, FUP-09): which, when, by whom, how, and until when they are fit to send."""

from __future__ import annotations

from typing import Literal

from salon.policies import Policy
from salon.records import FollowUp, Member, Visit
from salon.rules.occasions import Due
from salon.rules.said import Said
from salon.rules.times import Now, instant, later, text

OTHERS = {
    "prepare": Said("确认预约的准备", "Confirm the preparation of a booking"),
    "birthday.refresh": Said("生日前核对喜好", "Before the birthday: check the preferences"),
    "hand_over": Said("转交事项", "Handed over"),
    "answer": Said("答复她的消息", "Answer what she wrote"),
    "points_short": Said("积分为负", "Points below zero"),
}
"""Tasks that are no contact after a visit; what exactly is to be done stands in the task (`what`, `what_en`)."""


def schedule(visit: Visit, member: Member, is_first: bool, policy: Policy, now: Now) -> list[FollowUp]:
    """The tasks of a finished visit, in order of time.

    Their ids are made of the visit's, so that scheduling twice makes nothing twice. A contact that another one
    merges (the third-day experience with the 72-hour call) is not scheduled apart.
    """
    finished = visit.aftercare_at or visit.closed_at or now
    wanted = [c for c in policy.followups.contacts if is_first or c.who == "all"]
    merged = {key for contact in wanted for key in contact.merges}
    tasks: list[FollowUp] = []
    for contact in wanted:
        if contact.key in merged:
            continue
        due = later(finished, hours=contact.after_h)
        tasks.append(
            FollowUp(
                rid=f"{visit.rid}-{contact.key}",
                member=visit.member,
                visit=visit.rid,
                store=visit.store,
                rule=contact.key,
                due_at=due,
                expires_at=later(due, hours=contact.fit_h),
                owner=visit.therapist,
                channel=member.channel if contact.channel == "member" else contact.channel,
                explain=_after(contact.zh, contact.en, contact.after_h).zh[:200],
                policy=policy.version,
            )
        )
    return sorted(tasks, key=lambda task: task.due_at)


def label(rule: str, policy: Policy) -> Said:
    """What a task is about, as a page shows it; a rule the policy no longer has stands for itself."""
    for contact in policy.followups.contacts:
        if contact.key == rule:
            return Said(contact.zh, contact.en)
    return OTHERS.get(rule, Said(rule, rule))


def why(task: FollowUp, policy: Policy) -> Said:
    """What a task comes from, for a page; the record itself keeps one language."""
    contact = next((c for c in policy.followups.contacts if c.key == task.rule), None)
    if contact is not None:
        return _after(contact.zh, contact.en, contact.after_h)
    if task.rule == "answer":
        return Said("她回复了我们的消息", "She answered a message of ours")
    return Said(task.explain, "Handed over by a colleague" if task.rule == "hand_over" else task.explain)


def _after(zh: str, en: str, hours: float) -> Said:
    return Said(f"{zh}（护理后 {hours:g} 小时）", f"{en} ({hours:g} h after)")


def hand_over(
    visit: Visit, rid: str, role: Literal["consultant", "manager", "desk"], what: Said, by: str, now: Now
) -> FollowUp:
    """A task handed from one role to another (SVC-16): technician to consultant, complaint to manager. Due now."""
    moment = text(instant(now))
    return FollowUp(
        rid=rid,
        member=visit.member,
        visit=visit.rid,
        store=visit.store,
        rule="hand_over",
        due_at=moment,
        role=role,
        channel="store",
        what=what.zh[:200],
        what_en=what.en[:200],
        explain=f"由 {by} 转交"[:200],
    )


def occasion_task(member: Member, due: Due, expires_at: str, policy: Policy, now: Now) -> FollowUp:
    """A task for an occasion (PRF-16): her own technician's, else the desk's. Its id is made of the occasion's day."""
    return FollowUp(
        rid=f"{member.rid[:36]}-{due.key}-{due.until:%Y%m%d}",
        member=member.rid,
        store=member.home_store,
        rule=due.key,
        due_at=text(instant(now)),
        expires_at=expires_at,
        owner=member.therapist,
        role="" if member.therapist else "desk",
        channel="store",
        what=due.said.zh,
        what_en=due.said.en,
        explain=due.explain.line(),
        policy=policy.version,
    )
