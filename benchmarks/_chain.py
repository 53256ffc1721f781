"""Virtual stores of a chain: their changes, stamps, hash chains and inboxes are real, their databases are not there.

What a store knows of its members is enough to write the next night: who they are, and the stamp of what it last read of them, so that an
edit names what it is based on, as a store's does (without, HQ keeps each value that is overwritten for a person to review). Members are drawn from the store and the night, so that each store knows without a
message who has moved to it: three in ten become known in a second store of the neighbourhood, as the design assumes (1.3 stores a member).
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from hashlib import blake2b

from cloud_sync_server.clock import now_ms
from salon.reconcile import CHAIN_START, Change, Clock, Origin, chain
from salon.reconcile.protocol import OriginOnWire, PullAnswer, Push

OPERATIONS = 300
"""Of a store's night (the design's estimate)."""
NEW, EDITS, ENTRIES = 15, 90, 90
"""Members, edits of a member's field and ledger entries among them; the rest are visits."""
BOOK = 100
"""Members that a store opens with: pushed before the first night, so that a day has as many guests on the first as on any."""
GUESTS = 85
"""Members of a day whom the store knew before; with the new ones a hundred, as 40 visits and 60 edits of others make them."""
Write = tuple[str, str, dict[str, object], dict[str, str]]
"""Kind, record, fields, and what they are based on."""
AT = "2026-11-22T05:26:59.123Z"
_FIRST_MS = 1_780_000_000_000


def member(store: int, night: int, j: int) -> str:
    """The id of the j-th new member of a store's night: a UUIDv7 like any other."""
    noise = int.from_bytes(blake2b(f"{store}.{night}.{j}".encode(), digest_size=10).digest())
    ms = _FIRST_MS + night * 86_400_000 + j * 60_000 + store
    value = ms << 80 | 0x7 << 76 | (noise & 0xFFF) << 64 | 0b10 << 62 | noise >> 18
    return str(uuid.UUID(int=value))


def moved(night: int) -> int:
    """How many of a night's new members become known to a second store: three in ten, so 4 and 5 of 15 in turn. Night 0 is the book."""
    return 4 + night % 2 if night else BOOK * 3 // 10


@dataclass
class VirtualStore:
    """One of `chain` stores, the `index`-th."""

    index: int
    chain: int
    nights: int = -1
    """The last that was written; 0 is the book it opens with."""
    n: int = 0
    h: bytes = CHAIN_START
    cursor: str = ""
    members: list[str] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    """Stamp of the drink of those who have one."""

    def __post_init__(self) -> None:
        self.origin = Origin(f"v{self.index:05d}", "0001")
        self._rng = random.Random(self.index)
        self._clock = Clock(self.origin.node)

    def night(self) -> Push:
        """A day: new members, edits, points, visits; one push of 300 changes. Before the first: the members it opens with."""
        self.nights += 1
        self._meet_those_who_moved()
        known = self._rng.sample(self.members, min(GUESTS, len(self.members)))
        new = [member(self.index, self.nights, j) for j in range(NEW if self.nights else BOOK)]
        self.members += new
        guests = new + known
        first, previous, ops = self.n + 1, self.h, []
        for nth in range(OPERATIONS if self.nights else BOOK):
            self.n += 1
            kind, rid, fields, base = self._join(new[nth]) if nth < len(new) else self._write(nth, guests)
            change = Change(self.origin, self.n, kind, rid, fields, self._clock.send(now_ms()), base)
            if "drink" in fields:
                self.seen[rid] = str(change.stamp)
            self.h = chain(self.h, change)
            ops.append(change.wire())
        return Push(
            origin=OriginOnWire(store=self.origin.store, epoch=self.origin.epoch), client_now=now_ms(), n=first,
            prev_h=previous.hex(), h=self.h.hex(), ops=ops, boot_n=1,
        )  # fmt: skip

    def take(self, answer: PullAnswer) -> None:
        """What others wrote about members that are known here, too."""
        for one in answer.ops:
            said = one.op
            if "drink" in said.get("f", {}):
                stamp = f"{said['t']}-{one.origin}"
                self.seen[said["rid"]] = max(stamp, self.seen.get(said["rid"], ""))
        self.cursor = answer.cursor

    def _meet_those_who_moved(self) -> None:
        last = self.nights - 1
        for j in range(moved(last) if last >= 0 and self.chain > 1 else 0):
            home = (self.index - 1 - j % (self.chain - 1)) % self.chain
            self.members.append(member(home, last, j))

    def _join(self, rid: str) -> Write:
        phone = f"13{self._rng.randrange(10**9):09d}"
        return "member", rid, {"surname": "王", "phone": phone, "home_store": self.origin.store}, {}

    def _write(self, nth: int, guests: list[str]) -> Write:
        rng = self._rng
        who = rng.choice(guests)
        if nth < NEW + EDITS:
            base = {"drink": self.seen[who]} if who in self.seen else {}
            return "member", who, {"drink": f"tea {rng.randrange(1000)}"}, base
        value = now_ms() << 80 | 0x7 << 76 | rng.getrandbits(12) << 64 | 0b10 << 62 | rng.getrandbits(62)
        rid, about = str(uuid.UUID(int=value)), {"member": who, "store": self.origin.store}
        if nth < NEW + EDITS + ENTRIES:
            return (
                "ledger_entry",
                rid,
                {**about, "unit": "points", "amount": 10, "reason": "earn", "at": AT},
                {},
            )
        return "visit", rid, {**about, "state": "closed", "arrived_at": AT, "paid_fen": 39_800}, {}
