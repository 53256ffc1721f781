"""What may be set about HQ, from the environment. Secrets are files, never settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

_VARIABLES = {
    "host": "PARLOUR_HOST",
    "port": "PARLOUR_HQ_PORT",
    "database_url": "DATABASE_URL",
    "distribution": "PARLOUR_HQ_DISTRIBUTION",
    "threads": "PARLOUR_HQ_THREADS",
    "workers": "PARLOUR_HQ_WORKERS",
    "lease_limits": "PARLOUR_HQ_LEASE_LIMITS",
    "timezone": "PARLOUR_HQ_TIMEZONE",
    "secure_cookies": "PARLOUR_HQ_SECURE_COOKIES",
}

_MOST_WORKERS = 4
"""Unless more are asked for: each takes some 100 MB, and one store's transactions stay in turn."""
DATABASE = "database.url"
"""The credential that says where the database is: its address holds a password."""


def credential(name: str, environ: Mapping[str, str] = os.environ) -> Path | None:
    """A secret that systemd has handed over, if it has; `none` stands for one that was not there when HQ was started."""
    folder = environ.get("CREDENTIALS_DIRECTORY")
    given = Path(folder, name) if folder else None
    return given if given is not None and given.is_file() and given.read_bytes() != b"none" else None


class Settings(BaseModel):
    """Settings of HQ."""

    model_config = ConfigDict(extra="forbid")

    home: Path = Field(
        title="Folder of HQ's own files", description="Keys, and the database when it is SQLite"
    )
    host: str = Field("127.0.0.1", title="Address to listen on")
    port: int = Field(8090, ge=1, le=65535, title="Port")
    database_url: str = Field(
        "",
        title="Database",
        description="postgresql+psycopg://...; empty: encrypted SQLite in the home folder",
    )
    distribution: Literal["all", "subscribed"] = Field(
        "all",
        title="Who gets whose members",
        description="all: every store has every member (up to some 50,000 members); subscribed: its own, those who "
        "visited within 12 months, and those looked up",
    )
    threads: int = Field(16, ge=2, le=256, title="Threads of a worker")
    workers: int = Field(
        1,
        ge=1,
        le=64,
        title="Worker processes",
        description="HQ keeps no state outside the database; as a service it has one a core, but no more than 4",
    )
    busy_limit: int = Field(
        32, ge=1, title="Sync requests at once", description="Beyond: 503, and the store tries later"
    )
    lease_limits: Path | None = Field(
        None,
        title="Limits of leases",
        description="A TOML file with the chain's own figures of lease_limits.toml; empty: as they stand there",
    )
    timezone: str = Field("Asia/Shanghai", title="Time zone of today's figures")
    secure_cookies: bool = Field(
        False, title="Cookies over HTTPS only", description="Set it when a proxy ends TLS"
    )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """As a service is started: with more than one worker, of two batches of a store one is read while the database has the other."""
        root = Path(environ.get("PARLOUR_HOME") or Path.home() / ".parlour")
        given = {field: environ[name] for field, name in _VARIABLES.items() if environ.get(name)}
        if (handed := credential(DATABASE, environ)) is not None:
            given["database_url"] = handed.read_text(encoding="utf-8").strip()
        workers = min(len(os.sched_getaffinity(0)), _MOST_WORKERS)
        return cls.model_validate({"home": root / "hq", "workers": workers, **given})
