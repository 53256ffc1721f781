"""Fetch TinyDB's own test suite: the source distribution of the version we promise, checked against its SHA-256.

`python tests/edge/store/fetch_tinydb_suite.py` (part of `make setup`) puts it into `build/tinydb-sdist/`, which git
ignores; a second run does nothing. The suite is not copied into this repository.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
from pathlib import Path

VERSION = "4.9.0"
SHA256 = "6928b1fa785186bda7952a0ba05aaeedc883ede565ca9c7d608de44e5e75de70"
CACHE = Path(__file__).parents[3] / "build" / "tinydb-sdist"


class WrongDownload(RuntimeError):
    """Raised when what was downloaded is not the distribution that was pinned."""

    def __init__(self, path: Path, found: str) -> None:
        super().__init__(f"{path}: SHA-256 {found}, not {SHA256}")
        self.path = path
        self.found = found


# Debian 12 has Python 3.11.2, which does not know the filter yet; the archive is pinned by its hash.
_FILTER = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


def suite() -> Path:
    """The folder of TinyDB's sources with their tests, downloaded if it is not there."""
    folder = CACHE / f"tinydb-{VERSION}"
    archive = CACHE / f"tinydb-{VERSION}.tar.gz"
    if not archive.is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        # Only tinydb itself comes as source; pip builds its metadata with wheels of the build tool it names.
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        wanted = ["--no-deps", "--no-binary", "tinydb", "--dest", str(CACHE), f"tinydb=={VERSION}"]
        subprocess.run([*pip, *wanted], check=True)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != SHA256:
        raise WrongDownload(archive, found)
    if not (folder / "tests" / "conftest.py").is_file():
        with tarfile.open(archive) as packed:
            packed.extractall(CACHE, **_FILTER)
    return folder


if __name__ == "__main__":
    print(suite())
