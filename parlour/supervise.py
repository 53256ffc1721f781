"""Runs the processes of a store on one machine, starts again those that die, and stops them all together.

What systemd does on an appliance, for a laptop and for the tests: the same programs, one process each.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

RESTART_FIRST_S, RESTART_MOST_S = 0.5, 10.0
"""Pause before a dead process is started again: doubled each time, back to the first after a minute of health."""
HEALTHY_AFTER_S = 60.0
STOP_WAIT_S = 8.0
"""How long a process may take to end when asked, before it is killed."""
_PR_SET_PDEATHSIG = 1


@dataclass
class Part:
    """One process to run. `ready` says whether it is up; it is asked until it says yes."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    wanted: Path | None = None
    """Of one that runs only while there is work: the file that says so, as a systemd path unit has it (edge/store/wanted.py)."""


@dataclass
class _Running:
    part: Part
    process: subprocess.Popen[bytes] | None
    started: float
    pause: float = RESTART_FIRST_S
    again_at: float | None = None


class NotReady(RuntimeError):
    """Raised when a process does not come up in time; `.log` is where to look."""

    def __init__(self, name: str, log: Path, tail: str) -> None:
        self.name = name
        self.log = log
        super().__init__(f"{name} did not start; the end of {log}:\n{tail}")


class Supervisor:
    """Starts parts in order, watches them, stops them in reverse order."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[_Running] = []
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, part: Part, timeout_s: float = 60.0) -> None:
        """Start a part and wait until it is ready. Raises NotReady."""
        running = _Running(part, None if part.wanted else self._spawn(part), time.monotonic())
        self._running.append(running)
        if running.process is None:
            return
        end = time.monotonic() + timeout_s
        while part.ready is not None and not part.ready():
            if running.process.poll() is not None or time.monotonic() > end:
                raise NotReady(part.name, self.log(part.name), self._tail(part.name))
            time.sleep(0.1)

    def log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def pids(self) -> dict[str, int]:
        """The process of each part, by name."""
        return {running.part.name: running.process.pid for running in self._running if running.process}

    def watch(
        self, *, until: Callable[[], bool] = lambda: False, tell: Callable[[str], None] = print
    ) -> None:
        """Keep all parts running until told to stop."""
        while not until():
            for running in self._running:
                self._look_after(running, tell)
            time.sleep(0.2)

    def stop(self) -> None:
        """End all parts, the last started first."""
        processes = [running.process for running in reversed(self._running) if running.process is not None]
        for process in processes:
            if process.poll() is None:
                process.terminate()
        end = time.monotonic() + STOP_WAIT_S
        for process in processes:
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def _look_after(self, running: _Running, tell: Callable[[str], None]) -> None:
        moment = time.monotonic()
        wanted = running.part.wanted
        if running.process is None:
            assert wanted is not None
            if wanted.exists():
                running.started, running.process = moment, self._spawn(running.part)
            return
        code = running.process.poll()
        if code == 0 and wanted is not None:  # nobody wants it for now
            running.process = None
            return
        if code is None:
            if moment - running.started > HEALTHY_AFTER_S:
                running.pause = RESTART_FIRST_S
            return
        if running.again_at is None:
            running.again_at = moment + running.pause
            tell(f"{running.part.name} ended ({_why(code)}); starting it again in {running.pause:g} s")
            return
        if moment >= running.again_at:
            running.again_at, running.started = None, moment
            running.pause = min(running.pause * 2, RESTART_MOST_S)
            running.process = self._spawn(running.part)

    def _spawn(self, part: Part) -> subprocess.Popen[bytes]:
        with self.log(part.name).open("ab") as log:
            return _spawn(part, log)

    def _tail(self, name: str) -> str:
        return "\n".join(self.log(name).read_text(errors="replace").splitlines()[-15:])


def python(*arguments: str) -> list[str]:
    """The command line of one of our own modules."""
    return [sys.executable, "-m", *arguments]


def _spawn(part: Part, log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        part.command,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **part.env},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        # Ctrl-C goes to us alone, so that the parts end in our order; and none outlives us.
        start_new_session=True,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - we have one thread
    )


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _why(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit status {code}"
