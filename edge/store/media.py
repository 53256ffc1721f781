"""Photos and files of the store, in an encrypted database of their own.

Apart from the documents, so that the records stay small to back up and quick to copy, and so that photos can have
another key. Photos never leave the store by sync. Each has an owner (the record it belongs to), a purpose, and a day
until which it may be kept: erasing an owner and sweeping what is over are one call each. Deleted bytes are
overwritten in the file and flushed from the write-ahead log at once.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw

from edge.store.errors import MediaMissing, MediaRefused, MediaTooLarge
from edge.store.tinydb_sqlite import Connections

MAX_BYTES = 20 * 1024 * 1024  # a 24-megapixel JPEG has about 12 MB
MAGIC = {  # what we keep, known by its first bytes and not by what the sender calls it
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/webp": b"RIFF",
    "application/pdf": b"%PDF-",
}

_SCHEMA = """
CREATE TABLE IF NOT EXISTS media (
    id TEXT PRIMARY KEY, mime TEXT NOT NULL, owner TEXT NOT NULL, purpose TEXT NOT NULL,
    taken_at TEXT NOT NULL, keep_until TEXT, data BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS media_owner ON media (owner);
CREATE INDEX IF NOT EXISTS media_keep_until ON media (keep_until) WHERE keep_until IS NOT NULL;
"""


@dataclass(frozen=True, slots=True)
class Media:
    id: str
    mime: str
    owner: str
    purpose: str
    taken_at: str
    keep_until: str | None
    data: bytes


class MediaStore:
    """The media database. Times are ISO 8601 with an offset, and kept in UTC."""

    def __init__(self, path: Path, key: bytes | None) -> None:
        self.connections = Connections(path, key)
        with self.connections.transaction() as con:
            con.execute(_SCHEMA)

    def put(
        self, data: bytes, *, mime: str, owner: str, purpose: str, taken_at: str, keep_until: str | None
    ) -> str:
        """Keep a photo or file; its id cannot be guessed from another's."""
        if len(data) > MAX_BYTES:
            raise MediaTooLarge(len(data), MAX_BYTES)
        if mime not in MAGIC:
            raise MediaRefused(mime, f"not one of {', '.join(MAGIC)}")
        if not data.startswith(MAGIC[mime]):
            raise MediaRefused(mime, "the bytes are of another type")
        media_id = uuid.uuid4().hex
        row = (media_id, mime, owner, purpose, _utc(taken_at), keep_until and _utc(keep_until), data)
        with self.connections.transaction() as con:
            con.execute("INSERT INTO media VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return media_id

    def get(self, media_id: str) -> Media:
        """Raises MediaMissing."""
        columns = "id, mime, owner, purpose, taken_at, keep_until, data"
        sql = f"SELECT {columns} FROM media WHERE id = ?"  # noqa: S608  # the constant above
        try:
            found: list[Any] = self.connections.get().execute(sql, (media_id,)).fetchall()
        except apsw.Error as error:
            raise self.connections.named(error) from error
        if not found:
            raise MediaMissing(media_id)
        return Media(*found[0])

    def of_owner(self, owner: str) -> list[str]:
        """Ids of all that belongs to an owner, the oldest first."""
        sql = "SELECT id FROM media WHERE owner = ? ORDER BY taken_at, id"
        try:
            return [str(one) for (one,) in self.connections.get().execute(sql, (owner,)).fetchall()]
        except apsw.Error as error:
            raise self.connections.named(error) from error

    def delete(self, media_id: str) -> None:
        """Raises MediaMissing."""
        if not self._delete("id = ?", media_id):
            raise MediaMissing(media_id)

    def delete_owner(self, owner: str) -> int:
        """Erase all that belongs to an owner; returns how many."""
        return self._delete("owner = ?", owner) if self.of_owner(owner) else 0

    def is_empty(self) -> bool:
        try:
            return self.connections.get().execute("SELECT 1 FROM media LIMIT 1").get is None
        except apsw.Error as error:
            raise self.connections.named(error) from error

    def sweep(self, now: str) -> int:
        """Erase what may no longer be kept; returns how many."""
        return self._delete("keep_until <= ?", _utc(now))

    def close(self) -> None:
        self.connections.close()

    def _delete(self, which: str, value: str) -> int:
        with self.connections.transaction() as con:
            con.execute(f"DELETE FROM media WHERE {which}", (value,))  # noqa: S608  # one of three texts above
            deleted = con.changes()
        if deleted:
            # The log still holds the pages as they were. Another reader may stop this; the next one does it then.
            self.connections.get().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return deleted


def _utc(moment: str) -> str:
    """One spelling for each moment, so that texts sort as times do."""
    parsed = datetime.fromisoformat(moment)
    if parsed.tzinfo is None:
        raise ValueError(f"{moment} says no offset from UTC")
    return parsed.astimezone(UTC).isoformat(timespec="milliseconds")
