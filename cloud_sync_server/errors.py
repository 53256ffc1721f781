"""How HQ refuses: each error knows its HTTP status and its code, and carries what the other side needs to go on."""

from __future__ import annotations


class HqError(Exception):
    """Base of HQ's errors."""

    status = 500
    code = "failed"

    def __init__(
        self, detail: str = "", *, acked: int | None = None, retry_after_s: int | None = None
    ) -> None:
        self.detail = detail
        self.acked = acked
        self.retry_after_s = retry_after_s
        super().__init__(f"{self.code}: {detail}" if detail else self.code)


class BadRequest(HqError, ValueError):
    """Raised when a request is not what the API document says."""

    status, code = 400, "malformed"


class NotAllowed(HqError, PermissionError):
    """Raised when a store's key, or the one-time code, is not right."""

    status, code = 401, "not_allowed"


class NotYours(HqError, PermissionError):
    """Raised when a store speaks for another store."""

    status, code = 403, "not_yours"


class Gap(HqError, ValueError):
    """Raised when changes do not follow on what HQ holds; `.acked` is what it holds."""

    status, code = 409, "gap"


class Forked(HqError, ValueError):
    """Raised when one number has two contents: the store's database was cloned or restored. The origin is frozen."""

    status, code = 409, "forked"


class BrokenChain(HqError, ValueError):
    """Raised when a batch does not hash to what its sender says: it was altered on the way."""

    status, code = 400, "broken_chain"


class CursorGone(HqError, LookupError):
    """Raised when a cursor is not one of this database, or too old: the store takes a snapshot."""

    status, code = 410, "cursor_gone"


class CursorAhead(CursorGone):
    """Raised when a cursor is of this database and names what is not in it (any more): it was put back from its backup."""


class TooLarge(HqError, ValueError):
    """Raised when a request is larger than HQ takes."""

    status, code = 413, "too_large"


class Busy(HqError, TimeoutError):
    """Raised when HQ has enough to do: come back after `.retry_after_s`."""

    status, code = 503, "busy"


class OneAtATime(HqError, TimeoutError):
    """Raised when a store sends while its last request is still being worked on."""

    status, code = 429, "one_at_a_time"


class SlowDown(HqError, TimeoutError):
    """Raised when a store has used more of HQ than is its share; `.retry_after_s` says when there is some again."""

    status, code = 429, "slow_down"


class TooManyTries(HqError, PermissionError):
    """Raised when codes or passwords were tried too often; `.retry_after_s` says how long."""

    status, code = 429, "too_many_tries"
