"""The chain in one process: HQ's and the stores' real code, under seeded time, network, power and people.

What people did and the store said yes to is written down beside it (`writes`); at the end all of it must be everywhere.
"""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter

from sqlalchemy import event, select

from cloud_sync_server import clock as hq_clock
from cloud_sync_server import distribution, own, proof, quarantine
from cloud_sync_server.app import create_app
from cloud_sync_server.context import EXTENSION, Hq
from cloud_sync_server.enrolment import create_code
from cloud_sync_server.schema import owners, records
from cloud_sync_server.schema import quarantine as quarantine_rows
from cloud_sync_server.vault import row_name
from edge.store import Store, changelog, putaside
from edge.store import clock as store_clock
from edge.store.schema import Node
from edge.sync import enrol
from tests.cloud_sync_server.disk import Disk
from tests.simulation.machine import URL, Died, Machine

BEGIN_MS = 1_800_000_000_000
STORES = ("s001", "s002", "s003")


class _HqClock(hq_clock.Source):
    def __init__(self, world):
        self._world = world

    def ms(self):
        return self._world.ms


def _is_of(what, rids):
    """Whether a write began one of these records."""
    return (what[0] == "entry" and what[1] in rids) or (what[0] == "record" and what[2] in rids)


def _log_of(machine):
    """What a store can say again: its log, and whom it knows to be erased."""
    con = machine.store.connections.get()
    bodies = [body for (body,) in con.execute("SELECT body FROM changes").fetchall()]
    gone = [f"erased {rid}" for (rid,) in con.execute("SELECT rid FROM erased").fetchall()]
    return "\n".join(bodies + gone)


class Templates:
    """HQ with its stores enrolled, and each store's folder: made once, copied for each seed. HQ is on SQLite, or on a PostgreSQL server."""

    def __init__(self, folder, server=""):
        import httpx

        self.folder = folder
        self.compiled = {}
        self.hq = Disk(folder / "hq", server)
        self.hq.make()
        self.app = create_app(self.hq.settings())
        self.dialect = self.app.extensions[EXTENSION].database.engine.dialect
        self.app.testing = True
        here = self.app.extensions[EXTENSION]
        for name in STORES:
            with Store.create(folder / name, name) as store:
                code = here.database.write(lambda con, name=name: create_code(con, here.vault, name, "test"))
                enrol(store, URL, code, client=httpx.Client(transport=httpx.WSGITransport(self.app)))
                store.connections.get().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        here.database.close()


class World:
    """One history."""

    def __init__(self, seed, templates, folder, first_batch=0, who_gets_whom="all"):
        self.seed = seed
        self.first_batch = first_batch
        self._who_gets_whom = who_gets_whom
        self.rng = random.Random(seed)
        self.ms = BEGIN_MS
        self.faults = True
        self.problems = []
        self.writes = []
        """(machine, what): all that a store said yes to."""
        self.seen = Counter()
        """What happened in this history, and how often."""
        self.aliases = {}
        """Member -> the file that head office last said she is shown with."""
        self._hq_fuse = 0
        self.hq_backup = None
        self.app = templates.app
        self._templates = templates
        self.folder = folder
        hq_clock.source = _HqClock(self)
        for name in STORES:
            shutil.copytree(templates.folder / name, folder / name)
        self._hq = templates.hq.copy(folder / "hq", "told")
        self.restart_hq()
        self.machines = [self._machine(name) for name in STORES]

    def _machine(self, name):
        machine = Machine(self, name, self.folder / name)
        with machine.store.transaction() as con:  # each copy of the template is a store of its own
            node = Node.read(con)
            node.epoch = self.rng.randbytes(8).hex()
            node.clock_ms = 0
            node.create(con)
        return machine

    # --- HQ's power

    def restart_hq(self):
        old = self.app.extensions.pop(EXTENSION, None)
        if old is not None:
            old.database.close()
        self.here = Hq.open(self._hq.settings(threads=2, distribution=self._who_gets_whom))
        self.app.extensions[EXTENSION] = self.here
        # One cache of compiled SQL for all histories: it is half of a new engine's time. Its keys name the dialect.
        engine = self.here.database.engine
        engine._compiled_cache = self._templates.compiled
        engine.dialect = self._templates.dialect
        event.listen(self.here.database.engine, "before_cursor_execute", self._maybe_die)

    def back_up_hq(self):
        """A copy of head office's database, as its administrator keeps one."""
        self.here.database.close()
        self.hq_backup = self._hq.copy(self.folder / "hq.backup", "backup")
        self.restart_hq()

    def restore_hq(self):
        """Head office's disk died; the copy takes its place. What only it had is gone."""
        self.seen["HQ put back"] += 1
        self.here.database.close()
        self._hq = self.hq_backup.copy(self.folder / "hq", "told")
        self.restart_hq()
        self.forget_unreachable()

    def forget_unreachable(self):
        """What stands neither at HQ nor in any store that may say it again is gone with two disks at once."""
        if not self.seen["HQ put back"]:
            return
        at_hq = self._everything_at_hq()
        logs = {machine.name: _log_of(machine) for machine in self.machines}

        def is_there(name, what):
            wanted = what[2] if what[0] in {"tag", "record"} else what[1]
            places = [at_hq, *([logs[name]] if what[0] == "entry" else logs.values())]
            if what[0] == "erased":
                return any(f"erased {wanted}" in place for place in places)
            return any(wanted in place for place in places)

        self.writes = [one for one in self.writes if is_there(*one)]
        heard = {rid: self._last_heard(rid) for rid in self.aliases}
        self.aliases = {rid: into for rid, into in heard.items() if into is not None}

    def _last_heard(self, rid):
        """With which file a member is shown, as head office last decided of what it, or a store, still has. It may have decided otherwise since:
        what nobody heard of went with its disk. None where nobody has heard of anything.
        """
        states = [changelog.load_state(machine.store.connections.get(), rid) for machine in self.machines]
        states.append(self.state_at_hq("member", rid))
        said = [
            (state["t"]["merged_into"], state["v"]["merged_into"])
            for state in states
            if state is not None and "merged_into" in state["t"]
        ]
        return max(said)[1] if said else None

    def state_at_hq(self, kind, rid):
        def read(con):
            row = con.execute(select(records).where(records.c.kind == kind, records.c.rid == rid)).first()
            if row is None:
                return None
            ring = self.here.vault.reading(con, {row.member})
            return ring.open(row.member, row.body, row_name("records", *row[:3]))

        return self.here.database.read(read)

    def _everything_at_hq(self):
        def read(con):
            rows = con.execute(select(records)).all()
            ring = self.here.vault.reading(con, {row.member for row in rows})
            out = []
            for row in rows:
                state = ring.open(row.member, row.body, row_name("records", *row[:3]))
                out.append(f"erased {row.rid}" if "x" in state else f"{row.rid} {json.dumps(state)}")
            return "\n".join(out)

        return self.here.database.read(read)

    def _aside(self, **said):
        """What waits at head office for a decision."""
        where = (quarantine_rows.c[name] == value for name, value in {"state": "open", **said}.items())
        return self.here.database.read(lambda con: con.execute(select(quarantine_rows).where(*where)).all())

    def _decide(self, row, wanted, otherwise=lambda said: said):
        """Somebody there discards it, or writes it as head office's own word."""
        here, key = self.here, (row.store, row.epoch, row.n)

        def mend(con):
            said = otherwise(json.loads(quarantine.fields(con, here.vault, *key)))
            return quarantine.mend(con, here.vault, here.settings, *key, "boss", json.dumps(said))

        if not wanted:
            here.database.write(lambda con: quarantine.discard(con, *key, "boss"))
        elif wrong := here.database.write(mend):
            self.problems.append(f"head office cannot take in {row.kind} {row.rid}: {wrong}")

    def decide_on_witnesses(self):
        """Somebody at head office reads which facts two disks lost at once, as a third store still has them: takes some in, and others not.
        Returns how many were decided on.
        """
        rows = self._aside(reason="foreign_fact")
        taken_in = set()
        for row in rows:
            wanted = self.rng.random() >= 0.5
            self._decide(row, wanted)
            self.seen["taken in from a witness" if wanted else "discarded of a witness"] += 1
            taken_in |= {row.rid} if wanted else set()
        gone = {row.rid for row in rows} - taken_in
        self.writes = [one for one in self.writes if gone.isdisjoint(one[1][1:3])]
        return len(rows)

    def not_understood(self):
        """What waits at head office, refused for its content."""
        return self._aside(reason="bad_value")

    def decide_on_content(self):
        """Somebody at head office reads what it refused for its content: writes that half of it was meant, or discards it; in the store that wrote
        it a technician may have put it away before.
        """
        rows = self.not_understood()
        for machine in self.machines:
            for refusal in machine.store.refusals():
                if putaside.read(machine.store, refusal) is not None and self.rng.random() < 0.3:
                    putaside.put_away(machine.store, refusal.number, "e-gu")
        meant = {rid: self.rng.random() < 0.5 for rid in sorted({row.rid for row in rows})}
        for row in rows:

            def otherwise(said, rid=row.rid):
                if "amount" not in said:
                    return said | {"drink": "tea"}
                amount = said["amount"] // 2_000 * 1_000
                self._meant(rid, amount)
                return said | {"explain": "", "amount": amount}

            self._decide(row, meant[row.rid], otherwise)
            self.seen["mended for its content" if meant[row.rid] else "discarded for its content"] += 1
        gone = {rid for rid, wanted in meant.items() if not wanted}
        self.writes = [one for one in self.writes if not _is_of(one[1], gone)]

    def _meant(self, rid, amount):
        self.writes = [
            (name, ("entry", rid, amount) if what[:2] == ("entry", rid) else what)
            for name, what in self.writes
        ]

    def write_at_hq(self, draft):
        """Head office writes. False where its power went."""
        here = self.here
        self.arm_hq()
        try:
            here.database.write(lambda con: own.write(con, here.vault, here.settings, [draft], "hq:boss"))
        except Died:
            self.restart_hq()
            return False
        finally:
            self.disarm_hq()
        return True

    def decide_on_alterations(self):
        """Somebody at head office reads what stores said of other stores' colleagues: writes it as head office's word, or discards it. Returns how
        many were decided on.
        """
        rows = self._aside(reason="foreign_fact", kind="employee")
        there = [row for row in rows if self.state_at_hq(row.kind, row.rid) is not None]
        for row in there:
            wanted = self.rng.random() >= 0.5
            self._decide(row, wanted)
            self.seen["alteration taken in" if wanted else "alteration discarded"] += 1
        return len(there)

    # --- who knows whom

    def knows(self, machine):
        """The members of whom a store gets all, as HQ has it now, and nobody."""

        def read(con):
            every = set(con.execute(select(owners.c.member)).scalars())
            return distribution.known(con, self.here.settings, machine.name, every)

        return self.here.database.read(read) | {""}

    def lapsed(self, machine):
        """The members whom a store knew and has not seen for a year."""
        return set(self.here.database.read(lambda con: proof.lapsed(con, self.here.settings, machine.name)))

    def who_knew(self, rid):
        """The stores that have to say that they erased a member."""
        knew = self.here.database.read(lambda con: distribution.who_knew(con, self.here.settings, rid))
        return knew & {one.name for one in self.machines}

    def arm_hq(self):
        self._hq_fuse = self.rng.randrange(1, 60) if self.faults and self.rng.random() < 0.05 else 0

    def disarm_hq(self):
        self._hq_fuse = 0

    def _maybe_die(self, *_args):
        if self._hq_fuse:
            self._hq_fuse -= 1
            if self._hq_fuse == 0:
                self.seen["HQ's power cut"] += 1
                raise Died

    # --- what people did

    def note(self, machine, what):
        """A write that the store said yes to."""
        self.seen["write"] += 1
        self.writes.append((machine.name, what))

    def forget_writes(self, machine):
        """A card is gone: so is what only it had, which is what its outbox still held."""
        rows = machine.store.connections.get().execute("SELECT rid, body FROM outbox").fetchall()

        def only_there(what):
            match what:
                case ("tag", rid, tag):
                    return any(rid == its and tag in body for its, body in rows)
                case ("erased", rid):
                    return any(rid == its and '"erase":true' in body for its, body in rows)
                case (_, *ids):
                    return any(its in ids and '"member":' in body for its, body in rows)

        self.writes = [
            (name, what) for name, what in self.writes if name != machine.name or not only_there(what)
        ]

    def close(self):
        for machine in self.machines:
            machine.down()
        self.here.database.close()
        for disk in (self._hq, self.hq_backup):
            if disk is not None:
                disk.throw_away()
        self.app.extensions.pop(EXTENSION, None)
        store_clock.source = store_clock.Source()
        hq_clock.source = hq_clock.Source()
        shutil.rmtree(self.folder, ignore_errors=True)
