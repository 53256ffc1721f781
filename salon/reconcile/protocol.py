"""The messages of sync (`/v1/`): one declaration that HQ answers by, the agent reads by, and the OpenAPI document shows.

Requests are strict: HQ says which part it does not know. Answers are read leniently: a later HQ may say more than this version
knows. Changes stand in a push as raw JSON, because one that is malformed must be quarantined, not stop the others.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from salon.reconcile.change import MAX_N

MAX_OPS = 1_000
"""Changes in one push, or in one pull (sync.md 2.6)."""
MAX_BATCH_BYTES = 1_000_000
"""Changes of one push or pull as plain JSON, before gzip."""
MAX_AHEAD_MS = 60_000
"""A stamp further ahead of HQ's clock than this is not merged (sync.md 2.2)."""

StoreId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z][0-9a-z_]{1,23}$")]
Epoch = Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{4,20}$")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Count = Annotated[int, Field(ge=0, le=MAX_N)]
Short = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f]*$")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")


class EnrolRequest(_Request):
    """A new store shows its one-time code."""

    code: Annotated[str, StringConstraints(min_length=6, max_length=40)]
    store_id: StoreId
    name: Short = ""
    name_en: Short = ""
    version: Short = ""


class EnrolAnswer(_Answer):
    """What the store keeps, readable by its own user alone."""

    store_id: StoreId
    key: Annotated[str, Field(description="Bearer <store id>.<key> signs every later request")]
    lookup_key: Annotated[str, Field(description="Hex: HMAC-SHA256 key of phone_key in member look-ups")]


class OriginOnWire(_Request):
    store: StoreId
    epoch: Epoch


class Push(_Request):
    """Changes `n`, `n+1`... of one origin, in order, with the links of its hash chain before and after them."""

    origin: OriginOnWire
    client_now: Annotated[Count, Field(description="The store's wall clock, ms since 1970")]
    n: Annotated[int, Field(ge=1, le=MAX_N, description="Number of the first change")]
    prev_h: Annotated[Hash, Field(description="Chain hash before the first change")]
    h: Annotated[Hash, Field(description="Chain hash after the last change")]
    ops: Annotated[list[Any], Field(max_length=MAX_OPS, description="Changes, each as Change.wire()")]
    pending: Annotated[Count, Field(description="Changes still waiting in the store after these")] = 0
    oldest_at: Annotated[Short, Field(description="When the oldest waiting change was written")] = ""


class PushResult(_Answer):
    """A change that was acknowledged, but not, or not all of it, taken in."""

    n: int
    code: str
    detail: str = ""


class PushAnswer(_Answer):
    acked: Annotated[Count, Field(description="HQ holds all changes up to this number")]
    results: Annotated[list[PushResult], Field(description="Only what was not simply taken in")] = []
    inbox_head: Annotated[Count, Field(description="Last number of the store's own inbox")]
    server_now: Count


class PulledChange(_Answer):
    origin: Annotated[str, Field(description="<store>.<epoch>")]
    op: dict[str, Any]


class PullAnswer(_Answer):
    ops: list[PulledChange]
    cursor: Annotated[str, Field(description="Give it back at the next pull")]
    more: bool
    server_now: Count


class RecordState(_Answer):
    """A record as merged so far; taken in with `salon.reconcile.join`."""

    kind: str
    rid: str
    state: dict[str, Any]


class SnapshotAnswer(_Answer):
    records: list[RecordState]
    next: Annotated[str, Field(description="`after` of the next page; empty on the last one")]
    cursor: Annotated[str, Field(description="Where to pull on from, once all pages are taken in")]


class LookupAnswer(_Answer):
    members: Annotated[list[str], Field(description="rids of the members with this number")]
    records: Annotated[list[RecordState], Field(description="All that HQ holds of them")]


class StatusAnswer(_Answer):
    store_id: str
    acked: Annotated[dict[str, int], Field(description="By epoch of the store's database")]
    inbox_head: Count
    quarantined: Count
    version: str
    schema_version: int
    server_now: Count


class Problem(_Answer):
    """Why a request was not answered. `code` is for programs, `detail` for people who mend things."""

    code: str
    detail: str = ""
    acked: Annotated[int | None, Field(description="With 409: what HQ holds")] = None
