"""All that the store holds of one member as one ZIP for her to have: `everything.json` for a program, `everything.html` to read,
`photos/` (SEC-07, PIPL 45). The application, its purpose and the second person's PIN are those of every export (SEC-03).

Nothing of it touches the disk in the clear: the archive is made while it is sent, one photo in memory at a time.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edge.kiosk.services import sight
from edge.store import MediaMissing, new_rid, now
from edge.store.holdings import GAVE_WAY
from salon.records import SCHEMA_VERSION, kinds
from salon.rules import rights

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.store import Store
    from edge.store.media import Media
    from salon.records import Employee, ExportRequest, Member

Holdings = dict[str, list[dict[str, Any]]]
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "application/pdf": "pdf"}


@dataclass(frozen=True)
class Everything:
    """What leaves the store, found but not yet packed."""

    member: Member
    made_at: str
    found: Holdings
    media: tuple[str, ...]

    @property
    def records(self) -> int:
        return sum(map(len, self.found.values()))


def ask(store: Store, employee: Employee, member: Member, purpose: str) -> ExportRequest:
    """Apply for the file of one member. Raises rights.ExportRefused."""
    sees = sight.of(store, employee, member)
    request = rights.ask_file(new_rid(), employee, purpose, member.rid, sees, now())
    with store.acting(employee.rid):
        return store.export_requests.add(request)


def take(store: Store, employee: Employee, rid: str) -> Everything:
    """Her file, once, to who asked for it. Raises ExportRefused, NoSuchRecord (a member erased meanwhile, too)."""
    with store.acting(employee.rid), store.transaction():
        request = store.export_requests.load(rid)
        rights.is_applicant(request, employee)
        rights.may_take(request, "file", now())
        member = store.members.load(request.members[0])
        found = store.holdings(member.rid)
        out = Everything(member, now(), found, tuple(_media(store, found)))
        store.export_requests.edit(rid, **rights.taken(out.records, now()))
    return out


def _media(store: Store, found: Holdings) -> Iterator[str]:
    """What erasing her would take from the media database: all that one of her records owns."""
    for kind, documents in found.items():
        if kind != GAVE_WAY:
            for document in documents:
                yield from store.media.of_owner(document["rid"])


def packed(store: Store, everything: Everything, page: str) -> Iterator[bytes]:
    """The ZIP in pieces. A photo whose days are over meanwhile is left out, here and in the list of photos."""
    sink = _Sink()
    photos = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for media_id in everything.media:
            try:
                kept = store.media.get(media_id)
            except MediaMissing:
                continue
            name = f"photos/{kept.taken_at[:10]}-{kept.id}.{SUFFIXES[kept.mime]}"
            archive.writestr(name, kept.data, zipfile.ZIP_STORED)
            photos.append(_photo(name, kept))
            yield sink.drain()
        archive.writestr(
            "everything.json", json.dumps(_program(everything, photos), ensure_ascii=False, indent=1)
        )
        archive.writestr("everything.html", page)
    yield sink.drain()


def _photo(name: str, kept: Media) -> dict[str, str]:
    """The id is what the records name."""
    return {
        "file": name, "id": kept.id, "of": kept.owner, "purpose": kept.purpose, "taken_at": kept.taken_at, "mime": kept.mime,
    }  # fmt: skip


def _program(everything: Everything, photos: list[dict[str, str]]) -> dict[str, Any]:
    """Records as they are kept, with what each kind and field means in both languages."""
    known = [(kind, kinds()[kind]) for kind in everything.found if kind in kinds()]
    return {
        "schema": SCHEMA_VERSION,
        "made_at": everything.made_at,
        "member": everything.member.rid,
        "kinds": {
            kind: {
                "zh": cls.zh,
                "en": cls.en,
                "fields": {
                    name: {"zh": about.zh, "en": about.en, "unit": about.unit}
                    for name, about in cls.fields().items()
                },
            }
            for kind, cls in known
        },
        "records": everything.found,
        "photos": photos,
    }


class _Sink(io.RawIOBase):
    """Where the archive is written to: memory that is emptied as it is sent."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def drain(self) -> bytes:
        out = bytes(self._held)
        self._held.clear()
        return out
