"""Key files: 32 random bytes each, readable by the appliance's user alone.

On an appliance systemd hands keys over as credentials; on a laptop they lie in `keys/` of the home folder. A key never
stands in a setting, an argument or a log.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

KEY_BYTES = 32


NONE = b"none"
"""What a unit is handed where there is no such secret yet (`SetCredential=`): systemd gives no empty one."""
SESSION_KEY = "kiosk-session.key"
"""What signs the session cookies of the store's pages: made with the store, else by the pages at their first start."""
EDGE_LOGIN = "mqtt-edge.password"
"""The login of the appliance's own units at the broker."""


def secret_file(home: Path, name: str) -> Path | None:
    """Where a secret lies: what systemd has handed over, else the file among the store's keys; None when there is none.

    A unit that is handed its secrets cannot see the folder of all of them (systemd/README.md).
    """
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if credentials and (given := Path(credentials) / name).is_file():
        return None if given.read_bytes() == NONE else given
    path = home / "keys" / name
    try:
        return path if path.is_file() else None
    except PermissionError:
        return None


def edge_login(home: Path) -> Path:
    """The file of the appliance's own login at the broker, whether it is there or not."""
    return secret_file(home, EDGE_LOGIN) or home / "keys" / EDGE_LOGIN


def read_key(home: Path, name: str, *, create: bool = False) -> bytes:
    """The key of that name. Raises FileNotFoundError when there is none and none is to be made."""
    found = secret_file(home, name)
    if found is not None:
        return found.read_bytes()
    path = home / "keys" / name
    if not create:
        raise FileNotFoundError(path)
    write_secret(path, secrets.token_bytes(KEY_BYTES))
    return path.read_bytes()


def write_secret(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write a file that only its owner may read, whole or not at all: the first of two writers wins, or the last if `replace`."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
            return
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)
