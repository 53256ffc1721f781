"""How messages leave the store: addresses from the unit's environment, secrets from files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from edge.care import reach
from edge.store import home
from edge.store.keys import secret_file

PREFIX = "PARLOUR_CARE_"


class CareSettings(BaseModel):
    """What the unit is told. Without a mail server and a gateway, messages are kept and shown, not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    smtp_host: str = Field("", title="Mail server", description="Host name; empty: no e-mail")
    smtp_port: int = Field(587, title="Port", description="587 with STARTTLS, 465 with TLS", ge=1, le=65535)
    smtp_security: str = Field(
        "starttls",
        title="Security",
        description="starttls, tls, or none (loopback only)",
        pattern="^(starttls|tls|none)$",
    )
    smtp_user: str = Field("", title="User", description="Login at the mail server")
    smtp_password_file: Path | None = Field(None, title="Password", description="File with the password")
    mail_from: str = Field("", title="Sender", description="Address of the store")
    webhook_url: str = Field("", title="Gateway", description="Address for SMS and chat; empty: none")
    webhook_secret_file: Path | None = Field(None, title="Secret", description="File with the signing key")
    replies: bool = Field(
        False, title="Answers", description="The gateway hands on what customers answer, to /in/replies"
    )
    tick_s: float = Field(30.0, title="Tick", description="Seconds between two looks", ge=0.05, le=3600)
    report_url: str = Field(
        "", title="Reports", description="Where customers open reports: https://host ; empty: not linked"
    )

    @field_validator("report_url")
    @classmethod
    def _opens_from_outside(cls, url: str) -> str:
        return reach.fit(url) if url else ""

    @model_validator(mode="after")
    def _answers_need_a_gateway(self) -> Self:
        if self.replies and not self.webhook_url:
            raise ValueError("answers come in by the gateway: set its address too, or no replies")
        return self

    @classmethod
    def from_environment(cls) -> Self:
        """`PARLOUR_CARE_SMTP_HOST` and so on; a file among the store's keys stands in for a secret that is not named."""
        values: dict[str, object] = {
            name: os.environ[PREFIX + name.upper()]
            for name in cls.model_fields
            if os.environ.get(PREFIX + name.upper())
        }
        for name, file in (("smtp_password_file", "care-smtp"), ("webhook_secret_file", "care-webhook")):
            path = secret_file(home(), file)
            if name not in values and path is not None:
                values[name] = path
        return cls.model_validate(values)
