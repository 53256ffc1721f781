"""What may be set about the web server of a store. Everything else is a policy of the house."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field


class KioskSettings(BaseModel):
    """Settings of the kiosk's web server, from `PARLOUR_*` variables."""

    model_config = ConfigDict(extra="forbid")

    host: str = Field("127.0.0.1", title="Address to listen on", description="0.0.0.0 lets phones reach it")
    port: int = Field(8080, ge=1, le=65535, title="Port")
    public_url: str = Field(
        "", title="Address for phones", description="What the QR codes for customers' phones begin with"
    )
    names: frozenset[str] = Field(
        frozenset(), title="Host names", description="Names, beside addresses, by which browsers may call it"
    )
    screens: frozenset[str] = Field(
        frozenset({"127.0.0.1", "::1"}),
        title="Kiosk screens",
        description="Addresses of the screens that customers use",
    )
    threads: int = Field(32, ge=4, le=256, title="Threads", description="Each open page holds one")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> KioskSettings:
        values: dict[str, object] = {}
        for field, variable in {
            "host": "PARLOUR_HOST",
            "port": "PARLOUR_KIOSK_PORT",
            "public_url": "PARLOUR_PUBLIC_URL",
        }.items():
            if environ.get(variable):
                values[field] = environ[variable]
        for field, variable in {"names": "PARLOUR_KIOSK_NAMES", "screens": "PARLOUR_KIOSK_SCREENS"}.items():
            if environ.get(variable):
                values[field] = frozenset(environ[variable].replace(",", " ").split())
        return cls.model_validate(values)

    @cached_property
    def host_names(self) -> frozenset[str]:
        """All names by which browsers may call: those set, and that of the address printed into QR codes."""
        public = urlsplit(self.public_url).hostname
        return self.names | ({public.lower()} if public else frozenset())

    def address_for_phones(self) -> str:
        """The beginning of a URL that a phone in the store's network can open."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = self.host
        if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
            from edge import machine  # gunicorn's master holds these settings, and need not hold psutil

            host = machine.lan_address() or "127.0.0.1"
        return f"http://{host}:{self.port}"
