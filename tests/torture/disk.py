"""A card that is full: `python -m tests.torture.disk 200 [STEP]` lets the disk run full at that many points of a store's writing.

A small tmpfs is mounted in a mount namespace of its own (nobody else sees it; it ends with the process), and before each point all of
it but a few pages is taken away, a page more each time: so the store fails at its first page, at its second, in the middle of a
commit, in a checkpoint. Whatever it said yes to must be there, what it refused must not, reading must go on, and once there is
room again all must reach HQ and the night find both sides equal.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from edge.store import NoLease, StoreUnwritable, new_rid, now
from edge.store.telemetry import Sample
from edge.sync.nightly import reconcile
from parlour.audit import verify
from salon.records import LedgerEntry, Member, Reading, Visit
from tests.cloud_sync_server.disk import Disk
from tests.edge.sync.conftest import HeadOffice, Shop

PAGE = 4096
MOST_FREE = 64
"""Pages left at most: the last of the writes below then fit."""
SIZE_MB = 48
ROUNDS_OF_WRITES = 3
JPEG = b"\xff\xd8\xff\xe0" + bytes(9_000)


def register(store):
    member = Member(rid=new_rid(), surname="王", home_store="s001", joined_at=now())
    credit = LedgerEntry(
        rid=new_rid(), member=member.rid, unit="fen", amount=1_000, reason="top_up", at=now(), store="s001"
    )
    yield "member", member.rid
    yield "ledger_entry", credit.rid
    with store.transaction():
        store.members.add(member)
        store.ledger.add(credit)


def come_and_pay(store):
    visit = Visit(rid=new_rid(), member="m-0001", store="s001", state="arrived", arrived_at=now())
    entry = LedgerEntry(
        rid=new_rid(), member="m-0001", unit="fen", amount=-10, reason="spend", at=now(), store="s001", visit=visit.rid
    )  # fmt: skip
    yield "visit", visit.rid
    yield "ledger_entry", entry.rid
    with store.transaction():
        store.visits.add(visit)
        store.leases.spend(entry)
        store.visits.edit(visit.rid, state="closed", closed_at=now())


def measure(store):
    reading = Reading(
        rid=new_rid(), device="probe-1", measure="skin_moisture", value=41.5, at=now(), member="m-0001"
    )
    yield "reading", reading.rid
    store.readings.add(reading)


def weigh(store):
    yield from ()
    store.telemetry.append([Sample("air-1", "co2", 1_800_000_000_000 + i, 600.0 + i) for i in range(200)])


def photograph(store):
    yield from ()
    store.media.put(JPEG, mime="image/jpeg", owner="m-0001", purpose="scan", taken_at=now(), keep_until=None)


def take_note(store):
    yield from ()
    store.settings.set("noted", now())
    store.refuse("serial", "probe-1", "malformed", "x" * 500)


WRITES = (register, come_and_pay, measure, weigh, photograph, take_note)


class Card:
    """A store on a disk that can be filled to within some pages."""

    def __init__(self, disk, hq):
        self.disk = disk
        self.ballast = disk / "ballast"
        self.shop = Shop(hq, disk / "store", "s001")
        self.store = self.shop.store
        self.acked, self.refused = [], []
        self.happened = Counter()
        self.store.members.add(Member(rid="m-0001", surname="王", home_store="s001"))
        self.store.ledger.add(
            LedgerEntry(
                rid="l-0001",
                member="m-0001",
                unit="fen",
                amount=1_000_000,
                reason="top_up",
                at=now(),
                store="s001",
            )
        )
        self.store.visits.add(
            Visit(rid="v-0001", member="m-0001", store="s001", state="arrived", arrived_at=now())
        )
        self.shop.sync(), self.shop.sync()
        assert self.store.leases.held("m-0001", "fen")

    def fill(self, pages):
        """Leave so many pages."""
        for connections in (self.store.connections, self.store.media.connections):
            connections.get().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        room = os.statvfs(self.disk)
        take = room.f_bavail * room.f_frsize - pages * PAGE
        with self.ballast.open("wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, max(take, PAGE))

    def write(self):
        """All kinds of writes; each is either said yes to or refused by name."""
        for work in WRITES:
            steps = work(self.store)
            named = []
            try:
                named.extend(steps)
            except StoreUnwritable:
                self.refused += named
                self.happened[f"{work.__name__} refused"] += 1
            except NoLease:
                self.refused += named
            else:
                self.acked += named
                self.happened[f"{work.__name__} kept"] += 1
        assert self.store.members.load("m-0001").surname == "王"  # the desk still finds people
        assert len(self.store.visits.select()) >= 1

    def try_to_exchange(self):
        """HQ takes what is sent; the answer may find no room. Nothing may be lost by that."""
        try:
            self.shop.sync()
        except StoreUnwritable:
            self.happened["exchange refused"] += 1
        else:
            self.happened["exchange kept"] += 1

    def look(self):
        """With room again: what is there, and what is not?"""
        self.ballast.unlink()
        con = self.store.connections.get()
        problems = [] if con.execute("PRAGMA integrity_check").get == "ok" else ["integrity_check"]
        problems += [f"{fault.where}: {fault.said.en}" for fault in verify(self.store)]
        problems += [f"lost: {kind} {rid}" for kind, rid in self.acked if not self.store.table(kind).has(rid)]
        problems += [
            f"half kept: {kind} {rid}" for kind, rid in self.refused if self.store.table(kind).has(rid)
        ]
        self.happened["acknowledged"] += len(self.acked)
        self.acked, self.refused = [], []
        return problems

    def end(self):
        reports = [self.shop.sync() for _ in range(3)]
        problems = [f"the exchange: {reports[-1]}"] if reports[-1].error or reports[-1].pending else []
        night = reconcile(self.shop.agent)
        return problems + ([] if night.outcome == "equal" else [f"the night: {night}"])


def torture(disk, points, step):
    """Problems, and what happened."""
    problems = []
    with tempfile.TemporaryDirectory() as place:
        hq = HeadOffice(Disk(Path(place) / "hq"))
        card = Card(disk, hq)
        for point in range(points):
            card.fill(point * step % MOST_FREE)
            for _ in range(ROUNDS_OF_WRITES):
                card.write()
            card.try_to_exchange()
            problems += [f"point {point}: {what}" for what in card.look()]
            if problems:
                break
            if point % 10 == 9:
                problems += [f"after point {point}: {what}" for what in card.end()]
        problems += card.end()
        card.shop.close()
        hq.close()
    return problems, card.happened


def why_not():
    """Why no disk can be mounted here, or nothing."""
    if shutil.which("unshare") is None:
        return "no `unshare` here (util-linux)"
    if os.geteuid() != 0:
        return "only root may mount a small disk"
    tried = subprocess.run(["unshare", "-m", "true"], capture_output=True, text=True, check=False)
    return f"no mount namespace of our own: {tried.stderr.strip()}" if tried.returncode else ""


def main(argv):
    reason = why_not()
    if reason:
        print(f"full disk: not run, {reason}")
        return 0
    if "--mounted" not in argv:
        return subprocess.run(
            ["unshare", "-m", sys.executable, "-m", "tests.torture.disk", *argv, "--mounted"], check=False
        ).returncode
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", place], check=True)
        try:
            problems, happened = torture(Path(place), int(argv[0]), int(argv[1]))
        finally:
            subprocess.run(["umount", "-l", place], check=True)
    for problem in problems[:20]:
        print(problem)
    print(
        f"{argv[0]} points of a full disk: {len(problems)} problems; "
        + ", ".join(f"{k} {n}" for k, n in sorted(happened.items()))
    )
    return 1 if problems or not any(k.endswith("refused") for k in happened) else 0


if __name__ == "__main__":
    sys.exit(main([sys.argv[1], *(sys.argv[2:] or ["1"])]))
