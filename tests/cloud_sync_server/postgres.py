"""A private PostgreSQL for the tests: its own folder, its own port on loopback, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests.ports import free_port

BIN = Path("/usr/lib/postgresql/15/bin")
USER = "postgres"
"""PostgreSQL refuses to run as root; it then runs as this user."""


def missing():
    """Why PostgreSQL cannot be started here; empty when it can."""
    if not (BIN / "initdb").exists():
        return f"PostgreSQL 15 is not installed ({BIN})"
    if os.geteuid() == 0:
        try:
            pwd.getpwnam(USER)
        except KeyError:
            return f"running as root, and there is no user {USER!r} to run PostgreSQL as"
    return ""


@contextlib.contextmanager
def server(*, fsync=False, **settings):
    """Yields the URL of a fresh server's first database. `settings` are PostgreSQL's own, by name."""
    user = USER if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="parlour-pg-"))
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    subprocess.run(
        [BIN / "initdb", "-D", data, "-U", "hq", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        check=True, capture_output=True, user=user, cwd=folder,
    )  # fmt: skip
    port = free_port()
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": folder,
        "fsync": "on" if fsync else "off",
        **settings,
    }
    process = subprocess.Popen(
        [BIN / "postgres", "-D", data, *(f"--{name}={value}" for name, value in options.items())],
        user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(port, process)
        yield f"postgresql+psycopg://hq@127.0.0.1:{port}/postgres"
    finally:
        process.send_signal(signal.SIGINT)  # at once: SIGTERM waits until everybody has gone
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port, process):
    end = time.monotonic() + 180
    while time.monotonic() < end:
        assert process.poll() is None, "PostgreSQL ended while starting"
        ready = subprocess.run(
            [BIN / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-q"], check=False
        ).returncode
        if ready == 0:
            return
        time.sleep(0.1)
    raise AssertionError("PostgreSQL did not start in 180 s")
