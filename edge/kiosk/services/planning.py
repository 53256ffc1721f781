"""The care plan of a customer at the bed: proposed from her file, kept by a person, judged by what was measured, adjusted (SEG-10, SEG-11).

A rule proposes and says why; nothing changes until somebody touches "keep". One plan is active at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinydb import where

from edge.store import allowed, now, told
from salon.rules import careplan

if TYPE_CHECKING:
    from edge.store import Store
    from salon.policies import Policy
    from salon.records import CarePlan, Member, Product, Scan, Service, Survey
    from salon.rules.allergens import Conflict
    from salon.rules.said import Explain, Said


@dataclass(frozen=True)
class Shown:
    """A plan with what it holds, for a page."""

    plan: CarePlan
    label: Said | None
    """Of its template; None if the house has no such template any more."""
    services: list[Service]
    products: list[Product]
    held: list[tuple[Product, Conflict]]
    """What would fit, but for an allergen of hers."""
    unasked: Explain | None
    """Why it holds no product at all: her allergies are not known here."""
    explain: Explain
    effect: careplan.Effect | None
    """None for a plan that was only proposed."""
    adjustment: careplan.Adjustment | None
    photo_due: bool


def active(store: Store, member: str) -> CarePlan | None:
    """Her plan, if she has one."""
    found = store.care_plans.select((where("member") == member) & (where("state") == "active"))
    return max(found, key=lambda plan: plan.started_at, default=None)


def shown(store: Store, policy: Policy, member: Member) -> Shown:
    """Her plan with its effect so far and what to change, or the one that her file asks for."""
    scans = _scans(store, member.rid)
    plan = active(store, member.rid)
    made = plan or _proposed(store, policy, member, scans)
    health = told.of(store, member)
    catalogue = store.products.select()
    effect = careplan.effect(plan, scans, _surveys(store, member.rid)) if plan else None
    return Shown(
        plan=made,
        label=known.label if (known := careplan.template(made.template)) else None,
        services=[s for s in store.services.select() if s.rid in made.services],
        products=[p for p in catalogue if p.rid in made.products and health.against(p) is None],
        held=careplan.held_back(made, health, catalogue),
        unasked=health.unasked,
        explain=careplan.template_for(member, scans[-1] if scans else None)[1],
        effect=effect,
        adjustment=careplan.adjust(plan, effect, policy, now()) if plan and effect else None,
        photo_due=careplan.photo_due(made, scans, now()) if plan else False,
    )


def photo_due(store: Store, member: str) -> bool:
    """Whether the comparison photo of her plan is due today (MEA-07)."""
    plan = active(store, member)
    return plan is not None and careplan.photo_due(plan, _scans(store, member), now())


def _scans(store: Store, member: str) -> list[Scan]:
    found = store.scans.select(where("member") == member, order_by="at")
    return [scan for scan in found if scan.accepted]


def _surveys(store: Store, member: str) -> list[Survey]:
    return store.surveys.select(where("member") == member, order_by="at")


def _proposed(
    store: Store, policy: Policy, member: Member, scans: list[Scan], template: str = ""
) -> CarePlan:
    made = careplan.propose(
        member,
        scans[-1] if scans else None,
        store.services.select(),
        store.products.select(),
        policy,
        now(),
        told=told.of(store, member),
        photos=allowed.allows(store, member.rid, "photos"),
        template=careplan.template(template),
    )
    return made.model_copy(update={"store": store.store_id})


def keep(store: Store, actor: str, policy: Policy, member: Member) -> CarePlan:
    """The proposed plan is hers from now on. With one already, that one stays: it is adjusted, not replaced."""
    with store.acting(actor), store.transaction():
        known = active(store, member.rid)
        if known is not None:
            return known
        made = _proposed(store, policy, member, _scans(store, member.rid))
        old = store.care_plans.find(made.rid)  # of the same day, and ended
        if old is None:
            return store.care_plans.add(made)
        fields = made.document()
        return store.care_plans.edit(old.rid, **{name: fields[name] for name in _OF_A_PLAN})


_OF_A_PLAN = (
    "template",
    "goals",
    "services",
    "products",
    "every_days",
    "photos_every_days",
    "state",
    "explain",
    "policy",
)


def adjust(store: Store, actor: str, policy: Policy, member: Member, seen: str) -> CarePlan | None:
    """What effect and satisfaction ask for is done (MEA-08): a person has looked at it. Another template brings its own services.

    `seen`: when the plan had last been adjusted as she saw it; a second touch adjusts nothing more.
    """
    with store.acting(actor), store.transaction():
        plan = active(store, member.rid)
        if plan is None or plan.adjusted_at != seen:
            return plan
        scans = _scans(store, member.rid)
        found = careplan.adjust(
            plan, careplan.effect(plan, scans, _surveys(store, member.rid)), policy, now()
        )
        if not found.changes:
            return plan
        changes = dict(found.changes)
        if changes.get("template", plan.template) != plan.template:
            other = _proposed(store, policy, member, scans, changes["template"])
            changes |= {"goals": other.goals, "services": other.services, "products": other.products}
        return store.care_plans.edit(plan.rid, **changes)


def end(store: Store, actor: str, member: str) -> None:
    """She does not want it any more."""
    with store.acting(actor), store.transaction():
        plan = active(store, member)
        if plan is not None:
            store.care_plans.edit(plan.rid, state="ended")
