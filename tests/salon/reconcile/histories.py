"""Histories for the property tests: several stores write to one record, seeing each other's writes or not."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from salon.reconcile import Change, Clock, Origin, State, difference, document, merge
from salon.records import Member, Record, record_class

RID = "m-0001"
STORES = [Origin("s001", "aa"), Origin("s002", "bb"), Origin("s003", "cc")]
WORDS = st.lists(st.sampled_from(["alcohol", "latex", "nickel", "retinol"]), max_size=3, unique=True).map(
    sorted
)

MEMBER_EDIT = st.fixed_dictionaries(
    {},
    optional={
        "surname": st.sampled_from(["王", "李", "Smith"]),
        "phone": st.sampled_from(["13800000001", "13900000002"]),
        "notes": st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
        "large_type": st.booleans(),
        "allergens": WORDS,
        "tags": WORDS,
    },
)
CONSENT_EDIT = st.fixed_dictionaries({"granted": st.booleans()})

NEW = {
    "member": {"rid": RID, "surname": "王"},
    "consent": {
        "rid": RID, "member": "m-0001", "purpose": "marketing", "granted": True,
        "decided_at": "2026-11-22T05:26:59.000Z", "text_version": "1", "channel": "kiosk",
    },
}  # fmt: skip


@dataclass
class Replica:
    """One store: its clock, its state of the record, what it wrote."""

    origin: Origin
    kind: str
    clock: Clock = field(init=False)
    state: State | None = None
    written: list[Change] = field(default_factory=list)

    def __post_init__(self):
        self.clock = Clock(self.origin.node)

    @property
    def cls(self) -> type[Record]:
        return record_class(self.kind)

    def document(self):
        if self.state is None or "x" in self.state:
            return None
        return self.cls.model_construct(**document(self.cls, RID, self.state)).model_dump(mode="json")

    def write(self, edit, wall_ms, *, erase=False):
        before = self.document()
        after = {**(before or self.cls.parse(NEW[self.kind]).document()), **edit}
        fields, base = ({}, {}) if erase else difference(self.cls, before, after, self.state)
        change = Change(
            self.origin,
            len(self.written) + 1,
            self.kind,
            RID,
            fields,
            self.clock.send(wall_ms),
            base,
            erase=erase,
        )
        self.written.append(change)
        self.take(change, wall_ms)
        return change

    def take(self, change, wall_ms=0):
        self.clock.receive(change.stamp, wall_ms)
        self.state = merge(self.cls, self.state, change).state


@st.composite
def histories(draw, kind="member", *, erase=False):
    """(changes, replicas): a few writes at three stores, which now and then read what the others wrote."""
    edits = MEMBER_EDIT if kind == "member" else CONSENT_EDIT
    replicas = [Replica(origin, kind) for origin in STORES]
    for _ in range(draw(st.integers(1, 10))):
        here = draw(st.sampled_from(replicas))
        if draw(st.booleans()):
            for other in replicas:
                for change in other.written:
                    here.take(change)
        wall = draw(st.integers(0, 2_000))  # clocks that jump back and forth
        here.write(draw(edits), wall, erase=erase and draw(st.integers(0, 5)) == 0)
    return [change for replica in replicas for change in replica.written], replicas


def merged(kind, changes):
    state = None
    for change in changes:
        state = merge(record_class(kind), state, change).state
    return state


__all__ = ["MEMBER_EDIT", "NEW", "RID", "STORES", "Member", "Replica", "histories", "merged"]
