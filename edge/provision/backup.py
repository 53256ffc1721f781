"""`python -m edge.provision.backup`: a copy of the store's databases, taken while it works, checked, seven kept.

SQLite's own backup: one consistent picture of each database whatever is being written meanwhile. The copies are encrypted with the store's
keys, which are not copied: a stolen backup is worth nothing, and a lost key cannot be mended by one.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from edge.provision.errors import ProvisionError
from edge.store import home, now
from edge.store.keys import read_key
from edge.store.tinydb_sqlite import Connections

KEEP = 7  # copies: a week of nights
PAGES = 256  # copied at once (1 MiB), so that writers wait for milliseconds
DATABASES = {"store.db": "store.key", "media.db": "media.key"}


class BadBackup(ProvisionError, OSError):
    """Raised when a copy does not pass SQLite's own check; it is not kept. `.path`, `.problem`."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")


def back_up(store_home: Path, *, keep: int = KEEP) -> Path:
    """Copy the databases into a new folder under `backups/` and return it; older ones beyond `keep` go. Raises BadBackup."""
    backups = store_home / "backups"
    backups.mkdir(mode=0o700, exist_ok=True)
    folder = backups / now().replace(":", "")
    making = backups / "unfinished"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    for name, key in DATABASES.items():
        if (store_home / name).exists():
            _copy(store_home / name, making / name, read_key(store_home, key))
    making.rename(folder)
    for old in sorted(path for path in backups.iterdir() if path != folder)[: -(keep - 1) or None]:
        shutil.rmtree(old)
    return folder


def _copy(source: Path, target: Path, key: bytes) -> None:
    origin, copy = Connections(source, key), Connections(target, key)
    try:
        with copy.get().backup("main", origin.get(), "main") as backup:
            while not backup.done:
                backup.step(PAGES)
        problem = copy.get().execute("PRAGMA integrity_check(1)").get
    finally:
        origin.close()
        copy.close()
    if problem != "ok":
        raise BadBackup(target, str(problem))


def main() -> int:
    folder = back_up(home())
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{folder}: {size / 1e6:.1f} MB, checked")
    return 0


if __name__ == "__main__":
    sys.exit(main())
