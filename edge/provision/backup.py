"""`python -m edge.provision.backup`: a copy of the store's databases, taken while it works, checked, seven kept; and a second one elsewhere.

SQLite's own backup: one consistent picture of each database whatever is being written meanwhile. The copies are encrypted with the store's
keys, which are not copied: a stolen backup is worth nothing, and a lost key cannot be mended by one. That is why the second copy may
lie in any folder that survives this machine (`PARLOUR_BACKUP_COPY`: a disk, a file server, a cloud's folder that is mounted here).
"""

from __future__ import annotations

import filecmp
import os
import shutil
import sys
from pathlib import Path

from edge.provision.errors import ProvisionError
from edge.store import home, now, opened
from edge.store.keys import read_key
from edge.store.tinydb_sqlite import Connections

COPY = "PARLOUR_BACKUP_COPY"
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


class NoPlace(ProvisionError, OSError):
    """Raised when the folder for the second copy is not there: a disk that is not mounted must not be filled in its place. `.path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} is not there: is it mounted?")


def copy_away(folder: Path, elsewhere: Path, store_id: str, *, keep: int = KEEP) -> Path:
    """A backup once more, in another place, compared byte by byte; older ones beyond `keep` go. Raises NoPlace, BadBackup."""
    if not elsewhere.is_dir():
        raise NoPlace(elsewhere)
    own = elsewhere / store_id
    own.mkdir(mode=0o700, exist_ok=True)
    making, there = own / "unfinished", own / folder.name
    shutil.rmtree(making, ignore_errors=True)
    shutil.copytree(folder, making)
    for path in folder.iterdir():
        if not filecmp.cmp(path, making / path.name, shallow=False):
            raise BadBackup(making / path.name, "differs from the copy in the store")
    shutil.rmtree(there, ignore_errors=True)
    making.rename(there)
    for old in sorted(path for path in own.iterdir() if path != there)[: -(keep - 1) or None]:
        shutil.rmtree(old)
    return there


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
    if os.environ.get(COPY):
        with opened() as store:
            store_id = store.store_id
        print(f"{copy_away(folder, Path(os.environ[COPY]), store_id)}: the same, compared")
    return 0


if __name__ == "__main__":
    sys.exit(main())
