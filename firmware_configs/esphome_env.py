"""ESPHome in a virtual environment of its own: `.venv-esphome/`, pinned with hashes in `requirements/esphome.txt`.

It cannot live in `.venv/`: ESPHome pins paho-mqtt 1.6.1, the appliance needs 2.2. Running this twice is cheap: the
environment remembers the digest of the requirements it was made from, and is made again only when that changes.
`python firmware_configs/esphome_env.py` prints the path of the `esphome` command.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv-esphome"
REQUIREMENTS = ROOT / "requirements" / "esphome.txt"


def ensure(environment: Path = ENVIRONMENT, requirements: Path = REQUIREMENTS) -> Path:
    """Make the environment if it is absent or older than its requirements; return the `esphome` command."""
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = environment / "parlour-requirements.sha256"
    command = environment / "bin" / "esphome"
    with requirements.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test processes must not build the same environment at once
        if command.exists() and stamp.exists() and stamp.read_text() == digest:
            return command
        shutil.rmtree(environment, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(environment)])
        pip = str(environment / "bin" / "pip")
        _run([pip, "install", "--quiet", "--require-hashes", "--no-deps", "-r", str(requirements)])
        stamp.write_text(digest)
    return command


def _run(command: list[str]) -> None:
    # PYTHONPATH or an active .venv would leak the appliance's packages into this environment.
    environ = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}}
    subprocess.run(command, check=True, env=environ)


if __name__ == "__main__":
    print(ensure())
