"""How an exchange with HQ fails: the line, HQ's answer, or this store's own past."""

from __future__ import annotations

SLOW_DOWN = "slow_down"
"""HQ's code for a store that has used more of it than is its share."""


class SyncError(Exception):
    """Base of the agent's errors. `.code` is a key for the technician's page."""

    code = "sync_failed"


class NotEnrolled(SyncError, LookupError):
    """Raised when the store has no key for HQ, or does not know where HQ is."""

    code = "not_enrolled"


class Unreachable(SyncError, ConnectionError):
    """Raised when HQ did not answer, or answered something that is not ours."""

    code = "unreachable"


class Refused(SyncError, ValueError):
    """Raised when HQ said no; `.status`, `.code` and `.detail` are HQ's, `.acked` what it holds, if it said so."""

    def __init__(
        self, status: int, code: str, detail: str, acked: int | None, retry_after_s: float | None
    ) -> None:
        self.status = status
        self.code = code
        self.detail = detail
        self.acked = acked
        self.retry_after_s = retry_after_s
        super().__init__(f"{code}: {detail}" if detail else code)

    @property
    def passes(self) -> bool:
        """Whether HQ may say yes to the same request later."""
        return self.status >= 500 or self.status == 429


class Restored(SyncError, RuntimeError):
    """Raised when HQ holds more of this store than the store itself: its database is a copy from an earlier day."""

    code = "restored"
