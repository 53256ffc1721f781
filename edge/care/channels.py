"""The ways out: e-mail by SMTP, and a signed webhook, which is how SMS and chat gateways are reached.

The webhook signs what it sends (edge/signed.py), so that a receiver can refuse what was altered or is old; the message's id goes as
an idempotency key, because a lost answer makes us send again. What customers answer comes in at the kiosk (edge/kiosk/gateway).
"""

from __future__ import annotations

import json
import smtplib
import ssl
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from email.utils import formatdate
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from edge import signed
from edge.care.settings import CareSettings
from salon.records.messages import Channel

if TYPE_CHECKING:
    from edge.web import httpx

TIMEOUT_S = 15.0
"""One message may hold the line so long."""


class ChannelError(RuntimeError):
    """Raised when a message could not be handed over; `.permanent`: trying again will not help."""

    def __init__(self, why: str, *, permanent: bool = False) -> None:
        self.why = why
        self.permanent = permanent
        super().__init__(why)


@dataclass(frozen=True)
class Outgoing:
    """One message as it leaves."""

    id: str
    channel: Channel
    to: str
    subject: str
    text: str
    store: str


class Adapter(Protocol):
    """A way out. `send` raises ChannelError."""

    def send(self, message: Outgoing) -> None: ...


class Mail:
    """E-mail. Plain SMTP is for loopback alone: a password or a customer's name never goes over a wire in the clear."""

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        *,
        security: str = "starttls",
        user: str = "",
        password: str = "",
    ) -> None:
        if security == "none" and not _is_loopback(host):
            raise ValueError(f"plain SMTP to {host}: only this machine may be reached without TLS")
        self._host, self._port, self._sender = host, port, sender
        self._security, self._user, self._password = security, user, password

    def send(self, message: Outgoing) -> None:
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = message.to
        mail["Subject"] = message.subject
        mail["Date"] = formatdate()
        mail["Message-ID"] = f"<{message.id}@{message.store}.parlour>"
        mail.set_content(message.text)
        try:
            with self._connect() as server:
                if self._user:
                    server.login(self._user, self._password)
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            code = max((code for code, _ in error.recipients.values()), default=550)
            raise ChannelError(f"recipient refused ({code})", permanent=code >= 500) from error
        except smtplib.SMTPResponseException as error:
            raise ChannelError(
                f"{type(error).__name__} ({error.smtp_code})", permanent=_never(error)
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            raise ChannelError(f"{type(error).__name__}: {self._host}:{self._port}") from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._security == "tls":
            return smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT_S, context=context)
        server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_S)
        if self._security == "starttls":
            server.starttls(context=context)
        return server


def _never(error: smtplib.SMTPResponseException) -> bool:
    """A 5xx answer to the message itself is final; one to our login is ours to mend, and then the message still goes."""
    return error.smtp_code >= 500 and not isinstance(
        error, smtplib.SMTPAuthenticationError | smtplib.SMTPSenderRefused
    )


class Webhook:
    """A gateway for SMS and chat."""

    def __init__(
        self,
        url: str,
        secret: bytes,
        *,
        client: httpx.Client | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        from edge.web import httpx  # only where there is a gateway: it takes 8 MB

        host = httpx.URL(url).host
        if httpx.URL(url).scheme != "https" and not _is_loopback(host):
            raise ValueError(f"{url}: a gateway is reached by https")
        self._url, self._secret, self._clock = url, secret, clock
        self._client = client or httpx.Client(timeout=TIMEOUT_S, follow_redirects=False)
        self._failures = httpx.HTTPError

    def send(self, message: Outgoing) -> None:
        body = json.dumps(asdict(message), ensure_ascii=False, sort_keys=True).encode()
        stamp = str(int(self._clock()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.id,
            **signed.headers(self._secret, stamp, body),
        }
        try:
            answer = self._client.post(self._url, content=body, headers=headers)
        except self._failures as error:
            raise ChannelError(type(error).__name__) from error
        if answer.is_success:
            return
        # 408, 425, 429: later. Other 4xx: this message will never be taken; but 401 and 403 are ours to mend.
        later = {401, 403, 404, 408, 425, 429}
        permanent = answer.is_client_error and answer.status_code not in later
        raise ChannelError(f"gateway answered {answer.status_code}", permanent=permanent)


def adapters(settings: CareSettings) -> dict[Channel, Adapter]:
    """The ways out that are set up. Raises ValueError for one that would be unsafe, OSError for a missing secret."""
    found: dict[Channel, Adapter] = {}
    if settings.smtp_host and settings.mail_from:
        found["email"] = Mail(
            settings.smtp_host,
            settings.smtp_port,
            settings.mail_from,
            security=settings.smtp_security,
            user=settings.smtp_user,
            password=_secret(settings.smtp_password_file).decode(),
        )
    if settings.webhook_url:
        secret = _secret(settings.webhook_secret_file)
        if len(secret) < signed.SHORTEST_KEY:
            raise ValueError("the gateway's signing key has fewer than 16 bytes")
        gateway = Webhook(settings.webhook_url, secret)
        found["sms"] = found["wechat"] = gateway
    return found


def _secret(path: Path | None) -> bytes:
    return path.read_bytes().strip() if path else b""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
