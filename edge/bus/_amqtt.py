"""Plugins that make the embedded broker obey the same logins document as Mosquitto's dynamic-security plugin does.

The document is read again whenever it changes, so that a new device gets in and a disabled one falls silent without a restart.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amqtt.contexts import Action
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from edge.bus import _dynsec


class Logins:
    """The logins document, as fresh as the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = 0
        self._document = _dynsec.empty()

    def knows(self, username: str, password: str, client_id: str) -> bool:
        """Whether this login may connect with this client id."""
        login = self._active(username)
        if login is None or login.get("clientid", client_id) != client_id:
            return False
        return _dynsec.fits(login, password)

    def allows(self, username: str, right: str, topic: str) -> bool:
        """Whether a login may publish to a topic, or subscribe to a filter."""
        if self._active(username) is None:
            return False
        acls = _dynsec.acls_of(self._document, username)
        return any(acl["acltype"] == right and covers(acl["topic"], topic) for acl in acls if acl["allow"])

    def _active(self, username: str) -> dict[str, Any] | None:
        changed = self._path.stat().st_mtime_ns
        if changed != self._seen:
            self._document = json.loads(self._path.read_text())
            self._seen = changed
        login = _dynsec.find(self._document, username)
        return None if login is None or login.get("disabled") else login


def covers(right: str, topic: str) -> bool:
    """Whether the topic or filter asked for lies wholly within a right: a wider filter is not covered by a narrower right."""
    asked = topic.split("/")
    given = right.split("/")
    for wanted, allowed in zip(asked, given, strict=False):
        if allowed == "#":
            return True
        if wanted == "#" or allowed not in {"+", wanted}:
            return False
    return len(asked) == len(given) or given[len(asked) :] == ["#"]


class LoginsPlugin(BaseAuthPlugin):
    """Who may connect."""

    @dataclass
    class Config(BaseAuthPlugin.Config):
        """Where the logins document is."""

        logins: str = ""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self._logins = Logins(Path(self._get_config_option("logins", "")))

    async def authenticate(self, *, session: Session) -> bool:
        return self._logins.knows(session.username or "", session.password or "", session.client_id or "")


class RightsPlugin(BaseTopicPlugin):
    """Who may publish and subscribe to what. What is delivered follows from what was subscribed to."""

    @dataclass
    class Config(BaseTopicPlugin.Config):
        """Where the logins document is."""

        logins: str = ""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self._logins = Logins(Path(self._get_config_option("logins", "")))

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        if session is None or topic is None:
            return False
        username = session.username or ""
        if action is Action.PUBLISH:
            return self._logins.allows(username, "publishClientSend", topic)
        return self._logins.allows(username, "subscribePattern", topic)
