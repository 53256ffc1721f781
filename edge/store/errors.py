"""Every way in which the store refuses: one base, two parents each, the facts as attributes.

Texts are for logs. What a person reads comes from a translation key, never from `str(error)`.
"""

from __future__ import annotations

from pathlib import Path


class StoreError(Exception):
    """Base of all errors of `edge.store`."""


class OldSQLite(StoreError, RuntimeError):
    """Raised when the SQLite inside could damage a file that several processes write."""

    def __init__(self, found: str, needed: str) -> None:
        super().__init__(f"SQLite {found} may corrupt a shared WAL database; {needed} or later is needed")
        self.found = found
        self.needed = needed


class WrongKey(StoreError, PermissionError):
    """Raised when a file does not open with the key given (or is no database of ours at all)."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path


class StoreBusy(StoreError, TimeoutError):
    """Raised when another writer held the store for longer than the busy timeout."""

    def __init__(self, path: Path, waited_ms: int) -> None:
        super().__init__(f"{path}: another process was writing for more than {waited_ms} ms")
        self.path = path
        self.waited_ms = waited_ms


class StoreUnwritable(StoreError, OSError):
    """Raised when the disk is full, read-only, missing or failing; nothing of the write is kept."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class StoreDamaged(StoreError, OSError):
    """Raised when a page of the file is not what was written there."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class StoreClosed(StoreError, RuntimeError):
    """Raised when a store is used after `close()`."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: the store was closed")
        self.path = path


class ForkedStore(StoreError, RuntimeError):
    """Raised in a forked child whose parent had the file open: SQLite's locks do not cross a fork."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}: open before the fork in another thread or inside a transaction; fork first"
        )
        self.path = path


class HalfWritten(StoreError, RuntimeError):
    """Raised at the end of a transaction in which a failure after a write had been swallowed."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}: an inner step failed after it had written; the transaction was rolled back"
        )
        self.path = path


class NotUnique(StoreError, ValueError):
    """Raised when a unique index already holds the value."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class UnstorableValue(StoreError, ValueError):
    """Raised when a document holds a value that JSON, SQLite or head office's database cannot hold."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field or 'document'}: {reason}")
        self.field = field
        self.reason = reason


class UnstorableType(UnstorableValue, TypeError):
    """Raised when a document holds an object that is no JSON type."""


class MediaMissing(StoreError, KeyError):
    """Raised when there is no photo or file of this id (any more)."""

    def __init__(self, media_id: str) -> None:
        super().__init__(f"no media {media_id}")
        self.media_id = media_id


class MediaTooLarge(StoreError, ValueError):
    """Raised when a photo or file is larger than the store keeps."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"{size} bytes; at most {limit}")
        self.size = size
        self.limit = limit


class MediaRefused(StoreError, ValueError):
    """Raised when bytes are none of the kinds we keep, or not what their type says."""

    def __init__(self, mime: str, reason: str) -> None:
        super().__init__(f"{mime}: {reason}")
        self.mime = mime
        self.reason = reason


class NoLease(StoreError, PermissionError):
    """Raised when a debit has no right here: `.held` is what this store may spend of the account now, `.needed` what it would take, `.limit`
    the limit of head office's that this store had reached when it asked, if it had.
    """

    def __init__(self, member: str, unit: str, held: int, needed: int, limit: str = "") -> None:
        self.limit = limit
        self.member = member
        self.unit = unit
        self.held = held
        self.needed = needed
        super().__init__(f"{member}: {needed} {unit} wanted, leases for {held}")


class DoubleBooked(StoreError, ValueError):
    """Raised when a person, bed or room has another booking at that time; `.resource` and `.other` say which."""

    def __init__(self, resource: str, other: str) -> None:
        self.resource = resource
        self.other = other
        super().__init__(f"{resource} is booked already: {other}")
