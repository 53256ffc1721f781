"""Complaints under their clock (CMP-01..06): opened, answered with an apology, planned, solved, and the customer told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, get_args

from tinydb import where

from edge.kiosk.services import clocklock
from edge.kiosk.services.once import add_once
from edge.store import new_rid, now
from salon.records import Complaint
from salon.records import Store as House
from salon.rules import complaints, names, playbooks, vouchers, winback
from salon.rules.said import Explain, Said

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import Member, Visit, Voucher

SHORTEST = 4
"""Characters of what happened: a complaint is in the customer's own words."""


class BadComplaint(ValueError):
    """Raised when a complaint cannot be opened; `.fields` maps each field to what is wrong."""

    def __init__(self, **fields: Said) -> None:
        self.fields = fields
        super().__init__(", ".join(fields))


@dataclass(frozen=True)
class Case:
    """A complaint with its customer, its clocks and its playbook."""

    complaint: Complaint
    member: Member
    visit: Visit | None
    clocks: tuple[complaints.Clock, ...]
    running: complaints.Clock | None
    playbook: playbooks.Playbook
    untold: bool


def house(store: Store) -> House:
    return store.stores.find(store.store_id) or House(rid=store.store_id, name=store.store_id)


def case(store: Store, policy: Policy, rid: str) -> Case | None:
    """One case; None if there is none (or its customer was erased)."""
    found = store.complaints.find(rid)
    member = store.members.find(found.member) if found else None
    return _case(store, policy, found, member) if found and member else None


def _case(store: Store, policy: Policy, found: Complaint, member: Member) -> Case:
    own, moment = house(store), now()
    name = Said(names.address(member, "zh"), names.address(member, "en"))
    return Case(
        found,
        member,
        store.visits.find(found.visit) if found.visit else None,
        complaints.clocks(found, own, policy, moment),
        complaints.current(found, own, policy, moment),
        playbooks.playbook(found, name),
        complaints.untold(found),
    )


def unsettled(store: Store, policy: Policy) -> list[Case]:
    """Those that still ask for something: the one whose clock runs out first on top."""
    here = store.complaints.select(where("store") == store.store_id)
    wanted = [c for c in here if c.state != "solved" or complaints.untold(c)]
    pairs = [(c, store.members.find(c.member)) for c in wanted]
    cases = [_case(store, policy, c, member) for c, member in pairs if member is not None]
    return sorted(
        cases, key=lambda c: (c.running is None, c.running.due_at if c.running else c.complaint.opened_at)
    )


def settled(store: Store, policy: Policy, most: int = 20) -> list[Case]:
    """The last ones that are over."""
    solved = store.complaints.select((where("state") == "solved") & (where("store") == store.store_id))
    told = sorted((c for c in solved if c.told_at), key=lambda c: c.solved_at, reverse=True)[:most]
    pairs = [(c, store.members.find(c.member)) for c in told]
    return [_case(store, policy, c, member) for c, member in pairs if member is not None]


def open_case(
    store: Store, actor: str, policy: Policy, member: str, *, topic: str, story: str, visit: str, rid: str = "",
    owner: str | None = None,
) -> Complaint:  # fmt: skip
    """The clock begins now. What the visit tells of staff and batches is linked (CMP-06). Raises BadComplaint, NoSuchRecord.

    `rid`: made of the cause, so that one cause opens one case; `owner`: whose case it is, else hers who writes it down.
    """
    problems: dict[str, Said] = {}
    if topic not in complaints.TOPICS:
        problems["topic"] = Said("请选择类型", "Please choose what it is about")
    if len(story.strip()) < SHORTEST:
        problems["story"] = Said("请记下顾客的原话", "Please write down what she says")
    if problems:
        raise BadComplaint(**problems)
    with store.acting(actor), store.transaction():
        known = store.complaints.find(rid) if rid else None
        if known is not None:
            return known
        about = store.visits.find(visit) if visit else None
        if about is not None and about.member != member:
            about = None
        uses = store.product_uses.select(where("visit") == about.rid) if about else []
        linked = complaints.links(about, uses)
        return store.complaints.add(
            Complaint(
                rid=rid or new_rid(),
                member=store.members.load(member).rid,
                visit=about.rid if about else "",
                store=store.store_id,
                opened_at=now(),
                topic=cast("Any", topic),
                story=story.strip()[:4000],
                owner=actor if owner is None else owner,
                policy=policy.version,
                staff=linked["staff"],
                batches=linked["batches"],
            )
        )


def advance(store: Store, actor: str, rid: str, step: str, words: str) -> Complaint:
    """The next step is done. Raises NotYet (`.said`), NoSuchRecord."""
    if step not in get_args(complaints.Step):
        return store.complaints.load(rid)
    with store.acting(actor), store.transaction():
        known = store.complaints.load(rid)
        changes = complaints.advance(known, cast("complaints.Step", step), now(), words=words[:4000])
        if changes and not known.owner:  # a case from a survey is nobody's until somebody answers it
            changes["owner"] = actor
        return store.complaints.edit(rid, **changes) if changes else known


def compensate(store: Store, actor: str, policy: Policy, rid: str) -> Voucher | None:
    """What the house gives for it (FUP-03, SVC-17): a free basic treatment as a voucher, once a case. None where it gives none. Raises
    ClockWrong.
    """
    clocklock.check(store, "give_voucher")
    known = store.complaints.load(rid)
    basic = winback.basic_treatment(store.services.select())
    if basic is None or not policy.compensation.free_basic_treatments:
        return None
    said = Said("投诉补偿：一次基础护理", "For a complaint: one basic treatment")
    explain = Explain("compensation (SVC-17)", said, {"complaint": rid}, policy.version)
    with store.acting(actor), store.transaction():
        given = vouchers.issue(
            "compensation",
            known.member,
            store.store_id,
            rid,
            explain,
            policy,
            now(),
            house(store).timezone,
            service=basic.rid,
        )
        return add_once(store.vouchers, given)


def compensation(store: Store, rid: str, member: str) -> Voucher | None:
    """What was given for a case, if anything was."""
    return store.vouchers.find(vouchers.rid_of("compensation", member, rid))


def tick(store: Store, actor: str, rid: str, step: str) -> Complaint:
    """A step of the playbook is done, or was not after all."""
    with store.acting(actor), store.transaction():
        known = store.complaints.load(rid)
        after = sorted(set(known.steps) ^ {step[:80]})
        return store.complaints.edit(rid, steps=after)


def told(store: Store, actor: str, rid: str) -> Complaint:
    """The customer knows what came of it (CMP-05)."""
    with store.acting(actor), store.transaction():
        known = store.complaints.load(rid)
        return store.complaints.edit(rid, told_at=now()) if complaints.untold(known) else known
