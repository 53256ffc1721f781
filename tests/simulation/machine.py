"""One machine of the simulation: a store's real database and agent, under a clock, a power supply and a line that the seed decides."""

from __future__ import annotations

import shutil
from contextlib import contextmanager

import httpx

from edge.store import Store
from edge.store import clock as store_clock
from edge.sync import Agent
from edge.sync.nightly import reconcile

URL = "http://hq.test"


class Died(BaseException):
    """The power went, between two statements. No handler of ours may catch it."""


class VirtualClock(store_clock.Source):
    """The clocks of one machine: a wall clock that may be years off, and the time since its start."""

    def __init__(self, world, name):
        self._world = world
        self._name = name
        self.offset_ms = 0
        self.frozen_at = None
        self.restart()

    def restart(self):
        self._started = self._world.ms
        self._boot = f"{self._name}-{self._world.rng.getrandbits(64):016x}"

    def wall_ms(self):
        return self.frozen_at if self.frozen_at is not None else max(0, self._world.ms + self.offset_ms)

    def boot_id(self):
        return self._boot

    def boottime_ms(self):
        return self._world.ms - self._started

    def noise(self, count):
        return self._world.rng.randbytes(count)


class Line(httpx.BaseTransport):
    """The way to HQ: late, broken before or after, doubled, or with something old in it."""

    def __init__(self, world, name):
        self._world = world
        self._name = name
        self._wsgi = httpx.WSGITransport(world.app)
        self.cut = False
        self._old = []

    def handle_request(self, request):
        world, rng = self._world, self._world.rng
        request.read()
        if self.cut:
            world.seen["no line"] += 1
            raise httpx.ConnectError("no line")
        world.ms += rng.randrange(5, 400)
        faults = world.faults
        if faults and rng.random() < 0.08:
            world.seen["request lost"] += 1
            raise httpx.ConnectError("lost on the way there")
        response = self._deliver(request)
        if not faults:
            return response
        if request.method == "POST":
            self._old.append(request)
        if rng.random() < 0.08:
            world.seen["request doubled"] += 1
            self._deliver(request)
        if self._old and rng.random() < 0.08:
            world.seen["request out of order"] += 1
            self._deliver(rng.choice(self._old))  # something old, long on its way
        if rng.random() < 0.10:
            world.seen["answer lost"] += 1
            raise httpx.ReadTimeout("the answer was lost")
        return response

    def _deliver(self, request):
        self._world.arm_hq()
        try:
            response = self._wsgi.handle_request(request)
            response.read()
        except Died as error:
            self._world.restart_hq()
            raise httpx.ReadError("HQ went away") from error
        finally:
            self._world.disarm_hq()
        if response.status_code >= 500:
            self._world.problems.append(f"{request.url.path}: {response.status_code} {response.text[:500]}")
        return response


class Machine:
    """A store that can lose its power at any statement and come up again."""

    def __init__(self, world, name, folder):
        self.world = world
        self.name = name
        self.folder = folder
        self.clock = VirtualClock(world, name)
        self.line = Line(world, name)
        self.backup = None
        self.up()

    def up(self):
        store_clock.source = self.clock
        self.store = Store.open(self.folder)
        self.agent = Agent(self.store, URL, client=httpx.Client(transport=self.line))
        if self.world.first_batch:
            self.agent._size.size = self.world.first_batch

    def down(self):
        self.agent.close()
        self.store.close()

    @contextmanager
    def running(self, *, deadly):
        """Do something on this machine; with `deadly`, the power may go at any statement of it."""
        store_clock.source = self.clock
        fuse = self.world.rng.randrange(1, 160) if deadly and self.world.rng.random() < 0.25 else 0
        try:
            if fuse:
                self._arm(fuse)
            yield self.store
        except Died:
            self.world.seen["store's power cut"] += 1
            for connection in list(self.store.connections._open):
                connection.close(True)  # a dead process asks nobody
            self.down()
            if self.world.rng.random() < 0.5:
                self.clock.restart()
            self.up()
        finally:
            self.store.connections.get().set_exec_trace(None)

    def _arm(self, fuse):
        left = [fuse]
        connection = self.store.connections.get()

        def trace(_cursor, sql, _bindings):
            left[0] -= bool(sql)  # without a text it is a half-read statement that is let go
            if left[0] == 0:
                raise Died
            return True

        connection.set_exec_trace(trace)

    def sync(self, *, deadly=True):
        with self.running(deadly=deadly):
            return self.agent.sync_now()
        return None

    def night(self):
        store_clock.source = self.clock
        return reconcile(self.agent)

    def back_up(self):
        """A copy of the card, as a technician keeps one."""
        self.down()
        self.backup = self.folder.with_name(f"{self.name}.backup")
        shutil.rmtree(self.backup, ignore_errors=True)
        shutil.copytree(self.folder, self.backup)
        self.up()

    def twin(self):
        """A copy of the card in a second machine, which runs beside this one as the same store."""
        folder = self.folder.parent / "twin" / self.name
        shutil.rmtree(folder, ignore_errors=True)
        self.down()
        shutil.copytree(self.folder, folder)
        self.up()
        return Machine(self.world, self.name, folder)

    def scrap(self):
        """This card is thrown away. What HQ did not have by then is gone with it."""
        self.world.forget_writes(self)
        self.down()
        shutil.rmtree(self.folder)
        self.world.forget_unreachable()

    def restore(self):
        """The card died; the copy takes its place. What HQ did not have by then is gone with the card."""
        self.world.forget_writes(self)
        self.down()
        shutil.rmtree(self.folder)
        shutil.copytree(self.backup, self.folder)
        self.world.seen["backup put back"] += 1
        self.clock.restart()
        self.up()
        self.world.forget_unreachable()
