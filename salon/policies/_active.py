"""Which policy holds in a store: head office's latest text, and the store's own latest within its bounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from salon.policies._load import default, load
from salon.policies._model import Policy
from salon.policies.errors import BadPolicy, Problem
from salon.records import PolicyText

CHAIN = "chain"
"""Scope of head office's texts; a store's own have its rid."""


@dataclass(frozen=True)
class Active:
    """The policy in force, and why a newer text is not: it does not load, or head office's bounds forbid it now."""

    policy: Policy
    problems: tuple[Problem, ...] = ()


def active(texts: Iterable[PolicyText], store: str) -> Active:
    """The policy of a store now. A text that cannot be used is passed over, and said: a store never stands without a policy."""
    kept = list(texts)
    chain = _latest(kept, CHAIN)
    own = _latest(kept, store)
    problems: list[Problem] = []
    base = chain.toml if chain else ""
    try:
        policy = load(base)
    except BadPolicy as error:
        problems += error.problems
        base, policy = "", default()
    if own is not None:
        try:
            policy = load(own.toml, base)
        except BadPolicy as error:
            problems += error.problems
    return Active(policy, tuple(problems))


def _latest(texts: Iterable[PolicyText], scope: str) -> PolicyText | None:
    found = (text for text in texts if text.scope == scope)
    return max(found, key=lambda text: (datetime.fromisoformat(text.at), text.rid), default=None)
