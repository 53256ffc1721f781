"""The unit `parlour-provision`: does what the technician's page asks, with the one login that may change logins.

Nothing else of the appliance holds that login. A request is a job; its answer is the job's result, or a code with the step that failed.
"""

from __future__ import annotations

import glob
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from serial.tools import list_ports

from edge import notify
from edge.bus import BusError
from edge.bus.broker import BrokerFiles
from edge.provision import devices, wifi
from edge.provision.errors import ProvisionError
from edge.provision.requests import KIND, REQUEST, Add, Join, Networks, Ports, Retire, take_over
from edge.provision.wifi import WifiFailed
from edge.store import Job, Store, StoreError
from edge.store.wanted import Idle
from salon.records import BadRecord

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.5  # s: a technician waits for the answer
PORTS = "PARLOUR_SERIAL_PORTS"
"""Patterns of further ports, for ports that no bus enumerates."""


class Provisioner:
    """Takes requests until told to stop."""

    def __init__(
        self,
        store: Store,
        broker: BrokerFiles,
        stop: threading.Event | None = None,
        *,
        open_port: Callable[[str], wifi.Port] = wifi.open_port,
    ) -> None:
        self._store = store
        self._broker = broker
        self._stop = stop or threading.Event()
        self._open_port = open_port

    def run(self) -> None:
        """Work until stopped."""
        self._store.jobs.requeue(KIND)
        notify.ready()
        beat, alive_at = notify.interval(), 0.0
        idle = Idle(self._store.wanted, KIND, lambda: self._store.jobs.waits(KIND))
        while not self._stop.is_set() and not idle.over():
            while (job := self._store.jobs.claim(KIND)) is not None:
                self.do(job)
                idle.worked()
            if beat is not None and time.monotonic() >= alive_at:
                notify.alive()  # the store has just answered the claim above
                alive_at = time.monotonic() + beat
            self._stop.wait(LOOK_EVERY)
        notify.stopping()

    def do(self, job: Job) -> None:
        """Do one request; whatever goes wrong is the answer."""
        try:
            request = REQUEST.validate_python(job.body)
        except ValidationError as error:
            self._store.jobs.fail(job.id, "bad_request", str(error).replace("\n", " ")[:300])
            return
        try:
            with self._store.acting(request.by or "technician"):
                result = self._answer(request)
        except WifiFailed as error:
            self._store.jobs.fail(job.id, f"{error.step}.{error.reason}", str(error))
        except (ProvisionError, BusError, BadRecord, OSError) as error:
            self._store.jobs.fail(job.id, _code(error), str(error)[:300])
        except StoreError:
            raise  # the store's own trouble: asked again after a restart
        except Exception as error:  # what breaks the unit once would break it again after every restart
            logger.exception("request %s failed", job.id)
            self._store.jobs.fail(job.id, "failed", type(error).__name__)
        else:
            self._store.jobs.finish(job.id, result)

    def _answer(self, request: Add | Retire | Ports | Networks | Join) -> dict[str, Any]:
        match request:
            case Add():
                return self._add(request)
            case Retire():
                state: Any = "stolen" if request.action == "stolen" else "retired"
                wiped = devices.retire(self._store, self._broker, request.device, state=state)
                return {"device": request.device, "wiped": len(wiped)}
            case Ports():
                return {"ports": ports()}
            case Networks():
                return self._networks(request)
            case Join():
                return self._join(request)

    def _add(self, request: Add) -> dict[str, Any]:
        added = devices.add_device(
            self._store,
            self._broker,
            request.device,
            request.profile,
            request.name,
            request.place,
            name_en=request.name_en,
            wired=request.address,
        )
        return {"device": added.device.device, "firmware": added.firmware is not None}

    def _networks(self, request: Networks) -> dict[str, Any]:
        session = wifi.Session(self._open_port(request.port))
        try:
            session.state()
            about, networks = session.about(), session.networks()
        finally:
            session.close()
        return {
            "about": {
                "firmware": about.firmware,
                "version": about.version,
                "chip": about.chip,
                "name": about.name,
            },
            "networks": [{"ssid": n.ssid, "rssi": n.rssi, "locked": n.locked} for n in networks],
        }

    def _join(self, request: Join) -> dict[str, Any]:
        password = take_over(self._store.home, request.secret)
        session = wifi.Session(self._open_port(request.port))
        try:
            session.state()
            return {"urls": session.join(request.ssid, password)}
        finally:
            session.close()


def ports() -> list[dict[str, str]]:
    """Serial ports with something on them, by a name that stays when they are plugged elsewhere."""
    found = {
        port.device: port.description or port.device for port in list_ports.comports() if port.vid is not None
    }
    for pattern in filter(None, os.environ.get(PORTS, "").split(":")):
        found |= {path: Path(path).name for path in glob.glob(pattern)}  # noqa: PTH207 - a whole pattern
    return [{"port": path, "name": found[path]} for path in sorted(found)]


def _code(error: Exception) -> str:
    """`DeviceExists` -> `device_exists`."""
    name = type(error).__name__
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))
