"""The store's clockwork: what is due becomes tasks, alerts and messages, and messages go out (`python -m edge.care`)."""

from __future__ import annotations

from edge.care.channels import Adapter, ChannelError, Mail, Outgoing, Webhook
from edge.care.clockwork import Clockwork, Ticked
from edge.care.outbox import Outbox, Posted
from edge.care.settings import CareSettings

__all__ = [
    "Adapter",
    "CareSettings",
    "ChannelError",
    "Clockwork",
    "Mail",
    "Outbox",
    "Outgoing",
    "Posted",
    "Ticked",
    "Webhook",
]
