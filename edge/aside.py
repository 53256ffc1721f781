"""Work that needs much memory and is seldom wanted - a PDF, a label - in a process of its own that ends by itself.

A unit that imports a PDF library with its fonts keeps 35 MB for ever, for a page that is printed a few times a day. `call` runs a function of a
module in a helper instead: started at the first call, kept for IDLE_S, then gone with all its memory. Arguments and result go through a pipe
between two processes of ours and nobody else's, so that pickle is safe. An error that the function raises is raised here.
"""

from __future__ import annotations

import atexit
import importlib
import os
import pickle
import select
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, Any

IDLE_S = 60.0  # s: who prints one report often prints the next
WITHIN_S = 60.0  # s: a report takes 1 s here and 5 s on a Raspberry Pi
MAX_BYTES = 64 * 1024 * 1024
_LENGTH = 4  # bytes


class AsideFailed(RuntimeError):
    """Raised when the helper did not answer: killed, or out of memory; `.function`."""

    def __init__(self, function: str, why: str) -> None:
        self.function = function
        super().__init__(f"{function}: {why}")


class Helper:
    """One helper process, started when wanted."""

    def __init__(self, idle_s: float = IDLE_S, within_s: float = WITHIN_S) -> None:
        self._idle_s, self._within_s = idle_s, within_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def call(self, module: str, function: str, *arguments: Any, **named: Any) -> Any:
        """`module.function(*arguments, **named)`, elsewhere. Raises AsideFailed, and what the function raises."""
        asked = pickle.dumps((module, function, arguments, named))
        with self._lock:
            answer = self._ask(f"{module}.{function}", asked)
        done, value = pickle.loads(answer)  # noqa: S301 - our own process at the other end of our own pipe
        if not done:
            raise value
        return value

    def close(self) -> None:
        """End the helper now."""
        with self._lock:
            self._end()

    @property
    def pid(self) -> int | None:
        """Of the helper, while there is one."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def _ask(self, name: str, asked: bytes) -> bytes:
        for fresh in (False, True):  # a helper may have ended between our look and our question
            process = self._process
            if process is None or process.poll() is not None or fresh:
                process = self._begin()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                _send(process.stdin, asked)
            except BrokenPipeError:
                continue
            if not select.select([process.stdout], [], [], self._within_s)[0]:
                self._end()
                raise AsideFailed(name, f"no answer within {self._within_s:g} s")
            answer = _receive(process.stdout)
            if answer is not None:
                return answer
            if fresh:
                self._end()
                raise AsideFailed(name, "the helper ended without an answer")
        raise AsideFailed(name, "the helper cannot be started")

    def _begin(self) -> subprocess.Popen[bytes]:
        self._end()
        command = [sys.executable, "-m", "edge.aside", str(self._idle_s)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        process.kill()
        process.wait()


_HELPER = Helper()
atexit.register(_HELPER.close)
call = _HELPER.call


def _send(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(len(data).to_bytes(_LENGTH) + data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes | None:
    """One message; None at the end."""
    head = pipe.read(_LENGTH)
    if len(head) < _LENGTH:
        return None
    length = int.from_bytes(head)
    if length > MAX_BYTES:
        return None
    data = pipe.read(length)
    return data if len(data) == length else None


def _answer(asked: bytes) -> bytes:
    module, function, arguments, named = pickle.loads(asked)  # noqa: S301 - from the process that started us
    try:
        value = getattr(importlib.import_module(module), function)(*arguments, **named)
        return pickle.dumps((True, value))
    except Exception as error:  # noqa: BLE001 - whatever it is, who asked must have it
        return pickle.dumps((False, error))


def main() -> int:
    """Answer until nothing was asked for as long as was said, or who asked has gone."""
    idle_s = float(sys.argv[1])
    # What a library prints must not come between our answers.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while select.select([sys.stdin.buffer], [], [], idle_s)[0]:
        asked = _receive(sys.stdin.buffer)
        if asked is None:
            break
        _send(out, _answer(asked))
    return 0


if __name__ == "__main__":
    sys.exit(main())
