"""The package's own data files."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def toml(name: str) -> dict[str, Any]:
    return tomllib.loads(read(f"{name}.toml").decode())


@cache
def read(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()
